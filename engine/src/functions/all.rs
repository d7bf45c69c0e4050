//! The families of functions put together.

use super::Function;

/// Every scalar and table function.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

static FAMILIES: &[&[Function]] = &[
    super::math::FUNCTIONS,
    super::rounding::FUNCTIONS,
    super::extremes::FUNCTIONS,
    super::geo::FUNCTIONS,
    super::conditional::FUNCTIONS,
    super::strings::FUNCTIONS,
    super::strings_pad::FUNCTIONS,
    super::strings_split::FUNCTIONS,
    super::masks::FUNCTIONS,
    super::bytes::FUNCTIONS,
    super::convert_bytes::FUNCTIONS,
    super::date_parts::FUNCTIONS,
    super::format_date::FUNCTIONS,
    super::parse_date::FUNCTIONS,
    super::arrays::FUNCTIONS,
    super::arrays_sets::FUNCTIONS,
    super::maps::FUNCTIONS,
    super::lambdas::FUNCTIONS,
    super::json::FUNCTIONS,
    super::url::FUNCTIONS,
    super::regexp::FUNCTIONS,
    super::table::FUNCTIONS,
];
