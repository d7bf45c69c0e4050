//! `weir functions`: the function table, in a terminal or as the page `docs/functions.md`.

use std::io::Write;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use weir_engine::functions::{DescribedExample, DescribedFunction, catalogue, describe, markdown, signature_line};

/// List the SQL functions, or describe one
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weir functions                                    all of them, a line each
  weir functions topk                               one, with its signatures and examples
  weir functions --markdown > docs/functions.md     the page of the documentation")]
pub struct FunctionsArguments {
    /// Describe this function
    #[arg(value_name = "NAME", conflicts_with = "markdown")]
    name: Option<String>,
    /// Print all functions as a Markdown page
    #[arg(long)]
    markdown: bool,
}

/// Prints what was asked for.
///
/// # Errors
/// When there is no function of that name.
pub fn run(arguments: &FunctionsArguments) -> Result<(), String> {
    let text = match &arguments.name {
        Some(name) => {
            let described = describe(name).ok_or(format!("there is no function `{name}`; see `weir functions`"))?;
            format!("{}\n", text(&described))
        }
        None if arguments.markdown => markdown(),
        None => format!("{}\n", table()),
    };
    // A reader that has seen enough (`| head`) is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["name", "kind", "category", "what it gives"]);
    for listed in catalogue() {
        let description = describe(listed.name).map_or("", |function| function.description);
        table.add_row([listed.name.to_uppercase().as_str(), listed.kind, listed.category, description]);
    }
    table
}

fn text(function: &DescribedFunction) -> String {
    let name = function.name.to_uppercase();
    let mut lines: Vec<String> = function.signatures.iter().map(|s| signature_line(&name, s)).collect();
    lines.extend([String::new(), function.description.to_owned()]);
    if !function.examples.is_empty() {
        lines.extend([String::new(), "Examples:".to_owned()]);
    }
    lines.extend(function.examples.iter().map(|example| format!("  {}", shown(example))));
    lines.join("\n")
}

/// `CALL = RESULT`, of aggregates with the rows that they are given.
fn shown(example: &DescribedExample) -> String {
    let rows: Vec<String> = example.rows.iter().map(|row| format!("({row})")).collect();
    let over = if rows.is_empty() { String::new() } else { format!(" over {}", rows.join(", ")) };
    format!("{}{over} = {}", example.call, example.result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_documentation_is_what_the_table_prints() {
        let committed = include_str!("../../docs/functions.md");
        assert!(
            committed == markdown(),
            "docs/functions.md is not what the function table prints: run `weir functions --markdown > docs/functions.md`"
        );
    }

    #[test]
    fn a_function_is_described_with_signatures_and_examples() {
        let topk = text(&describe("topk").expect("there is TOPK"));
        assert!(topk.starts_with("TOPK(val1 DOUBLE, val2 ANY..., k INT) -> ARRAY<DOUBLE>\n"), "{topk}");
        assert!(
            topk.ends_with(
                "\n  TOPK(x, y, 2) over (1, 'a'), (3, 'b'), (2, 'c') = [{sort_col=3, col0='b'}, {sort_col=2, col0='c'}]"
            ),
            "{topk}"
        );
        assert!(run(&FunctionsArguments { name: Some("nothing".into()), markdown: false }).is_err());
    }
}
