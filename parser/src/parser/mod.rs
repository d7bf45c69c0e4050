//! The statement parser: recursive descent over tokens, one file for each part of the grammar.
//!
//! Here is the cursor that all parts share, and how a refusal is worded. A syntax error ends the parse. An error of
//! building the tree (a bad literal, a bad source name) is kept while the parse goes on, because ksqlDB reports
//! a syntax error further on before it.

mod data_type;
mod definition;
mod expression;
mod literal;
mod metadata;
mod name;
mod primary;
mod query;
mod statement;

use crate::ast::Statement;
use crate::error::ParseError;
use crate::keyword::{STATEMENT_WORDS, is_reserved, nearest};
use crate::span::Span;
use crate::token::{Token, TokenKind};

type Result<T> = std::result::Result<T, ParseError>;

/// Recursion of the parser, two or three levels for a bracket. All of it fits into 1 MiB of stack.
const MAX_NESTING: usize = 400;
/// Height of a tree. Chains such as `a + b + c` are read by a loop yet make a tree as high as they are long, and whoever
/// walks the tree recurses.
const MAX_HEIGHT: usize = 1000;

/// Which statements are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// What a server accepts.
    Server,
    /// That, `RUN SCRIPT` and the assertions of test scripts.
    TestScript,
}

/// Where a `${variable}` stands, which decides what may replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VariablePosition {
    Identifier,
    Literal,
}

/// What came of parsing one statement.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    /// The first error of building the tree; the statement is then not to be used.
    pub(crate) refusal: Option<ParseError>,
    pub(crate) variables: Vec<(Span, VariablePosition)>,
    /// Tokens used, the `;` included.
    pub(crate) token_count: usize,
}

/// Parses one statement at the start of `tokens`, which end with [`TokenKind::End`]. `sql` is the text they were cut from
/// and `base` the offset of its first byte in their spans.
pub(crate) fn parse(
    sql: &str,
    base: usize,
    tokens: &[Token<'_>],
    grammar: Grammar,
    end: StatementEnd,
) -> Result<Parsed> {
    let mut parser = Parser {
        sql,
        base,
        tokens,
        grammar,
        position: 0,
        undecided_since: None,
        depth: 0,
        height: 0,
        refusal: None,
        variables: Vec::new(),
        clauses_left: &[],
        last_primary: 0,
    };
    let statement = parser.statement()?;
    parser.statement_end(end)?;
    Ok(Parsed {
        statement,
        refusal: parser.refusal,
        variables: parser.variables,
        token_count: parser.position,
    })
}

/// Whether the last statement of a text may lack its `;`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementEnd {
    Semicolon,
    SemicolonOrEnd,
}

struct Parser<'t> {
    sql: &'t str,
    base: usize,
    tokens: &'t [Token<'t>],
    grammar: Grammar,
    position: usize,
    /// Since which token several grammar rules are still possible; an error behind it names only the token.
    undecided_since: Option<usize>,
    depth: usize,
    /// Height of the highest tree built so far at this depth.
    height: usize,
    refusal: Option<ParseError>,
    variables: Vec<(Span, VariablePosition)>,
    /// The clauses that could still follow the query just read.
    clauses_left: &'static [&'static str],
    /// The first token of the primary, with its subscripts and fields, that was read last.
    last_primary: usize,
}

impl<'t> Parser<'t> {
    /// The token `n` behind the next one; the end token for ever behind the last.
    fn ahead(&self, n: usize) -> &'t Token<'t> {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.position + n).min(last)]
    }

    fn next(&self) -> &'t Token<'t> {
        self.ahead(0)
    }

    fn take(&mut self) -> &'t Token<'t> {
        let token = self.next();
        if token.kind != TokenKind::End {
            self.position += 1;
        }
        token
    }

    fn at(&self, word: &str) -> bool {
        self.next().is(word)
    }

    /// Whether these words or symbols come next.
    fn at_all(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(n, word)| self.ahead(n).is(word))
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.take();
        }
        found
    }

    fn accept_all(&mut self, words: &[&str]) -> bool {
        let found = self.at_all(words);
        if found {
            self.position += words.len();
        }
        found
    }

    /// From the first of the tokens since `first` to the last taken.
    fn span_since(&self, first: usize) -> Span {
        let start = self.tokens[first.min(self.tokens.len() - 1)].span;
        start.to(self.tokens[self.position.saturating_sub(1)].span)
    }

    /// Takes `word`, or fails saying that only it could stand here.
    fn expect(&mut self, word: &'static str) -> Result<()> {
        self.expect_before(word, |_| false)
    }

    /// Like [`Self::expect`]; when the token in its place fits `follows`, what could stand behind `word`, it was left out.
    fn expect_before(
        &mut self,
        word: &'static str,
        follows: impl Fn(&Token<'_>) -> bool,
    ) -> Result<()> {
        if self.accept(word) {
            return Ok(());
        }
        if self.undecided() || !follows(self.next()) {
            return Err(self.unexpected_but(&[word]));
        }
        Err(self.missing(&quoted(word)))
    }

    fn missing(&self, what: &str) -> ParseError {
        let token = self.next();
        ParseError::syntax(
            token.span,
            &format!("missing {what} at '{}'", shown(token)),
            vec![what.to_owned()],
        )
    }

    /// The next token fits none of few `words`; keywords and symbols as they are, `STRING` for a string.
    fn unexpected_but(&self, words: &[&str]) -> ParseError {
        let token = self.next();
        let quoted_words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
        if self.undecided() {
            return ParseError::syntax(token.span, &near(token), quoted_words);
        }
        let set = match quoted_words.as_slice() {
            [one] => one.clone(),
            many => format!("{{{}}}", many.join(", ")),
        };
        let one_too_many =
            words.iter().any(|word| self.ahead(1).is(word)) && token.kind != TokenKind::End;
        let detail = match words.len() {
            0 | 4.. => String::new(),
            _ if one_too_many => format!("extraneous input '{}' expecting {set}", shown(token)),
            _ => format!("Expecting {set}"),
        };
        ParseError::syntax(token.span, &detail, quoted_words)
    }

    /// The next token fits none of the many things that could stand here, described by `expected`.
    fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.next();
        let detail = if self.undecided() {
            near(token)
        } else {
            String::new()
        };
        ParseError::syntax(token.span, &detail, vec![expected.to_owned()])
    }

    /// Like [`Self::unexpected`] where a name could stand: a reserved word is told to be one.
    fn unexpected_for_name(&self, expected: &str) -> ParseError {
        let token = self.next();
        if self.undecided() || token.kind != TokenKind::Word || !is_reserved(token.text) {
            return self.unexpected(expected);
        }
        let word = token.text;
        let detail = format!(
            "\"{word}\" is a reserved keyword and it can't be used as an identifier. \
             You can use it as an identifier by escaping it as '{word}' "
        );
        ParseError::syntax(token.span, &detail, vec![expected.to_owned()])
    }

    /// None of the rules that begin like this fits the next token.
    fn no_rule_fits(&self, expected: &[&str]) -> ParseError {
        let token = self.next();
        ParseError::syntax(
            token.span,
            &near(token),
            expected.iter().map(|word| quoted(word)).collect(),
        )
    }

    fn unknown_statement(&self) -> ParseError {
        let token = self.next();
        let words = STATEMENT_WORDS.iter().copied();
        let meant = nearest(token.text, words)
            .map_or_else(String::new, |(_, word)| format!("\nDid you mean '{word}'?"));
        ParseError::syntax(
            token.span,
            &format!("Unknown statement '{}'{meant}", shown(token)),
            Vec::new(),
        )
    }

    /// Whether the next token stands behind the first token of a stretch that several rules share.
    fn undecided(&self) -> bool {
        self.undecided_since
            .is_some_and(|first| self.position > first)
    }

    /// Keeps an error of building the tree; the first one counts.
    fn refuse(&mut self, error: ParseError) {
        self.refusal.get_or_insert(error);
    }

    /// Runs `read` one level deeper; its tree is higher by one than the highest built inside.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_NESTING {
            return Err(ParseError::too_large(self.next().span));
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.height);
        let tree = read(self)?;
        self.depth -= 1;
        self.grow()?;
        self.height = self.height.max(outer);
        Ok(tree)
    }

    /// Called for each node that a loop puts on top of what it has read.
    fn grow(&mut self) -> Result<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            Err(ParseError::too_large(self.next().span))
        } else {
            Ok(())
        }
    }

    /// `item { ',' item }`.
    fn comma_separated<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// The rest of `'(' item { ',' item } ')'`, behind the bracket.
    fn bracketed_rest<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Result<T>,
        close: &'static str,
    ) -> Result<Vec<T>> {
        let items = self.comma_separated(item)?;
        if !self.accept(close) {
            return Err(self.unexpected_but(&[",", close]));
        }
        Ok(items)
    }
}

fn near(token: &Token<'_>) -> String {
    format!(
        "Syntax error at or near '{}' at line {}:{}",
        shown(token),
        token.span.line,
        token.span.column
    )
}

fn shown<'a>(token: &Token<'a>) -> &'a str {
    if token.kind == TokenKind::End {
        "<EOF>"
    } else {
        token.text
    }
}

/// ksqlDB shows words and symbols in quotes, but kinds of tokens without.
fn quoted(word: &str) -> String {
    if word == "STRING" {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}
