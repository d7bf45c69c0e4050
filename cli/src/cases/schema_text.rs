//! Schemas as case files write them. They spell one schema in many ways (`ID INT KEY`, `` `ID` INTEGER PRIMARY KEY ``, `id INT`
//! for ID), so texts are compared by what they say.

use weir_engine::types::{Column, LogicalSchema, SqlType};
use weir_parser::ast::{ColumnConstraint, Statement};
use weir_parser::parse_statement;

/// The schema as text: in the case's own words where `wanted` says exactly this schema, else in ours.
pub fn schema_text(schema: &LogicalSchema, wanted: Option<&str>) -> String {
    match wanted {
        Some(text) if says(text, schema) => text.to_string(),
        _ => plain_text(schema),
    }
}

/// Whether the text, read as the columns of a statement, has the same key and value columns in the same order.
pub fn says(text: &str, schema: &LogicalSchema) -> bool {
    let statement = format!("CREATE STREAM S ({text}) WITH (KAFKA_TOPIC='t');");
    let Ok(Statement::CreateSource(create)) = parse_statement(&statement).map(|parsed| parsed.statement) else {
        return false;
    };
    let mut said = LogicalSchema::default();
    for element in &create.elements {
        let Ok(data_type) = SqlType::resolve(&element.data_type, &|_| None) else { return false };
        let columns = match element.constraint {
            ColumnConstraint::Key | ColumnConstraint::PrimaryKey => &mut said.key,
            _ => &mut said.value,
        };
        columns.push(Column { name: element.name.clone(), data_type });
    }
    said.key == schema.key && said.value == schema.value
}

/// `ID INT KEY, TOTAL DECIMAL(4,2)`.
fn plain_text(schema: &LogicalSchema) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> LogicalSchema {
        let value = vec![
            Column::new("low", SqlType::decimal(4, 2)),
            Column::new("1R", SqlType::array(SqlType::Integer)),
            Column::new("NAME", SqlType::String),
        ];
        LogicalSchema::new(vec![Column::new("ID", SqlType::Integer)], value)
    }

    #[test]
    fn a_case_may_spell_a_schema_as_it_likes() {
        for text in [
            "ID INT KEY, `low` DECIMAL(4,2), `1R` ARRAY<INT>, NAME STRING",
            "id INTEGER PRIMARY KEY, `low` DECIMAL(4, 2), 1R ARRAY<INTEGER>, name VARCHAR",
        ] {
            assert_eq!(schema_text(&schema(), Some(text)), text);
        }
    }

    #[test]
    fn another_schema_is_reported_in_our_words() {
        let ours = "ID INT KEY, `low` DECIMAL(4,2), `1R` ARRAY<INT>, NAME STRING";
        assert_eq!(schema_text(&schema(), None), ours);
        for other in [
            "ID INT, `low` DECIMAL(4,2), 1R ARRAY<INT>, NAME STRING",
            "ID INT KEY, LOW DECIMAL(4,2), 1R ARRAY<INT>, NAME STRING",
            "ID INT KEY, 1R ARRAY<INT>, `low` DECIMAL(4,2), NAME STRING",
            "ID INT KEY, `low` DECIMAL(4,1), 1R ARRAY<INT>, NAME STRING",
            "ID INT KEY, `low` DECIMAL(4,2), 1R ARRAY<BIGINT>, NAME STRING",
            "ID INT KEY, `low` DECIMAL(4,2), 1R ARRAY<INT>",
            "no schema",
        ] {
            assert_eq!(schema_text(&schema(), Some(other)), ours, "{other}");
        }
    }
}
