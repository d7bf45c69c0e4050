//! What the shell itself understands: words that are no SQL and need no `;`.

/// A command of the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Clear,
    History,
    Version,
    Exit,
    /// Show or change the server.
    Server(Option<String>),
    /// Show or change the output format.
    Output(Option<String>),
    Wrap(bool),
    /// `None`: as fits types and terminal.
    ColumnWidth(Option<usize>),
}

pub const HELP: &str = "\
Statements end with a semicolon and may span lines. Ctrl-C stops a running query, Ctrl-D leaves. Tab completes.

  help                       this text
  output [TABULAR|JSON]      show or change how answers are printed
  server [URL]               show or change the server
  history                    earlier statements
  clear                      clear the screen
  version                    versions of shell and server
  set cli wrap on|off        long values go on in further lines, or are cut
  set cli column-width N     width of the columns of query results, 0 = as fits
  exit, quit                 leave

Try:
  SHOW STREAMS;                         SHOW TABLES;
  DESCRIBE name EXTENDED;               SHOW QUERIES;
  SELECT * FROM name EMIT CHANGES;      PRINT 'topic' FROM BEGINNING LIMIT 3;
  SET 'auto.offset.reset' = 'earliest'; DEFINE name = 'value';
  RUN SCRIPT 'file.sql';                DESCRIBE FUNCTION name;";

impl Command {
    /// The command in a line, if it is one. Case does not matter, one `;` may follow.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix(';').unwrap_or(text);
        let words: Vec<&str> = text.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        Some(match lower.as_slice() {
            ["help" | "?"] => Command::Help,
            ["clear"] => Command::Clear,
            ["history"] => Command::History,
            ["version"] => Command::Version,
            ["exit" | "quit"] => Command::Exit,
            ["server"] => Command::Server(None),
            ["server", _] => Command::Server(Some(words[1].to_string())),
            ["output"] => Command::Output(None),
            ["output", _] => Command::Output(Some(words[1].trim_matches('\'').to_string())),
            ["set", "cli", "wrap", "on"] => Command::Wrap(true),
            ["set", "cli", "wrap", "off"] => Command::Wrap(false),
            ["set", "cli", "column-width", width] => {
                Command::ColumnWidth(width.parse::<usize>().ok().filter(|width| *width > 0))
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_sql() {
        let check = |text: &str, expected: Option<Command>| assert_eq!(Command::read(text), expected, "{text}");
        check(" HELP ; ", Some(Command::Help));
        check("Exit", Some(Command::Exit));
        check("quit;", Some(Command::Exit));
        check("server http://h:1", Some(Command::Server(Some("http://h:1".into()))));
        check("output json", Some(Command::Output(Some("json".into()))));
        check("SET CLI WRAP OFF", Some(Command::Wrap(false)));
        check("set cli column-width 0", Some(Command::ColumnWidth(None)));
        check("set cli column-width 12;", Some(Command::ColumnWidth(Some(12))));
        check("SET 'a' = 'b';", None);
        check("SHOW STREAMS;", None);
        check("", None);
    }
}
