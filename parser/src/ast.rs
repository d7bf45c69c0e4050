//! The syntax tree: what a statement says, before any name is looked up.
//!
//! Names are already folded (an unquoted `foo` is `FOO`). Spans say where a thing stood in the statement's text; they
//! take no part in equality, so `parse(print(x)) == x` compares meaning. Printing lives in `print`.

use crate::span::Span;

/// A folded identifier: upper case unless it was quoted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub String);

impl Name {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One statement of a script together with its own text.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedStatement {
    /// The statement as it was sent, without leading blanks, up to and including its `;`.
    pub text: String,
    pub statement: Statement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    Stream,
    Table,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    CreateSource(CreateSource),
    CreateAsSelect(CreateAsSelect),
    InsertInto(InsertInto),
    InsertValues(InsertValues),
    Query(Query),
    Print(Print),
    DropSource(DropSource),
    AlterSource(AlterSource),
    CreateType {
        if_not_exists: bool,
        name: Name,
        data_type: DataType,
    },
    DropType {
        if_exists: bool,
        name: Name,
    },
    CreateConnector {
        if_not_exists: bool,
        kind: ConnectorKind,
        name: Name,
        properties: Properties,
    },
    DropConnector {
        if_exists: bool,
        name: Name,
    },
    Terminate(QuerySelector),
    Pause(QuerySelector),
    Resume(QuerySelector),
    SetProperty {
        name: String,
        value: String,
    },
    UnsetProperty {
        name: String,
    },
    AlterSystem {
        name: String,
        value: String,
    },
    /// `DEFINE name = 'value'`; the name is looked up without regard to case.
    Define {
        name: String,
        value: String,
    },
    Undefine {
        name: String,
    },
    Explain(Explain),
    RunScript {
        path: String,
    },
    List(List),
    Describe(Describe),
    Assert(Assert),
}

/// `CREATE [OR REPLACE] [SOURCE] STREAM|TABLE [IF NOT EXISTS] name (elements) WITH (...)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSource {
    pub kind: SourceKind,
    pub or_replace: bool,
    /// `CREATE SOURCE ...`: a read-only source.
    pub read_only: bool,
    pub if_not_exists: bool,
    pub name: Name,
    pub name_span: Span,
    pub elements: Vec<TableElement>,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableElement {
    pub name: Name,
    pub data_type: DataType,
    pub constraint: ColumnConstraint,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnConstraint {
    None,
    Key,
    PrimaryKey,
    Headers,
    /// `HEADER('key')`.
    Header(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateAsSelect {
    pub kind: SourceKind,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub name: Name,
    pub name_span: Span,
    pub properties: Properties,
    pub query: Query,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InsertInto {
    pub target: Name,
    pub target_span: Span,
    pub properties: Properties,
    pub query: Query,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InsertValues {
    pub target: Name,
    pub target_span: Span,
    /// Empty when the statement names no columns.
    pub columns: Vec<Name>,
    pub values: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// Topic names keep their case.
    pub topic: String,
    pub from_beginning: bool,
    pub interval: Option<i64>,
    pub limit: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropSource {
    pub kind: SourceKind,
    pub if_exists: bool,
    pub name: Name,
    pub name_span: Span,
    pub delete_topic: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterSource {
    pub kind: SourceKind,
    pub name: Name,
    pub name_span: Span,
    pub add_columns: Vec<(Name, DataType)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorKind {
    Source,
    Sink,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuerySelector {
    All,
    /// A folded query id.
    Id(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Explain {
    Query(Name),
    /// The explained statement's own text, and the statement.
    Statement {
        text: String,
        statement: Box<Statement>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    Properties,
    Types,
    Variables,
    Functions,
    ConnectorPlugins,
    Topics { all: bool, extended: bool },
    Streams { extended: bool },
    Tables { extended: bool },
    Queries { extended: bool },
    Connectors(Option<ConnectorKind>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Describe {
    Source { name: Name, name_span: Span, extended: bool },
    Streams { extended: bool },
    Tables { extended: bool },
    Function(Name),
    Connector(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Assert {
    Topic {
        exists: bool,
        topic: String,
        properties: Properties,
        timeout: Option<Duration>,
    },
    Schema {
        exists: bool,
        subject: Option<String>,
        id: Option<Literal>,
        timeout: Option<Duration>,
    },
    /// Only in test scripts.
    Values {
        source: Name,
        columns: Vec<Name>,
        values: Vec<Expression>,
    },
    /// Only in test scripts.
    NullValues {
        source: Name,
        columns: Vec<Name>,
        key: Vec<Expression>,
    },
    /// Only in test scripts.
    Source {
        kind: SourceKind,
        name: Name,
        elements: Vec<TableElement>,
        properties: Properties,
    },
}

/// `WITH (...)` in the order written. Names are upper-cased; values stay literals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(pub Vec<(String, Literal)>);

impl Properties {
    pub fn get(&self, name: &str) -> Option<&Literal> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub select: Vec<SelectItem>,
    pub from: Relation,
    pub window: Option<Window>,
    pub filter: Option<Expression>,
    /// `None`: no clause; `Some(vec![])`: `GROUP BY ()`.
    pub group_by: Option<Vec<Expression>>,
    pub partition_by: Option<Vec<Expression>>,
    pub having: Option<Expression>,
    pub emit: Option<Emit>,
    pub limit: Option<i64>,
    /// Where the window clause stands, if any.
    pub window_span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `*`, or `alias.*`.
    All {
        source: Option<Name>,
        span: Span,
    },
    /// `struct -> *`.
    StructAll {
        expression: Expression,
        span: Span,
    },
    Expression {
        expression: Expression,
        alias: Option<Name>,
        span: Span,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pub source: AliasedSource,
    pub joins: Vec<Join>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AliasedSource {
    pub name: Name,
    pub alias: Option<Name>,
    pub span: Span,
}

impl AliasedSource {
    /// The name by which columns are qualified: the alias, else the source's own name.
    pub fn alias_or_name(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub kind: JoinKind,
    pub source: AliasedSource,
    pub within: Option<Within>,
    pub on: Expression,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    pub before: Duration,
    pub after: Duration,
    pub grace: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    Changes,
    Final,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub kind: WindowKind,
    pub retention: Option<Duration>,
    pub grace: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowKind {
    Tumbling { size: Duration },
    Hopping { size: Duration, advance: Duration },
    Session { gap: Duration },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    pub amount: i64,
    pub unit: TimeUnit,
}

impl Duration {
    /// Saturates at `i64::MAX` ms.
    pub fn as_millis(self) -> i64 {
        self.amount.saturating_mul(self.unit.millis())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TimeUnit {
    /// The unit that a word names in singular or plural, in any case.
    pub fn of_word(word: &str) -> Option<TimeUnit> {
        const UNITS: [(&str, &str, TimeUnit); 5] = [
            ("DAY", "DAYS", TimeUnit::Days),
            ("HOUR", "HOURS", TimeUnit::Hours),
            ("MINUTE", "MINUTES", TimeUnit::Minutes),
            ("SECOND", "SECONDS", TimeUnit::Seconds),
            ("MILLISECOND", "MILLISECONDS", TimeUnit::Milliseconds),
        ];
        let is_word = |name: &str| name.eq_ignore_ascii_case(word);
        UNITS.iter().find(|(one, many, _)| is_word(one) || is_word(many)).map(|(_, _, unit)| *unit)
    }

    pub fn millis(self) -> i64 {
        match self {
            TimeUnit::Milliseconds => 1,
            TimeUnit::Seconds => 1_000,
            TimeUnit::Minutes => 60_000,
            TimeUnit::Hours => 3_600_000,
            TimeUnit::Days => 86_400_000,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    Integer(i32),
    BigInt(i64),
    /// Digits as written, e.g. `1.50`; type and scale follow from the text (language reference 1.3).
    Decimal(String),
    Double(f64),
    String(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    Boolean,
    Integer,
    BigInt,
    Double,
    Decimal {
        precision: u32,
        scale: u32,
    },
    String,
    Bytes,
    Time,
    Date,
    Timestamp,
    Array(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    Struct(Vec<(Name, DataType)>),
    /// A registered type; resolved when the statement is analysed.
    Custom(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComparisonOperator {
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    IsDistinctFrom,
    IsNotDistinctFrom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOperator {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Literal(Literal),
    Column(ColumnReference),
    /// A bare unit as a function argument, as in `TIMESTAMPADD(SECONDS, 1, ts)`.
    Unit(TimeUnit),
    Arithmetic {
        operator: ArithmeticOperator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// Unary minus; a unary plus leaves no trace.
    Negate(Box<Expression>),
    Comparison {
        operator: ComparisonOperator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Logical {
        operator: LogicalOperator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Not(Box<Expression>),
    IsNull {
        value: Box<Expression>,
        negated: bool,
    },
    Between {
        value: Box<Expression>,
        lower: Box<Expression>,
        upper: Box<Expression>,
        negated: bool,
    },
    In {
        value: Box<Expression>,
        list: Vec<Expression>,
        negated: bool,
    },
    Like {
        value: Box<Expression>,
        pattern: Box<Expression>,
        escape: Option<char>,
        negated: bool,
    },
    /// `CASE WHEN ... END`, and `CASE operand WHEN ... END`, which no analyser accepts.
    Case {
        operand: Option<Box<Expression>>,
        when: Vec<WhenClause>,
        default: Option<Box<Expression>>,
    },
    Cast {
        value: Box<Expression>,
        data_type: DataType,
    },
    /// `a || b` is the call `CONCAT(a, b)` with `concat_operator`; `f(*)` is a call with `star`.
    Call(FunctionCall),
    Array(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Struct(Vec<(Name, Expression)>),
    /// `base[index]`.
    Subscript {
        base: Box<Expression>,
        index: Box<Expression>,
    },
    /// `base->field`.
    Dereference {
        base: Box<Expression>,
        field: Name,
        span: Span,
    },
    /// Only as a trailing argument of a call.
    Lambda {
        parameters: Vec<Name>,
        body: Box<Expression>,
    },
    AtTimeZone {
        value: Box<Expression>,
        zone: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnReference {
    pub qualifier: Option<Name>,
    pub name: Name,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WhenClause {
    pub condition: Expression,
    pub result: Expression,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    /// Upper case, as functions are found without regard to case.
    pub name: Name,
    pub arguments: Vec<Expression>,
    /// `COUNT(*)`.
    pub star: bool,
    pub span: Span,
}
