//! The examples do what their README says.

use std::path::Path;
use std::time::Duration;

use weir_tests::{Server, eventually, run_to_end};

#[tokio::test]
async fn the_bank_s_three_tables_fill() {
    let server = Server::with(&[("ksql.streams.commit.interval.ms", "50")]).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bank/bank.sql");
    let limit = Duration::from_secs(60);
    let (code, out, error) = run_to_end(&["sql", &server.url, "-f", &script.display().to_string()], limit);
    assert_eq!(code, Some(0), "{out}{error}");
    let sent = run_to_end(
        &["datagen", "bank", "--url", &server.url, "--rate", "max", "--count", "5000", "--seed", "7"],
        limit,
    );
    assert_eq!(sent.0, Some(0), "{sent:?}");
    server.drained().await;

    let transactions = server.query("SELECT * FROM BANK_TRANSACTION_BASE;").await.len() as i64;
    eventually("every transaction is counted", async || {
        let rows = server.query("SELECT DEPOSIT_COUNT, WITHDRAW_COUNT FROM COUNT_TYPE_BY_ACCOUNT;").await;
        let counted: i64 = rows.iter().map(|row| row[0].as_i64().unwrap_or(0) + row[1].as_i64().unwrap_or(0)).sum();
        (counted == transactions).then_some(())
    })
    .await;
    let minutes = server.query("SELECT ACCOUNT_ID, TOTAL_AMOUNT, TIME_START FROM TRANSACTION_VOLUME_PER_MINUTE;").await;
    assert!(!minutes.is_empty());
    let logged = server.query("SELECT * FROM TRANSACTION_LOG_BASE;").await.len() as i64;
    let outcomes = server.query("SELECT EVENT, TOTAL FROM TRANSACTION_OUTCOMES;").await;
    assert_eq!(outcomes.iter().filter_map(|row| row[1].as_i64()).sum::<i64>(), logged, "{outcomes:?}");
}
