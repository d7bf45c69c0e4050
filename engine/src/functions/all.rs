//! The families of functions put together.

use super::Function;

/// Every scalar and table function.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

static FAMILIES: &[&[Function]] = &[
    super::math::FUNCTIONS,
    super::rounding::FUNCTIONS,
    super::strings::FUNCTIONS,
];
