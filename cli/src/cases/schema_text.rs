//! Schemas in the spelling of the case files: names quoted only where they must be, `INT` for INTEGER.

use weir_engine::types::{Column, LogicalSchema, SqlType};

/// `ID INT KEY, TOTAL DECIMAL(4,2)`; header columns come last, as ordinary ones.
pub fn schema_text(schema: &LogicalSchema) -> String {
    let keys = schema.key.iter().map(|column| format!("{} KEY", column_text(column)));
    let values = schema.value.iter().map(column_text);
    keys.chain(values).collect::<Vec<_>>().join(", ")
}

fn column_text(column: &Column) -> String {
    format!("{} {}", column.name, type_text(&column.data_type))
}

fn type_text(data_type: &SqlType) -> String {
    match data_type {
        SqlType::Integer => "INT".into(),
        SqlType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
        SqlType::Array(item) => format!("ARRAY<{}>", type_text(item)),
        SqlType::Map(key, value) => format!("MAP<{}, {}>", type_text(key), type_text(value)),
        SqlType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{} {}", field.name, type_text(&field.data_type))).collect();
            format!("STRUCT<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// A schema text without what may be spelled in several ways: quotes of names, blanks, INTEGER and VARCHAR.
pub fn normalised(text: &str) -> String {
    let plain = text.replace('`', "").replace("INTEGER", "INT").replace("VARCHAR", "STRING");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_print_as_cases_write_them() {
        let schema = LogicalSchema::new(
            vec![Column::new("ID", SqlType::Integer)],
            vec![Column::new("low", SqlType::decimal(4, 2)), Column::new("A", SqlType::array(SqlType::Integer))],
        );
        assert_eq!(schema_text(&schema), "ID INT KEY, `low` DECIMAL(4,2), A ARRAY<INT>");
        assert_eq!(normalised("`ID` INTEGER KEY,  V DECIMAL(4, 2)"), normalised("ID INT KEY, V DECIMAL(4,2)"));
    }
}
