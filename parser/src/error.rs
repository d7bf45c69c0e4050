//! Why a text is no statement: ksqlDB's message, the place, and a picture of it for a person at a prompt.

use crate::span::Span;

/// Which of ksqlDB's two steps refuses the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The text does not have the shape of a statement: `line L:C: Syntax Error\n<detail>`.
    Syntax,
    /// The shape is right but a literal, name or type in it is not.
    Prepare,
}

/// A refused text. The user can fix each of these by changing the statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub kind: ParseErrorKind,
    /// The message as a ksqlDB server words it, prefixes included.
    pub message: String,
    /// Where, in the text given to the parser.
    pub span: Span,
    /// What could stand there, in a few words each; empty when nothing useful is known.
    pub expected: Vec<String>,
    /// What a server repeats as `statementText` in place of the statement, if not the whole statement.
    pub fragment: Option<String>,
}

impl ParseError {
    pub(crate) fn syntax(span: Span, detail: &str, expected: Vec<String>) -> Self {
        let message = format!("line {}:{}: Syntax Error\n{detail}", span.line, span.column);
        Self {
            kind: ParseErrorKind::Syntax,
            message,
            span,
            expected,
            fragment: None,
        }
    }

    pub(crate) fn too_large(span: Span) -> Self {
        let message = "Error processing statement: Statement is too large to parse. \
                       Its expressions or types are nested too deeply."
            .to_owned();
        Self {
            kind: ParseErrorKind::Syntax,
            message,
            span,
            expected: Vec::new(),
            fragment: None,
        }
    }

    /// An error of building the tree, with ksqlDB's prefix for those.
    pub(crate) fn prepare(span: Span, text: &str) -> Self {
        Self::unprefixed(span, format!("Failed to prepare statement: {text}"))
    }

    /// `Illegal argument at Line: L, Col: C. <text>`, which ksqlDB does not prefix.
    pub(crate) fn illegal_argument(span: Span, text: &str) -> Self {
        Self::unprefixed(
            span,
            format!(
                "Illegal argument at Line: {}, Col: {}. {text}",
                span.line, span.column
            ),
        )
    }

    fn unprefixed(span: Span, message: String) -> Self {
        Self {
            kind: ParseErrorKind::Prepare,
            message,
            span,
            expected: Vec::new(),
            fragment: None,
        }
    }

    /// The offending line of `sql` with a caret under the place, for a terminal. `sql` is the text that was parsed.
    ///
    /// ```text
    /// 1:10: unexpected `FORM`
    ///   SELECT * FORM X;
    ///            ^^^^
    /// expected ',' or 'FROM'
    /// ```
    pub fn render(&self, sql: &str) -> String {
        let Span {
            line,
            column,
            start,
            end,
        } = self.span;
        let found = sql.get(start..end).unwrap_or_default();
        let indent: String = source_line(sql, line)
            .chars()
            .take(column.saturating_sub(1) as usize)
            .map(blank)
            .collect();
        let width = found
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            .max(1);
        let mut text = format!(
            "{line}:{column}: {}\n  {}\n  {indent}",
            self.headline(found),
            source_line(sql, line)
        );
        text.push_str(&"^".repeat(width));
        if !self.expected.is_empty() {
            text.push_str(&format!("\nexpected {}", alternatives(&self.expected)));
        }
        text
    }

    /// One line that says what is wrong: the message's own detail where it has one.
    fn headline(&self, found: &str) -> String {
        let detail = match self.kind {
            ParseErrorKind::Prepare => Some(
                self.message
                    .trim_start_matches("Failed to prepare statement: "),
            ),
            ParseErrorKind::Syntax => self
                .message
                .split_once("Syntax Error\n")
                .map(|(_, detail)| detail.trim()),
        };
        match detail.unwrap_or(&self.message) {
            "" if found.is_empty() => "unexpected end of text".to_owned(),
            "" => format!("unexpected `{found}`"),
            said if said.starts_with("Expecting") => format!("unexpected `{found}`"),
            said => said.replace('\n', ". "),
        }
    }
}

fn source_line(sql: &str, line: u32) -> &str {
    sql.split('\n')
        .nth(line.saturating_sub(1) as usize)
        .unwrap_or_default()
        .trim_end_matches('\r')
}

/// Tabs stay, so that the caret stands under its character.
fn blank(c: char) -> char {
    if c == '\t' { '\t' } else { ' ' }
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives(words: &[String]) -> String {
    match words {
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
        [] => String::new(),
    }
}
