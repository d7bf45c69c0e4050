//! Counters of the node as Prometheus text.

use std::fmt::Write;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use weir_engine::exec::QueryState;

use crate::context::ServerContext;

pub struct Metrics {
    registry: Registry,
    pub statements: Counter,
    pub statement_errors: Counter,
    pub pull_queries: Counter,
    pub push_queries: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("weir");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let statements = counter("statements", "Statements that were executed");
        let statement_errors = counter("statement_errors", "Requests to /ksql that were refused");
        let pull_queries = counter("pull_queries", "Pull queries that were answered");
        let push_queries = counter("push_queries", "Push queries that were started");
        Self { registry, statements, statement_errors, pull_queries, push_queries }
    }
}

impl Metrics {
    /// All metrics in the OpenMetrics text form: counters of the server, then one line per running query and figure.
    pub fn text(&self, context: &ServerContext) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        let queries = query_text(context);
        match text.rfind("# EOF") {
            Some(end) => text.insert_str(end, &queries),
            None => text.push_str(&(queries + "# EOF\n")),
        }
        text
    }
}

fn query_text(context: &ServerContext) -> String {
    let statuses: Vec<_> = context
        .engine
        .persistent_queries()
        .into_iter()
        .filter_map(|query| Some((query.plan.id.clone(), context.engine.driver().status(&query.plan.id)?)))
        .collect();
    let figures: [(&str, &str, fn(&weir_engine::exec::QueryStatus) -> u64); 5] = [
        ("records_in", "counter", |s| s.counters.records_in),
        ("records_out", "counter", |s| s.counters.records_out),
        ("records_failed", "counter", |s| s.counters.errors),
        ("lag_records", "gauge", |s| s.lag),
        ("running", "gauge", |s| u64::from(s.state == QueryState::Running)),
    ];
    let mut text = String::new();
    for (name, kind, value) in figures {
        let _ = writeln!(text, "# TYPE weir_query_{name} {kind}");
        let suffix = if kind == "counter" { "_total" } else { "" };
        for (id, status) in &statuses {
            let _ = writeln!(text, "weir_query_{name}{suffix}{{query=\"{id}\"}} {}", value(status));
        }
    }
    text
}
