//! The table of aggregate functions: names, descriptions, signatures and examples. `resolve` has what each does.

use super::resolve::*;
use super::{AggregateExample, AggregateFunction};

/// All aggregate functions, by name.
pub fn all() -> &'static [AggregateFunction] {
    FUNCTIONS
}

/// The aggregate function of this name, in any case.
pub fn find(name: &str) -> Option<&'static AggregateFunction> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

pub fn is_aggregate(name: &str) -> bool {
    find(name).is_some()
}

const GENERIC: &[(&str, &str)] = &[("T val1", "T")];
const COLLECTED: &[(&str, &str)] = &[("T val1", "ARRAY<T>")];
const COUNTED: &[(&str, &str)] = &[("T val1", "BIGINT")];
const AVERAGED: &[(&str, &str)] = &[("DOUBLE val1", "DOUBLE"), ("INT val1", "DOUBLE"), ("BIGINT val1", "DOUBLE")];
const ORDERED: &[(&str, &str)] = &[
    ("DECIMAL val1", "DECIMAL"),
    ("DOUBLE val1", "DOUBLE"),
    ("INT val1", "INT"),
    ("BIGINT val1", "BIGINT"),
    ("VARCHAR val1", "VARCHAR"),
    ("BYTES val1", "BYTES"),
    ("DATE val1", "DATE"),
    ("TIME val1", "TIME"),
    ("TIMESTAMP val1", "TIMESTAMP"),
];

fn none(_: usize) -> usize {
    0
}
fn last(arguments: usize) -> usize {
    usize::from(arguments > 1)
}
fn all_but_first(arguments: usize) -> usize {
    arguments.saturating_sub(1)
}

static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction {
        name: "ATTR",
        declared_name: "ATTR",
        description: "The value that all rows of the group share, or NULL if they differ.",
        signatures: GENERIC,
        examples: &[
            AggregateExample { call: "ATTR(x)", rows: &["'a'", "'a'"], result: "'a'" },
            AggregateExample { call: "ATTR(x)", rows: &["'a'", "'b'"], result: "NULL" },
        ],
        literal_arguments: none,
        resolve: attr,
    },
    AggregateFunction {
        name: "AVG",
        declared_name: "avg",
        description: "The mean of the values.",
        signatures: AVERAGED,
        examples: &[AggregateExample { call: "AVG(x)", rows: &["1", "2", "NULL"], result: "1.5" }],
        literal_arguments: none,
        resolve: avg,
    },
    AggregateFunction {
        name: "COLLECT_LIST",
        declared_name: "collect_list",
        description: "All values of the group in order, NULL among them.",
        signatures: COLLECTED,
        examples: &[AggregateExample {
            call: "COLLECT_LIST(x)",
            rows: &["'a'", "NULL", "'a'"],
            result: "['a', NULL, 'a']",
        }],
        literal_arguments: none,
        resolve: collect_list,
    },
    AggregateFunction {
        name: "COLLECT_SET",
        declared_name: "collect_set",
        description: "The different values of the group in the order of their first appearance.",
        signatures: COLLECTED,
        examples: &[AggregateExample { call: "COLLECT_SET(x)", rows: &["'b'", "'a'", "'b'"], result: "['b', 'a']" }],
        literal_arguments: none,
        resolve: collect_set,
    },
    AggregateFunction {
        name: "CORRELATION",
        declared_name: "correlation",
        description: "Pearson's correlation of two columns.",
        signatures: &[
            ("DOUBLE val1, DOUBLE val2", "DOUBLE"),
            ("INT val1, INT val2", "DOUBLE"),
            ("BIGINT val1, BIGINT val2", "DOUBLE"),
        ],
        examples: &[AggregateExample {
            call: "CORRELATION(x, y)",
            rows: &["1, 2", "2, 4", "3, 5"],
            result: "0.9819805060619657",
        }],
        literal_arguments: none,
        resolve: correlation,
    },
    AggregateFunction {
        name: "COUNT",
        declared_name: "COUNT",
        description: "The number of rows, or of rows whose value is not NULL.",
        signatures: COUNTED,
        examples: &[
            AggregateExample { call: "COUNT(*)", rows: &["1", "NULL"], result: "2" },
            AggregateExample { call: "COUNT(x)", rows: &["1", "NULL"], result: "1" },
        ],
        literal_arguments: none,
        resolve: count,
    },
    AggregateFunction {
        name: "COUNT_DISTINCT",
        declared_name: "COUNT_DISTINCT",
        description: "About how many different values there are, NULL aside.",
        signatures: COUNTED,
        examples: &[AggregateExample { call: "COUNT_DISTINCT(x)", rows: &["'a'", "'b'", "'a'", "NULL"], result: "2" }],
        literal_arguments: none,
        resolve: count_distinct,
    },
    AggregateFunction {
        name: "EARLIEST_BY_OFFSET",
        declared_name: "EARLIEST_BY_OFFSET",
        description: "The first value, or the first n, by offset; NULLs are left out unless asked for.",
        signatures: &[
            ("T val1, INT earliestN", "ARRAY<T>"),
            ("T val1", "T"),
            ("T val1, INT earliestN, BOOLEAN ignoreNulls", "ARRAY<T>"),
            ("T val1, BOOLEAN ignoreNulls", "T"),
        ],
        examples: &[
            AggregateExample { call: "EARLIEST_BY_OFFSET(x)", rows: &["NULL", "3", "1"], result: "3" },
            AggregateExample { call: "EARLIEST_BY_OFFSET(x, 2)", rows: &["3", "1", "2"], result: "[3, 1]" },
            AggregateExample { call: "EARLIEST_BY_OFFSET(x, false)", rows: &["NULL", "3"], result: "NULL" },
        ],
        literal_arguments: all_but_first,
        resolve: earliest,
    },
    AggregateFunction {
        name: "HISTOGRAM",
        declared_name: "HISTOGRAM",
        description: "How often each value occurs, for up to 1000 different ones.",
        signatures: &[("VARCHAR val1", "MAP<VARCHAR, BIGINT>")],
        examples: &[AggregateExample { call: "HISTOGRAM(x)", rows: &["'a'", "'b'", "'a'"], result: "{a=2, b=1}" }],
        literal_arguments: none,
        resolve: histogram,
    },
    AggregateFunction {
        name: "LATEST_BY_OFFSET",
        declared_name: "LATEST_BY_OFFSET",
        description: "The last value, or the last n, by offset; NULLs are left out unless asked for.",
        signatures: &[
            ("T val1, INT latestN", "ARRAY<T>"),
            ("T val1", "T"),
            ("T val1, INT latestN, BOOLEAN ignoreNulls", "ARRAY<T>"),
            ("T val1, BOOLEAN ignoreNulls", "T"),
        ],
        examples: &[
            AggregateExample { call: "LATEST_BY_OFFSET(x)", rows: &["3", "1", "NULL"], result: "1" },
            AggregateExample { call: "LATEST_BY_OFFSET(x, 2)", rows: &["3", "1", "2"], result: "[1, 2]" },
            AggregateExample { call: "LATEST_BY_OFFSET(x, false)", rows: &["3", "NULL"], result: "NULL" },
        ],
        literal_arguments: all_but_first,
        resolve: latest,
    },
    AggregateFunction {
        name: "MAX",
        declared_name: "MAX",
        description: "The greatest value.",
        signatures: ORDERED,
        examples: &[
            AggregateExample { call: "MAX(x)", rows: &["1", "3", "NULL"], result: "3" },
            AggregateExample { call: "MAX(x)", rows: &["'a'", "'b'"], result: "'b'" },
        ],
        literal_arguments: none,
        resolve: extremum::<true>,
    },
    AggregateFunction {
        name: "MIN",
        declared_name: "MIN",
        description: "The least value.",
        signatures: ORDERED,
        examples: &[
            AggregateExample { call: "MIN(x)", rows: &["1.50", "0.25"], result: "0.25" },
            AggregateExample { call: "MIN(x)", rows: &["NULL", "3"], result: "3" },
        ],
        literal_arguments: none,
        resolve: extremum::<false>,
    },
    AggregateFunction {
        name: "STDDEV_SAMP",
        declared_name: "stddev_samp",
        description: "The variance of the sample. Deprecated: use STDDEV_SAMPLE.",
        signatures: AVERAGED,
        examples: &[AggregateExample {
            call: "STDDEV_SAMP(x)",
            rows: &["1", "2", "3", "4"],
            result: "1.6666666666666667",
        }],
        literal_arguments: none,
        resolve: spread::<false>,
    },
    AggregateFunction {
        name: "STDDEV_SAMPLE",
        declared_name: "stddev_sample",
        description: "The standard deviation of the sample.",
        signatures: AVERAGED,
        examples: &[AggregateExample { call: "STDDEV_SAMPLE(x)", rows: &["1", "3", "5"], result: "2.0" }],
        literal_arguments: none,
        resolve: spread::<true>,
    },
    AggregateFunction {
        name: "SUM",
        declared_name: "SUM",
        description: "The sum of the values.",
        signatures: &[
            ("DECIMAL val1", "DECIMAL"),
            ("DOUBLE val1", "DOUBLE"),
            ("INT val1", "INT"),
            ("BIGINT val1", "BIGINT"),
        ],
        examples: &[
            AggregateExample { call: "SUM(x)", rows: &["1", "2", "NULL"], result: "3" },
            AggregateExample { call: "SUM(x)", rows: &["1.50", "2.25"], result: "3.75" },
        ],
        literal_arguments: none,
        resolve: sum,
    },
    AggregateFunction {
        name: "SUM_LIST",
        declared_name: "sum_list",
        description: "The sum of all elements of the lists.",
        signatures: &[("ARRAY<DOUBLE> val1", "DOUBLE"), ("ARRAY<INT> val1", "INT"), ("ARRAY<BIGINT> val1", "BIGINT")],
        examples: &[AggregateExample { call: "SUM_LIST(x)", rows: &["ARRAY[1, 2]", "ARRAY[3]"], result: "6" }],
        literal_arguments: none,
        resolve: sum_list,
    },
    AggregateFunction {
        name: "TOPK",
        declared_name: "TOPK",
        description: "The k greatest values, descending; with more columns, those of the same rows beside them.",
        signatures: &[
            ("DOUBLE val1, ANY... val2, INT k", "ARRAY<DOUBLE>"),
            ("INT val1, ANY... val2, INT k", "ARRAY<INT>"),
            ("BIGINT val1, ANY... val2, INT k", "ARRAY<BIGINT>"),
            ("VARCHAR val1, ANY... val2, INT k", "ARRAY<VARCHAR>"),
        ],
        examples: &[
            AggregateExample { call: "TOPK(x, 2)", rows: &["1", "3", "3"], result: "[3, 3]" },
            AggregateExample {
                call: "TOPK(x, y, 2)",
                rows: &["1, 'a'", "3, 'b'", "2, 'c'"],
                result: "[{sort_col=3, col0='b'}, {sort_col=2, col0='c'}]",
            },
        ],
        literal_arguments: last,
        resolve: topk,
    },
    AggregateFunction {
        name: "TOPKDISTINCT",
        declared_name: "TOPKDISTINCT",
        description: "The k greatest different values, descending.",
        signatures: &[
            ("DECIMAL val1, INT k", "ARRAY<DECIMAL>"),
            ("DOUBLE val1, INT k", "ARRAY<DOUBLE>"),
            ("INT val1, INT k", "ARRAY<INT>"),
            ("BIGINT val1, INT k", "ARRAY<BIGINT>"),
            ("VARCHAR val1, INT k", "ARRAY<VARCHAR>"),
            ("BYTES val1, INT k", "ARRAY<BYTES>"),
            ("DATE val1, INT k", "ARRAY<DATE>"),
            ("TIME val1, INT k", "ARRAY<TIME>"),
            ("TIMESTAMP val1, INT k", "ARRAY<TIMESTAMP>"),
        ],
        examples: &[AggregateExample { call: "TOPKDISTINCT(x, 2)", rows: &["3", "1", "3"], result: "[3, 1]" }],
        literal_arguments: last,
        resolve: topk_distinct,
    },
];
