//! The binary as a process: how soon it answers, and what it holds when nobody asks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Figures;
use crate::measure::resident_bytes;

const READY_MAX: Duration = Duration::from_secs(20);
const STARTS: usize = 7;

/// A server in a temporary folder; killed when dropped.
pub struct RunningServer {
    child: Child,
    pub address: String,
    pub ready_after: Duration,
    _folder: tempfile::TempDir,
}

impl RunningServer {
    pub fn start(weir: &Path) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        let child = Command::new(weir)
            .args(["server", "--listen", &address, "--data-dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{}: {e}", weir.display()))?;
        let mut server = Self { child, address, ready_after: Duration::ZERO, _folder: folder };
        while !answers(&server.address) {
            if begun.elapsed() > READY_MAX {
                return Err("the server did not become ready".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a server answers there.
pub fn answers(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    stream.write_all(b"GET /info HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

/// The median of several starts.
pub fn ready(weir: &Path) -> Result<Figures, String> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(RunningServer::start(weir)?.ready_after.as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(Figures { other: Some(("ms", times[STARTS / 2])), ..Figures::default() })
}

pub fn idle(weir: &Path) -> Result<Figures, String> {
    let server = RunningServer::start(weir)?;
    std::thread::sleep(Duration::from_secs(2));
    let resident = resident_bytes(server.pid());
    Ok(Figures { other: Some(("MB resident", resident as f64 / 1e6)), ..Figures::default() })
}
