//! A disk that can be filled.

use std::path::Path;
use std::process::Command;

/// A small file system in memory, for as long as this lives.
pub struct SmallDisk {
    at: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, with a line that says why, where mounting is not possible.
    ///
    /// # Panics
    /// When there is no temporary folder.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let at = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at.path()).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { at }),
            Ok(output) => {
                println!("skipped: no tmpfs can be mounted: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                println!("skipped: there is no mount: {error}");
                None
            }
        }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.at.path()
    }

    /// Makes it bigger.
    ///
    /// # Panics
    /// When the file system refuses.
    pub fn resize(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        let done = Command::new("mount").args(["-o", &options]).arg(self.path()).status().expect("mount runs");
        assert!(done.success(), "the disk can be made bigger");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The server that used it has been dropped before.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
