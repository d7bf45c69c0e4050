//! SQL types, values and schemas, and how they lie in Arrow arrays.
//!
//! Knows nothing of any wire format: how a value looks in JSON or a Kafka record is the business of `formats`.

mod arrow;
mod schema;
mod sql_type;
mod value;

pub use arrow::{arrow_type, null_array, values_to_array};
pub(crate) use schema::name_text;
pub use schema::{Column, ColumnName, HeaderColumn, LogicalSchema, RowSchema, SourceName};
pub use sql_type::{InvalidType, SqlType, StructField};
pub use value::Value;
