//! Statements that make, change, fill and drop streams, tables, types and connectors.

use super::expression::starts_value;
use super::name::is_identifier;
use super::{Parser, Result};
use crate::ast::{
    AlterSource, ConnectorKind, CreateAsSelect, CreateSource, DataType, DropSource, Expression,
    InsertInto, InsertValues, Name, Properties, Query, SourceKind, Statement,
};
use crate::error::ParseError;

impl Parser<'_> {
    /// `CREATE STREAM` may go on in two ways until `AS`, a bracket or the end is seen.
    pub(super) fn create(&mut self) -> Result<Statement> {
        let first = self.position;
        self.take();
        if self.accept("TYPE") {
            return self.create_type();
        }
        if self.at_all(&["SOURCE", "CONNECTOR"]) || self.at_all(&["SINK", "CONNECTOR"]) {
            return self.create_connector();
        }
        let or_replace = self.accept_all(&["OR", "REPLACE"]);
        let read_only = self.accept("SOURCE");
        self.undecided_since = Some(first);
        let Some(kind) = self.accept_source_kind() else {
            return Err(self.no_rule_fits(&["STREAM", "TABLE"]));
        };
        let if_not_exists = self.accept_all(&["IF", "NOT", "EXISTS"]);
        let name_span = self.next().span;
        let name = self.source_name()?;
        let has_elements = self.at("(");
        if has_elements || self.at("AS") {
            self.undecided_since = None;
        }
        let elements = self.optional_elements()?;
        let properties = self.optional_properties()?;
        if !has_elements && !read_only && self.at("AS") {
            let query = self.query_of_source(kind)?;
            let create = CreateAsSelect {
                kind,
                or_replace,
                if_not_exists,
                name,
                name_span,
                properties,
                query,
            };
            return Ok(Statement::CreateAsSelect(create));
        }
        let create = CreateSource {
            kind,
            or_replace,
            read_only,
            if_not_exists,
            name,
            name_span,
            elements,
            properties,
        };
        Ok(Statement::CreateSource(create))
    }

    fn accept_source_kind(&mut self) -> Option<SourceKind> {
        if self.accept("STREAM") {
            return Some(SourceKind::Stream);
        }
        self.accept("TABLE").then_some(SourceKind::Table)
    }

    /// `AS query`.
    fn query_of_source(&mut self, kind: SourceKind) -> Result<Query> {
        self.take();
        self.undecided_since = None;
        let span = self.next().span;
        let query = self.query()?;
        if query.limit.is_some() {
            let word = if kind == SourceKind::Stream {
                "STREAM"
            } else {
                "TABLE"
            };
            let text = format!("CREATE {word} AS SELECT statements don't support LIMIT clause.");
            self.refuse(ParseError::prepare(span, &text));
        }
        Ok(query)
    }

    fn create_type(&mut self) -> Result<Statement> {
        let if_not_exists = self.accept_all(&["IF", "NOT", "EXISTS"]);
        let name = self.identifier()?;
        self.expect_before("AS", is_identifier)?;
        Ok(Statement::CreateType {
            if_not_exists,
            name,
            data_type: self.data_type()?,
        })
    }

    fn create_connector(&mut self) -> Result<Statement> {
        let kind = if self.take().is("SOURCE") {
            ConnectorKind::Source
        } else {
            ConnectorKind::Sink
        };
        self.take();
        let if_not_exists = self.accept_all(&["IF", "NOT", "EXISTS"]);
        let name = self.identifier()?;
        self.expect_before("WITH", |t| t.is("("))?;
        let properties = self.properties(Self::connector_property_name)?;
        Ok(Statement::CreateConnector {
            if_not_exists,
            kind,
            name,
            properties,
        })
    }

    pub(super) fn alter(&mut self) -> Result<Statement> {
        self.take();
        if self.accept("SYSTEM") {
            let (name, value) = self.assignment()?;
            return Ok(Statement::AlterSystem { name, value });
        }
        let Some(kind) = self.accept_source_kind() else {
            return Err(self.no_rule_fits(&["STREAM", "TABLE", "SYSTEM"]));
        };
        let name_span = self.next().span;
        let name = self.source_name()?;
        let add_columns = self.comma_separated(Self::added_column)?;
        Ok(Statement::AlterSource(AlterSource {
            kind,
            name,
            name_span,
            add_columns,
        }))
    }

    fn added_column(&mut self) -> Result<(Name, DataType)> {
        self.expect_before("ADD", is_identifier)?;
        if self.at("COLUMN") && is_identifier(self.ahead(1)) && !self.column_is_the_name() {
            self.take();
        }
        Ok((self.identifier()?, self.data_type()?))
    }

    /// `ADD COLUMN INT`: a column of that name, as nothing is left for its type otherwise.
    fn column_is_the_name(&self) -> bool {
        [",", ";", "(", "<"]
            .iter()
            .any(|word| self.ahead(2).is(word))
            || self.ahead(2).kind == crate::token::TokenKind::End
    }

    pub(super) fn drop(&mut self) -> Result<Statement> {
        self.take();
        if self.accept("TYPE") {
            let if_exists = self.accept_all(&["IF", "EXISTS"]);
            return Ok(Statement::DropType {
                if_exists,
                name: self.identifier()?,
            });
        }
        if self.accept("CONNECTOR") {
            let if_exists = self.accept_all(&["IF", "EXISTS"]);
            return Ok(Statement::DropConnector {
                if_exists,
                name: self.identifier()?,
            });
        }
        let Some(kind) = self.accept_source_kind() else {
            return Err(self.no_rule_fits(&["STREAM", "TABLE", "TYPE", "CONNECTOR"]));
        };
        let if_exists = self.accept_all(&["IF", "EXISTS"]);
        let name_span = self.next().span;
        let name = self.source_name()?;
        let delete_topic = self.accept("DELETE");
        if delete_topic {
            self.expect_before("TOPIC", |t| t.is(";"))?;
        }
        Ok(Statement::DropSource(DropSource {
            kind,
            if_exists,
            name,
            name_span,
            delete_topic,
        }))
    }

    pub(super) fn insert(&mut self) -> Result<Statement> {
        self.undecided_since = Some(self.position);
        self.take();
        self.expect("INTO")?;
        let target_span = self.next().span;
        let target = self.source_name()?;
        if ["WITH", "SELECT", "(", "VALUES"]
            .iter()
            .any(|word| self.at(word))
        {
            self.undecided_since = None;
        }
        if self.at("WITH") || self.at("SELECT") {
            let properties: Properties = self.optional_properties()?;
            let query = self.query()?;
            return Ok(Statement::InsertInto(InsertInto {
                target,
                target_span,
                properties,
                query,
            }));
        }
        let columns = self.optional_columns()?;
        self.expect_before("VALUES", |t| t.is("("))?;
        let values = self.values()?;
        Ok(Statement::InsertValues(InsertValues {
            target,
            target_span,
            columns,
            values,
        }))
    }

    /// `['(' identifier { ',' identifier } ')']`.
    pub(super) fn optional_columns(&mut self) -> Result<Vec<Name>> {
        if self.accept("(") {
            self.bracketed_rest(Self::identifier, ")")
        } else {
            Ok(Vec::new())
        }
    }

    /// `'(' [ valueExpr { ',' valueExpr } ] ')'`.
    pub(super) fn values(&mut self) -> Result<Vec<Expression>> {
        self.expect_before("(", starts_value)?;
        if self.accept(")") {
            Ok(Vec::new())
        } else {
            self.bracketed_rest(Self::value, ")")
        }
    }

    /// `STREAM` or `TABLE` in an assertion.
    pub(super) fn source_kind(&mut self) -> Result<SourceKind> {
        self.accept_source_kind()
            .ok_or_else(|| self.no_rule_fits(&["STREAM", "TABLE"]))
    }
}
