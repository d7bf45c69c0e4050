//! Expressions without columns.

use super::*;

#[test]
fn constants() {
    let check =
        |text: &str, expected: Value| assert_eq!(evaluate_constant(&parse(text)).unwrap().0, expected, "{text}");
    check("1 + 2", Value::Integer(3));
    check("NULL", Value::Null);
    check("ARRAY[1, 2][2]", Value::Integer(2));
    check("DECIMAL '1.20'", Value::Decimal { unscaled: i256::from_i128(120), scale: 2 });
    assert!(evaluate_constant(&parse("1 / 0")).is_err());
    assert!(evaluate_constant(&parse("A")).is_err());
}
