//! One row of `/inserts-stream`: a JSON object whose fields are columns.

use serde_json::Value as Json;

use super::json_value::{JsonValueError, folded_name, json_to_value};
use crate::types::{ColumnName, LogicalSchema, SqlType, Value};

/// Why a row cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonRowError {
    #[error("Invalid JSON in inserts stream")]
    NotAnObject,
    #[error(transparent)]
    Value(#[from] JsonValueError),
}

/// The values of a row by column, and ROWTIME where it is given. Names are folded unless they stand in quotes; fields that
/// are no columns are ignored.
pub fn json_row(text: &[u8], schema: &LogicalSchema) -> Result<(Vec<(ColumnName, Value)>, Option<i64>), JsonRowError> {
    let Ok(Json::Object(fields)) = serde_json::from_slice::<Json>(text) else { return Err(JsonRowError::NotAnObject) };
    let mut values = Vec::new();
    let mut rowtime = None;
    for (name, json) in &fields {
        let name = ColumnName::new(folded_name(name));
        if let Some(column) = schema.find(&name) {
            values.push((name, json_to_value(json, &column.data_type)?));
        } else if name.as_str() == "ROWTIME"
            && let Value::BigInt(ms) = json_to_value(json, &SqlType::BigInt)?
        {
            rowtime = Some(ms);
        }
    }
    Ok((values, rowtime))
}
