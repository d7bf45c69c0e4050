//! Executes one case: a fresh engine, statements in order, inputs one at a time, outputs read back.
//!
//! Follows runtime reference 12.4: no record cache, earliest offsets, one partition unless the case says otherwise, every
//! record fully processed before the next.

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, Int64Array};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};
use weir_engine::batch::Header;
use weir_engine::config::Config;
use weir_engine::engine::{Engine, PullAnswer, PushQuery, SimulatedDriver};
use weir_engine::exec::{EndReason, Next, ResultRows, Simulation, SimulationOptions};
use weir_engine::formats::{Format, SerdeOptions, value_to_rest_json};
use weir_engine::metastore::DataSource;
use weir_engine::plan::OutputColumn;
use weir_engine::state::StateDb;
use weir_engine::topic::embedded::EmbeddedLog;
use weir_engine::topic::{CleanupPolicy, Partition, Records, TopicPartition, TopicSpec, Topics, partition_for_key};
use weir_engine::types::Value;
use weir_parser::VariableMap;
use weir_parser::ast::{CreateSource, Emit, Literal, ParsedStatement, Query, SourceKind, Statement};

use super::case::{Case, CaseHeader, CaseRecord, CaseTopic};
use super::kafka::Broker;
use super::picture;
use super::report::{OutputRecord, Report, ReportedSource};
use super::schema_text::schema_text;

/// Rows and clock ticks of a case never exceed this; a query that never ends is cut here.
const FETCH_ROWS: usize = 10_000;

/// `broker`: where the topics of the case lie; `None`: in memory.
pub fn run(case: &Case, batch_size: usize, broker: Option<&Broker>) -> Report {
    let mut report = Report::new(case);
    let outcome = Run::new(case, batch_size, broker).and_then(|mut run| {
        let outcome = run.execute(&mut report);
        run.read_back(&mut report);
        outcome
    });
    report.error = outcome.err();
    report
}

struct Run<'a> {
    case: &'a Case,
    engine: Engine,
    topics: Arc<dyn Topics>,
    driver: Arc<SimulatedDriver>,
    overrides: Config,
    random: u64,
    /// 1: each record is processed before the next is fed.
    batch_size: usize,
}

impl<'a> Run<'a> {
    fn new(case: &'a Case, batch_size: usize, broker: Option<&Broker>) -> Result<Self, String> {
        let db = StateDb::in_memory();
        let mut config = case_config(case);
        config.set("weir.batch.rows", batch_size.to_string());
        let topics: Arc<dyn Topics> = match broker {
            Some(broker) => broker.topics(case, config.clone(), db.clone())?,
            None => Arc::new(EmbeddedLog::open(db.clone()).map_err(|e| e.to_string())?),
        };
        let simulation = Simulation::new(Arc::clone(&topics), db.clone(), SimulationOptions::default());
        let driver = Arc::new(SimulatedDriver::new(simulation));
        let engine = Engine::new(config, Arc::clone(&topics), db, driver.clone());
        let mut run = Self { case, engine, topics, driver, overrides: Config::default(), random: 0, batch_size };
        run.create_case_topics()?;
        Ok(run)
    }

    fn create_case_topics(&mut self) -> Result<(), String> {
        for topic in &self.case.body.topics {
            match topic {
                CaseTopic::Name(name) => self.create_topic(name, 1, 1)?,
                CaseTopic::Described { name, partitions, replicas } => {
                    self.create_topic(name, partitions.unwrap_or(1), replicas.unwrap_or(1))?;
                }
            }
        }
        Ok(())
    }

    fn create_topic(&self, name: &str, partitions: u32, replicas: u16) -> Result<(), String> {
        if self.topics.describe(name).is_some() {
            return Ok(());
        }
        let spec = TopicSpec {
            name: name.into(),
            partitions,
            replicas,
            cleanup: CleanupPolicy::Delete,
            retention_ms: None,
            kafka_configs: &[],
        };
        self.topics.create(&spec).map_err(|e| e.to_string())
    }

    fn execute(&mut self, report: &mut Report) -> Result<(), String> {
        let waits = self.case.body.input_conditions.is_some();
        let mut fed = false;
        for text in &self.case.body.statements {
            for statement in parse(text)? {
                if let Statement::Query(query) = &statement.statement {
                    if !fed && !waits {
                        self.feed_inputs()?;
                        fed = true;
                    }
                    let answer = self.query(query, &statement.text, !fed)?;
                    fed = true;
                    report.responses.push(json!({ "query": answer }));
                } else {
                    self.statement(&statement)?;
                    report.responses.push(json!({ "admin": admin_entity(&statement.text) }));
                }
            }
        }
        if !fed {
            self.feed_inputs()?;
        }
        self.driver.first_error().map_or(Ok(()), Err)
    }

    fn statement(&mut self, statement: &ParsedStatement) -> Result<(), String> {
        match &statement.statement {
            Statement::InsertValues(insert) => {
                self.engine.insert_values(insert, 0).map_err(|e| e.message)?;
            }
            Statement::SetProperty { name, value } => self.overrides.set(name, value.clone()),
            Statement::UnsetProperty { name } => {
                self.overrides.unset(name);
            }
            Statement::Terminate(selector) => {
                let ids = self.engine.select_queries(selector, "terminate").map_err(|e| e.message)?;
                self.engine.terminate(&ids).map_err(|e| e.message)?;
            }
            other => {
                if let Statement::CreateSource(create) = other {
                    self.create_missing_topic(create)?;
                }
                let prepared = self.engine.sandbox().prepare(statement, &self.overrides).map_err(|e| e.message)?;
                self.engine.apply(prepared).map_err(|e| e.message)?;
            }
        }
        self.driver.run_until_idle();
        Ok(())
    }

    /// Topics that statements name exist beforehand in this suite, with one partition.
    fn create_missing_topic(&self, create: &CreateSource) -> Result<(), String> {
        if create.properties.get("PARTITIONS").is_some() {
            return Ok(());
        }
        match create.properties.get("KAFKA_TOPIC") {
            Some(Literal::String(topic)) if !topic.is_empty() => self.create_topic(topic, 1, 1),
            _ => Ok(()),
        }
    }

    fn feed_inputs(&mut self) -> Result<(), String> {
        for input in &self.case.body.inputs {
            self.feed(input).map_err(|e| format!("input of {}: {e}", input.topic))?;
            if self.batch_size == 1 {
                self.driver.run_until_idle();
            }
        }
        self.driver.run_until_idle();
        Ok(())
    }

    fn feed(&self, input: &CaseRecord) -> Result<(), String> {
        self.create_topic(&input.topic, 1, 1)?;
        let source = self.source_of(&input.topic);
        let plain = SerdeOptions { format: Format::Json, wrap_single: true };
        let (key_serde, value_serde) =
            source.as_ref().map_or((&plain, &plain), |source| (&source.key_serde, &source.value_serde));
        let (key_columns, value_columns) =
            source.as_ref().map_or((&[][..], &[][..]), |s| (&s.schema.key[..], &s.schema.value[..]));
        let mut key = picture::to_bytes(&input.key, key_serde, key_columns)?;
        if let (Some(key), Some(window)) = (&mut key, input.window) {
            let kind = source.as_ref().and_then(|s| s.window).map(|w| w.kind);
            picture::append_window(key, window, kind);
        }
        let value = picture::to_bytes(&input.value, value_serde, value_columns)?;
        let partitions = self.topics.describe(&input.topic).map_or(1, |t| t.partitions);
        let partition = key.as_ref().map_or(Partition(0), |key| partition_for_key(key, partitions));
        let records = Records {
            keys: binary(key.as_deref()),
            values: binary(value.as_deref()),
            timestamps: Int64Array::from(vec![input.timestamp.unwrap_or(0)]),
            headers: input.headers.as_ref().map(|headers| vec![headers.iter().map(header).collect()]),
        };
        self.topics.append(&input.topic, vec![(partition, records)]).map_err(|e| e.to_string())?;
        Ok(())
    }

    /// The source that says how a topic's records look.
    fn source_of(&self, topic: &str) -> Option<Arc<DataSource>> {
        self.engine.metastore().sources().find(|source| source.topic == topic).cloned()
    }

    /// Runs a push or pull query; `feed` inputs once a push query listens.
    fn query(&mut self, query: &Query, text: &str, feed: bool) -> Result<Vec<Json>, String> {
        self.random += 1;
        if query.emit == Some(Emit::Changes) || query.emit == Some(Emit::Final) {
            let push = self.engine.push(query, text, &self.overrides, self.random).map_err(|e| e.message)?;
            self.driver.run_until_idle();
            if feed {
                self.feed_inputs()?;
            }
            return self.drain(push, false);
        }
        match self.engine.pull(query, text, &self.overrides, self.random).map_err(|e| e.message)? {
            PullAnswer::Scan(scan) => self.drain(scan, false),
            PullAnswer::Rows { columns, batches } => {
                let mut lines = vec![header_line(&columns, true)];
                for batch in batches {
                    let rows = batch.first().map_or(0, |column| column.len());
                    lines.extend((0..rows).map(|row| row_line(&columns, &batch, row, false)));
                }
                Ok(lines)
            }
        }
    }

    fn drain(&mut self, push: PushQuery, with_keys: bool) -> Result<Vec<Json>, String> {
        let columns = &push.plan.output_columns;
        let mut lines = vec![header_line(columns, with_keys)];
        loop {
            self.driver.run_until_idle();
            match push.subscription.try_next() {
                Next::Rows(batch) => lines.extend(batch_lines(columns, &batch)),
                Next::Empty => return Ok(lines),
                Next::End(EndReason::Limit) => {
                    lines.push(json!({ "finalMessage": "Limit Reached" }));
                    return Ok(lines);
                }
                Next::End(EndReason::Completed | EndReason::Terminated) => {
                    lines.push(json!({ "finalMessage": "Query Completed" }));
                    return Ok(lines);
                }
                Next::End(EndReason::Failed(reason)) => return Err(reason),
            }
        }
    }

    fn read_back(&self, report: &mut Report) {
        let metastore = self.engine.metastore();
        let reported = |source: &Arc<DataSource>| ReportedSource {
            name: source.name.as_str().into(),
            kind: if source.kind == SourceKind::Stream { "stream" } else { "table" },
            schema: schema_text(&source.schema, self.case.wanted_schema(source.name.as_str())),
        };
        report.sources = metastore.sources().map(reported).collect();
        for expected in &self.case.body.outputs {
            if !report.outputs.contains_key(&expected.topic) {
                report.outputs.insert(expected.topic.clone(), self.read_topic(&expected.topic));
            }
        }
    }

    fn read_topic(&self, topic: &str) -> Vec<OutputRecord> {
        let Some(spec) = self.topics.describe(topic) else { return Vec::new() };
        let source = self.source_of(topic);
        let mut records = Vec::new();
        for partition in 0..spec.partitions {
            let partition = TopicPartition { topic: topic.into(), partition: Partition(partition) };
            let mut offset = 0;
            while let Ok(fetched) = self.topics.fetch(&partition, offset, FETCH_ROWS) {
                if fetched.records.is_empty() {
                    break;
                }
                offset = fetched.next_offset;
                records.extend((0..fetched.records.len()).map(|row| output(&fetched.records, row, source.as_deref())));
            }
        }
        records
    }
}

fn case_config(case: &Case) -> Config {
    let fixed = [
        ("weir.compatibility", "strict"),
        ("ksql.service.id", "some.ksql.service.id"),
        ("auto.offset.reset", "earliest"),
        ("cache.max.bytes.buffering", "0"),
    ];
    let mut config = Config::new(fixed.map(|(name, value)| (name.to_string(), value.to_string())));
    for (name, value) in &case.body.properties {
        config.set(name, value.as_str().map_or_else(|| value.to_string(), String::from));
    }
    config
}

fn parse(text: &str) -> Result<Vec<ParsedStatement>, String> {
    weir_parser::parse_script(text, &VariableMap::default()).map_err(|e| format!("{e}\nStatement: {text}"))
}

fn binary(bytes: Option<&[u8]>) -> arrow_array::BinaryArray {
    let mut builder = BinaryBuilder::new();
    builder.append_option(bytes);
    builder.finish()
}

fn header(picture: &CaseHeader) -> Header {
    Header {
        key: picture.key.clone().unwrap_or_default(),
        value: picture.value.as_ref().and_then(|text| BASE64.decode(text).ok()),
    }
}

fn output(records: &Records, row: usize, source: Option<&DataSource>) -> OutputRecord {
    let bytes = |array: &arrow_array::BinaryArray| array.is_valid(row).then(|| array.value(row).to_vec());
    let (key, value) = (bytes(&records.keys), bytes(&records.values));
    let plain = SerdeOptions { format: Format::Json, wrap_single: true };
    let mut window = None;
    let key = match source {
        Some(source) => {
            let key = key.as_deref().map(|key| {
                let (key, split) = picture::split_window(key, source);
                window = split;
                key
            });
            picture::from_bytes(key, &source.key_serde, &source.schema.key)
        }
        None => picture::from_bytes(key.as_deref(), &plain, &[]),
    };
    let value = match source {
        Some(source) => picture::from_bytes(value.as_deref(), &source.value_serde, &source.schema.value),
        None => picture::from_bytes(value.as_deref(), &plain, &[]),
    };
    let headers = records.headers.as_ref().map_or_else(Vec::new, |headers| {
        headers[row]
            .iter()
            .map(|h| CaseHeader { key: Some(h.key.clone()), value: h.value.as_ref().map(|v| BASE64.encode(v)) })
            .collect()
    });
    OutputRecord { key, value, timestamp: records.timestamps.value(row), window, headers }
}

fn admin_entity(text: &str) -> Json {
    json!({ "@type": "currentStatus", "statementText": text, "commandStatus": { "status": "SUCCESS" } })
}

fn header_line(columns: &[OutputColumn], with_keys: bool) -> Json {
    let schema: Vec<String> = columns
        .iter()
        .map(|c| {
            let key = if with_keys && c.is_key { " KEY" } else { "" };
            format!("`{}` {}{key}", c.name.replace('`', "``"), c.data_type)
        })
        .collect();
    json!({ "header": { "schema": schema.join(", ") } })
}

fn batch_lines(columns: &[OutputColumn], batch: &ResultRows) -> Vec<Json> {
    (0..batch.rows)
        .map(|row| {
            let tombstone = batch.tombstones.as_ref().is_some_and(|t| t.value(row));
            row_line(columns, &batch.columns, row, tombstone)
        })
        .collect()
}

fn row_line(columns: &[OutputColumn], arrays: &[arrow_array::ArrayRef], row: usize, tombstone: bool) -> Json {
    let mut text = String::from("[");
    for (i, (column, array)) in columns.iter().zip(arrays).enumerate() {
        if i > 0 {
            text.push(',');
        }
        value_to_rest_json(&Value::from_array(array, row, &column.data_type), &column.data_type, &mut text);
    }
    text.push(']');
    let values: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
    if tombstone {
        json!({ "row": { "columns": values, "tombstone": true } })
    } else {
        json!({ "row": { "columns": values } })
    }
}
