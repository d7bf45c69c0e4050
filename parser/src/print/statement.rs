//! Statements, without their `;`.

use std::fmt::{Display, Formatter, Result};

use super::{commas, is_plain, list, quoted_string};
use crate::ast::{
    AlterSource, Assert, ColumnConstraint, ConnectorKind, CreateAsSelect, CreateSource, Describe,
    DropSource, Duration, Explain, Expression, InsertInto, InsertValues, List, Name, Print,
    Properties, QuerySelector, SourceKind, Statement, TableElement,
};

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Statement::CreateSource(create) => create.fmt(f),
            Statement::CreateAsSelect(create) => create.fmt(f),
            Statement::InsertInto(insert) => insert.fmt(f),
            Statement::InsertValues(insert) => insert.fmt(f),
            Statement::Query(query) => query.fmt(f),
            Statement::Print(print) => print.fmt(f),
            Statement::DropSource(drop) => drop.fmt(f),
            Statement::AlterSource(alter) => alter.fmt(f),
            Statement::CreateType {
                if_not_exists,
                name,
                data_type,
            } => {
                write!(
                    f,
                    "CREATE TYPE {}{name} AS {data_type}",
                    if_not_exists_words(*if_not_exists)
                )
            }
            Statement::DropType { if_exists, name } => {
                write!(f, "DROP TYPE {}{name}", if_exists_words(*if_exists))
            }
            Statement::CreateConnector {
                if_not_exists,
                kind,
                name,
                properties,
            } => {
                let words = if_not_exists_words(*if_not_exists);
                write!(f, "CREATE {kind} CONNECTOR {words}{name} WITH {properties}")
            }
            Statement::DropConnector { if_exists, name } => {
                write!(f, "DROP CONNECTOR {}{name}", if_exists_words(*if_exists))
            }
            Statement::Terminate(query) => write!(f, "TERMINATE {query}"),
            Statement::Pause(query) => write!(f, "PAUSE {query}"),
            Statement::Resume(query) => write!(f, "RESUME {query}"),
            Statement::SetProperty { name, value } => write!(f, "SET {}", assignment(name, value)),
            Statement::UnsetProperty { name } => write!(f, "UNSET {}", quoted_string(name)),
            Statement::AlterSystem { name, value } => {
                write!(f, "ALTER SYSTEM {}", assignment(name, value))
            }
            Statement::Define { name, value } => {
                write!(f, "DEFINE {name} = {}", quoted_string(value))
            }
            Statement::Undefine { name } => write!(f, "UNDEFINE {name}"),
            Statement::Explain(Explain::Query(id)) => write!(f, "EXPLAIN {id}"),
            Statement::Explain(Explain::Statement { statement, .. }) => {
                write!(f, "EXPLAIN {statement}")
            }
            Statement::RunScript { path } => write!(f, "RUN SCRIPT {}", quoted_string(path)),
            Statement::List(list) => list.fmt(f),
            Statement::Describe(describe) => describe.fmt(f),
            Statement::Assert(assert) => assert.fmt(f),
        }
    }
}

fn assignment(name: &str, value: &str) -> String {
    format!("{} = {}", quoted_string(name), quoted_string(value))
}

fn if_exists_words(present: bool) -> &'static str {
    if present { "IF EXISTS " } else { "" }
}

fn if_not_exists_words(present: bool) -> &'static str {
    if present { "IF NOT EXISTS " } else { "" }
}

fn or_replace_words(present: bool) -> &'static str {
    if present { "OR REPLACE " } else { "" }
}

fn extended_word(present: bool) -> &'static str {
    if present { " EXTENDED" } else { "" }
}

/// A topic or subject: plain where it needs no quotes in any case, else as a string.
fn resource(name: &str) -> String {
    if is_plain(&name.to_ascii_uppercase()) {
        name.to_owned()
    } else {
        quoted_string(name)
    }
}

impl Display for SourceKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            SourceKind::Stream => "STREAM",
            SourceKind::Table => "TABLE",
        })
    }
}

impl Display for ConnectorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            ConnectorKind::Source => "SOURCE",
            ConnectorKind::Sink => "SINK",
        })
    }
}

impl Display for CreateSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let read_only = if self.read_only { "SOURCE " } else { "" };
        write!(
            f,
            "CREATE {}{read_only}{} ",
            or_replace_words(self.or_replace),
            self.kind
        )?;
        write!(
            f,
            "{}{}",
            if_not_exists_words(self.if_not_exists),
            self.name
        )?;
        elements(f, &self.elements)?;
        with(f, &self.properties)
    }
}

fn elements(f: &mut Formatter<'_>, elements: &[TableElement]) -> Result {
    if elements.is_empty() {
        return Ok(());
    }
    f.write_str(" (")?;
    commas(f, elements)?;
    f.write_str(")")
}

fn with(f: &mut Formatter<'_>, properties: &Properties) -> Result {
    if properties.is_empty() {
        Ok(())
    } else {
        write!(f, " WITH {properties}")
    }
}

impl Display for TableElement {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        match &self.constraint {
            ColumnConstraint::None => Ok(()),
            ColumnConstraint::Key => f.write_str(" KEY"),
            ColumnConstraint::PrimaryKey => f.write_str(" PRIMARY KEY"),
            ColumnConstraint::Headers => f.write_str(" HEADERS"),
            ColumnConstraint::Header(key) => write!(f, " HEADER({})", quoted_string(key)),
        }
    }
}

impl Display for CreateAsSelect {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "CREATE {}{} ",
            or_replace_words(self.or_replace),
            self.kind
        )?;
        write!(
            f,
            "{}{}",
            if_not_exists_words(self.if_not_exists),
            self.name
        )?;
        with(f, &self.properties)?;
        write!(f, " AS {}", self.query)
    }
}

impl Display for InsertInto {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "INSERT INTO {}", self.target)?;
        with(f, &self.properties)?;
        write!(f, " {}", self.query)
    }
}

impl Display for InsertValues {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "INSERT INTO {}", self.target)?;
        columns(f, &self.columns)?;
        f.write_str(" VALUES ")?;
        bracketed(f, &self.values)
    }
}

fn columns(f: &mut Formatter<'_>, columns: &[Name]) -> Result {
    if columns.is_empty() {
        return Ok(());
    }
    f.write_str(" (")?;
    commas(f, columns)?;
    f.write_str(")")
}

fn bracketed(f: &mut Formatter<'_>, values: &[Expression]) -> Result {
    f.write_str("(")?;
    commas(f, values)?;
    f.write_str(")")
}

impl Display for Print {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "PRINT {}", resource(&self.topic))?;
        if self.from_beginning {
            f.write_str(" FROM BEGINNING")?;
        }
        if let Some(interval) = self.interval {
            write!(f, " INTERVAL {interval}")?;
        }
        self.limit
            .map_or(Ok(()), |limit| write!(f, " LIMIT {limit}"))
    }
}

impl Display for DropSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "DROP {} {}{}",
            self.kind,
            if_exists_words(self.if_exists),
            self.name
        )?;
        if self.delete_topic {
            f.write_str(" DELETE TOPIC")
        } else {
            Ok(())
        }
    }
}

impl Display for AlterSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER {} {} ", self.kind, self.name)?;
        list(f, &self.add_columns, ", ", |f, (name, data_type)| {
            write!(f, "ADD COLUMN {name} {data_type}")
        })
    }
}

impl Display for QuerySelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            QuerySelector::All => f.write_str("ALL"),
            QuerySelector::Id(id) => id.fmt(f),
        }
    }
}

impl Display for List {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("LIST ")?;
        match self {
            List::Properties => f.write_str("PROPERTIES"),
            List::Types => f.write_str("TYPES"),
            List::Variables => f.write_str("VARIABLES"),
            List::Functions => f.write_str("FUNCTIONS"),
            List::ConnectorPlugins => f.write_str("CONNECTOR PLUGINS"),
            List::Topics { all, extended } => {
                write!(
                    f,
                    "{}TOPICS{}",
                    if *all { "ALL " } else { "" },
                    extended_word(*extended)
                )
            }
            List::Streams { extended } => write!(f, "STREAMS{}", extended_word(*extended)),
            List::Tables { extended } => write!(f, "TABLES{}", extended_word(*extended)),
            List::Queries { extended } => write!(f, "QUERIES{}", extended_word(*extended)),
            List::Connectors(None) => f.write_str("CONNECTORS"),
            List::Connectors(Some(kind)) => write!(f, "{kind} CONNECTORS"),
        }
    }
}

impl Display for Describe {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Describe::Source { name, extended, .. } if name.as_str() == "TABLES" => {
                write!(f, "DESCRIBE `TABLES`{}", extended_word(*extended))
            }
            Describe::Source { name, extended, .. } => {
                write!(f, "DESCRIBE {name}{}", extended_word(*extended))
            }
            Describe::Streams { extended } => {
                write!(f, "DESCRIBE STREAMS{}", extended_word(*extended))
            }
            Describe::Tables { extended } => {
                write!(f, "DESCRIBE TABLES{}", extended_word(*extended))
            }
            Describe::Function(name) => write!(f, "DESCRIBE FUNCTION {name}"),
            Describe::Connector(name) => write!(f, "DESCRIBE CONNECTOR {name}"),
        }
    }
}

impl Display for Assert {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("ASSERT ")?;
        match self {
            Assert::Topic {
                exists,
                topic,
                properties,
                timeout,
            } => {
                write!(f, "{}TOPIC {}", not_exists_words(*exists), resource(topic))?;
                with(f, properties)?;
                timeout_clause(f, *timeout)
            }
            Assert::Schema {
                exists,
                subject,
                id,
                timeout,
            } => {
                write!(f, "{}SCHEMA", not_exists_words(*exists))?;
                if let Some(subject) = subject {
                    write!(f, " SUBJECT {}", resource(subject))?;
                }
                if let Some(id) = id {
                    write!(f, " ID {id}")?;
                }
                timeout_clause(f, *timeout)
            }
            Assert::Values {
                source,
                columns: names,
                values,
            } => {
                write!(f, "VALUES {source}")?;
                columns(f, names)?;
                f.write_str(" VALUES ")?;
                bracketed(f, values)
            }
            Assert::NullValues {
                source,
                columns: names,
                key,
            } => {
                write!(f, "NULL VALUES {source}")?;
                columns(f, names)?;
                f.write_str(" KEY ")?;
                bracketed(f, key)
            }
            Assert::Source {
                kind,
                name,
                elements: columns,
                properties,
            } => {
                write!(f, "{kind} {name}")?;
                elements(f, columns)?;
                with(f, properties)
            }
        }
    }
}

fn not_exists_words(exists: bool) -> &'static str {
    if exists { "" } else { "NOT EXISTS " }
}

fn timeout_clause(f: &mut Formatter<'_>, timeout: Option<Duration>) -> Result {
    timeout.map_or(Ok(()), |timeout| write!(f, " TIMEOUT {timeout}"))
}
