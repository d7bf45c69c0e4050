//! The ksqlDB dialect: SQL text to tokens to a typed syntax tree, and back to canonical SQL text.
//!
//! Knows words and shapes only; what a name refers to and whether types fit is the engine's business.
//!
//! A script goes through [`split_statements`], which checks the shape of all of it, and then statement by statement
//! through [`parse_single`], because `DEFINE` acts on the statements behind it. `Display` of any part of the tree is
//! its canonical text ([`print`]).

pub mod ast;
mod error;
pub mod keyword;
mod parser;
pub mod print;
mod region;
mod script;
pub mod span;
mod token;
mod variable;

pub use ast::ParsedStatement;
pub use error::{ParseError, ParseErrorKind};
pub use keyword::{KEYWORDS, is_reserved, suggest};
pub use parser::Grammar;
pub use script::{
    StatementText, is_complete, parse_expression, parse_script, parse_single, parse_statement, split_statements,
    split_statements_of,
};
pub use variable::{VariableMap, Variables};
