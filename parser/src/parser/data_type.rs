//! Types and table elements.

use super::{Parser, Result};
use crate::ast::{ColumnConstraint, DataType, Name, TableElement};
use crate::error::ParseError;
use crate::token::TokenKind;

/// Digits beyond which a DECIMAL is a mistake: whoever computes with it would write them all out.
const MAX_PRECISION: u32 = 1_000;

impl Parser<'_> {
    /// `'(' element { ',' element } ')'`, or nothing.
    pub(super) fn optional_elements(&mut self) -> Result<Vec<TableElement>> {
        if self.accept("(") { self.bracketed_rest(Self::element, ")") } else { Ok(Vec::new()) }
    }

    fn element(&mut self) -> Result<TableElement> {
        let first = self.position;
        let name = self.identifier()?;
        let data_type = self.data_type()?;
        let constraint = self.constraint()?;
        Ok(TableElement { name, data_type, constraint, span: self.span_since(first) })
    }

    fn constraint(&mut self) -> Result<ColumnConstraint> {
        if self.accept("KEY") {
            return Ok(ColumnConstraint::Key);
        }
        if self.accept("PRIMARY") {
            self.expect_before("KEY", |t| t.is(",") || t.is(")"))?;
            return Ok(ColumnConstraint::PrimaryKey);
        }
        if self.accept("HEADERS") {
            return Ok(ColumnConstraint::Headers);
        }
        if !self.accept("HEADER") {
            return Ok(ColumnConstraint::None);
        }
        self.expect_before("(", |t| t.kind == TokenKind::String)?;
        let key = self.string_before(|t| t.is(")"))?;
        self.expect(")")?;
        Ok(ColumnConstraint::Header(key))
    }

    pub(super) fn data_type(&mut self) -> Result<DataType> {
        self.nested(|p| {
            let mut data_type = p.base_type()?;
            while p.accept("ARRAY") {
                p.grow()?;
                data_type = DataType::Array(Box::new(data_type));
            }
            Ok(data_type)
        })
    }

    fn base_type(&mut self) -> Result<DataType> {
        if self.accept_all(&["ARRAY", "<"]) {
            let element = self.data_type()?;
            self.expect(">")?;
            return Ok(DataType::Array(Box::new(element)));
        }
        if self.accept_all(&["MAP", "<"]) {
            let key = self.data_type()?;
            if !self.accept(",") {
                return Err(self.unexpected("','"));
            }
            let value = self.data_type()?;
            self.expect(">")?;
            return Ok(DataType::Map(Box::new(key), Box::new(value)));
        }
        if self.accept_all(&["STRUCT", "<>"]) || self.accept_all(&["STRUCT", "<", ">"]) {
            return Ok(DataType::Struct(Vec::new()));
        }
        if self.accept_all(&["STRUCT", "<"]) {
            return Ok(DataType::Struct(self.bracketed_rest(Self::field, ">")?));
        }
        if self.at("DECIMAL") {
            return self.decimal();
        }
        self.named_type()
    }

    fn field(&mut self) -> Result<(Name, DataType)> {
        Ok((self.identifier()?, self.data_type()?))
    }

    fn decimal(&mut self) -> Result<DataType> {
        let span = self.take().span;
        self.expect_before("(", super::literal::is_number)?;
        let precision = self.whole_number("DECIMAL(PRECISION)")?;
        self.expect_before(",", super::literal::is_number)?;
        let scale = self.whole_number("DECIMAL(SCALE)")?;
        self.expect(")")?;
        let wrong = match (u32::try_from(precision), u32::try_from(scale)) {
            _ if precision < 1 => "precision must be >= 1",
            _ if scale < 0 => "scale must be >= 0",
            _ if precision < scale => "precision must be >= scale",
            (Ok(precision), Ok(scale)) if precision <= MAX_PRECISION => {
                return Ok(DataType::Decimal { precision, scale });
            }
            _ => "precision must be <= 1000",
        };
        self.refuse(ParseError::prepare(span, &format!("DECIMAL {wrong}: DECIMAL({precision},{scale})")));
        Ok(DataType::Decimal { precision: 1, scale: 0 })
    }

    /// A built-in type or the name of a registered one; a length as in `VARCHAR(10)` means nothing.
    fn named_type(&mut self) -> Result<DataType> {
        if !self.at_identifier() {
            return Err(self.unexpected_for_name("a type"));
        }
        let name = self.identifier()?;
        if self.accept("(") {
            self.bracketed_rest(Self::type_parameter, ")")?;
        }
        Ok(built_in(name.as_str()).unwrap_or(DataType::Custom(name)))
    }

    /// A length, or the word `STRING`.
    fn type_parameter(&mut self) -> Result<()> {
        if self.next().kind == TokenKind::Integer {
            self.take();
            return Ok(());
        }
        if self.accept("STRING") {
            return Ok(());
        }
        let expected = vec!["'STRING'".to_owned(), "INTEGER_VALUE".to_owned()];
        Err(ParseError::syntax(self.next().span, "Expecting {'STRING', INTEGER_VALUE}", expected))
    }
}

fn built_in(name: &str) -> Option<DataType> {
    Some(match name {
        "BOOLEAN" => DataType::Boolean,
        "INT" | "INTEGER" => DataType::Integer,
        "BIGINT" => DataType::BigInt,
        "DOUBLE" => DataType::Double,
        "STRING" | "VARCHAR" => DataType::String,
        "BYTES" => DataType::Bytes,
        "TIME" => DataType::Time,
        "DATE" => DataType::Date,
        "TIMESTAMP" => DataType::Timestamp,
        _ => return None,
    })
}
