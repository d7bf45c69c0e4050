//! `bank`: change events of three Postgres tables as Debezium writes them.
//!
//! `account`, `bank_transaction` and `transaction_log`: each deposit or withdrawal changes all three in one database
//! transaction, but a withdrawal beyond the balance leaves only a `Failed` log row without a transaction. The first
//! records are the snapshot of the accounts (`op` = `r`).

use std::collections::VecDeque;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::record::{EventClock, Generator, GeneratorOptions, Record, TopicDefinition};

const ACCOUNT: usize = 0;
const TRANSACTION: usize = 1;
const LOG: usize = 2;
const TOPICS: &[TopicDefinition] = &[
    TopicDefinition {
        topic: "integrate.public.account",
        stream: "ACCOUNT_BASE",
        columns: "after STRUCT<account_id VARCHAR, account_holder_name VARCHAR, account_balance DECIMAL(12, 2)>, op VARCHAR, \
                  ts_ms BIGINT",
        key_format: None,
        timestamp: None,
    },
    TopicDefinition {
        topic: "integrate.public.bank_transaction",
        stream: "BANK_TRANSACTION_BASE",
        columns: "after STRUCT<id VARCHAR, date BIGINT, account_id VARCHAR, amount DECIMAL(12, 2), type VARCHAR>, op VARCHAR, \
                  ts_ms BIGINT",
        key_format: None,
        timestamp: Some("ts_ms"),
    },
    TopicDefinition {
        topic: "integrate.public.transaction_log",
        stream: "TRANSACTION_LOG_BASE",
        columns: "after STRUCT<id VARCHAR, transaction_id VARCHAR, date BIGINT, event VARCHAR>, op VARCHAR, \
                  ts_ms BIGINT",
        key_format: None,
        timestamp: Some("ts_ms"),
    },
];

struct Account {
    id: String,
    /// The holder's name is hashed before it leaves the bank.
    holder: String,
    balance_cents: i64,
}

pub struct Bank {
    random: ChaCha8Rng,
    clock: EventClock,
    accounts: Vec<Account>,
    /// Records of the current database transaction that are still to be handed out.
    ready: VecDeque<Record>,
    transaction_number: u64,
    log_number: u64,
    /// Database transaction id and log position, for `source`.
    tx_id: u64,
    lsn: u64,
}

impl Bank {
    pub const ACCOUNTS: usize = 100;

    pub fn new(options: &GeneratorOptions, accounts: usize) -> Self {
        let mut bank = Self {
            random: options.random(),
            clock: options.clock(),
            accounts: Vec::with_capacity(accounts),
            ready: VecDeque::new(),
            transaction_number: 0,
            log_number: 0,
            tx_id: 700,
            lsn: 24_023_128,
        };
        for number in 1..=accounts.max(1) {
            bank.open_account(number, options.start_ms);
        }
        bank
    }

    /// An account as the snapshot finds it.
    fn open_account(&mut self, number: usize, now_ms: i64) {
        let holder = format!("{:032x}{:032x}", self.random.random::<u128>(), self.random.random::<u128>());
        let balance_cents = self.random.random_range(10_000..200_000);
        let account = Account { id: format!("ACC{number:04}"), holder, balance_cents };
        let row = account_row(&account, balance_cents);
        self.emit(ACCOUNT, &format!(r#"{{"account_id":"{}"}}"#, account.id), "null", &row, "r", now_ms);
        self.accounts.push(account);
    }

    /// One deposit or withdrawal, which may fail.
    fn transact(&mut self) {
        let now_ms = self.clock.tick();
        self.tx_id += 1;
        let at = self.random.random_range(0..self.accounts.len());
        let is_deposit = self.random.random_bool(0.45);
        let amount_cents = self.random.random_range(100..50_000);
        let change_cents = if is_deposit { amount_cents } else { -amount_cents };
        if self.accounts[at].balance_cents + change_cents < 0 {
            self.write_log(None, now_ms);
            return;
        }
        self.transaction_number += 1;
        let id = format!("TX{:08}", self.transaction_number);
        let row = format!(
            r#"{{"id":"{id}","date":{},"account_id":"{}","amount":{},"type":"{}"}}"#,
            now_ms * 1000,
            self.accounts[at].id,
            money(amount_cents),
            if is_deposit { "deposit" } else { "withdraw" },
        );
        self.emit(TRANSACTION, &format!(r#"{{"id":"{id}"}}"#), "null", &row, "c", now_ms);
        self.change_balance(at, change_cents, now_ms);
        self.write_log(Some(&id), now_ms);
        // Three records, so three steps: event time goes on evenly per record.
        self.clock.skip(2);
    }

    fn change_balance(&mut self, at: usize, change_cents: i64, now_ms: i64) {
        let account = &mut self.accounts[at];
        let before = account_row(account, account.balance_cents);
        account.balance_cents += change_cents;
        let after = account_row(account, account.balance_cents);
        let key = format!(r#"{{"account_id":"{}"}}"#, account.id);
        self.emit(ACCOUNT, &key, &before, &after, "u", now_ms);
    }

    fn write_log(&mut self, transaction: Option<&str>, now_ms: i64) {
        self.log_number += 1;
        let id = format!("LOG{:08}", self.log_number);
        let event = if transaction.is_some() { "Success" } else { "Failed" };
        let transaction = transaction.map_or("null".to_string(), |id| format!("\"{id}\""));
        let row =
            format!(r#"{{"id":"{id}","transaction_id":{transaction},"date":{},"event":"{event}"}}"#, now_ms * 1000);
        self.emit(LOG, &format!(r#"{{"id":"{id}"}}"#), "null", &row, "c", now_ms);
    }

    /// One change event: the row before and after, where it came from, and what was done.
    fn emit(&mut self, topic: usize, key: &str, before: &str, after: &str, op: &str, now_ms: i64) {
        self.lsn += 56 + after.len() as u64;
        let table = TOPICS[topic].topic.rsplit('.').next().unwrap_or_default();
        let snapshot = if op == "r" { "true" } else { "false" };
        let (tx_id, lsn) = (self.tx_id, self.lsn);
        let value = format!(
            r#"{{"before":{before},"after":{after},"source":{{"version":"2.5.0.Final","connector":"postgresql","name":"integrate","ts_ms":{now_ms},"snapshot":"{snapshot}","db":"bank","sequence":"[null,\"{lsn}\"]","schema":"public","table":"{table}","txId":{tx_id},"lsn":{lsn},"xmin":null}},"op":"{op}","ts_ms":{now_ms},"transaction":null}}"#
        );
        self.ready.push_back(Record { topic, key: Some(key.to_string()), value, timestamp_ms: now_ms });
    }
}

fn account_row(account: &Account, balance_cents: i64) -> String {
    format!(
        r#"{{"account_id":"{}","account_holder_name":"{}","account_balance":{}}}"#,
        account.id,
        account.holder,
        money(balance_cents)
    )
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Generator for Bank {
    fn topics(&self) -> &'static [TopicDefinition] {
        TOPICS
    }

    fn next(&mut self) -> Record {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return record;
            }
            self.transact();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use serde_json::Value;

    use super::*;

    fn cents(value: &Value) -> i64 {
        (value.as_f64().unwrap() * 100.0).round() as i64
    }

    #[test]
    fn the_books_balance() {
        let mut bank = Bank::new(&GeneratorOptions { seed: 7, start_ms: 1_700_000_000_000, step_us: 1_000 }, 20);
        let mut balances: HashMap<String, i64> = HashMap::new();
        let (mut transactions, mut succeeded) = (HashSet::new(), HashSet::new());
        let (mut moved, mut failed) = (None, 0);
        for _ in 0..20_000 {
            let record = bank.next();
            let event: Value = serde_json::from_str(&record.value).unwrap();
            let after = &event["after"];
            assert_eq!(event["ts_ms"], record.timestamp_ms);
            assert!(TOPICS[record.topic].topic.ends_with(event["source"]["table"].as_str().unwrap()));
            match (record.topic, event["op"].as_str().unwrap()) {
                (ACCOUNT, "r") => {
                    balances.insert(after["account_id"].to_string(), cents(&after["account_balance"]));
                }
                (ACCOUNT, "u") => {
                    let balance = balances.get_mut(&after["account_id"].to_string()).unwrap();
                    let (account, change) = moved.take().unwrap();
                    assert_eq!(account, after["account_id"].to_string());
                    assert_eq!(*balance, cents(&event["before"]["account_balance"]));
                    *balance += change;
                    assert_eq!(*balance, cents(&after["account_balance"]));
                    assert!(*balance >= 0);
                }
                (TRANSACTION, "c") => {
                    assert!(transactions.insert(after["id"].to_string()));
                    let sign = if after["type"] == "deposit" { 1 } else { -1 };
                    moved = Some((after["account_id"].to_string(), sign * cents(&after["amount"])));
                }
                (LOG, "c") if after["event"] == "Failed" => {
                    assert!(after["transaction_id"].is_null());
                    failed += 1;
                }
                (LOG, "c") => assert!(succeeded.insert(after["transaction_id"].to_string())),
                other => panic!("unexpected change {other:?}"),
            }
        }
        assert!(failed > 100, "{failed}");
        assert!(transactions.len() - succeeded.len() <= 1);
        assert!(succeeded.is_subset(&transactions));
    }

    #[test]
    fn the_streams_are_those_of_the_example() {
        let script = include_str!("../../../examples/bank/bank.sql");
        for topic in TOPICS {
            assert!(script.contains(&format!("CREATE STREAM {} (", topic.stream)), "{}", topic.stream);
            assert!(script.contains(&format!("KAFKA_TOPIC='{}'", topic.topic)), "{}", topic.topic);
        }
    }
}
