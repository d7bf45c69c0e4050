//! ksqlDB's data types.

use std::fmt;

use serde::{Deserialize, Serialize};
use weir_parser::ast::{DataType, Name};
use weir_parser::print::quoted_name;

use super::ColumnName;

/// A resolved SQL type: no custom type names are left in it.
///
/// `Display` prints the canonical form, e.g. ``MAP<STRING, STRUCT<`A` DECIMAL(4, 2)>>``.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SqlType {
    Boolean,
    Integer,
    BigInt,
    Double,
    Decimal {
        precision: u32,
        scale: u32,
    },
    String,
    Bytes,
    /// Milliseconds of the day.
    Time,
    /// Days since 1970-01-01.
    Date,
    /// Milliseconds since the epoch, UTC.
    Timestamp,
    Array(Box<SqlType>),
    Map(Box<SqlType>, Box<SqlType>),
    Struct(Vec<StructField>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StructField {
    #[serde(with = "super::schema::name_text")]
    pub name: ColumnName,
    pub data_type: SqlType,
}

/// Why a type that was written down is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidType {
    /// A name that is neither built in nor registered.
    #[error("Cannot resolve unknown type: {0}")]
    Unknown(String),
    #[error("Duplicate field names found in STRUCT: '{0}' and '{1}'")]
    DuplicateField(StructField, StructField),
}

impl SqlType {
    /// Resolves a parsed type; `custom` looks up registered types by folded name.
    ///
    /// # Errors
    /// Names that are no types, and structs with two fields of one name.
    pub fn resolve(data_type: &DataType, custom: &dyn Fn(&Name) -> Option<SqlType>) -> Result<SqlType, InvalidType> {
        Ok(match data_type {
            DataType::Boolean => SqlType::Boolean,
            DataType::Integer => SqlType::Integer,
            DataType::BigInt => SqlType::BigInt,
            DataType::Double => SqlType::Double,
            DataType::Decimal { precision, scale } => SqlType::Decimal { precision: *precision, scale: *scale },
            DataType::String => SqlType::String,
            DataType::Bytes => SqlType::Bytes,
            DataType::Time => SqlType::Time,
            DataType::Date => SqlType::Date,
            DataType::Timestamp => SqlType::Timestamp,
            DataType::Array(item) => SqlType::array(SqlType::resolve(item, custom)?),
            DataType::Map(key, value) => SqlType::map(SqlType::resolve(key, custom)?, SqlType::resolve(value, custom)?),
            DataType::Struct(fields) => SqlType::structure(
                fields
                    .iter()
                    .map(|(name, t)| Ok(StructField { name: name.clone(), data_type: SqlType::resolve(t, custom)? }))
                    .collect::<Result<_, InvalidType>>()?,
            )?,
            DataType::Custom(name) => custom(name).ok_or_else(|| InvalidType::Unknown(name.0.clone()))?,
        })
    }

    pub fn array(item: SqlType) -> SqlType {
        SqlType::Array(Box::new(item))
    }
    pub fn map(key: SqlType, value: SqlType) -> SqlType {
        SqlType::Map(Box::new(key), Box::new(value))
    }
    /// A STRUCT of these fields.
    ///
    /// # Errors
    /// `DuplicateField` when two have the same name.
    pub fn structure(fields: Vec<StructField>) -> Result<SqlType, InvalidType> {
        for (i, field) in fields.iter().enumerate() {
            if let Some(twin) = fields[..i].iter().find(|f| f.name == field.name) {
                return Err(InvalidType::DuplicateField(twin.clone(), field.clone()));
            }
        }
        Ok(SqlType::Struct(fields))
    }
    pub fn decimal(precision: u32, scale: u32) -> SqlType {
        SqlType::Decimal { precision, scale }
    }

    pub fn is_numeric(&self) -> bool {
        matches!(self, SqlType::Integer | SqlType::BigInt | SqlType::Double | SqlType::Decimal { .. })
    }

    /// The type's first word as ksqlDB's messages name it: `ARRAY`, `DECIMAL`, `STRING`, ...
    pub fn base_name(&self) -> &'static str {
        match self {
            SqlType::Boolean => "BOOLEAN",
            SqlType::Integer => "INTEGER",
            SqlType::BigInt => "BIGINT",
            SqlType::Double => "DOUBLE",
            SqlType::Decimal { .. } => "DECIMAL",
            SqlType::String => "STRING",
            SqlType::Bytes => "BYTES",
            SqlType::Time => "TIME",
            SqlType::Date => "DATE",
            SqlType::Timestamp => "TIMESTAMP",
            SqlType::Array(_) => "ARRAY",
            SqlType::Map(..) => "MAP",
            SqlType::Struct(_) => "STRUCT",
        }
    }

    /// The type without back-quotes around the names of fields, as messages about arguments list it.
    pub fn unquoted(&self) -> String {
        match self {
            SqlType::Array(item) => format!("ARRAY<{}>", item.unquoted()),
            SqlType::Map(key, value) => format!("MAP<{}, {}>", key.unquoted(), value.unquoted()),
            SqlType::Struct(fields) => {
                let field = |f: &StructField| format!("{} {}", f.name.as_str(), f.data_type.unquoted());
                format!("STRUCT<{}>", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            simple => simple.to_string(),
        }
    }

    /// The parsed form of this type, for printing it back into a statement.
    pub fn to_data_type(&self) -> DataType {
        match self {
            SqlType::Boolean => DataType::Boolean,
            SqlType::Integer => DataType::Integer,
            SqlType::BigInt => DataType::BigInt,
            SqlType::Double => DataType::Double,
            SqlType::Decimal { precision, scale } => DataType::Decimal { precision: *precision, scale: *scale },
            SqlType::String => DataType::String,
            SqlType::Bytes => DataType::Bytes,
            SqlType::Time => DataType::Time,
            SqlType::Date => DataType::Date,
            SqlType::Timestamp => DataType::Timestamp,
            SqlType::Array(item) => DataType::Array(Box::new(item.to_data_type())),
            SqlType::Map(key, value) => DataType::Map(Box::new(key.to_data_type()), Box::new(value.to_data_type())),
            SqlType::Struct(fields) => {
                DataType::Struct(fields.iter().map(|f| (f.name.clone(), f.data_type.to_data_type())).collect())
            }
        }
    }
}

/// The name in back-quotes, then the type.
impl fmt::Display for StructField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", quoted_name(&self.name), self.data_type)
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlType::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            SqlType::Array(item) => write!(f, "ARRAY<{item}>"),
            SqlType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            SqlType::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{field}")?;
                }
                f.write_str(">")
            }
            simple => f.write_str(simple.base_name()),
        }
    }
}
