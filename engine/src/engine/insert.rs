//! INSERT INTO ... VALUES and rows of `/inserts-stream`: one row to one record, acknowledged when it is durable.
//!
//! Follows ksqlDB `InsertValuesExecutor`: constant expressions, strict coercion, the producer's default partitioner.

use arrow_array::{Array, ArrayRef, Int64Array};
use weir_parser::ast::{ColumnReference, Expression, InsertValues, Name, SourceKind};

use super::error::{EngineError, ErrorKind};
use crate::analyzer::scope::similar_source_hint;
use crate::expr;
use crate::formats;
use crate::metastore::{DataSource, MetaStore};
use crate::topic::{Partition, Records, partition_for_key};
use crate::types::{Column, SourceName, SqlType, Value, values_to_array};

/// A row that is ready to be appended.
#[derive(Debug)]
pub struct InsertedRow {
    pub topic: String,
    pub partition: Partition,
    pub records: Records,
}

/// The values of one row by column; columns left out are NULL.
#[derive(Debug, Default)]
pub struct RowValues {
    pub values: Vec<(Name, Value)>,
    pub rowtime_ms: Option<i64>,
}

/// Finds the target of an insert and checks that rows may be written to it.
pub fn target<'a>(metastore: &'a MetaStore, name: &SourceName) -> Result<&'a DataSource, EngineError> {
    let Some(source) = metastore.source(name) else {
        return Err(EngineError::request(format!(
            "Cannot insert values into an unknown stream/table: `{}`{}",
            name.as_str(),
            similar_source_hint(metastore, name)
        )));
    };
    if source.is_windowed() {
        return Err(EngineError::request("Cannot insert values into windowed stream/table!"));
    }
    Ok(source)
}

/// Checks that only INSERT VALUES makes (`/inserts-stream` accepts such targets).
fn check_writable(source: &DataSource, read_only_topic: bool) -> Result<(), EngineError> {
    if source.read_only {
        let kind = if source.kind == SourceKind::Stream { "stream" } else { "table" };
        return Err(EngineError::request(format!(
            "Cannot insert values into read-only {kind}: {}",
            source.name.as_str()
        )));
    }
    if read_only_topic {
        return Err(EngineError::request(format!("Cannot insert values into read-only topic: {}", source.topic)));
    }
    if !source.schema.headers.is_empty() {
        let names: Vec<&str> = source.schema.headers.iter().map(|h| h.name.as_str()).collect();
        return Err(EngineError::request(format!("Cannot insert into HEADER columns: {}", names.join(", "))));
    }
    Ok(())
}

/// Evaluates the statement's values into a row of the target.
pub fn evaluate(
    metastore: &MetaStore,
    statement: &InsertValues,
    read_only_topic: bool,
) -> Result<RowValues, EngineError> {
    let source = target(metastore, &statement.target)?;
    check_writable(source, read_only_topic)?;
    row_values(source, statement).map_err(|reason| {
        let message = match reason {
            Refusal::Prepare(text) => format!("Failed to prepare statement: {text}"),
            Refusal::Value(text) => format!("Failed to insert values into '{}'. {text}", source.name.as_str()),
        };
        EngineError::statement(message).with_text(masked_text(statement))
    })
}

enum Refusal {
    Prepare(String),
    Value(String),
}

fn row_values(source: &DataSource, statement: &InsertValues) -> Result<RowValues, Refusal> {
    if statement.values.is_empty() {
        return Err(Refusal::Prepare("Expected some values for INSERT INTO statement.".into()));
    }
    let columns = insert_columns(source, statement)?;
    let mut row = RowValues::default();
    for (column, expression) in columns.iter().zip(&statement.values) {
        check_references(expression)?;
        let value = constant(expression, column).map_err(Refusal::Value)?;
        if column.name.as_str() == "ROWTIME" && source.schema.find(&column.name).is_none() {
            row.rowtime_ms = if let Value::BigInt(ms) = value { Some(ms) } else { None };
        } else {
            row.values.push((column.name.clone(), value));
        }
    }
    if source.kind == SourceKind::Table {
        let missing: Vec<&str> = source
            .schema
            .key
            .iter()
            .filter(|key| !row.values.iter().any(|(name, _)| name == &key.name))
            .map(|key| key.name.as_str())
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::Value(format!(
                "Value for primary key column(s) {} is required for tables",
                missing.join(", ")
            )));
        }
    }
    Ok(row)
}

/// The columns that the values go to, in the order of the values.
fn insert_columns(source: &DataSource, statement: &InsertValues) -> Result<Vec<Column>, Refusal> {
    if statement.columns.is_empty() {
        let columns: Vec<Column> = source.schema.columns().cloned().collect();
        if columns.len() != statement.values.len() {
            let got: Vec<String> = statement.values.iter().map(ToString::to_string).collect();
            return Err(Refusal::Value(format!(
                "Expected a value for each column. Expected Columns: []. Got [{}]",
                got.join(", ")
            )));
        }
        return Ok(columns);
    }
    if statement.columns.len() != statement.values.len() {
        return Err(Refusal::Prepare(format!(
            "Expected number columns and values to match: {}, {}",
            statement.columns.len(),
            statement.values.len()
        )));
    }
    statement
        .columns
        .iter()
        .map(|name| match (source.schema.find(name), name.as_str()) {
            (Some(column), _) => Ok(column.clone()),
            (None, "ROWTIME") => Ok(Column::new("ROWTIME", SqlType::BigInt)),
            (None, "ROWPARTITION" | "ROWOFFSET") => {
                Err(Refusal::Value(format!("Inserting into column `{}` is not allowed.", name.as_str())))
            }
            (None, _) => Err(Refusal::Value(format!("Column name `{}` does not exist.", name.as_str()))),
        })
        .collect()
}

/// Values name no columns, and there is no source that a qualifier could name.
fn check_references(expression: &Expression) -> Result<(), Refusal> {
    match expr::visit::columns_of(expression).first() {
        Some(ColumnReference { qualifier: Some(alias), .. }) => {
            Err(Refusal::Prepare(format!("'{}' is not a valid stream/table name or alias.", alias.as_str())))
        }
        Some(reference) => {
            let name = reference.name.as_str();
            Err(Refusal::Value(format!("Unsupported column reference in insert value: {name}")))
        }
        None => Ok(()),
    }
}

/// One value, coerced to its column's type.
fn constant(expression: &Expression, column: &Column) -> Result<Value, String> {
    let (value, from) = expr::evaluate_constant(expression).map_err(|e| {
        let full_stop = if e.message.ends_with('.') { "" } else { "." };
        format!("Invalid insert value: {}{full_stop}", e.message)
    })?;
    let Some(from) = from else { return Ok(Value::Null) };
    expr::coerce_strict(&value, &from, &column.data_type).map_err(|_| refused_value(&value, &from, column))
}

fn refused_value(value: &Value, from: &SqlType, column: &Column) -> String {
    let hint = match (&column.data_type, from) {
        (SqlType::Date, SqlType::String) => ". Date format must be yyyy-mm-dd",
        (SqlType::Time, SqlType::String) => ". Time format must be hh:mm:ss[.S]",
        (SqlType::Timestamp, SqlType::String) => ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]",
        _ => "",
    };
    let text = expr::text::value_text(value, from);
    format!(
        "Expected type {} for field `{}` but got {}({text}){hint}",
        column.data_type,
        column.name.as_str(),
        from.base_name()
    )
}

/// The statement as errors repeat it: names back-quoted, every value masked.
fn masked_text(statement: &InsertValues) -> String {
    let columns = if statement.columns.is_empty() {
        String::new()
    } else {
        let names: Vec<String> = statement.columns.iter().map(|c| format!("`{}`", c.as_str())).collect();
        format!(" ({})", names.join(", "))
    };
    let values = vec!["'[value]'"; statement.values.len()].join(", ");
    format!("INSERT INTO `{}`{columns} VALUES ({values});", statement.target.as_str())
}

/// Serialises a row into one record. `keyless_turn` spreads rows without key over the partitions.
pub fn encode(
    source: &DataSource,
    row: &RowValues,
    partitions: u32,
    now_ms: i64,
    keyless_turn: u32,
) -> Result<InsertedRow, EngineError> {
    let failed = |reason: String| {
        EngineError::request(format!("Failed to insert values into '{}'. {reason}", source.name.as_str()))
    };
    let arrays = |columns: &[Column]| -> Vec<ArrayRef> {
        columns
            .iter()
            .map(|column| {
                // A column named twice keeps its last value, as a later put does.
                let value = row.values.iter().rev().find(|(name, _)| name == &column.name).map(|(_, v)| v.clone());
                values_to_array(&column.data_type, &[value.unwrap_or(Value::Null)])
            })
            .collect()
    };
    let key_encoder =
        formats::encoder(&source.key_serde, &source.schema.key, true).map_err(|e| failed(e.to_string()))?;
    let value_encoder =
        formats::encoder(&source.value_serde, &source.schema.value, false).map_err(|e| failed(e.to_string()))?;
    let keys = key_encoder.encode(&arrays(&source.schema.key), None, 1).map_err(|e| failed(e.to_string()))?;
    let values = value_encoder.encode(&arrays(&source.schema.value), None, 1).map_err(|e| failed(e.to_string()))?;
    let partition = if keys.is_null(0) {
        Partition(keyless_turn % partitions.max(1))
    } else {
        partition_for_key(keys.value(0), partitions)
    };
    if source.kind == SourceKind::Table && keys.is_null(0) {
        return Err(EngineError::new(
            ErrorKind::Request,
            format!(
                "Failed to insert values into '{}'.\nCaused by: Compacted topic cannot accept message without key in topic partition\n\t{}-{}",
                source.name.as_str(),
                source.topic,
                partition.0
            ),
        ));
    }
    let timestamps = Int64Array::from(vec![row.rowtime_ms.unwrap_or(now_ms)]);
    Ok(InsertedRow {
        topic: source.topic.clone(),
        partition,
        records: Records { keys, values, timestamps, headers: None },
    })
}
