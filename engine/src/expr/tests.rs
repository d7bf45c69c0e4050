//! Expressions from text to values.
