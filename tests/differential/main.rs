//! Weir's functions and casts against Java's own libraries: generated inputs, evaluated by both, must have equal answers.
//!
//! `Oracle.java` calls `java.time`, `java.util.regex`, `BigDecimal`, Jackson and so on. `WEIR_DIFFERENTIAL_COUNT` sets the
//! inputs of each family (3,000 by default), `WEIR_SEED` other inputs than those of the fixed seed. Where answers may differ,
//! the family says why beside it.

mod family;
mod inputs;
mod java;

mod json;
mod math;
mod numbers;
mod regex;
mod text;
mod time_format;
mod time_parse;
mod url;
