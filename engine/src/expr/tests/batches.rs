//! A batch of n rows gives what n batches of one row give.

use arrow_select::concat::concat;
use proptest::prelude::*;

use super::*;

/// Numeric expressions over the numeric columns, and what is built from them.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("A".to_string()),
        Just("B".to_string()),
        Just("L[1]".to_string()),
        Just("P->F".to_string()),
        Just("M['a']".to_string()),
        (-3..10_i32).prop_map(|n| format!("({n})")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof!["[-+*/%]"], inner.clone()).prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| {
                format!("CAST(CASE WHEN {a} < {b} AND {c} <> 0 OR {b} IN (1, {a}) THEN CAST({c} AS DOUBLE) ELSE CAST({b} AS DOUBLE) END AS BIGINT)")
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("ARRAY[{a}, {b}][1]")),
            inner.prop_map(|a| format!("CAST(CAST({a} AS STRING) AS BIGINT)")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn batch_size_does_not_matter(text in expressions()) {
        let whole = evaluate(&text, &arrays(), ROWS);
        for (row, expected) in whole.iter().enumerate() {
            let one: Vec<ArrayRef> = arrays().iter().map(|a| concat(&[&a.slice(row, 1)]).unwrap()).collect();
            prop_assert_eq!(&evaluate(&text, &one, 1)[0], expected, "{} row {}", text, row);
            let sliced: Vec<ArrayRef> = arrays().iter().map(|a| a.slice(row, 1)).collect();
            prop_assert_eq!(&evaluate(&text, &sliced, 1)[0], expected, "{} sliced row {}", text, row);
        }
    }
}
