//! What a node knew before it stopped, it knows when it starts again.

use serde_json::{Value as Json, json};
use weir_tests::{Server, becomes};

const STATEMENTS: &str = "
    CREATE TYPE ADDRESS AS STRUCT<STREET STRING, CITY STRING>;
    CREATE STREAM ORDERS (ID BIGINT KEY, ITEM STRING, N INT, HOME ADDRESS)
        WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=2);
    CREATE TABLE USERS (ID STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE STREAM BIG AS SELECT * FROM ORDERS WHERE N > 5;
    CREATE TABLE BY_ITEM AS SELECT ITEM, COUNT(*) C, SUM(N) S FROM ORDERS GROUP BY ITEM;
    CREATE TABLE NAMES AS SELECT ID, UCASE(NAME) NAME FROM USERS;
    CREATE STREAM PAUSED AS SELECT ID, ITEM FROM ORDERS;";

async fn insert(server: &Server, id: i64, item: &str, n: i64) {
    server.ksql(&format!("INSERT INTO ORDERS VALUES ({id}, '{item}', {n}, STRUCT(STREET:='s', CITY:='c'));")).await;
}

/// What the LIST statements tell, without the host's address.
async fn listings(server: &Server) -> Vec<Json> {
    let mut listed = Vec::new();
    for what in ["STREAMS", "TABLES", "TYPES", "TOPICS", "QUERIES"] {
        listed.push(server.ksql(&format!("LIST {what};")).await);
    }
    listed
}

#[tokio::test]
async fn everything_is_back_after_a_graceful_restart_and_goes_on() {
    let mut server = Server::start().await;
    server.ksql(STATEMENTS).await;
    let paused = server.query_of("PAUSED").await["id"].as_str().expect("an id").to_string();
    server.ksql(&format!("PAUSE {paused};")).await;
    for (id, item, n) in [(1, "pen", 3), (2, "ink", 7), (3, "pen", 9)] {
        insert(&server, id, item, n).await;
    }
    server.ksql("INSERT INTO USERS VALUES ('u', 'ann');").await;
    let counted = vec![r#"["ink",1,7]"#.to_string(), r#"["pen",2,12]"#.to_string()];
    let by_item = "SELECT ITEM, C, S FROM BY_ITEM;";
    becomes(by_item, &counted, async || server.sorted(by_item).await).await;
    becomes("NAMES", &vec![r#"["u","ANN"]"#.to_string()], async || server.sorted("SELECT * FROM NAMES;").await).await;
    server.drained_but("PAUSED").await;
    let (before, orders) = (listings(&server).await, server.records("ORDERS", "ROWTIME, ID, ITEM, N, HOME").await);

    server.restart().await;
    assert_eq!(listings(&server).await, before);
    assert_eq!(server.query_of("PAUSED").await["statusCount"], json!({ "PAUSED": 1 }));
    assert_eq!(server.records("ORDERS", "ROWTIME, ID, ITEM, N, HOME").await, orders);
    assert_eq!(server.sorted(by_item).await, counted);
    assert_eq!(server.sorted("SELECT * FROM NAMES;").await, [r#"["u","ANN"]"#]);
    assert_eq!(server.records("BIG", "ID").await.len(), 2);
    assert!(server.records("PAUSED", "ID").await.is_empty());

    insert(&server, 4, "pen", 6).await;
    let counted = vec![r#"["ink",1,7]"#.to_string(), r#"["pen",3,18]"#.to_string()];
    becomes(by_item, &counted, async || server.sorted(by_item).await).await;
    becomes("the filter goes on", &3, async || server.records("BIG", "ID").await.len()).await;
    server.ksql(&format!("RESUME {paused};")).await;
    becomes("the resumed query catches up", &4, async || server.records("PAUSED", "ID").await.len()).await;
}

#[tokio::test]
async fn what_was_dropped_stays_dropped_and_names_can_be_used_again() {
    let mut server = Server::start().await;
    server.ksql("CREATE STREAM SRC (V INT) WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON', PARTITIONS=1);").await;
    for round in 0..10 {
        server.ksql(&format!("CREATE TABLE T AS SELECT V, COUNT(*) + {round} C FROM SRC GROUP BY V;")).await;
        server.ksql("CREATE TYPE X AS STRUCT<A INT>; DROP TYPE X;").await;
        server.ksql("DROP TABLE T DELETE TOPIC;").await;
    }
    server.ksql("CREATE TABLE T AS SELECT V, COUNT(*) C FROM SRC GROUP BY V;").await;
    server.ksql("CREATE STREAM ENDED AS SELECT V FROM SRC;").await;
    let ended = server.query_of("ENDED").await["id"].as_str().expect("an id").to_string();
    server.ksql(&format!("TERMINATE {ended};")).await;
    let before = listings(&server).await;
    server.kill9();
    server.up().await;
    assert_eq!(listings(&server).await, before);
    server.ksql("INSERT INTO SRC VALUES (7);").await;
    becomes("the last T counts", &vec!["[7,1]".to_string()], async || server.sorted("SELECT * FROM T;").await).await;
    assert!(server.records("ENDED", "V").await.is_empty());
}

#[tokio::test]
async fn acknowledged_rows_outlive_kill_9() {
    let mut server = Server::start().await;
    server.ksql("CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);").await;
    for v in 0..10 {
        server.ksql(&format!("INSERT INTO S VALUES ({v});")).await;
        server.kill9();
        server.up().await;
    }
    let expected: Vec<Json> = (0..10).map(|v| json!([0, v, v])).collect();
    assert_eq!(server.records("S", "V").await, expected);
}

#[tokio::test]
async fn an_acknowledged_statement_outlives_kill_9() {
    let mut server = Server::start().await;
    for n in 0..5 {
        server
            .ksql(&format!("CREATE STREAM S{n} (V INT) WITH (KAFKA_TOPIC='s{n}', VALUE_FORMAT='JSON', PARTITIONS=1);"))
            .await;
        server.ksql(&format!("CREATE STREAM C{n} AS SELECT V + 1 AS W FROM S{n};")).await;
        server.kill9();
        server.up().await;
        server.ksql(&format!("INSERT INTO S{n} VALUES (1);")).await;
        let expected = vec![json!([0, 0, 2])];
        becomes("the query runs", &expected, async || server.records(&format!("C{n}"), "W").await).await;
    }
}
