//! What is printed reads back as the same tree, for random trees; and no text whatever makes the parser panic.

use proptest::collection::{btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use weir_parser::ast::*;
use weir_parser::span::Span;
use weir_parser::{VariableMap, is_complete, parse_script, parse_statement, print};

fn names() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[A-Z_][A-Z0-9_@]{0,5}",
        "[a-z `.'\"$;-]{1,5}",
        prop::sample::select(vec![
            "FROM", "ARRAY", "MAP", "DAY", "EMIT", "CHANGES", "KEY", "1R0", "ä", "DECIMAL", "TABLES"
        ])
        .prop_map(str::to_owned),
    ]
    .prop_map(Name)
}

fn source_names() -> impl Strategy<Value = Name> {
    prop_oneof!["[A-Z_][A-Z0-9_]{0,4}", "[a-z-]{1,4}", Just("EMIT".to_owned()), Just("PARTITION".to_owned())]
        .prop_map(Name)
}

/// Without `$`, so that nothing in it is taken for a variable.
fn texts() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 '`\";\n.-]{0,6}"
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i32>().prop_map(Literal::Integer),
        any::<i64>().prop_filter("an INTEGER", |v| i32::try_from(*v).is_err()).prop_map(Literal::BigInt),
        "-?(0|[1-9][0-9]{0,3})\\.[0-9]{0,3}".prop_map(Literal::Decimal),
        "-?\\.[0-9]{1,3}".prop_map(Literal::Decimal),
        any::<f64>().prop_filter("finite", |v| v.is_finite()).prop_map(Literal::Double),
        texts().prop_map(Literal::String),
    ]
}

fn data_types() -> impl Strategy<Value = DataType> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            DataType::Boolean,
            DataType::Integer,
            DataType::BigInt,
            DataType::Double,
            DataType::String,
            DataType::Bytes,
            DataType::Time,
            DataType::Date,
            DataType::Timestamp,
        ]),
        (1..40u32)
            .prop_flat_map(|p| (Just(p), 0..=p))
            .prop_map(|(precision, scale)| DataType::Decimal { precision, scale }),
        "[a-z ]{1,5}".prop_map(|name| DataType::Custom(Name(name))),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|t| DataType::Array(Box::new(t))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| DataType::Map(Box::new(k), Box::new(v))),
            vec((names(), inner), 0..3).prop_map(DataType::Struct),
        ]
    })
}

fn durations() -> impl Strategy<Value = Duration> {
    let units = vec![TimeUnit::Milliseconds, TimeUnit::Seconds, TimeUnit::Minutes, TimeUnit::Hours, TimeUnit::Days];
    (0..1_000_000_000_000i64, prop::sample::select(units)).prop_map(|(amount, unit)| Duration { amount, unit })
}

fn columns() -> impl Strategy<Value = Expression> {
    (of(names()), names())
        .prop_map(|(qualifier, name)| Expression::Column(ColumnReference { qualifier, name, span: Span::default() }))
}

fn boxed(inner: &BoxedStrategy<Expression>) -> impl Strategy<Value = Box<Expression>> + use<> {
    inner.clone().prop_map(Box::new)
}

fn operators(inner: &BoxedStrategy<Expression>) -> impl Strategy<Value = Expression> + use<> {
    use ArithmeticOperator::*;
    use ComparisonOperator::*;
    let arithmetic = prop::sample::select(vec![Add, Subtract, Multiply, Divide, Modulo]);
    let comparison = prop::sample::select(vec![
        Equal,
        NotEqual,
        LessThan,
        LessThanOrEqual,
        GreaterThan,
        GreaterThanOrEqual,
        IsDistinctFrom,
        IsNotDistinctFrom,
    ]);
    let logical = prop::sample::select(vec![LogicalOperator::And, LogicalOperator::Or]);
    prop_oneof![
        (arithmetic, boxed(inner), boxed(inner))
            .prop_map(|(operator, left, right)| { Expression::Arithmetic { operator, left, right } }),
        (comparison, boxed(inner), boxed(inner))
            .prop_map(|(operator, left, right)| { Expression::Comparison { operator, left, right } }),
        (logical, boxed(inner), boxed(inner))
            .prop_map(|(operator, left, right)| { Expression::Logical { operator, left, right } }),
        boxed(inner).prop_map(Expression::Negate),
        boxed(inner).prop_map(Expression::Not),
        (boxed(inner), any::<bool>()).prop_map(|(value, negated)| Expression::IsNull { value, negated }),
        (boxed(inner), boxed(inner), boxed(inner), any::<bool>())
            .prop_map(|(value, lower, upper, negated)| Expression::Between { value, lower, upper, negated }),
        (boxed(inner), vec(inner.clone(), 1..3), any::<bool>()).prop_map(|(value, list, negated)| Expression::In {
            value,
            list,
            negated
        }),
        (boxed(inner), boxed(inner), of(any::<char>()), any::<bool>())
            .prop_map(|(value, pattern, escape, negated)| Expression::Like { value, pattern, escape, negated }),
    ]
}

fn constructs(inner: &BoxedStrategy<Expression>) -> impl Strategy<Value = Expression> + use<> {
    let when = (inner.clone(), inner.clone()).prop_map(|(condition, result)| WhenClause { condition, result });
    prop_oneof![
        (of(boxed(inner)), vec(when, 1..3), of(boxed(inner))).prop_map(|(operand, when, default)| Expression::Case {
            operand,
            when,
            default
        }),
        (boxed(inner), data_types()).prop_map(|(value, data_type)| Expression::Cast { value, data_type }),
        vec(inner.clone(), 0..3).prop_map(Expression::Array),
        vec((inner.clone(), inner.clone()), 0..3).prop_map(Expression::Map),
        vec((names(), inner.clone()), 0..3).prop_map(Expression::Struct),
        (boxed(inner), boxed(inner)).prop_map(|(base, index)| Expression::Subscript { base, index }),
        (boxed(inner), names()).prop_map(|(base, field)| Expression::Dereference {
            base,
            field,
            span: Span::default()
        }),
        (boxed(inner), texts()).prop_map(|(value, zone)| Expression::AtTimeZone { value, zone }),
        calls(inner),
    ]
}

fn calls(inner: &BoxedStrategy<Expression>) -> impl Strategy<Value = Expression> + use<> {
    let lambda = (btree_set(names(), 1..3), boxed(inner))
        .prop_map(|(parameters, body)| Expression::Lambda { parameters: parameters.into_iter().collect(), body });
    let argument = prop_oneof![9 => inner.clone(), 1 => Just(Expression::Unit(TimeUnit::Seconds))];
    (names(), vec(argument, 0..3), vec(lambda, 0..2), any::<bool>()).prop_map(|(name, mut arguments, lambdas, star)| {
        if !arguments.is_empty() {
            arguments.extend(lambdas);
        }
        let star = star && arguments.is_empty();
        let name = Name(name.0.to_ascii_uppercase());
        Expression::Call(FunctionCall { name, arguments, star, span: Span::default() })
    })
}

fn expressions() -> BoxedStrategy<Expression> {
    let leaf = prop_oneof![literals().prop_map(Expression::Literal), columns()];
    leaf.prop_recursive(4, 24, 3, |inner| prop_oneof![operators(&inner), constructs(&inner)]).boxed()
}

fn select_items() -> impl Strategy<Value = SelectItem> {
    let span = Span::default();
    prop_oneof![
        1 => of(names()).prop_map(move |source| SelectItem::All { source, span }),
        1 => expressions().prop_map(move |expression| SelectItem::StructAll { expression, span }),
        6 => (expressions(), of(names()))
            .prop_map(move |(expression, alias)| SelectItem::Expression { expression, alias, span }),
    ]
}

fn sources() -> impl Strategy<Value = AliasedSource> {
    (source_names(), of(source_names())).prop_map(|(name, alias)| AliasedSource { name, alias, span: Span::default() })
}

fn joins() -> impl Strategy<Value = Join> {
    let kinds = prop::sample::select(vec![JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Full]);
    let within =
        (durations(), durations(), of(durations())).prop_map(|(before, after, grace)| Within { before, after, grace });
    (kinds, sources(), of(within), expressions()).prop_map(|(kind, source, within, on)| Join {
        kind,
        source,
        within,
        on,
    })
}

fn windows() -> impl Strategy<Value = Window> {
    let kinds = prop_oneof![
        durations().prop_map(|size| WindowKind::Tumbling { size }),
        (durations(), durations()).prop_map(|(size, advance)| WindowKind::Hopping { size, advance }),
        durations().prop_map(|gap| WindowKind::Session { gap }),
    ];
    (kinds, of(durations()), of(durations())).prop_map(|(kind, retention, grace)| Window { kind, retention, grace })
}

fn queries() -> impl Strategy<Value = Query> {
    let relation = (sources(), vec(joins(), 0..2)).prop_map(|(source, joins)| Relation { source, joins });
    let lists = || of(vec(expressions(), 0..3));
    let clauses = (of(windows()), of(expressions()), lists(), lists(), of(expressions()));
    let emit = of(prop::sample::select(vec![Emit::Changes, Emit::Final]));
    (vec(select_items(), 1..4), relation, clauses, emit, of(any::<i64>())).prop_map(
        |(select, from, (window, filter, group_by, partition_by, having), emit, limit)| Query {
            select,
            from,
            window,
            filter,
            group_by,
            partition_by,
            having,
            emit,
            limit,
            window_span: Span::default(),
        },
    )
}

fn kinds() -> impl Strategy<Value = SourceKind> {
    prop::sample::select(vec![SourceKind::Stream, SourceKind::Table])
}

fn properties() -> impl Strategy<Value = Properties> {
    let names = prop_oneof!["[A-Z_]{1,6}", "[A-Z '.]{1,6}"];
    vec((names, literals()), 0..3).prop_map(Properties)
}

fn elements() -> impl Strategy<Value = Vec<TableElement>> {
    let constraints = prop_oneof![
        Just(ColumnConstraint::None),
        Just(ColumnConstraint::Key),
        Just(ColumnConstraint::PrimaryKey),
        Just(ColumnConstraint::Headers),
        texts().prop_map(ColumnConstraint::Header),
    ];
    let element = (names(), data_types(), constraints).prop_map(|(name, data_type, constraint)| TableElement {
        name,
        data_type,
        constraint,
        span: Span::default(),
    });
    vec(element, 0..3)
}

fn creations() -> impl Strategy<Value = Statement> {
    let name_span = Span::default();
    prop_oneof![
        (kinds(), any::<[bool; 3]>(), source_names(), elements(), properties()).prop_map(
            move |(kind, [or_replace, read_only, if_not_exists], name, elements, properties)| {
                Statement::CreateSource(CreateSource {
                    kind,
                    or_replace,
                    read_only,
                    if_not_exists,
                    name,
                    name_span,
                    elements,
                    properties,
                })
            }
        ),
        (kinds(), any::<[bool; 2]>(), source_names(), properties(), queries()).prop_map(
            move |(kind, [or_replace, if_not_exists], name, properties, query)| {
                let query = Query { limit: None, ..query };
                Statement::CreateAsSelect(CreateAsSelect {
                    kind,
                    or_replace,
                    if_not_exists,
                    name,
                    name_span,
                    properties,
                    query,
                })
            }
        ),
        (any::<bool>(), names(), data_types())
            .prop_map(|(if_not_exists, name, data_type)| { Statement::CreateType { if_not_exists, name, data_type } }),
    ]
}

fn changes() -> impl Strategy<Value = Statement> {
    let span = Span::default();
    prop_oneof![
        (source_names(), properties(), queries()).prop_map(move |(target, properties, query)| {
            Statement::InsertInto(InsertInto { target, target_span: span, properties, query })
        }),
        (source_names(), vec(names(), 0..3), vec(expressions(), 0..3)).prop_map(move |(target, columns, values)| {
            Statement::InsertValues(InsertValues { target, target_span: span, columns, values })
        }),
        (kinds(), source_names(), any::<[bool; 2]>()).prop_map(move |(kind, name, [if_exists, delete_topic])| {
            Statement::DropSource(DropSource { kind, if_exists, name, name_span: span, delete_topic })
        }),
        (kinds(), source_names(), vec((names(), data_types()), 1..3)).prop_map(move |(kind, name, add_columns)| {
            Statement::AlterSource(AlterSource { kind, name, name_span: span, add_columns })
        }),
    ]
}

fn controls() -> impl Strategy<Value = Statement> {
    let selectors = || prop_oneof![Just(QuerySelector::All), names().prop_map(QuerySelector::Id)];
    let topics = || prop_oneof!["[a-zA-Z_]{1,6}", "[a-z.-]{1,6}"];
    prop_oneof![
        selectors().prop_map(Statement::Terminate),
        selectors().prop_map(Statement::Pause),
        (texts(), texts()).prop_map(|(name, value)| Statement::SetProperty { name, value }),
        (texts(), texts()).prop_map(|(name, value)| Statement::AlterSystem { name, value }),
        ("[a-zA-Z_]{1,6}", texts()).prop_map(|(name, value)| Statement::Define { name, value }),
        (topics(), any::<bool>(), of(any::<i64>()), of(any::<i64>())).prop_map(
            |(topic, from_beginning, interval, limit)| {
                Statement::Print(Print { topic, from_beginning, interval, limit })
            }
        ),
        (source_names(), any::<bool>()).prop_map(|(name, extended)| {
            Statement::Describe(Describe::Source { name, name_span: Span::default(), extended })
        }),
        (any::<bool>(), topics(), properties(), of(durations())).prop_map(|(exists, topic, properties, timeout)| {
            Statement::Assert(Assert::Topic { exists, topic, properties, timeout })
        }),
        (source_names(), vec(names(), 0..3), vec(expressions(), 0..3))
            .prop_map(|(source, columns, values)| Statement::Assert(Assert::Values { source, columns, values })),
    ]
}

fn statements() -> impl Strategy<Value = Statement> {
    prop_oneof![
        3 => queries().prop_map(Statement::Query),
        3 => creations(),
        3 => changes(),
        2 => controls(),
        1 => queries().prop_map(|query| {
            let statement = Box::new(Statement::Query(query));
            Statement::Explain(Explain::Statement { text: statement.to_string().trim_end().to_owned(), statement })
        }),
    ]
}

fn token_soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "SELECT", "FROM", "X", "*", ",", "(", ")", ";", "CREATE", "STREAM", "WITH", "'a'", "1", "1.5", "-", "CASE",
        "WHEN", "END", "->", "=>", ":=", "[", "]", "<", ">", "AS", "GROUP", "BY", "${v}", "`b`", "ARRAY", "MAP",
        "STRUCT", "NOT", "AND", "IN", "JOIN", "ON", "WITHIN", "SECONDS", "INSERT", "INTO", "VALUES", "EXPLAIN", "'",
        "/*", "$", "\n", "EMIT", "CHANGES", "LIMIT", "WINDOW", "TUMBLING", "SIZE", "ASSERT", "NULL", "KEY", ".", "INT",
    ]);
    vec(words, 0..40).prop_map(|words| words.join(" "))
}

fn never_panics(text: &str) {
    let variables: VariableMap = [("v", "X")].into_iter().collect();
    is_complete(text);
    match parse_script(text, &variables) {
        Ok(statements) => statements.iter().for_each(|statement| drop(print::statement_text(&statement.statement))),
        Err(error) => drop(error.render(text)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_read_back_as_printed(statement in statements()) {
        let text = print::statement_text(&statement);
        let parsed = parse_statement(&text);
        prop_assert_eq!(parsed.as_ref().map(|parsed| &parsed.statement), Ok(&statement), "{}", text);
    }

    #[test]
    fn expressions_read_back_as_printed(expression in expressions()) {
        let text = format!("INSERT INTO X VALUES ({expression})");
        let values = match parse_statement(&text).map(|parsed| parsed.statement) {
            Ok(Statement::InsertValues(insert)) => insert.values,
            other => return Err(TestCaseError::fail(format!("{text}\n{other:?}"))),
        };
        prop_assert_eq!(values, vec![expression], "{}", text);
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        never_panics(&text);
    }

    #[test]
    fn no_ascii_text_panics(text in "[ -~\n]{0,60}") {
        never_panics(&text);
    }

    #[test]
    fn no_token_soup_panics(text in token_soup()) {
        never_panics(&text);
    }
}
