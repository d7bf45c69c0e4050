//! `LIST`, `DESCRIBE` and `ASSERT`.

use super::name::is_identifier;
use super::{Grammar, Parser, Result};
use crate::ast::{Assert, ConnectorKind, Describe, Duration, List, Literal};
use crate::error::ParseError;

const LISTS: &[&str] = &[
    "PROPERTIES",
    "TYPES",
    "VARIABLES",
    "FUNCTIONS",
    "TOPICS",
    "ALL",
    "STREAMS",
    "TABLES",
    "QUERIES",
    "CONNECTORS",
    "CONNECTOR",
    "SOURCE",
    "SINK",
];

impl Parser<'_> {
    pub(super) fn list(&mut self) -> Result<List> {
        self.take();
        let simple = [
            ("PROPERTIES", List::Properties),
            ("TYPES", List::Types),
            ("VARIABLES", List::Variables),
            ("FUNCTIONS", List::Functions),
            ("CONNECTORS", List::Connectors(None)),
        ];
        if let Some((_, list)) = simple.into_iter().find(|(word, _)| self.accept(word)) {
            return Ok(list);
        }
        if self.accept("CONNECTOR") {
            self.expect_before("PLUGINS", |t| t.is(";"))?;
            return Ok(List::ConnectorPlugins);
        }
        for (word, kind) in [
            ("SOURCE", ConnectorKind::Source),
            ("SINK", ConnectorKind::Sink),
        ] {
            if self.accept(word) {
                self.expect_before("CONNECTORS", |t| t.is(";"))?;
                return Ok(List::Connectors(Some(kind)));
            }
        }
        self.extensible_list()
    }

    /// The lists that know `EXTENDED`.
    fn extensible_list(&mut self) -> Result<List> {
        let all = self.at_all(&["ALL", "TOPICS"]);
        if all || self.at("TOPICS") {
            self.position += 1 + usize::from(all);
            return Ok(List::Topics {
                all,
                extended: self.accept("EXTENDED"),
            });
        }
        if self.accept("STREAMS") {
            return Ok(List::Streams {
                extended: self.accept("EXTENDED"),
            });
        }
        if self.accept("TABLES") {
            return Ok(List::Tables {
                extended: self.accept("EXTENDED"),
            });
        }
        if self.accept("QUERIES") {
            return Ok(List::Queries {
                extended: self.accept("EXTENDED"),
            });
        }
        self.accept("ALL");
        Err(self.no_rule_fits(LISTS))
    }

    /// `TABLES`, `FUNCTION` and the like are sources' names where nothing else fits.
    pub(super) fn describe(&mut self) -> Result<Describe> {
        self.take();
        if self.accept("STREAMS") {
            return Ok(Describe::Streams {
                extended: self.accept("EXTENDED"),
            });
        }
        if self.accept("TABLES") {
            return Ok(Describe::Tables {
                extended: self.accept("EXTENDED"),
            });
        }
        if self.at("FUNCTION") && is_identifier(self.ahead(1)) {
            self.take();
            return Ok(Describe::Function(self.identifier()?));
        }
        if self.accept("CONNECTOR") {
            return Ok(Describe::Connector(self.identifier()?));
        }
        if !self.at_identifier() {
            return Err(self.no_rule_fits(&["STREAMS", "TABLES", "FUNCTION", "CONNECTOR"]));
        }
        let name_span = self.next().span;
        let name = self.source_name()?;
        Ok(Describe::Source {
            name,
            name_span,
            extended: self.accept("EXTENDED"),
        })
    }

    pub(super) fn assert(&mut self) -> Result<Assert> {
        self.take();
        let exists = !self.accept_all(&["NOT", "EXISTS"]);
        if self.accept("TOPIC") {
            return self.assert_topic(exists);
        }
        if self.accept("SCHEMA") {
            return self.assert_schema(exists);
        }
        if !exists || self.grammar != Grammar::TestScript {
            return Err(self.no_rule_fits(&["TOPIC", "SCHEMA"]));
        }
        self.assert_data()
    }

    fn assert_topic(&mut self, exists: bool) -> Result<Assert> {
        let topic = self.resource_name()?;
        let properties = self.optional_properties()?;
        Ok(Assert::Topic {
            exists,
            topic,
            properties,
            timeout: self.timeout()?,
        })
    }

    fn assert_schema(&mut self, exists: bool) -> Result<Assert> {
        let span = self.next().span;
        let subject = if self.accept("SUBJECT") {
            Some(self.resource_name()?)
        } else {
            None
        };
        let id = if self.accept("ID") {
            Some(self.literal()?)
        } else {
            None
        };
        if subject.is_none() && id.is_none() {
            let text = "ASSERT SCHEMA statements much include a subject name or an id";
            self.refuse(ParseError::prepare(span, text));
        }
        if id
            .as_ref()
            .is_some_and(|id| !matches!(id, Literal::Integer(_)))
        {
            self.refuse(ParseError::prepare(span, "ID must be an integer"));
        }
        Ok(Assert::Schema {
            exists,
            subject,
            id,
            timeout: self.timeout()?,
        })
    }

    fn timeout(&mut self) -> Result<Option<Duration>> {
        if self.accept("TIMEOUT") {
            self.duration("TIMEOUT").map(Some)
        } else {
            Ok(None)
        }
    }

    /// The assertions that only test scripts know.
    fn assert_data(&mut self) -> Result<Assert> {
        if self.accept("VALUES") {
            let source = self.source_name()?;
            let columns = self.optional_columns()?;
            self.expect_before("VALUES", |t| t.is("("))?;
            return Ok(Assert::Values {
                source,
                columns,
                values: self.values()?,
            });
        }
        if self.accept_all(&["NULL", "VALUES"]) {
            let source = self.source_name()?;
            let columns = self.optional_columns()?;
            self.expect_before("KEY", |t| t.is("("))?;
            return Ok(Assert::NullValues {
                source,
                columns,
                key: self.values()?,
            });
        }
        let kind = self.source_kind()?;
        let name = self.source_name()?;
        let elements = self.optional_elements()?;
        Ok(Assert::Source {
            kind,
            name,
            elements,
            properties: self.optional_properties()?,
        })
    }
}
