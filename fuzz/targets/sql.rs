//! Scripts to statements, and statements to plans.

use std::cell::RefCell;
use std::collections::BTreeMap;

use weir_engine::config::Config;
use weir_engine::metastore::MetaStore;
use weir_engine::plan::{self, PlanContext, PullOutcome, QueryPlan, StatementPlan};
use weir_engine::topic::TopicSpec;
use weir_parser::ast::{ParsedStatement, Statement};
use weir_parser::{VariableMap, is_complete, parse_script, parse_single, parse_statement, print, split_statements};

use super::{outcome, worded};

fn variables() -> VariableMap {
    [("v", "X"), ("t", "'te''xt'"), ("n", "-1.5"), ("bad", "a b; DROP")].into_iter().collect()
}

/// A script may be refused, with a picture of the place; what is taken is printed and reads back as the same tree.
pub fn script(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let complete = is_complete(&text);
    let statements = match split_statements(&text) {
        Ok(statements) => statements,
        Err(error) => {
            let picture = error.render(&text);
            assert!(!picture.is_empty());
            return outcome((complete, worded(&error.message)));
        }
    };
    let read = statements.iter().map(|statement| match parse_single(statement, &variables()) {
        Ok(parsed) => {
            reads_back(&parsed.statement);
            outcome(std::mem::discriminant(&parsed.statement))
        }
        Err(error) => worded(&error.message),
    });
    outcome((complete, read.collect::<Vec<_>>()))
}

fn reads_back(statement: &Statement) {
    let text = print::statement_text(statement);
    // Statements keep the text of a nested one as it was sent; variables that stay as text are one more thing to replace.
    if text.contains("${") {
        return;
    }
    let again = match parse_statement(&text) {
        Ok(again) => again.statement,
        // Every operator is printed in brackets: a long chain nests deeper than it did as it was sent.
        Err(error) if error.message.contains("too large") => return,
        Err(error) => panic!("what was printed is refused: {}\n{text}", error.message),
    };
    assert!(print::statement_text(&again) == text, "reads back as another:\n{text}\n{}", print::statement_text(&again));
    assert!(without_texts(again) == without_texts(statement.clone()), "reads back as another tree: {text}");
}

/// EXPLAIN keeps its statement's text too, which is not canonical when it was typed.
fn without_texts(statement: Statement) -> Statement {
    match statement {
        Statement::Explain(weir_parser::ast::Explain::Statement { statement, .. }) => without_texts(*statement),
        other => other,
    }
}

/// Sources of all kinds that planned statements may use.
const SOURCES: &str = "
CREATE TYPE ADDRESS AS STRUCT<NUMBER INT, STREET STRING>;
CREATE STREAM S (K STRING KEY, I INT, L BIGINT, D DOUBLE, N DECIMAL(10, 2), T STRING, B BOOLEAN, A ARRAY<INT>, M MAP<STRING, INT>,
    ST STRUCT<X INT, Y ARRAY<STRING>>, TS TIMESTAMP, DA DATE, TI TIME, Y BYTES, AD ADDRESS, H BYTES HEADER('h'))
    WITH (KAFKA_TOPIC='s', PARTITIONS=2, FORMAT='JSON');
CREATE STREAM U (K1 INT KEY, K2 STRING KEY, V STRING) WITH (KAFKA_TOPIC='u', PARTITIONS=1, FORMAT='JSON');
CREATE TABLE T (K STRING PRIMARY KEY, V INT, W STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=2, KEY_FORMAT='KAFKA', VALUE_FORMAT='DELIMITED');
CREATE STREAM WS (K STRING KEY, V INT) WITH (KAFKA_TOPIC='ws', PARTITIONS=1, FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');
CREATE TABLE C AS SELECT K, COUNT(*) AS N, SUM(I) AS SI FROM S WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY K;
CREATE TABLE G AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;
";

struct Node {
    metastore: MetaStore,
    topics: RefCell<BTreeMap<String, TopicSpec>>,
    config: Config,
    next_query_number: u64,
}

impl Node {
    fn new() -> Self {
        let mut node = Self {
            metastore: MetaStore::default(),
            topics: RefCell::default(),
            config: Config::default(),
            next_query_number: 0,
        };
        let statements = parse_script(SOURCES, &VariableMap::default()).expect("the sources parse");
        for statement in &statements {
            if let Err(refusal) = node.run(statement) {
                panic!("{}: {refusal}", statement.text);
            }
        }
        node
    }

    /// Plans a statement and lets it take effect.
    fn run(&mut self, statement: &ParsedStatement) -> Result<u64, String> {
        let topics = |name: &str| self.topics.borrow().get(name).cloned();
        let context = PlanContext {
            metastore: &self.metastore,
            config: &self.config,
            topics: &topics,
            next_query_number: self.next_query_number,
        };
        if let Statement::Query(query) = &statement.statement {
            return match query.emit {
                Some(_) => plan::plan_push(&context, query, &statement.text, 7).map(|plan| checked(&plan)),
                None => plan::plan_pull(&context, query, &statement.text, 7).map(|planned| match planned {
                    PullOutcome::Stream(plan) => checked(&plan),
                    PullOutcome::Table(_) => 1,
                }),
            }
            .map_err(|e| e.to_string());
        }
        let (planned, metastore) = plan::plan(&context, statement).map_err(|e| e.to_string())?;
        self.metastore = metastore;
        if let StatementPlan::CreateSource { topic: Some(topic), .. }
        | StatementPlan::CreateAs { topic: Some(topic), .. } = &planned
        {
            self.topics.borrow_mut().insert(topic.name.clone(), topic.clone());
        }
        Ok(match &planned {
            StatementPlan::CreateAs { query, .. } | StatementPlan::InsertInto { query } => {
                self.next_query_number += 1;
                checked(query)
            }
            other => outcome(std::mem::discriminant(other)),
        })
    }
}

/// The command log keeps plans as JSON and must give the same plan back.
fn checked(plan: &QueryPlan) -> u64 {
    let json = serde_json::to_string(plan).expect("plans serialise");
    let again = serde_json::from_str::<QueryPlan>(&json);
    // serde_json refuses deeper nesting than the parser: such a plan is refused when it is read, not wrongly read.
    assert!(again.is_err() || again.is_ok_and(|again| again == *plan), "a plan is another after a round trip: {json}");
    let text = plan::explain(plan);
    outcome((text.execution_plan.lines().map(|line| line.chars().take(12).collect::<String>())).collect::<Vec<_>>())
}

thread_local! {
    static PARSED_SOURCES: RefCell<Option<Node>> = const { RefCell::new(None) };
}

/// Statements may be refused; planning gives the same twice.
pub fn plan(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let statements = match parse_script(&text, &variables()) {
        Ok(statements) => statements,
        Err(error) => return worded(&error.message),
    };
    PARSED_SOURCES.with_borrow_mut(|kept| {
        let node = kept.get_or_insert_with(Node::new);
        let (metastore, topics) = (node.metastore.clone(), node.topics.borrow().clone());
        let outcomes: Vec<u64> = statements
            .iter()
            .take(4)
            .map(|statement| node.run(statement).unwrap_or_else(|message| worded(&message)))
            .collect();
        node.metastore = metastore;
        node.topics = RefCell::new(topics);
        outcome(outcomes)
    })
}
