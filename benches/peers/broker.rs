//! The broker that both engines use, and the Java programs, compiled against the same libraries.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::bound_to_us;
use super::tool::Tool;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Stopped when dropped; it ends with this process in any case.
pub struct Broker {
    pub bootstrap: String,
    folder: PathBuf,
    libraries: String,
    classes: PathBuf,
}

impl Broker {
    /// Compiles the programs and starts a broker, all in a folder.
    pub fn start(folder: &Path) -> Result<Self, String> {
        let libraries = kafka([OsStr::new("libs")])?.trim().to_string();
        let classes = folder.join("classes");
        compile(&libraries, &classes)?;
        let mut broker = Self { bootstrap: String::new(), folder: folder.join("kafka"), libraries, classes };
        let parent = std::process::id().to_string();
        kafka([OsStr::new("start"), broker.folder.as_os_str(), OsStr::new("--parent"), OsStr::new(&parent)])?;
        let file = broker.folder.join("bootstrap");
        let address = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        broker.bootstrap = address.trim().to_string();
        Ok(broker)
    }

    /// A Java program of ours, with options for its JVM.
    pub fn java(&self, jvm: &[&str], class: &str) -> Command {
        let mut command = bound_to_us("java");
        command
            .args(jvm)
            .arg(format!("-Dlog4j2.configurationFile={ROOT}/scripts/kafka.d/log4j2.properties"))
            .arg("-cp")
            .arg(format!("{}:{}/*", self.classes.display(), self.libraries))
            .arg(format!("peers.{class}"));
        command
    }

    pub fn tool(&self) -> Result<Tool, String> {
        Tool::start(self.java(&["-Xmx2g", "-XX:+UseSerialGC"], "Tool").arg(&self.bootstrap))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = kafka([OsStr::new("stop"), self.folder.as_os_str(), OsStr::new("--kill")]);
    }
}

fn compile(libraries: &str, classes: &Path) -> Result<(), String> {
    let folder = Path::new(ROOT).join("benches/peers/java");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let sources = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut command = Command::new("javac");
    command.args(["-proc:none", "-cp", &format!("{libraries}/*"), "-d"]).arg(classes);
    output(command.args(sources.filter(|path| path.extension() == Some(OsStr::new("java"))))).map(|_| ())
}

/// Runs `scripts/kafka`; gives what it printed.
fn kafka<const N: usize>(arguments: [&OsStr; N]) -> Result<String, String> {
    output(Command::new(Path::new(ROOT).join("scripts/kafka")).args(arguments))
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().to_string();
    let output = command.stderr(Stdio::inherit()).output().map_err(|e| format!("{name}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).to_string())
}
