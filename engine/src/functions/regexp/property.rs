//! `\p{...}`: properties of characters by Java's names.

use super::java::Reader;

/// Reads what follows `\p` or `\P` (negated) and gives the class.
pub(super) fn escape(reader: &mut Reader, negated: bool) -> Result<String, String> {
    let first = reader.next().ok_or("Unknown character property")?;
    let name = if first == '{' { reader.until('}').ok_or("Unclosed character family")? } else { first.to_string() };
    let flags = reader.flags;
    let members = members(&name, flags.unicode_classes, flags.ignore_case)
        .ok_or_else(|| format!("Unknown character property name {{{name}}}"))?;
    Ok(format!("[{}{members}]", if negated { "^" } else { "" }))
}

const CASED: &str = r"\p{Lu}\p{Ll}\p{Lt}";

/// The inside of a class.
fn members(name: &str, unicode: bool, ignore_case: bool) -> Option<String> {
    if let Some((kind, value)) = name.split_once('=') {
        return match kind.to_ascii_lowercase().as_str() {
            "sc" | "script" => Some(format!(r"\p{{Script={value}}}")),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value, ignore_case),
            _ => None,
        };
    }
    if let Some(name) = name.strip_prefix("In") {
        return block(name);
    }
    if let Some(name) = name.strip_prefix("Is") {
        let property = binary(&name.to_ascii_uppercase(), ignore_case);
        return property.or_else(|| category(name, ignore_case)).or_else(|| Some(format!(r"\p{{Script={name}}}")));
    }
    if unicode && let Some(class) = binary(&name.to_ascii_uppercase(), ignore_case) {
        return Some(class);
    }
    ascii(name, ignore_case).or_else(|| category(name, ignore_case)).or_else(|| of_java(name, ignore_case))
}

/// The classes of POSIX, in ASCII.
fn ascii(name: &str, ignore_case: bool) -> Option<String> {
    let class = match name {
        "Lower" | "Upper" if ignore_case => "a-zA-Z",
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`\{-\~",
        "Graph" => r"!-\~",
        "Print" => r"\x20-\~",
        "Blank" => r"\x20\t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\t-\r\x20",
        _ => return None,
    };
    Some(class.to_owned())
}

/// Binary properties of Unicode, and the classes of POSIX as Unicode has them.
fn binary(name: &str, ignore_case: bool) -> Option<String> {
    let class = match name {
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" | "LOWER" | "UPPER" if ignore_case => {
            return Some(format!(r"{CASED}\p{{Lowercase}}\p{{Uppercase}}"));
        }
        "ALPHABETIC" | "ALPHA" => r"\p{Alphabetic}",
        "LETTER" => r"\p{L}",
        "IDEOGRAPHIC" => r"\p{Ideographic}",
        "LOWERCASE" | "LOWER" => r"\p{Lowercase}",
        "UPPERCASE" | "UPPER" => r"\p{Uppercase}",
        "TITLECASE" => r"\p{Lt}",
        "WHITE_SPACE" | "WHITESPACE" | "SPACE" => r"\p{White_Space}",
        "CONTROL" | "CNTRL" => r"\p{Cc}",
        "PUNCTUATION" | "PUNCT" => r"\p{P}",
        "HEX_DIGIT" | "HEXDIGIT" | "XDIGIT" => r"\p{Nd}\p{Hex_Digit}",
        "ASSIGNED" => r"\P{Cn}",
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => r"\p{Noncharacter_Code_Point}",
        "DIGIT" => r"\p{Nd}",
        "ALNUM" => r"\p{Alphabetic}\p{Nd}",
        "BLANK" => r"\p{Zs}\t",
        "GRAPH" => r"[^\p{White_Space}\p{Cc}\p{Cn}]",
        "PRINT" => r"[^\p{Zl}\p{Zp}\p{Cc}\p{Cn}]",
        "WORD" => r"\w",
        "JOIN_CONTROL" | "JOINCONTROL" => r"\p{Join_Control}",
        _ => return None,
    };
    Some(class.to_owned())
}

const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs", "Cs",
];

/// General categories.
fn category(name: &str, ignore_case: bool) -> Option<String> {
    match name {
        "LC" => Some(CASED.to_owned()),
        "LD" => Some(r"\p{L}\p{Nd}".to_owned()),
        "L1" => Some(r"\x00-\xFF".to_owned()),
        "all" => Some(r"\x{0}-\x{10FFFF}".to_owned()),
        // No text here holds half of a surrogate pair.
        "Cs" => Some(r"a&&b".to_owned()),
        "Lu" | "Ll" | "Lt" if ignore_case => Some(CASED.to_owned()),
        _ => CATEGORIES.contains(&name).then(|| format!(r"\p{{{name}}}")),
    }
}

/// What methods of `java.lang.Character` say.
fn of_java(name: &str, ignore_case: bool) -> Option<String> {
    let class = match name.strip_prefix("java")? {
        "LowerCase" | "UpperCase" | "TitleCase" if ignore_case => {
            return Some(format!(r"{CASED}\p{{Lowercase}}\p{{Uppercase}}"));
        }
        "LowerCase" => r"\p{Lowercase}",
        "UpperCase" => r"\p{Uppercase}",
        "TitleCase" => r"\p{Lt}",
        "Alphabetic" => r"\p{Alphabetic}",
        "Ideographic" => r"\p{Ideographic}",
        "Digit" => r"\p{Nd}",
        "Defined" => r"\P{Cn}",
        "Letter" => r"\p{L}",
        "LetterOrDigit" => r"\p{L}\p{Nd}",
        "SpaceChar" => r"\p{Z}",
        "Whitespace" => r"\t-\r\x1C-\x1F\x20\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}",
        "ISOControl" => r"\x00-\x1F\x7F-\x9F",
        _ => return None,
    };
    Some(class.to_owned())
}

/// Blocks by their names without blanks, hyphens and underscores, in upper case.
const BLOCKS: [(&str, u32, u32); 34] = [
    ("BASICLATIN", 0x0, 0x7F),
    ("LATIN1SUPPLEMENT", 0x80, 0xFF),
    ("LATINEXTENDEDA", 0x100, 0x17F),
    ("LATINEXTENDEDB", 0x180, 0x24F),
    ("IPAEXTENSIONS", 0x250, 0x2AF),
    ("SPACINGMODIFIERLETTERS", 0x2B0, 0x2FF),
    ("COMBININGDIACRITICALMARKS", 0x300, 0x36F),
    ("GREEK", 0x370, 0x3FF),
    ("GREEKANDCOPTIC", 0x370, 0x3FF),
    ("CYRILLIC", 0x400, 0x4FF),
    ("ARMENIAN", 0x530, 0x58F),
    ("HEBREW", 0x590, 0x5FF),
    ("ARABIC", 0x600, 0x6FF),
    ("DEVANAGARI", 0x900, 0x97F),
    ("BENGALI", 0x980, 0x9FF),
    ("THAI", 0xE00, 0xE7F),
    ("GEORGIAN", 0x10A0, 0x10FF),
    ("HANGULJAMO", 0x1100, 0x11FF),
    ("LATINEXTENDEDADDITIONAL", 0x1E00, 0x1EFF),
    ("GREEKEXTENDED", 0x1F00, 0x1FFF),
    ("GENERALPUNCTUATION", 0x2000, 0x206F),
    ("CURRENCYSYMBOLS", 0x20A0, 0x20CF),
    ("LETTERLIKESYMBOLS", 0x2100, 0x214F),
    ("NUMBERFORMS", 0x2150, 0x218F),
    ("ARROWS", 0x2190, 0x21FF),
    ("MATHEMATICALOPERATORS", 0x2200, 0x22FF),
    ("BOXDRAWING", 0x2500, 0x257F),
    ("MISCELLANEOUSSYMBOLS", 0x2600, 0x26FF),
    ("DINGBATS", 0x2700, 0x27BF),
    ("HIRAGANA", 0x3040, 0x309F),
    ("KATAKANA", 0x30A0, 0x30FF),
    ("CJKUNIFIEDIDEOGRAPHS", 0x4E00, 0x9FFF),
    ("HANGULSYLLABLES", 0xAC00, 0xD7AF),
    ("EMOTICONS", 0x1F600, 0x1F64F),
];

fn block(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| !" -_".contains(*c)).map(|c| c.to_ascii_uppercase()).collect();
    let found = BLOCKS.iter().find(|(known, ..)| *known == plain);
    found.map(|(_, first, last)| format!(r"\x{{{first:X}}}-\x{{{last:X}}}"))
}
