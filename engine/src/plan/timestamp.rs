//! The TIMESTAMP property of sources and sinks against their columns.

use weir_parser::ast::{Name, Properties};

use super::properties;
use crate::analyzer::AnalysisError;
use crate::metastore::TimestampColumn;
use crate::types::{LogicalSchema, SqlType};

/// The TIMESTAMP property against the columns.
///
/// # Errors
/// A column that is missing or of a type that holds no time.
pub fn column(given: &Properties, schema: &LogicalSchema) -> Result<Option<TimestampColumn>, AnalysisError> {
    let refuse = |message: String| Err(AnalysisError::statement(message));
    let Some(name) = column_name(given) else { return Ok(None) };
    let format = properties::text(given, "TIMESTAMP_FORMAT");
    let shown = name.as_str();
    let Some(column) = schema.find(&name) else { return Err(no_timestamp_column(&name)) };
    match (&column.data_type, &format) {
        (SqlType::String, Some(_)) | (SqlType::BigInt | SqlType::Timestamp, None) => {}
        (SqlType::String, None) => {
            return refuse(
                "A String timestamp field has been specified without also specifying the timestamp_format".into(),
            );
        }
        (_, Some(_)) => {
            return refuse(
                "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING."
                    .into(),
            );
        }
        (_, None) => {
            return refuse(format!(
                "Timestamp column, `{shown}`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified."
            ));
        }
    }
    Ok(Some(TimestampColumn { column: name, format }))
}

/// Refuses a TIMESTAMP column that a query does not select, before the query itself is planned.
///
/// # Errors
/// When it is missing.
pub fn check_exists<'n>(given: &Properties, mut selected: impl Iterator<Item = &'n Name>) -> Result<(), AnalysisError> {
    match column_name(given) {
        Some(name) if !selected.any(|item| *item == name) => Err(no_timestamp_column(&name)),
        _ => Ok(()),
    }
}

fn column_name(given: &Properties) -> Option<Name> {
    properties::text(given, "TIMESTAMP").map(|text| Name(properties::folded_name(&text)))
}

fn no_timestamp_column(name: &Name) -> AnalysisError {
    AnalysisError::statement(format!(
        "The TIMESTAMP column set in the WITH clause does not exist in the schema: '{}'",
        name.as_str()
    ))
}
