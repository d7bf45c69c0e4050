//! Signatures of functions: the parsed form of `Overload::parameters` and `Returns::Type`, and which arguments they accept.
//!
//! Choosing among the overloads of a function is the business of `registry`.

use std::fmt;

use weir_parser::ast::Name;

use crate::types::{SqlType, StructField};

/// What a parameter accepts, or what a function gives.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// One of the simple types but DECIMAL.
    Simple(SqlType),
    /// DECIMAL of any precision and scale.
    Decimal,
    Array(Box<ParameterType>),
    Map(Box<ParameterType>, Box<ParameterType>),
    Struct(Vec<(Name, ParameterType)>),
    /// A type variable.
    Variable(char),
    /// Anything.
    Any,
    /// An interval unit.
    Unit,
    Lambda {
        inputs: Vec<ParameterType>,
        output: Box<ParameterType>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub kind: ParameterType,
    pub variadic: bool,
}

/// The parsed parameters of an overload.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    pub parameters: Vec<Parameter>,
}

/// What is known of an argument when an overload is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentType {
    /// An untyped NULL.
    Null,
    Type(SqlType),
    Unit,
    /// A lambda with so many parameters.
    Lambda(usize),
}

impl fmt::Display for ArgumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgumentType::Null => f.write_str("null"),
            ArgumentType::Type(data_type) => f.write_str(&data_type.unquoted()),
            ArgumentType::Unit => f.write_str("INTERVALUNIT"),
            ArgumentType::Lambda(_) => f.write_str("LAMBDA"),
        }
    }
}

/// Types bound to type variables.
pub type Bindings = Vec<(char, SqlType)>;

pub(crate) fn bound(bindings: &Bindings, variable: char) -> Option<&SqlType> {
    bindings.iter().find(|(v, _)| *v == variable).map(|(_, t)| t)
}

/// Binds `variable`, or checks that it is bound to an equal type.
pub(crate) fn bind(bindings: &mut Bindings, variable: char, data_type: &SqlType) -> bool {
    match bound(bindings, variable) {
        Some(known) => known == data_type,
        None => {
            bindings.push((variable, data_type.clone()));
            true
        }
    }
}

impl ParameterType {
    /// Whether an argument fits, with implicit casts or without; binds type variables.
    pub fn accepts(&self, argument: &ArgumentType, casts: bool, bindings: &mut Bindings) -> bool {
        match (self, argument) {
            (_, ArgumentType::Null) => !matches!(self, ParameterType::Unit | ParameterType::Lambda { .. }),
            (ParameterType::Unit, ArgumentType::Unit) => true,
            (ParameterType::Lambda { inputs, .. }, ArgumentType::Lambda(count)) => inputs.len() == *count,
            (_, ArgumentType::Type(data_type)) => self.accepts_type(data_type, casts, bindings),
            _ => false,
        }
    }

    fn accepts_type(&self, data_type: &SqlType, casts: bool, bindings: &mut Bindings) -> bool {
        match (self, data_type) {
            (ParameterType::Any, _) => true,
            (ParameterType::Variable(v), _) => bind(bindings, *v, data_type),
            (ParameterType::Decimal, SqlType::Decimal { .. }) => true,
            (ParameterType::Decimal, SqlType::Integer | SqlType::BigInt) => casts,
            (ParameterType::Simple(wanted), _) => wanted == data_type || casts && widens(data_type, wanted),
            (ParameterType::Array(item), SqlType::Array(actual)) => item.accepts_type(actual, casts, bindings),
            (ParameterType::Map(key, value), SqlType::Map(actual_key, actual_value)) => {
                key.accepts_type(actual_key, casts, bindings) && value.accepts_type(actual_value, casts, bindings)
            }
            (ParameterType::Struct(fields), SqlType::Struct(actual)) => {
                fields.is_empty()
                    || fields.len() == actual.len()
                        && fields.iter().zip(actual).all(|((name, kind), field)| {
                            *name == field.name && kind.accepts_type(&field.data_type, false, bindings)
                        })
            }
            _ => false,
        }
    }

    /// The type to which an accepted argument is cast. `None`: a variable that nothing binds.
    pub fn target(&self, argument: Option<&SqlType>, bindings: &Bindings) -> Option<SqlType> {
        match (self, argument) {
            (ParameterType::Any, _) => argument.cloned(),
            (ParameterType::Decimal, Some(decimal @ SqlType::Decimal { .. })) => Some(decimal.clone()),
            (ParameterType::Decimal, Some(SqlType::Integer)) => Some(SqlType::decimal(10, 0)),
            (ParameterType::Decimal, Some(_)) => Some(SqlType::decimal(19, 0)),
            (ParameterType::Decimal, None) => None,
            (ParameterType::Array(item), _) => {
                let actual = if let Some(SqlType::Array(item)) = argument { Some(&**item) } else { None };
                Some(SqlType::array(item.target(actual, bindings)?))
            }
            (ParameterType::Map(key, value), _) => {
                let (k, v) =
                    if let Some(SqlType::Map(k, v)) = argument { (Some(&**k), Some(&**v)) } else { (None, None) };
                Some(SqlType::map(key.target(k, bindings)?, value.target(v, bindings)?))
            }
            (ParameterType::Struct(_), Some(actual)) => Some(actual.clone()),
            _ => self.resolve(bindings),
        }
    }

    /// The type that this stands for under `bindings`; `None` while a variable is free or the type is open.
    pub fn resolve(&self, bindings: &Bindings) -> Option<SqlType> {
        match self {
            ParameterType::Simple(data_type) => Some(data_type.clone()),
            ParameterType::Variable(v) => bound(bindings, *v).cloned(),
            ParameterType::Array(item) => Some(SqlType::array(item.resolve(bindings)?)),
            ParameterType::Map(key, value) => Some(SqlType::map(key.resolve(bindings)?, value.resolve(bindings)?)),
            ParameterType::Struct(fields) => fields
                .iter()
                .map(|(name, kind)| Some(StructField { name: name.clone(), data_type: kind.resolve(bindings)? }))
                .collect::<Option<_>>()
                .map(SqlType::Struct),
            ParameterType::Decimal | ParameterType::Any | ParameterType::Unit | ParameterType::Lambda { .. } => None,
        }
    }

    pub(crate) fn is_generic(&self) -> bool {
        match self {
            ParameterType::Variable(_) => true,
            ParameterType::Array(item) => item.is_generic(),
            ParameterType::Map(key, value) => key.is_generic() || value.is_generic(),
            ParameterType::Struct(fields) => fields.iter().any(|(_, kind)| kind.is_generic()),
            ParameterType::Lambda { inputs, output } => inputs.iter().any(Self::is_generic) || output.is_generic(),
            _ => false,
        }
    }
}

/// Implicit casts between simple types (language reference 5.3).
fn widens(from: &SqlType, to: &SqlType) -> bool {
    match from {
        SqlType::Integer => matches!(to, SqlType::BigInt | SqlType::Double),
        SqlType::BigInt | SqlType::Decimal { .. } => matches!(to, SqlType::Double),
        SqlType::String => matches!(to, SqlType::Time | SqlType::Date | SqlType::Timestamp | SqlType::Bytes),
        _ => false,
    }
}

/// Prints types as function listings name them: `VARCHAR`, `INT`, `DECIMAL`, `LAMBDA (T) => R`.
impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterType::Simple(SqlType::String) => f.write_str("VARCHAR"),
            ParameterType::Simple(SqlType::Integer) => f.write_str("INT"),
            ParameterType::Simple(other) => write!(f, "{other}"),
            ParameterType::Decimal => f.write_str("DECIMAL"),
            ParameterType::Array(item) => write!(f, "ARRAY<{item}>"),
            ParameterType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            ParameterType::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|(n, k)| format!("{} {k}", n.as_str())).collect();
                write!(f, "STRUCT<{}>", fields.join(", "))
            }
            ParameterType::Variable(v) => write!(f, "{v}"),
            ParameterType::Any => f.write_str("ANY"),
            ParameterType::Unit => f.write_str("INTERVALUNIT"),
            ParameterType::Lambda { inputs, output } => {
                let inputs: Vec<_> = inputs.iter().map(ToString::to_string).collect();
                write!(f, "LAMBDA ({}) => {output}", inputs.join(", "))
            }
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, parameter) in self.parameters.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let dots = if parameter.variadic { "..." } else { "" };
            write!(f, "{comma}{}{dots} {}", parameter.kind, parameter.name)?;
        }
        Ok(())
    }
}

impl Signature {
    /// Parses the text of `Overload::parameters`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Signature, String> {
        let mut reader = Reader { rest: text };
        let mut parameters = Vec::new();
        while !reader.at_end() {
            if !parameters.is_empty() {
                reader.expect(",")?;
            }
            let name = reader.word()?.to_string();
            let kind = reader.parameter_type()?;
            let variadic = reader.take("...");
            parameters.push(Parameter { name, kind, variadic });
        }
        Ok(Signature { parameters })
    }

    /// For each of `count` arguments the parameter that takes it; `None` when the count does not fit.
    pub fn expand(&self, count: usize) -> Option<Vec<&Parameter>> {
        let Some(position) = self.parameters.iter().position(|p| p.variadic) else {
            return (self.parameters.len() == count).then(|| self.parameters.iter().collect());
        };
        let repeats = (count + 1).checked_sub(self.parameters.len())?;
        let variadic = std::iter::repeat_n(&self.parameters[position], repeats);
        Some(self.parameters[..position].iter().chain(variadic).chain(&self.parameters[position + 1..]).collect())
    }
}

/// Parses one type text, as in `Returns::Type`.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_type(text: &str) -> Result<ParameterType, String> {
    let mut reader = Reader { rest: text };
    let kind = reader.parameter_type()?;
    if reader.at_end() { Ok(kind) } else { Err(format!("unexpected `{}` in type `{text}`", reader.rest)) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty()
    }
    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }
    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("expected `{token}` before `{}`", self.rest)) }
    }
    fn word(&mut self) -> Result<&'a str, String> {
        self.rest = self.rest.trim_start().trim_start_matches('`');
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start_matches('`');
        if word.is_empty() { Err(format!("expected a word before `{rest}`")) } else { Ok(word) }
    }

    fn parameter_type(&mut self) -> Result<ParameterType, String> {
        if self.take("(") {
            return self.lambda();
        }
        let word = self.word()?;
        let mut letters = word.chars();
        if let (Some(letter @ 'A'..='Z'), None) = (letters.next(), letters.next()) {
            return Ok(ParameterType::Variable(letter));
        }
        Ok(match word.to_ascii_uppercase().as_str() {
            "BOOLEAN" => ParameterType::Simple(SqlType::Boolean),
            "INT" | "INTEGER" => ParameterType::Simple(SqlType::Integer),
            "BIGINT" => ParameterType::Simple(SqlType::BigInt),
            "DOUBLE" => ParameterType::Simple(SqlType::Double),
            "STRING" | "VARCHAR" => ParameterType::Simple(SqlType::String),
            "BYTES" => ParameterType::Simple(SqlType::Bytes),
            "TIME" => ParameterType::Simple(SqlType::Time),
            "DATE" => ParameterType::Simple(SqlType::Date),
            "TIMESTAMP" => ParameterType::Simple(SqlType::Timestamp),
            "DECIMAL" => self.decimal()?,
            "ANY" => ParameterType::Any,
            "UNIT" => ParameterType::Unit,
            "ARRAY" => {
                self.expect("<")?;
                let item = self.parameter_type()?;
                self.expect(">")?;
                ParameterType::Array(Box::new(item))
            }
            "MAP" => {
                self.expect("<")?;
                let key = self.parameter_type()?;
                self.expect(",")?;
                let value = self.parameter_type()?;
                self.expect(">")?;
                ParameterType::Map(Box::new(key), Box::new(value))
            }
            "STRUCT" => self.structure()?,
            _ => return Err(format!("unknown type `{word}`")),
        })
    }

    fn decimal(&mut self) -> Result<ParameterType, String> {
        if !self.take("(") {
            return Ok(ParameterType::Decimal);
        }
        let number = |word: &str| word.parse::<u32>().map_err(|_| format!("not a number: `{word}`"));
        let precision = number(self.word()?)?;
        self.expect(",")?;
        let scale = number(self.word()?)?;
        self.expect(")")?;
        Ok(ParameterType::Simple(SqlType::decimal(precision, scale)))
    }

    fn structure(&mut self) -> Result<ParameterType, String> {
        let mut fields = Vec::new();
        if !self.take("<") || self.take(">") {
            return Ok(ParameterType::Struct(fields));
        }
        loop {
            let name = Name::new(self.word()?);
            fields.push((name, self.parameter_type()?));
            if !self.take(",") {
                break;
            }
        }
        self.expect(">")?;
        Ok(ParameterType::Struct(fields))
    }

    fn lambda(&mut self) -> Result<ParameterType, String> {
        let mut inputs = vec![self.parameter_type()?];
        while self.take(",") {
            inputs.push(self.parameter_type()?);
        }
        self.expect(")")?;
        self.expect("=>")?;
        Ok(ParameterType::Lambda { inputs, output: Box::new(self.parameter_type()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_listings_do() {
        let check = |text: &str, expected: &str| assert_eq!(Signature::parse(text).unwrap().to_string(), expected);
        check("", "");
        check("str STRING, pos INT", "VARCHAR str, INT pos");
        check("input DECIMAL", "DECIMAL input");
        check("first T, others T...", "T first, T... others");
        check("map MAP<K, V>, f (K, V) => R", "MAP<K, V> map, LAMBDA (K, V) => R f");
        check("s STRUCT<A INT, B ARRAY<STRING>>", "STRUCT<A INT, B ARRAY<VARCHAR>> s");
    }

    #[test]
    fn refuses_unknown_words() {
        assert!(Signature::parse("x TEXT").is_err());
        assert!(parse_type("ARRAY<INT").is_err());
    }
}
