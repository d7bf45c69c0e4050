//! The last step of every query: which select items are key columns, and ksqlDB's rules on projections.

use weir_parser::ast::Name;

use super::query::{ResultKey, is_key_column};
use super::step::{ExecutionStep, SelectStep};
use super::OutputColumn;
use crate::analyzer::typing::{self, RowScope};
use crate::analyzer::{AnalysisError, AnalyzedQuery, Item, QueryPurpose, walk};
use crate::types::{Column, LogicalSchema, SqlType};

/// Types of the items; names are unique.
///
/// # Errors
/// The first item without a type, or names given twice.
pub fn item_types(items: &[Item], scope: &RowScope) -> Result<Vec<SqlType>, AnalysisError> {
    let types: Vec<SqlType> =
        items.iter().map(|item| typing::select(&item.expression, scope)).collect::<Result<_, _>>()?;
    let is_repeated = |(i, item): &(usize, &Item)| items[..*i].iter().any(|other| other.name == item.name);
    let repeated: Vec<String> = items
        .iter()
        .enumerate()
        .filter(is_repeated)
        .map(|(i, item)| format!("`{}` {}", item.name.as_str(), types[i]))
        .collect();
    if repeated.is_empty() {
        return Ok(types);
    }
    Err(AnalysisError::statement(format!("Duplicate value columns found in schema: {}", repeated.join(", "))))
}

/// Adds the projection. Persistent queries keep their keys out of the value and must select each once; clients see every
/// item as a value column, in the order of the select list.
///
/// # Errors
/// Keys that are missing or selected twice, and projections without value columns.
pub fn project(
    query: &AnalyzedQuery,
    input: ExecutionStep,
    items: &[Item],
    types: &[SqlType],
    keys: &[ResultKey],
    purpose: QueryPurpose<'_>,
) -> Result<(ExecutionStep, Vec<OutputColumn>), AnalysisError> {
    let key_of = |item: &Item| keys.iter().position(|key| key.expression == item.expression);
    let column = |item: &Item, data_type: &SqlType| Column { name: item.name.clone(), data_type: data_type.clone() };
    let windowed = input.is_windowed();
    let mut schema = LogicalSchema::new(input.schema().key.clone(), Vec::new());
    let mut expressions = Vec::new();
    if let QueryPurpose::Persistent { sink, .. } = purpose {
        schema.key = persistent_keys(query, items, keys, sink)?;
    }
    for (item, data_type) in items.iter().zip(types) {
        let expression = match key_of(item) {
            Some(_) if purpose.is_persistent() => continue,
            Some(key) => walk::column(&keys[key].name),
            None => item.expression.clone(),
        };
        schema.value.push(column(item, data_type));
        expressions.push(expression);
    }
    if purpose.is_persistent() && schema.value.is_empty() {
        return Err(AnalysisError::statement("The projection contains no value columns."));
    }
    let output_columns = schema.value.iter().zip(&expressions).map(|(column, expression)| OutputColumn {
        name: column.name.as_str().to_string(),
        data_type: column.data_type.clone(),
        is_key: is_key_column(expression, input.schema(), windowed),
    });
    let output_columns = if purpose.is_persistent() { Vec::new() } else { output_columns.collect() };
    Ok((ExecutionStep::Select(SelectStep { input: Box::new(input), expressions, schema }), output_columns))
}

/// The key columns of a sink under their selected names.
fn persistent_keys(
    query: &AnalyzedQuery,
    items: &[Item],
    keys: &[ResultKey],
    sink: &Name,
) -> Result<Vec<Column>, AnalysisError> {
    let selected =
        |key: &ResultKey| -> Vec<&Item> { items.iter().filter(|item| item.expression == key.expression).collect() };
    if keys.iter().any(|key| selected(key).is_empty()) {
        return Err(missing_keys(query, keys, sink));
    }
    keys.iter()
        .map(|key| match selected(key)[..] {
            [item] => Ok(Column { name: item.name.clone(), data_type: key.data_type.clone() }),
            ref repeated => Err(repeated_key(query, key, repeated)),
        })
        .collect()
}

fn missing_keys(query: &AnalyzedQuery, keys: &[ResultKey], sink: &Name) -> AnalysisError {
    let what = match (&query.group_by, &query.partition_by) {
        (Some(_), _) => "grouping expression",
        (_, Some(_)) => "partitioning expression",
        _ => "key column",
    };
    let plural = if keys.len() == 1 { "" } else { "s" };
    let shown: Vec<&str> = keys.iter().map(|key| key.shown.as_str()).collect();
    AnalysisError::statement(format!(
        "Key{plural} missing from projection (ie, SELECT). \nThe query used to build `{}` must include the {what}{plural} {} \
         in its projection (eg, SELECT {}...).",
        sink.as_str(),
        all_of(&shown),
        shown.join(", ")
    ))
}

fn repeated_key(query: &AnalyzedQuery, key: &ResultKey, items: &[&Item]) -> AnalysisError {
    let advice = "Each key column must only be in the projection once. If you intended to copy the key into the value, then \
                  consider using the `AS_VALUE` function to indicate which key reference should be copied.";
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let complaint = if query.group_by.is_some() {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("The projection contains a key column more than once: {}.", all_of(&quoted))
    } else {
        let name = key.name.as_str();
        format!("The projection contains a key column (`{name}`) more than once, aliased as: {}.", all_of(&names))
    };
    AnalysisError::statement(format!("{complaint}\n{advice}"))
}

/// `A`, `A and B`, `A, B and C`.
pub fn all_of<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words[..] {
        [] => String::new(),
        [one] => one.to_string(),
        [ref first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
