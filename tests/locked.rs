//! A server that cannot start says why in one line and exits with 1.

use std::time::Duration;

use weir_tests::{Server, run_to_end};

const LIMIT: Duration = Duration::from_secs(20);

fn refused(arguments: &[&str], parts: &[&str]) {
    let (code, out, error) = run_to_end(arguments, LIMIT);
    assert_eq!(code, Some(1), "{out}{error}");
    assert_eq!(error.lines().count(), 1, "one line, not\n{error}");
    assert!(out.is_empty(), "{out}");
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let server = Server::start().await;
    let folder = server.data_dir().display().to_string();
    refused(&["server", "--listen", "127.0.0.1:0", "--data-dir", &folder], &[&folder]);
    server.ksql("LIST STREAMS;").await;
}

#[tokio::test]
async fn a_port_has_one_server() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let address = server.url.trim_start_matches("http://");
    let data = folder.path().join("data").display().to_string();
    refused(&["server", "--listen", address, "--data-dir", &data], &[address]);
    assert!(!folder.path().join("data").exists(), "nothing is made before the port is free");
    server.ksql("LIST STREAMS;").await;
}

#[test]
fn a_bad_data_folder_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").expect("a file");
    let inside = file.join("data").display().to_string();
    refused(&["server", "--listen", "127.0.0.1:0", "--data-dir", &inside], &[&inside]);
}

#[test]
fn a_damaged_folder_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("CURRENT"), "MANIFEST-000009\n").expect("a file");
    let data = folder.path().display().to_string();
    refused(&["server", "--listen", "127.0.0.1:0", "--data-dir", &data], &["MANIFEST-000009"]);
}

#[test]
fn configuration_errors_name_file_line_and_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ksql-server.properties").display().to_string();
    let data = folder.path().join("data").display().to_string();
    let check = |text: &str, parts: &[&str]| {
        std::fs::write(&file, text).expect("a file");
        let at_line: Vec<String> = parts.iter().map(|part| part.replace("FILE", &file)).collect();
        let at_line: Vec<&str> = at_line.iter().map(String::as_str).collect();
        refused(&["server", "--listen", "127.0.0.1:0", "--data-dir", &data, "--config", &file], &at_line);
    };
    check("a=1\n=2\n", &["FILE:2"]);
    check("a=1\nb=\\u12\n", &["FILE:2", "\\u12"]);
    check("\nksql.streams.commit.interval.ms=soon\n", &["FILE:2", "ksql.streams.commit.interval.ms", "soon"]);
    check("weir.threads=many\n", &["FILE:1", "weir.threads", "many"]);
    check("ksql.streams.auto.offset.reset=now\n", &["FILE:1", "ksql.streams.auto.offset.reset", "now"]);
    check("weir.treads=2\n", &["FILE:1", "weir.treads"]);
    std::fs::remove_file(&file).expect("the file is there");
    refused(&["server", "--data-dir", &data, "--config", &file], &[&file]);
}

#[test]
fn a_bad_setting_of_the_command_line_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().display().to_string();
    let setting = "ksql.streams.commit.interval.ms=soon";
    let arguments = ["server", "--listen", "127.0.0.1:0", "--data-dir", &data, "--set", setting];
    refused(&arguments, &["--set", "ksql.streams.commit.interval.ms", "soon"]);
}
