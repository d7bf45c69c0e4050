//! Parts of URLs, and form encoding.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{one_of, pick, rows, text, words};

fn url(random: &mut ChaCha8Rng) -> String {
    const SCHEMES: [&str; 10] = ["http:", "https:", "HTTP:", "a+b-.1:", "mailto:", "", "", "1x:", "a_b:", ":"];
    const SLASHES: [&str; 6] = ["//", "//", "//", "/", "", "///"];
    const USERS: [&str; 6] = ["", "", "", "u@", "u:p@", "a@b@"];
    const HOSTS: [&str; 18] = [
        "a.com",
        "A-b.c",
        "localhost",
        "a_b.com",
        "1.2.3.4",
        "1.2.3",
        "256.1.1.1",
        "[::1]",
        "[1:2::3]",
        "[::g]",
        "a.1b",
        "a.b1.",
        "-a",
        "a-",
        "",
        "é.com",
        "a..b",
        "[fe80::1%25en0]",
    ];
    const PORTS: [&str; 8] = ["", "", ":80", ":", ":x", ":99999999999", ":-1", ":08"];
    const PATHS: [&str; 12] =
        ["", "/", "/p/q", "/a%20b", "/%C3%A9", "/%", "/%zz", "/a b", "/é", "/;x=1,2", "/a//b/../c", "/%ff%41"];
    const QUERIES: [&str; 10] = ["", "", "?", "?q=1", "?a=b&c=d%26e", "?a=b=c&&d", "?x?y", "?%e4", "?a[0]=1", "?a b"];
    const FRAGMENTS: [&str; 7] = ["", "", "#", "#f", "#a%20b", "#a#b", "#[x]"];
    let mut out = String::new();
    for parts in [&SCHEMES[..], &SLASHES, &USERS, &HOSTS, &PORTS, &PATHS, &QUERIES, &FRAGMENTS] {
        out.push_str(one_of(random, parts));
    }
    if random.random_bool(0.2) {
        let places: Vec<usize> = (0..=out.len()).filter(|i| out.is_char_boundary(*i)).collect();
        out.insert(
            *pick(random, &places),
            *pick(random, &['%', '|', '\\', '"', '[', '\u{7f}', '\u{a0}', '\u{2028}', '$', '@', '!', '\'']),
        );
    }
    out
}

#[test]
fn parts() {
    let inputs = rows(500, |random| vec![text(url(random))]);
    for part in ["protocol", "host", "port", "path", "query", "fragment"] {
        let (operation, expression) = (format!("url.{part}"), format!("URL_EXTRACT_{part}(A)"));
        Family::new(&[&operation], &expression, &[SqlType::String]).check(&inputs);
    }
}

#[test]
fn form_encoding() {
    let inputs: Vec<Vec<Value>> = rows(510, |random| vec![text(words(random, 12))]);
    Family::new(&["url.encode"], "URL_ENCODE_PARAM(A)", &[SqlType::String]).check(&inputs);
    let inputs: Vec<Vec<Value>> = rows(511, |random| {
        let pieces = [
            "a",
            "+",
            "%20",
            "%c3%a9",
            "%C3",
            "%E2%82",
            "%f0%9f%98%80",
            "%",
            "%4",
            "%zz",
            "é",
            " ",
            "%00",
            "%+1",
            "%-1",
            "😀",
        ];
        let length = random.random_range(0..6);
        vec![text((0..length).map(|_| *pick(random, &pieces)).collect::<String>())]
    });
    Family::new(&["url.decode"], "URL_DECODE_PARAM(A)", &[SqlType::String]).check(&inputs);
}
