//! Properties: the server's configuration and a request's overrides, looked up by ksqlDB's names.

use std::collections::BTreeMap;

/// Name to text value. A request's overrides stand over the server's values; `ksql.streams.x` and `x` are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, String>,
}

impl Config {
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: values.into_iter().map(|(name, value)| (canonical(&name), value)).collect() }
    }
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(&canonical(name)).map(String::as_str)
    }
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(canonical(name), value.into());
    }
    pub fn unset(&mut self, name: &str) -> Option<String> {
        self.values.remove(&canonical(name))
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
    /// This configuration with `overrides` over it.
    pub fn overridden(&self, overrides: &Config) -> Config {
        let mut values = self.values.clone();
        values.extend(overrides.values.clone());
        Config { values }
    }
    pub fn bool(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
    }
    pub fn i64(&self, name: &str, default: i64) -> i64 {
        self.get(name).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
    }
    /// `weir.compatibility = strict`: nothing beyond ksqlDB.
    pub fn is_strict(&self) -> bool {
        self.get("weir.compatibility").is_some_and(|text| text.eq_ignore_ascii_case("strict"))
    }
}

/// `ksql.streams.commit.interval.ms` -> `commit.interval.ms`; other names as they are.
fn canonical(name: &str) -> String {
    name.strip_prefix("ksql.streams.").unwrap_or(name).to_string()
}
