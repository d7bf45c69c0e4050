//! Paths into JSON text: `$`, then `.name`, `[name]`, `[0]` or `["quoted"]`.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    tokens: Vec<String>,
}

impl JsonPath {
    pub fn parse(path: &str) -> Result<Self, String> {
        let invalid = || format!("Invalid JSON path: '{path}'");
        let mut rest = path.strip_prefix('$').ok_or_else(invalid)?;
        let mut tokens = Vec::new();
        while !rest.is_empty() {
            let (token, after) = next_token(rest).ok_or_else(invalid)?;
            tokens.push(token);
            rest = after;
        }
        Ok(Self { tokens })
    }

    pub fn find<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.tokens.iter().try_fold(root, |node, token| match node {
            Value::Array(items) => items.get(token.parse::<usize>().ok()?),
            Value::Object(members) => members.get(token),
            _ => None,
        })
    }
}

fn next_token(text: &str) -> Option<(String, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(|c| !(is_word(c) || c == ':' || c == '@')).unwrap_or(rest.len());
        return (end > 0).then(|| (rest[..end].to_owned(), &rest[end..]));
    }
    let rest = text.strip_prefix('[')?;
    if let Some(quoted) = rest.strip_prefix('"') {
        let (name, after) = quoted_name(quoted)?;
        return Some((name, after.strip_prefix(']')?));
    }
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    (end > 0).then(|| Some((rest[..end].to_owned(), rest[end..].strip_prefix(']')?)))?
}

/// The name before the closing quote, where a backslash stands before a quote or a backslash, and what follows.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((name, &text[at + 1..])),
            '\\' => name.push(chars.next().map(|(_, escaped)| escaped).filter(|c| "\"\\".contains(*c))?),
            _ => name.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_nodes_by_path() {
        let check = |path: &str, expected: Option<&str>| {
            let json = serde_json::from_str(r#"{"a":[{"b":1},2],"x y":{"@c":"t"}}"#).unwrap();
            let found = JsonPath::parse(path).ok().and_then(|p| p.find(&json).map(|v| v.to_string()));
            assert_eq!(found.as_deref(), expected, "at {path}");
        };
        check("$.a[0].b", Some("1"));
        check("$.a[1]", Some("2"));
        check("$[a][1]", Some("2"));
        check("$[\"x y\"].@c", Some("\"t\""));
        check("$.a[-1]", None);
        check("$.a.b", None);
        check("a", None);
    }
}
