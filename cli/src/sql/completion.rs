//! What the Tab key offers: keywords, names the server knows, topics after PRINT and inside quotes.

use weir_parser::KEYWORDS;

use super::catalog::Catalog;

/// Short words that stand for the beginnings of statements, as in ksqlDB's shell.
const EXPANSIONS: &[(&str, &str)] = &[
    ("cs", "CREATE STREAM "),
    ("ct", "CREATE TABLE "),
    ("csas", "CREATE STREAM s AS SELECT "),
    ("ctas", "CREATE TABLE t AS SELECT "),
    ("ii", "INSERT INTO "),
];

/// Start of the word under the cursor and what it may become. `before`: the text up to the cursor.
pub fn candidates(before: &str, catalog: &Catalog) -> (usize, Vec<String>) {
    let topic_start = word_start(before, |c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let in_string = before.matches('\'').count() % 2 == 1;
    let after_print = before[..topic_start].trim_end().to_ascii_uppercase().ends_with("PRINT");
    if in_string || after_print {
        let word = &before[topic_start..];
        return (topic_start, catalog.topics.iter().filter(|topic| topic.starts_with(word)).cloned().collect());
    }
    let start = word_start(before, |c| c.is_alphanumeric() || c == '_');
    let word = &before[start..];
    if word.is_empty() {
        return (start, Vec::new());
    }
    let expansions =
        EXPANSIONS.iter().filter(|(short, _)| short.eq_ignore_ascii_case(word)).map(|(_, long)| (*long).to_string());
    let keywords =
        KEYWORDS.iter().copied().filter(|keyword| begins(keyword, word)).map(|keyword| in_case_of(word, keyword));
    let names = catalog.names.iter().filter(|name| begins(name, word)).map(|name| as_written(word, name));
    let mut found: Vec<String> = keywords.chain(names).collect();
    found.sort();
    found.dedup();
    (start, expansions.chain(found).collect())
}

fn word_start(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.char_indices().rev().take_while(|(_, c)| belongs(*c)).last().map_or(text.len(), |(at, _)| at)
}

fn begins(candidate: &str, word: &str) -> bool {
    candidate.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Who types in lower case goes on in lower case.
fn in_case_of(word: &str, candidate: &str) -> String {
    if word.chars().any(char::is_uppercase) { candidate.to_string() } else { candidate.to_lowercase() }
}

/// A name that only back-quotes can hold gets them; others are the same in any case.
fn as_written(word: &str, name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_plain { in_case_of(word, name) } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_keywords_names_and_topics() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect::<Vec<_>>();
        let set = |names: &[&str]| list(names).into_iter().collect();
        let catalog = Catalog {
            names: set(&["PAGEVIEWS", "PAGEID", "SELECTED", "Page"]),
            topics: set(&["page.views", "integrate.public.account"]),
        };
        let check = |before: &str, start: usize, expected: &[&str]| {
            assert_eq!(candidates(before, &catalog), (start, list(expected)), "{before}");
        };
        check("sele", 0, &["select", "selected"]);
        check("SELECT * FROM PAGEV", 14, &["PAGEVIEWS"]);
        check("select pa", 7, &["`Page`", "pageid", "pageviews", "partition", "partitions", "pause"]);
        check("PRINT pa", 6, &["page.views"]);
        check("print 'integrate.pu", 7, &["integrate.public.account"]);
        check("csas", 0, &["CREATE STREAM s AS SELECT "]);
        check("SELECT ", 7, &[]);
        check("é", 0, &[]);
    }
}
