//! Kept inputs: one text file per target, an input a line, with escapes for what is not printable ASCII.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the kept inputs lie in the repository.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The kept inputs of a target.
pub fn read(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder().join(format!("{target}.txt"))).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).filter_map(unescape).collect()
}

/// Writes the inputs of a target in place of those that are kept: sorted, each once.
///
/// # Errors
/// When the file cannot be written.
pub fn write(target: &str, inputs: &[Vec<u8>]) -> std::io::Result<()> {
    let lines: BTreeSet<String> = inputs.iter().filter(|input| !input.is_empty()).map(|input| escape(input)).collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::create_dir_all(folder())?;
    std::fs::write(folder().join(format!("{target}.txt")), text)
}

/// One line for an input.
pub fn escape(input: &[u8]) -> String {
    input
        .iter()
        .map(|byte| match byte {
            b'\\' => "\\\\".to_owned(),
            b'\n' => "\\n".to_owned(),
            b' '..=b'~' => char::from(*byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect()
}

/// The input of a line; `None` when its escapes are none of ours.
pub fn unescape(line: &str) -> Option<Vec<u8>> {
    let mut input = Vec::with_capacity(line.len());
    let mut bytes = line.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            input.push(byte);
            continue;
        }
        match bytes.next()? {
            b'\\' => input.push(b'\\'),
            b'n' => input.push(b'\n'),
            b'x' => {
                let digits = [bytes.next()?, bytes.next()?];
                input.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            _ => return None,
        }
    }
    Some(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_a_line_and_comes_back() {
        let input: Vec<u8> = (0..=255).collect();
        let line = escape(&input);
        assert!(line.is_ascii() && !line.contains('\n'));
        assert_eq!(unescape(&line), Some(input));
        assert_eq!(unescape("\\y"), None);
    }
}
