//! Names of select items that have no alias: the column's own, a struct field's, or `KSQL_COL_<n>`.

use std::collections::BTreeMap;

use weir_parser::ast::{Expression, Name};

/// Hands out names that no source column has.
pub struct NameGenerator {
    taken: Vec<Name>,
    next_generated: u32,
    /// Next number of each struct field's name.
    next_field: BTreeMap<String, u32>,
}

impl NameGenerator {
    /// `taken`: the columns of all sources.
    pub fn new(taken: impl IntoIterator<Item = Name>) -> Self {
        Self { taken: taken.into_iter().collect(), next_generated: 0, next_field: BTreeMap::new() }
    }

    /// The name of an expression that is no plain column.
    pub fn name_of(&mut self, expression: &Expression) -> Name {
        match expression {
            Expression::Dereference { field, .. } => self.field(field),
            _ => self.generated(),
        }
    }

    /// `KSQL_COL_<n>`.
    pub fn generated(&mut self) -> Name {
        loop {
            let name = Name(format!("KSQL_COL_{}", self.next_generated));
            self.next_generated += 1;
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }

    /// A struct field's name, made unique: `F`, then `F_1`, `F_2`, ...; numbers of source columns are skipped.
    pub fn field(&mut self, field: &Name) -> Name {
        let (base, _) = split_number(field.as_str());
        loop {
            let next = self.next_field.entry(base.to_string()).or_insert(0);
            let number = *next;
            *next += 1;
            let is_taken = self.taken.iter().any(|name| split_number(name.as_str()) == (base, number));
            match number {
                _ if is_taken => {}
                0 => return Name::new(base),
                _ => return Name(format!("{base}_{number}")),
            }
        }
    }
}

/// `F_12` -> (`F`, 12); a name without a number is its own base with number 0.
fn split_number(name: &str) -> (&str, u32) {
    let Some((base, digits)) = name.rsplit_once('_') else { return (name, 0) };
    match digits.parse() {
        Ok(number) if !base.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => (base, number),
        _ => (name, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_parser::span::Span;

    #[test]
    fn struct_fields_and_expressions_get_free_names() {
        let mut names = NameGenerator::new(["F", "KSQL_COL_1", "G_1"].map(Name::new));
        let base = || Box::new(crate::analyzer::walk::column(&Name::new("S")));
        let field = |f: &str| Expression::Dereference { base: base(), field: Name::new(f), span: Span::default() };
        let other = Expression::Not(base());
        let items = [field("F"), field("F_7"), field("G"), other.clone(), field("G"), other];
        let found: Vec<_> = items.iter().map(|e| names.name_of(e).0).collect();
        assert_eq!(found, ["F_1", "F_2", "G", "KSQL_COL_0", "G_2", "KSQL_COL_2"]);
    }
}
