//! The real broker that other tests rely on: it keeps records over `kill -9` and leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use weir_tests::{Broker, eventually};

const CONSUME: &[&str] = &[
    "--topic",
    "bids",
    "--from-beginning",
    "--max-messages",
    "2",
    "--timeout-ms",
    "30000",
    "--property",
    "print.key=true",
    "--property",
    "print.partition=true",
];

#[tokio::test]
async fn records_outlive_a_killed_broker_at_the_same_address() {
    let broker = Broker::start().await;
    broker.create_topic("bids", 1, &["retention.ms=-1"]).await;
    let keyed = ["--topic", "bids", "--property", "parse.key=true", "--property", "key.separator=:"];
    broker.tool("produce", &keyed, "a:1\nb:2\n").await;
    let expected = "Partition:0\ta\t1\nPartition:0\tb\t2\n";
    assert_eq!(broker.tool("consume", CONSUME, "").await, expected);

    let address = broker.bootstrap().to_string();
    broker.kill().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "a killed broker still answers at {address}");
    broker.start_again().await;
    assert_eq!(broker.tool("consume", CONSUME, "").await, expected);
}

#[tokio::test]
async fn a_dropped_broker_leaves_no_process_and_no_folder() {
    let broker = Broker::start().await;
    let folder = broker.folder().to_path_buf();
    let process = process_of(&folder);
    assert!(process.exists());
    drop(broker);
    assert!(has_ended(&process), "the broker's process outlives the test");
    assert!(!folder.exists(), "{} is left", folder.display());
}

#[tokio::test]
async fn a_broker_ends_with_the_process_that_it_belongs_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = folder.path().join("kafka");
    let mut parent = Command::new("sleep").arg("300").kill_on_drop(true).spawn().expect("a process to belong to");
    let parent_id = parent.id().expect("it runs").to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
    let mut start = Command::new(script);
    start.arg("start").arg(&dir).args(["--parent", &parent_id]).stdout(Stdio::null());
    assert!(start.status().await.expect("scripts/kafka runs").success());
    let process = process_of(&dir);
    assert!(process.exists());

    parent.kill().await.expect("it can be killed");
    eventually("the broker ends and its folder goes", async || {
        let over = !dir.exists() && has_ended(&process);
        over.then_some(())
    })
    .await;
}

/// The `/proc` folder of the first broker's process.
fn process_of(folder: &Path) -> PathBuf {
    let pid = std::fs::read_to_string(folder.join("broker-1/pid")).expect("the broker's pid");
    Path::new("/proc").join(pid.trim())
}

/// Whether the process is gone, or only waits for its parent to notice that.
fn has_ended(process: &Path) -> bool {
    std::fs::read_to_string(process.join("stat")).map_or(true, |stat| stat.contains(") Z "))
}
