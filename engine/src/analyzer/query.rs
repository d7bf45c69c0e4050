//! A query after its names were looked up: plain column names, `*` expanded, clause rules of ksqlDB checked.

use weir_parser::ast::{Emit, Expression, Name, Query, SelectItem, SourceKind, Window};
use weir_parser::span::Span;

use super::error::AnalysisError;
use super::scope::{PSEUDO_COLUMNS, Scope, WINDOW_BOUNDS, is_system_column, is_window_bound};
use super::{functions, walk};
use crate::metastore::DataSource;
use crate::types::{Column, HeaderColumn, LogicalSchema, SqlType, StructField};

/// One output column of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub name: Name,
    /// Over plain column names.
    pub expression: Expression,
    pub span: Span,
}

/// What a query is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryPurpose<'a> {
    /// CSAS, CTAS or INSERT INTO this sink.
    Persistent {
        sink: &'a Name,
        create_table: bool,
    },
    Push,
    Pull,
}

impl QueryPurpose<'_> {
    pub fn is_persistent(self) -> bool {
        matches!(self, QueryPurpose::Persistent { .. })
    }
}

/// A query over one source.
#[derive(Clone, Debug)]
pub struct AnalyzedQuery {
    /// With qualified columns, as statements repeat it.
    pub canonical: Query,
    pub scope: Scope,
    pub items: Vec<Item>,
    /// Whether the select list is a lone `*`.
    pub is_star: bool,
    pub filter: Option<Expression>,
    /// `None`: no aggregation; empty: aggregates without GROUP BY.
    pub group_by: Option<Vec<Expression>>,
    pub partition_by: Option<PartitionBy>,
    pub having: Option<Expression>,
    pub window: Option<Window>,
    pub emit: Option<Emit>,
    pub limit: Option<i64>,
}

/// New key columns of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// Name and expression of each; empty for PARTITION BY NULL.
    pub keys: Vec<(Name, Expression)>,
    /// The expressions with qualified columns, as messages print them.
    pub shown: Vec<String>,
}

impl AnalyzedQuery {
    pub fn source(&self) -> &DataSource {
        &self.scope.first().source
    }
}

/// Clause rules that ksqlDB checks while it builds the statement's tree.
///
/// # Errors
/// Empty, duplicate or conflicting GROUP BY and PARTITION BY.
pub fn check_clauses(query: &Query) -> Result<(), AnalysisError> {
    check_clause_lists(query).map_err(AnalysisError::failed_to_prepare)
}

fn check_clause_lists(query: &Query) -> Result<(), AnalysisError> {
    if query.group_by.is_some() && query.partition_by.is_some() {
        return Err(AnalysisError::statement("Queries only support one of PARTITION BY and GROUP BY"));
    }
    for (clause, list) in [("GROUP BY", &query.group_by), ("PARTITION BY", &query.partition_by)] {
        let Some(list) = list else { continue };
        if list.is_empty() {
            return Err(AnalysisError::statement(format!("{clause} requires at least one expression")));
        }
        let duplicate = list.iter().enumerate().find(|(i, expression)| list[..*i].contains(expression));
        if let Some((_, expression)) = duplicate {
            return Err(AnalysisError::statement(format!("Duplicate {clause} expression: {expression}")));
        }
    }
    Ok(())
}

/// Analyses a canonical query.
///
/// # Errors
/// Columns that cannot be resolved and ksqlDB's rules on clauses.
pub fn analyze(canonical: Query, scope: Scope, purpose: QueryPurpose<'_>) -> Result<AnalyzedQuery, AnalysisError> {
    check_joins(&scope)?;
    check_item_names(&canonical, purpose)?;
    check_columns(&canonical, &scope)?;
    check_item_functions(&canonical)?;
    if scope.is_join() {
        return Err(AnalysisError::not_supported_yet("JOINs are"));
    }
    check_pseudo_column_clash(scope.first().source.as_ref())?;

    let plain = |list: &Vec<Expression>| list.iter().map(walk::unqualified).collect::<Vec<_>>();
    let partition_by = canonical.partition_by.as_ref().map(|list| partition_by(list, &scope)).transpose()?;
    let has_aggregates = canonical
        .select
        .iter()
        .filter_map(item_expression)
        .chain(&canonical.having)
        .any(|e| !functions::aggregate_calls(e).is_empty());
    let group_by = match &canonical.group_by {
        Some(list) => Some(plain(list)),
        None if has_aggregates => Some(Vec::new()),
        None => None,
    };
    if canonical.emit == Some(Emit::Final) && (canonical.window.is_none() || group_by.is_none()) {
        return Err(AnalysisError::statement("EMIT FINAL is only supported for windowed aggregations."));
    }
    let items = expand(&canonical.select, &scope, partition_by.as_ref(), purpose)?;
    let is_star = matches!(canonical.select[..], [SelectItem::All { .. }]);
    Ok(AnalyzedQuery {
        filter: canonical.filter.as_ref().map(walk::unqualified),
        having: canonical.having.as_ref().map(walk::unqualified),
        window: canonical.window.clone(),
        emit: canonical.emit,
        limit: canonical.limit,
        is_star,
        items,
        group_by,
        partition_by,
        scope,
        canonical,
    })
}

fn item_expression(item: &SelectItem) -> Option<&Expression> {
    match item {
        SelectItem::All { .. } => None,
        SelectItem::StructAll { expression, .. } | SelectItem::Expression { expression, .. } => Some(expression),
    }
}

fn check_joins(scope: &Scope) -> Result<(), AnalysisError> {
    let names: Vec<&Name> = scope.sources.iter().map(|s| &s.source.name).collect();
    let repeated = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)).map(|(_, name)| name.as_str());
    match repeated {
        Some(name) if names.len() == 2 => Err(AnalysisError::statement(format!(
            "Can not join '{name}' to '{name}': self joins are not yet supported."
        ))),
        Some(name) => Err(AnalysisError::statement(format!(
            "N-way joins do not support multiple occurrences of the same source. Source: '{name}'."
        ))),
        None => Ok(()),
    }
}

/// Sources made before a pseudo column got its name cannot be read.
fn check_pseudo_column_clash(source: &DataSource) -> Result<(), AnalysisError> {
    let clashing: Vec<String> = source
        .schema
        .columns()
        .filter(|c| PSEUDO_COLUMNS.contains(&c.name.as_str()))
        .map(|c| format!("`{}`", c.name.as_str()))
        .collect();
    if clashing.is_empty() {
        return Ok(());
    }
    Err(AnalysisError::statement(format!(
        "Your stream/table has columns with the same name as newly introduced pseudocolumns in ksqlDB, and cannot be \
         queried as a result. The conflicting names are: {}",
        clashing.join(", ")
    )))
}

/// Every column exists; clauses in the order in which ksqlDB looks at them.
fn check_columns(query: &Query, scope: &Scope) -> Result<(), AnalysisError> {
    let windowed = query.window.is_some();
    let list = |clause, expressions: &Option<Vec<Expression>>| {
        expressions.iter().flatten().try_for_each(|e| check_expression(clause, e, scope, windowed))
    };
    for join in &query.from.joins {
        check_expression("JOIN ON", &join.on, scope, windowed)?;
    }
    query.filter.iter().try_for_each(|e| check_expression("WHERE", e, scope, windowed))?;
    list("GROUP BY", &query.group_by)?;
    list("PARTITION BY", &query.partition_by)?;
    query.having.iter().try_for_each(|e| check_expression("HAVING", e, scope, windowed))?;
    query.select.iter().filter_map(item_expression).try_for_each(|e| check_expression("SELECT", e, scope, windowed))
}

fn check_expression(clause: &str, expression: &Expression, scope: &Scope, windowed: bool) -> Result<(), AnalysisError> {
    for column in walk::columns(expression) {
        let known = match &column.qualifier {
            Some(alias) => scope.sources.iter().any(|s| &s.alias == alias && s.has(&column.name)),
            None => windowed && is_window_bound(&column.name),
        };
        if known {
            continue;
        }
        let shown = match &column.qualifier {
            Some(alias) => format!("{}.{}", alias.as_str(), column.name.as_str()),
            None => column.name.as_str().to_string(),
        };
        let reason = match clause {
            "PARTITION BY" => {
                format!(" '{shown}' must be a column in the source schema since PARTITION BY is applied on the input.")
            }
            _ => String::new(),
        };
        return Err(AnalysisError::at(column.span, format!("{clause} column '{shown}' cannot be resolved.{reason}")));
    }
    Ok(())
}

/// No item is named as a system column is, but the column itself where nothing is kept.
fn check_item_names(query: &Query, purpose: QueryPurpose<'_>) -> Result<(), AnalysisError> {
    for item in &query.select {
        let SelectItem::Expression { expression, alias: Some(alias), .. } = item else { continue };
        if !is_system_column(alias) {
            continue;
        }
        let name = alias.as_str();
        let is_itself = matches!(expression, Expression::Column(c) if &c.name == alias);
        if !is_itself {
            return Err(AnalysisError::statement(format!(
                "`{name}` is a reserved column name. You cannot use it as an alias for a column."
            )));
        }
        if purpose.is_persistent() {
            return Err(AnalysisError::statement(format!(
                "Reserved column name in select: `{name}`. Please remove or alias the column."
            )));
        }
    }
    Ok(())
}

/// Where table functions may stand.
fn check_item_functions(query: &Query) -> Result<(), AnalysisError> {
    let items: Vec<&Expression> = query.select.iter().filter_map(item_expression).collect();
    items.iter().try_for_each(|item| check_table_functions(item))?;
    let has_table_function = items.iter().any(|item| !functions::table_calls(item).is_empty());
    let has_aggregate = items.iter().any(|item| !functions::aggregate_calls(item).is_empty());
    if has_table_function && (has_aggregate || query.group_by.is_some()) {
        return Err(AnalysisError::statement("Table functions cannot be used with aggregations."));
    }
    Ok(())
}

fn check_table_functions(expression: &Expression) -> Result<(), AnalysisError> {
    for call in functions::table_calls(expression) {
        let inner = call.arguments.iter().find_map(|argument| functions::table_calls(argument).first().copied());
        if let Some(inner) = inner {
            let (outer, inner) = (call.name.as_str(), inner.name.as_str());
            let message = format!("Table functions cannot be nested: `{outer}`(`{inner}`())");
            return Err(AnalysisError::statement(message));
        }
    }
    let mut in_case = None;
    walk::visit(expression, &mut |node| {
        if matches!(node, Expression::Case { .. }) && in_case.is_none() {
            in_case = functions::table_calls(node).first().map(|call| call.name.as_str().to_string());
        }
    });
    match in_case {
        Some(name) => Err(AnalysisError::statement(format!("Table functions cannot be used in CASE: {name}"))),
        None => Ok(()),
    }
}

fn partition_by(list: &[Expression], scope: &Scope) -> Result<PartitionBy, AnalysisError> {
    let is_null = |e: &Expression| matches!(e, Expression::Literal(weir_parser::ast::Literal::Null));
    if list.iter().any(is_null) {
        if list.len() > 1 {
            return Err(AnalysisError::statement("Cannot PARTITION BY multiple columns including NULL"));
        }
        return Ok(PartitionBy { keys: Vec::new(), shown: Vec::new() });
    }
    let mut names = scope.name_generator();
    let key = |expression: &Expression| {
        let plain = walk::unqualified(expression);
        let name = match &plain {
            Expression::Column(column) => column.name.clone(),
            other => names.name_of(other),
        };
        (name, plain)
    };
    let keys: Vec<(Name, Expression)> = list.iter().map(key).collect();
    Ok(PartitionBy { keys, shown: list.iter().map(ToString::to_string).collect() })
}

/// Replaces `*` and `struct->*` by their columns.
fn expand(
    items: &[SelectItem],
    scope: &Scope,
    partition_by: Option<&PartitionBy>,
    purpose: QueryPurpose<'_>,
) -> Result<Vec<Item>, AnalysisError> {
    let mut names = scope.name_generator();
    // Fields named earlier by qualification keep their numbers.
    for item in items {
        if let SelectItem::Expression { expression: Expression::Dereference { field, .. }, .. } = item {
            names.field(field);
        }
    }
    let mut expanded = Vec::new();
    for item in items {
        match item {
            SelectItem::All { span, .. } => {
                let columns = star_columns(scope.first().source.as_ref(), partition_by, purpose);
                expanded.extend(columns.into_iter().map(|(name, expression)| Item { name, expression, span: *span }));
            }
            SelectItem::StructAll { expression, span } => {
                let base = walk::unqualified(expression);
                for field in struct_fields(&base, scope.first().source.as_ref())? {
                    let name = names.field(&field);
                    let expression = Expression::Dereference { base: Box::new(base.clone()), field, span: *span };
                    expanded.push(Item { name, expression, span: *span });
                }
            }
            SelectItem::Expression { expression, alias, span } => {
                let name = alias.clone().unwrap_or_else(|| names.name_of(expression));
                expanded.push(Item { name, expression: walk::unqualified(expression), span: *span });
            }
        }
    }
    Ok(expanded)
}

/// Columns of `*`: the new keys of PARTITION BY, then the source's columns with the old keys at the end; window bounds
/// behind the keys unless the result is kept.
fn star_columns(
    source: &DataSource,
    partition_by: Option<&PartitionBy>,
    purpose: QueryPurpose<'_>,
) -> Vec<(Name, Expression)> {
    let plain = |name: &Name| (name.clone(), walk::column(name));
    let keys: Vec<_> = source.schema.key.iter().map(|c| plain(&c.name)).collect();
    let headers = source.schema.headers.iter().map(|h| &h.name);
    let values: Vec<_> = source.schema.value.iter().map(|c| &c.name).chain(headers).map(plain).collect();
    match partition_by {
        Some(partition_by) => {
            let new_keys = partition_by.keys.clone();
            let rest: Vec<_> =
                values.into_iter().chain(keys).filter(|(n, _)| !new_keys.iter().any(|(k, _)| k == n)).collect();
            new_keys.into_iter().chain(rest).collect()
        }
        None if source.is_windowed() && !purpose.is_persistent() => {
            let bounds = WINDOW_BOUNDS.map(Name::new);
            keys.into_iter().chain(bounds.iter().map(plain)).chain(values).collect()
        }
        None => keys.into_iter().chain(values).collect(),
    }
}

fn struct_fields(base: &Expression, source: &DataSource) -> Result<Vec<Name>, AnalysisError> {
    let scope = crate::plan::row_schema(&full_schema(source), source.is_windowed());
    match crate::expr::expression_type(base, &scope).map_err(|e| AnalysisError::statement(e.message))? {
        Some(SqlType::Struct(fields)) => Ok(fields.into_iter().map(|f| f.name).collect()),
        _ => Err(AnalysisError::statement(format!("Column {base} is not a STRUCT type."))),
    }
}

/// The source's schema with header columns, ROWPARTITION and ROWOFFSET as value columns.
pub fn full_schema(source: &DataSource) -> LogicalSchema {
    let headers = source.schema.headers.iter().map(|h| Column { name: h.name.clone(), data_type: header_type(h) });
    let position = [Column::new("ROWPARTITION", SqlType::Integer), Column::new("ROWOFFSET", SqlType::BigInt)];
    let value = source.schema.value.iter().cloned().chain(headers).chain(position).collect();
    LogicalSchema::new(source.schema.key.clone(), value)
}

/// `BYTES` of `HEADER('k')`, or the array of all headers.
pub fn header_type(header: &HeaderColumn) -> SqlType {
    if header.header_key.is_some() {
        return SqlType::Bytes;
    }
    let field = |name: &str, data_type| StructField { name: Name::new(name), data_type };
    SqlType::array(SqlType::Struct(vec![field("KEY", SqlType::String), field("VALUE", SqlType::Bytes)]))
}

/// The source's columns as ksqlDB's messages list them behind `schema:`.
pub fn shown_schema(source: &DataSource) -> String {
    let mut schema = full_schema(source);
    let at = schema.value.len() - 2;
    schema.value.insert(at, Column::new("ROWTIME", SqlType::BigInt));
    schema.value.extend(schema.key.clone());
    if source.is_windowed() {
        schema.value.extend(WINDOW_BOUNDS.map(|name| Column::new(name, SqlType::BigInt)));
    }
    schema.to_string()
}

/// `TABLE` sources hold changes, `STREAM` sources facts.
pub fn is_table(source: &DataSource) -> bool {
    source.kind == SourceKind::Table
}
