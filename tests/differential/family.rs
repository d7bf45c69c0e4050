//! One family of inputs: an expression of Weir's over generated columns beside an operation of the oracle's.

use weir_engine::expr;
use weir_engine::functions::RowFailure;
use weir_engine::types::{Column, RowSchema, SqlType, Value, values_to_array};

use crate::java::{answers, escape};

/// Disagreements that a failing family shows.
const SHOWN: usize = 25;

/// How Weir's answer (first) and Java's compare.
pub type Agreement = fn(&str, &str) -> bool;

pub struct Family<'a> {
    /// The oracle's operation and its arguments before those of the rows.
    pub operation: &'a [&'a str],
    /// Its arguments after those of the rows.
    pub constants: &'a [&'a str],
    /// Weir's expression over the columns A, B, C, ...
    pub expression: &'a str,
    pub types: &'a [SqlType],
    pub agree: Agreement,
    /// Answers of a thousand that may differ, for a reason that the family gives.
    pub tolerated: usize,
}

impl<'a> Family<'a> {
    /// A family whose answers must be equal.
    pub fn new(operation: &'a [&'a str], expression: &'a str, types: &'a [SqlType]) -> Self {
        Self { operation, constants: &[], expression, types, agree: agree_exactly, tolerated: 0 }
    }

    pub fn check(&self, rows: &[Vec<Value>]) {
        let calls: Vec<Vec<Option<String>>> = rows.iter().map(|row| self.call(row)).collect();
        let (ours, theirs) = (self.evaluate(rows), answers(&calls));
        let wrong: Vec<usize> = (0..rows.len()).filter(|i| !(self.agree)(&ours[*i], &theirs[*i])).collect();
        if wrong.len() * 1000 <= rows.len() * self.tolerated {
            return;
        }
        let show = |i: &usize| {
            let arguments: Vec<String> = calls[*i].iter().map(|a| format!("{a:?}")).collect();
            format!("{}\n    weir {}\n    java {}", arguments.join(" "), ours[*i], theirs[*i])
        };
        let shown: Vec<String> = wrong.iter().take(SHOWN).map(show).collect();
        panic!("{}: {} of {} differ\n{}", self.expression, wrong.len(), rows.len(), shown.join("\n"));
    }

    fn call(&self, row: &[Value]) -> Vec<Option<String>> {
        let constant = |text: &&str| Some((*text).to_string());
        let before = self.operation.iter().map(constant);
        let arguments = row.iter().zip(self.types).map(|(value, data_type)| plain(value, data_type));
        before.chain(arguments).chain(self.constants.iter().map(constant)).collect()
    }

    fn evaluate(&self, rows: &[Vec<Value>]) -> Vec<String> {
        let columns = self.types.iter().zip('A'..);
        let columns: Vec<Column> = columns.map(|(t, name)| Column::new(name.to_string(), t.clone())).collect();
        let expression = weir_parser::parse_expression(self.expression).expect("the expression parses");
        let compiled = expr::compile(&expression, &RowSchema::new(columns)).expect("the expression compiles");
        let column = |(i, data_type): (usize, &SqlType)| {
            values_to_array(data_type, &rows.iter().map(|row| row[i].clone()).collect::<Vec<_>>())
        };
        let arrays: Vec<_> = self.types.iter().enumerate().map(column).collect();
        let mut failures: Vec<RowFailure> = Vec::new();
        let result = compiled.evaluate(&arrays, rows.len(), &mut failures);
        let mut messages: Vec<Option<&str>> = vec![None; rows.len()];
        failures.iter().for_each(|failure| messages[failure.row as usize] = Some(&failure.message));
        let answer = |(row, message): (usize, Option<&str>)| match message {
            Some(message) => format!("!{}", escape(message)),
            None => shown(&Value::from_array(&result, row, compiled.data_type()), compiled.data_type()),
        };
        messages.into_iter().enumerate().map(answer).collect()
    }
}

/// Equal texts, or both an error.
pub fn agree_exactly(ours: &str, theirs: &str) -> bool {
    ours == theirs || (ours.starts_with('!') && theirs.starts_with('!'))
}

fn shown(value: &Value, data_type: &SqlType) -> String {
    if let (Value::Array(items), SqlType::Array(item)) = (value, data_type) {
        let items: Vec<String> = items.iter().map(|value| shown(value, item)).collect();
        return format!("[{}", items.join("\t"));
    }
    plain(value, data_type).map_or("~".to_string(), |text| format!("={}", escape(&text)))
}

/// A value as the oracle reads and writes it: doubles by their bits, bytes in hex, times as numbers.
fn plain(value: &Value, data_type: &SqlType) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Double(d) if d.is_nan() => "NaN".to_string(),
        Value::Double(d) => format!("{:x}", d.to_bits()),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Date(number) | Value::Time(number) => number.to_string(),
        Value::Timestamp(ms) => ms.to_string(),
        other => expr::text::value_text(other, data_type),
    })
}
