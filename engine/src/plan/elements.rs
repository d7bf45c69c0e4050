//! The columns between the brackets of CREATE STREAM and CREATE TABLE: their key words, types, names and header columns.

use weir_parser::ast::{ColumnConstraint, CreateSource, Name, SourceKind, TableElement};

use super::context::PlanContext;
use crate::analyzer::query::header_type;
use crate::analyzer::scope::is_system_column;
use crate::analyzer::{AnalysisError, RepeatedText};
use crate::types::{Column, HeaderColumn, LogicalSchema, SqlType};

/// Streams have KEY columns, tables PRIMARY KEY columns.
///
/// # Errors
/// A column with the other kind's word.
pub fn check_key_words(create: &CreateSource) -> Result<(), AnalysisError> {
    let (wrong, given, right, sources) = match create.kind {
        SourceKind::Table => (ColumnConstraint::Key, "KEY", "PRIMARY KEY", "tables"),
        SourceKind::Stream => (ColumnConstraint::PrimaryKey, "PRIMARY KEY", "KEY", "streams"),
    };
    let Some(element) = create.elements.iter().find(|e| e.constraint == wrong) else { return Ok(()) };
    let name = format!("`{}`", element.name.as_str());
    let message = format!(
        "Column {name} is a '{given}' column: please use '{right}' for {sources}.\nTables have PRIMARY KEYs, which are unique \
         and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints."
    );
    let error = AnalysisError::at(element.span, message);
    Err(AnalysisError { repeats: RepeatedText::Fragment(name), ..error })
}

/// The elements with custom types replaced.
///
/// # Errors
/// Types that do not exist.
pub fn resolve_types(
    context: &PlanContext<'_>,
    create: &CreateSource,
) -> Result<Vec<(TableElement, SqlType)>, AnalysisError> {
    let resolve = |element: &TableElement| {
        let data_type = SqlType::resolve(&element.data_type, &|name| context.metastore.custom_type(name).cloned())
            .map_err(|e| AnalysisError::statement(e.to_string()))?;
        Ok((TableElement { data_type: data_type.to_data_type(), ..element.clone() }, data_type))
    };
    create.elements.iter().map(resolve).collect()
}

/// Unique names; header columns of the right types.
///
/// # Errors
/// ksqlDB's texts.
pub fn check(context: &PlanContext<'_>, elements: &[(TableElement, SqlType)]) -> Result<(), AnalysisError> {
    for (element, data_type) in elements {
        let Some(word) = header_word(&element.constraint) else { continue };
        if !context.config.bool("ksql.headers.columns.enabled", true) {
            return Err(AnalysisError::statement(format!(
                "Cannot read record headers into column `{}`: ksql.headers.columns.enabled is false.",
                element.name.as_str()
            )));
        }
        let header_key = match &element.constraint {
            ColumnConstraint::Header(key) => Some(key.clone()),
            _ => None,
        };
        let expected = header_type(&HeaderColumn { name: element.name.clone(), header_key });
        if *data_type != expected {
            return Err(AnalysisError::statement(format!(
                "Invalid type for {word} column: expected {expected}, got {data_type}"
            )));
        }
    }
    let names: Vec<&str> = elements.iter().map(|(element, _)| element.name.as_str()).collect();
    let mut repeated: Vec<String> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let shown = format!("`{name}`");
        if names[..i].contains(name) && !repeated.contains(&shown) {
            repeated.push(shown);
        }
    }
    if !repeated.is_empty() {
        return Err(AnalysisError::statement(format!("Duplicate column names: {}", repeated.join(", "))));
    }
    check_headers(elements)
}

/// Either one HEADERS column, or one column per header key.
fn check_headers(elements: &[(TableElement, SqlType)]) -> Result<(), AnalysisError> {
    let constraints = || elements.iter().map(|(element, _)| &element.constraint);
    for (i, constraint) in constraints().enumerate().filter(|(_, constraint)| header_word(constraint).is_some()) {
        let all = ColumnConstraint::Headers;
        let excludes = |other: &&ColumnConstraint| *other == constraint || **other == all || *constraint == all;
        if let Some(word) = constraints().take(i).filter(excludes).find_map(header_word) {
            return Err(AnalysisError::statement(format!("Schema already contains a {word} column.")));
        }
    }
    Ok(())
}

/// The words that make a column one of the record's headers.
fn header_word(constraint: &ColumnConstraint) -> Option<String> {
    match constraint {
        ColumnConstraint::Headers => Some("HEADERS".to_string()),
        ColumnConstraint::Header(key) => Some(format!("HEADER('{key}')")),
        _ => None,
    }
}

/// The schema of the elements.
///
/// # Errors
/// Names of system columns.
pub fn schema(create: &CreateSource) -> Result<LogicalSchema, AnalysisError> {
    let mut schema = LogicalSchema::default();
    for element in &create.elements {
        check_name(&element.name)?;
        let data_type =
            SqlType::resolve(&element.data_type, &|_| None).map_err(|e| AnalysisError::statement(e.to_string()))?;
        let column = Column { name: element.name.clone(), data_type };
        match &element.constraint {
            ColumnConstraint::Key | ColumnConstraint::PrimaryKey => schema.key.push(column),
            ColumnConstraint::None => schema.value.push(column),
            ColumnConstraint::Headers => {
                schema.headers.push(HeaderColumn { name: element.name.clone(), header_key: None });
            }
            ColumnConstraint::Header(key) => {
                schema.headers.push(HeaderColumn { name: element.name.clone(), header_key: Some(key.clone()) });
            }
        }
    }
    Ok(schema)
}

/// # Errors
/// The name of a system column.
pub fn check_name(name: &Name) -> Result<(), AnalysisError> {
    if !is_system_column(name) {
        return Ok(());
    }
    Err(AnalysisError::statement(format!(
        "'{}' is a reserved column name. You cannot use it as a name for a column.",
        name.as_str()
    )))
}
