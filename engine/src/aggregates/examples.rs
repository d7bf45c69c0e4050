//! Every example of an aggregate function, run on its rows.

use weir_parser::ast::Expression;

use super::{AggregateExample, AggregateSet, all};
use crate::expr::evaluate_constant;
use crate::functions::examples::shown;
use crate::types::{SqlType, Value, values_to_array};

/// The columns that examples may use.
const COLUMNS: [&str; 2] = ["X", "Y"];

#[test]
fn examples_give_what_they_say() {
    let mut wrong = Vec::new();
    for function in all() {
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
        for example in function.examples {
            let found = evaluate(example).unwrap_or_else(|problem| problem);
            if found != example.result {
                wrong.push(format!("{} of {:?} is {found}, not {}", example.call, example.rows, example.result));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn evaluate(example: &AggregateExample) -> Result<String, String> {
    let Expression::Call(call) = parse(example.call)? else { return Err("no call".into()) };
    let function = super::find(call.name.as_str()).ok_or("no such function")?;
    let is_column = |e: &&Expression| matches!(e, Expression::Column(_));
    let columns: Vec<Column> =
        call.arguments.iter().filter(is_column).map(|e| column(e, example)).collect::<Result<_, _>>()?;
    let literals =
        call.arguments.iter().filter(|e| !is_column(e)).map(|e| evaluate_constant(e).map(|(value, _)| value));
    let literals: Vec<Value> = literals.collect::<Result<_, _>>().map_err(|e| e.message)?;
    let types: Vec<Option<SqlType>> = columns.iter().map(|column| column.data_type.clone()).collect();
    let resolved = (function.resolve)(&types, &literals)?;
    let mut set = AggregateSet::new(std::slice::from_ref(&resolved));
    set.resize(1);
    let arguments = columns.iter().zip(&resolved.argument_types).map(|(c, t)| values_to_array(t, &c.values)).collect();
    set.update(&vec![0; example.rows.len()], &[arguments]);
    let result = set.results(&[0]).remove(0);
    Ok(shown(&Value::from_array(&result, 0, &resolved.return_type), &resolved.return_type))
}

struct Column {
    data_type: Option<SqlType>,
    values: Vec<Value>,
}

/// The values of the column that an argument names.
fn column(argument: &Expression, example: &AggregateExample) -> Result<Column, String> {
    let name = argument.to_string();
    let index = COLUMNS.iter().position(|column| *column == name).ok_or(format!("there is no column {name}"))?;
    let mut column = Column { data_type: None, values: Vec::new() };
    for row in example.rows {
        let Expression::Array(mut cells) = parse(&format!("ARRAY[{row}]"))? else { return Err("no row".into()) };
        let cell = (index < cells.len()).then(|| cells.swap_remove(index)).ok_or(format!("no {name} in {row}"))?;
        let (value, data_type) = evaluate_constant(&cell).map_err(|e| e.message)?;
        column.data_type = column.data_type.or(data_type);
        column.values.push(value);
    }
    Ok(column)
}

fn parse(text: &str) -> Result<Expression, String> {
    weir_parser::parse_expression(text).map_err(|e: weir_parser::ParseError| e.message)
}

#[test]
fn a_wrong_example_would_be_seen() {
    let example = AggregateExample { call: "COLLECT_LIST(y)", rows: &["1, 'a'", "2, NULL"], result: "" };
    assert_eq!(evaluate(&example).as_deref(), Ok("['a', NULL]"));
}
