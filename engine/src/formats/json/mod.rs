//! The format JSON: one object, or one bare value, per record.

mod decode;
mod encode;
mod fields;
mod scan;
mod text;
mod value;

use crate::types::SqlType;

pub use decode::JsonDecoder;
pub use encode::JsonEncoder;
pub(super) use encode::{append_base64_text, append_double};
pub(super) use fields::Fields;
pub(super) use text::append_string;

/// A type as the messages of failed records name it: `STRUCT<A INT, B VARCHAR>`.
pub(super) fn type_text(data_type: &SqlType) -> String {
    match data_type {
        SqlType::Integer => "INT".to_owned(),
        SqlType::String => "VARCHAR".to_owned(),
        SqlType::Array(item) => format!("ARRAY<{}>", type_text(item)),
        SqlType::Map(key, value) => format!("MAP<{}, {}>", type_text(key), type_text(value)),
        SqlType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{} {}", f.name.as_str(), type_text(&f.data_type))).collect();
            format!("STRUCT<{}>", fields.join(", "))
        }
        simple => simple.to_string(),
    }
}
