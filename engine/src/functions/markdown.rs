//! The function table as a page: `docs/functions.md`.

use super::catalogue::{DescribedExample, DescribedFunction, DescribedSignature, catalogue, describe};

/// What precedes the functions.
const PREFACE: &str = "\
# Functions

Printed from the function table by `weir functions --markdown`; do not edit. `weir functions` lists them in a terminal,
`SHOW FUNCTIONS` and `DESCRIBE FUNCTION name` in the shell. The examples are run by the tests.

Names are found in any case. `name TYPE...` may be given any number of times. One capital letter stands for any type, the
same wherever it stands in a signature; `DECIMAL` for any precision and scale. INT, BIGINT, DECIMAL and DOUBLE arguments
are widened, in this order, and texts become TIME, DATE, TIMESTAMP or BYTES where only that fits; arguments of aggregate functions
are not. A call that fails gives NULL and an entry in the processing log.
";

/// A heading, the categories below it, and what holds for all of its functions.
struct Chapter {
    title: &'static str,
    categories: &'static [&'static str],
    notes: &'static str,
}

const fn chapter(title: &'static str, categories: &'static [&'static str], notes: &'static str) -> Chapter {
    Chapter { title, categories, notes }
}

const TABLES: &str = "Table functions";
const AGGREGATES: &str = "Aggregates";

/// In the order of the page.
const CHAPTERS: &[Chapter] = &[
    chapter(
        "Numbers",
        &["MATHEMATICAL"],
        "NULL for NULL. Arithmetic is Java's: INT and BIGINT wrap around, DOUBLE knows NaN and Infinity, and ABS\n\
         of the least INT is that INT itself.",
    ),
    chapter(
        "Text",
        &["STRING"],
        "Positions and lengths count UTF-16 units, from 1: a character outside of the Basic Multilingual Plane counts twice.",
    ),
    chapter(
        "Regular expressions",
        &["REGULAR EXPRESSION"],
        "Patterns are those of `java.util.regex`, look-around, back references, possessive quantifiers and quoting included. A pattern\n\
         that is a literal is compiled once. In replacements `$1` and `${name}` are groups and `\\` escapes.",
    ),
    chapter(
        "Dates and times",
        &["DATE / TIME"],
        "Patterns are those of `java.time.format.DateTimeFormatter`, with English names; zones are names such as `Europe/Berlin`,\n\
         abbreviations such as `PST`, or offsets such as `+02:00`. Without a zone, UTC. A TIMESTAMP is milliseconds since 1970, a DATE\n\
         days, a TIME milliseconds of the day.",
    ),
    chapter("Arrays", &["ARRAY"], "NULL elements are elements like others, unless it says otherwise."),
    chapter("Maps", &["MAP"], ""),
    chapter(
        "Lambdas",
        &["LAMBDA"],
        "A lambda may use columns beside its parameters. When it fails for one element, the result of the row is NULL.",
    ),
    chapter("JSON", &["JSON"], "Of a text with several JSON values the first is read. A text that is no JSON fails."),
    chapter("URLs", &["URL"], "URLs are read by the rules of `java.net.URI`; one that breaks them fails."),
    chapter("Conditions", &["CONDITIONAL"], ""),
    chapter("Conversions", &["CONVERSIONS"], "Bytes are in big-endian order unless `'LITTLE_ENDIAN'` is given."),
    chapter("Other", &["OTHER"], ""),
    chapter(
        TABLES,
        &[],
        "They stand in SELECT and give a row for each value; of several, the shorter ones are filled with NULL.",
    ),
    chapter(
        AGGREGATES,
        &[],
        "Rows whose argument is NULL are left out, unless it says otherwise. Arguments behind the values (how many, whether NULLs count)\n\
         are literals. On tables only COUNT, SUM, AVG, COLLECT_LIST, HISTOGRAM, SUM_LIST, ATTR, CORRELATION and the deviations can be used:\n\
         they can take a row out again.",
    ),
];

/// The whole page.
pub fn markdown() -> String {
    let mut page = PREFACE.to_owned();
    for (title, functions) in chapters() {
        page.push_str(&format!("\n## {title}\n"));
        let notes = CHAPTERS.iter().find(|chapter| chapter.title == title).map_or("", |chapter| chapter.notes);
        if !notes.is_empty() {
            page.push_str(&format!("\n{notes}\n"));
        }
        functions.iter().for_each(|function| page.push_str(&section(function)));
    }
    page
}

/// Headings with their functions by name; categories without a heading of their own come under theirs.
fn chapters() -> Vec<(String, Vec<DescribedFunction>)> {
    let mut chapters: Vec<(String, Vec<DescribedFunction>)> =
        CHAPTERS.iter().map(|chapter| (chapter.title.to_owned(), Vec::new())).collect();
    for listed in catalogue() {
        let Some(described) = describe(listed.name) else { continue };
        let title = match listed.kind {
            "TABLE" => TABLES.to_owned(),
            "AGGREGATE" => AGGREGATES.to_owned(),
            _ => title_of(listed.category),
        };
        match chapters.iter_mut().find(|(known, _)| *known == title) {
            Some((_, functions)) => functions.push(described),
            None => chapters.push((title, vec![described])),
        }
    }
    chapters.retain(|(_, functions)| !functions.is_empty());
    chapters
}

fn title_of(category: &str) -> String {
    let known = CHAPTERS.iter().find(|chapter| chapter.categories.contains(&category));
    known.map_or_else(|| category.to_owned(), |chapter| chapter.title.to_owned())
}

fn section(function: &DescribedFunction) -> String {
    let name = function.name.to_uppercase();
    let mut text = format!("\n### {name}\n\n");
    for signature in &function.signatures {
        text.push_str(&format!("    {}\n", signature_line(&name, signature)));
    }
    text.push_str(&format!("\n{}\n", function.description));
    if !function.examples.is_empty() {
        text.push('\n');
    }
    for example in &function.examples {
        text.push_str(&format!("- {}\n", example_line(example)));
    }
    text
}

/// `NAME(name TYPE, name TYPE...) -> TYPE`.
pub fn signature_line(name: &str, signature: &DescribedSignature) -> String {
    let argument = |argument: &super::DescribedArgument| {
        let many = if argument.variadic { "..." } else { "" };
        format!("{} {}{many}", argument.name, argument.data_type)
    };
    let arguments: Vec<String> = signature.arguments.iter().map(argument).collect();
    format!("{name}({}) -> {}", arguments.join(", "), signature.returns)
}

fn example_line(example: &DescribedExample) -> String {
    let over = match example.rows {
        [] => String::new(),
        rows => format!(" over the rows {}", rows.iter().map(|row| code(row)).collect::<Vec<_>>().join(", ")),
    };
    format!("{}{over}: {}", code(example.call), code(example.result))
}

/// Text as code, fenced by as many back-quotes as it needs.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_section_with_examples() {
        let page = markdown();
        for listed in catalogue() {
            let name = listed.name.to_uppercase();
            assert_eq!(page.matches(&format!("\n### {name}\n")).count(), 1, "{name}");
        }
        assert!(page.contains("\n    UCASE(input VARCHAR) -> VARCHAR\n"), "{page}");
        assert!(page.contains("- `SUM(x)` over the rows `1`, `2`, `NULL`: `3`\n"));
    }
}
