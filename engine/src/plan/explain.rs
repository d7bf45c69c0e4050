//! A plan in words: ksqlDB's lines for each step, and the subtopologies that run them.

use super::step::{ExecutionStep, ExtraColumn, GroupByStep};
use super::{QueryPlan, ResultKind};
use crate::types::{Column, LogicalSchema, SqlType};

/// What EXPLAIN prints of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainText {
    /// One line a step, the result first.
    pub execution_plan: String,
    /// Subtopologies, cut at internal topics, with their sources, steps, stores and sinks.
    pub topology: String,
}

/// Puts a plan into words.
pub fn explain(plan: &QueryPlan) -> ExplainText {
    ExplainText { execution_plan: execution_plan(plan), topology: topology(plan) }
}

fn execution_plan(plan: &QueryPlan) -> String {
    let mut lines = Vec::new();
    let mut step = Some(&plan.root);
    while let Some(current) = step {
        let (word, logger) = describe(current, plan);
        lines.push(format!("> [ {word} ] | Schema: {} | Logger: {}.{logger}\n", shown_schema(current), plan.id));
        if let ExecutionStep::GroupBy(group) = current {
            let schema = schema_text(&prepared(group), None);
            lines.push(format!("> [ PROJECT ] | Schema: {schema} | Logger: {}.Aggregate.Prepare\n", plan.id));
        }
        step = current.input();
    }
    let indented = lines.iter().enumerate().map(|(depth, line)| format!("{} {line}", "\t\t".repeat(depth)));
    indented.collect()
}

/// What is selected before rows are grouped.
fn prepared(group: &GroupByStep) -> LogicalSchema {
    LogicalSchema::new(group.input.schema().key.clone(), group.schema.value.clone())
}

/// The step's word and the logger behind the query's id.
fn describe(step: &ExecutionStep, plan: &QueryPlan) -> (&'static str, String) {
    let aggregated = follows_aggregate(step);
    let within = |name: &str| if aggregated { format!("Aggregate.{name}") } else { name.to_string() };
    match step {
        ExecutionStep::Source(_) => ("SOURCE", "KsqlTopic.Source".into()),
        ExecutionStep::Filter(_) if aggregated => ("FILTER", "Aggregate.HavingFilter".into()),
        ExecutionStep::Filter(_) => ("FILTER", "WhereFilter".into()),
        ExecutionStep::Select(_) => ("PROJECT", within("Project")),
        ExecutionStep::SelectKey(_) => ("REKEY", "PartitionBy".into()),
        ExecutionStep::FlatMap(_) => ("FLAT_MAP", "FlatMap".into()),
        ExecutionStep::GroupBy(_) => ("GROUP_BY", "Aggregate.GroupBy".into()),
        ExecutionStep::Aggregate(_) => ("AGGREGATE", "Aggregate.Aggregate".into()),
        ExecutionStep::Sink(_) => {
            ("SINK", plan.sink.as_ref().map_or_else(String::new, |name| name.as_str().to_string()))
        }
    }
}

fn follows_aggregate(step: &ExecutionStep) -> bool {
    matches!(step, ExecutionStep::Aggregate(_)) || step.input().is_some_and(follows_aggregate)
}

fn shown_schema(step: &ExecutionStep) -> String {
    let schema = step.schema();
    match step {
        ExecutionStep::Source(source) => {
            let mut declared = LogicalSchema::new(source.declared.key.clone(), source.declared.value.clone());
            let extra = source.extra.iter().filter_map(|column| match column {
                ExtraColumn::Headers(column) | ExtraColumn::Header { column, .. } => schema.find(column).cloned(),
                _ => None,
            });
            declared.value.extend(extra);
            source_text(declared, source.window.is_some())
        }
        ExecutionStep::Filter(filter) if !follows_aggregate(step) => shown_schema(&filter.input),
        ExecutionStep::Aggregate(aggregate) => {
            let value = aggregate.input.schema().value.iter().chain(&schema.value).cloned().collect();
            schema_text(&LogicalSchema::new(schema.key.clone(), value), aggregate.window.as_ref().map(|_| ()))
        }
        _ => schema_text(schema, None),
    }
}

/// A source's columns with pseudo columns and keys behind them.
fn source_text(mut schema: LogicalSchema, windowed: bool) -> String {
    let pseudo = [("ROWTIME", SqlType::BigInt), ("ROWPARTITION", SqlType::Integer), ("ROWOFFSET", SqlType::BigInt)];
    schema.value.extend(pseudo.map(|(name, data_type)| Column::new(name, data_type)));
    schema.value.extend(schema.key.clone());
    schema_text(&schema, windowed.then_some(()))
}

fn schema_text(schema: &LogicalSchema, windowed: Option<()>) -> String {
    let key = schema.key.iter().map(|c| format!("{} {} KEY", c.name, c.data_type));
    let value = schema.value.iter().map(|c| format!("{} {}", c.name, c.data_type));
    let bounds = windowed.map(|()| ["WINDOWSTART BIGINT".to_string(), "WINDOWEND BIGINT".to_string()]);
    key.chain(value).chain(bounds.into_iter().flatten()).collect::<Vec<_>>().join(", ")
}

/// Subtopologies from the source on.
fn topology(plan: &QueryPlan) -> String {
    let mut steps = Vec::new();
    let mut step = Some(&plan.root);
    while let Some(current) = step {
        steps.push(current);
        step = current.input();
    }
    let mut number = 0;
    let mut text = "Topologies:\n   Sub-topology: 0\n".to_string();
    for step in steps.into_iter().rev() {
        match step {
            ExecutionStep::Source(source) => {
                let stores = source.store.as_deref().unwrap_or_default();
                let kind = if source.kind == ResultKind::Table { "table" } else { "stream" };
                text.push_str(&format!("    Source: {kind} (topics: [{}]) (stores: [{stores}])\n", source.topic));
            }
            ExecutionStep::GroupBy(group) => {
                text.push_str("    Processor: GroupBy (stores: [])\n");
                if let Some(repartition) = &group.repartition {
                    let topic = format!("{}-repartition", repartition.name);
                    number += 1;
                    text.push_str(&format!(
                        "    Sink: (topic: {topic})\n\n  Sub-topology: {number}\n    Source: (topics: [{topic}])\n"
                    ));
                }
            }
            ExecutionStep::Aggregate(aggregate) => {
                text.push_str(&format!("    Processor: Aggregate (stores: [{}])\n", aggregate.store));
            }
            ExecutionStep::Sink(sink) => text.push_str(&format!("    Sink: (topic: {})\n", sink.topic)),
            other => {
                let (_, logger) = describe(other, plan);
                text.push_str(&format!("    Processor: {logger} (stores: [])\n"));
            }
        }
    }
    text.push('\n');
    text
}
