//! The words of the language: which are keywords, which of those are reserved, and what a mistyped word was meant to be.

/// Words that cannot be a bare identifier.
#[rustfmt::skip]
pub const RESERVED: &[&str] = &[
    "SELECT", "FROM", "AS", "ALL", "DISTINCT", "WHERE", "WITHIN", "WINDOW", "GROUP", "BY", "HAVING", "LIMIT", "AT",
    "OR", "AND", "IN", "NOT", "EXISTS", "BETWEEN", "LIKE", "IS", "NULL", "TRUE", "FALSE", "MILLISECOND", "YEARS",
    "MONTHS", "DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS", "TUMBLING", "HOPPING", "SIZE", "ADVANCE",
    "RETENTION", "CASE", "WHEN", "THEN", "ELSE", "END", "JOIN", "FULL", "OUTER", "INNER", "LEFT", "RIGHT", "ON",
    "WITH", "VALUES", "CREATE", "TABLE", "TOPIC", "STREAM", "STREAMS", "INSERT", "DELETE", "INTO", "DESCRIBE",
    "EXTENDED", "PRINT", "CAST", "LIST", "TOPICS", "QUERY", "QUERIES", "TERMINATE", "PAUSE", "RESUME", "LOAD", "DROP",
    "TO", "RENAME", "SAMPLE", "EXPORT", "CATALOG", "PROPERTIES", "BEGINNING", "UNSET", "RUN", "SCRIPT", "DECIMAL",
    "CONNECTOR", "CONNECTORS", "NAMESPACE", "MATERIALIZED", "VIEW",
];

/// Keywords that may also be identifiers.
#[rustfmt::skip]
const NON_RESERVED: &[&str] = &[
    "SHOW", "TABLES", "COLUMNS", "COLUMN", "PARTITIONS", "FUNCTIONS", "FUNCTION", "SESSION", "STRUCT", "MAP", "ARRAY",
    "PARTITION", "INTEGER", "DATE", "TIME", "TIMESTAMP", "INTERVAL", "ZONE", "STRING", "YEAR", "MONTH", "DAY", "HOUR",
    "MINUTE", "SECOND", "EXPLAIN", "ANALYZE", "TYPE", "TYPES", "SET", "RESET", "IF", "SOURCE", "SINK", "PRIMARY",
    "KEY", "EMIT", "CHANGES", "FINAL", "ESCAPE", "REPLACE", "ASSERT", "ALTER", "ADD", "HEADER", "HEADERS", "GRACE",
    "PERIOD", "DEFINE", "UNDEFINE", "VARIABLES", "PLUGINS", "SYSTEM", "TIMEOUT", "SCHEMA", "SUBJECT", "ID",
];

/// Every keyword: the reserved ones, then those that may also be identifiers.
pub const KEYWORDS: &[&str] = &{
    let mut all = [""; RESERVED.len() + NON_RESERVED.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < RESERVED.len() {
            RESERVED[i]
        } else {
            NON_RESERVED[i - RESERVED.len()]
        };
        i += 1;
    }
    all
};

/// The words that a statement can begin with on a server, in the order in which they are suggested.
#[rustfmt::skip]
pub(crate) const STATEMENT_WORDS: &[&str] = &[
    "SELECT", "CREATE", "INSERT", "DESCRIBE", "PRINT", "EXPLAIN", "SHOW", "LIST", "TERMINATE", "PAUSE", "RESUME",
    "DROP", "SET", "DEFINE", "UNDEFINE", "UNSET", "ASSERT", "ALTER",
];

/// Whether `word`, in any case, cannot be a bare identifier.
pub fn is_reserved(word: &str) -> bool {
    RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// The candidate nearest to `word` without regard to case, if at most half of the longer one's letters differ.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let (distance, nearest) = nearest(word, candidates)?;
    let longer = word.chars().count().max(nearest.chars().count());
    (distance * 2 <= longer).then(|| nearest.to_owned())
}

/// The first of the candidates with the fewest edits from `word`, and the number of edits.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<(usize, &'c str)> {
    let word: Vec<char> = word
        .chars()
        .take(200)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&word, candidate), candidate))
        .min_by_key(|(d, _)| *d)
}

/// Insertions, deletions and replacements that turn `word` (upper case) into `candidate`.
fn edit_distance(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (i, wanted) in candidate
        .chars()
        .map(|c| c.to_ascii_uppercase())
        .enumerate()
    {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, letter) in word.iter().enumerate() {
            let replaced = diagonal + usize::from(*letter != wanted);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reserved_word_is_a_keyword() {
        assert!(RESERVED.iter().all(|word| KEYWORDS.contains(word)));
        assert!(is_reserved("from") && !is_reserved("emit") && !is_reserved("PAGE"));
    }

    #[test]
    fn the_nearest_statement_word_is_found() {
        let check = |word, expected| {
            let found = nearest(word, STATEMENT_WORDS.iter().copied());
            assert_eq!(found.map(|(_, nearest)| nearest), Some(expected));
        };
        check("CREAT", "CREATE");
        check("hello", "SELECT");
        check("nonsense", "INSERT");
        check("UPDATE", "CREATE");
        check("RUN", "PRINT");
        check(";", "SET");
    }

    #[test]
    fn a_far_word_is_not_suggested() {
        assert_eq!(
            suggest("ORDRES", ["ORDERS", "CLICKS"]),
            Some("ORDERS".to_owned())
        );
        assert_eq!(suggest("XYZ", ["ORDERS", "CLICKS"]), None);
    }
}
