//! Formats of sources and sinks: chosen from properties, checked against the columns.

use weir_parser::ast::Properties;

use super::context::PlanContext;
use super::properties;
use crate::analyzer::AnalysisError;
use crate::formats::{self, Format, RegistryFormat, SerdeOptions};
use crate::metastore::DataSource;
use crate::types::{Column, LogicalSchema, SqlType};

/// Both sides of a topic's records.
#[derive(Clone, Debug, PartialEq)]
pub struct Serdes {
    pub key: SerdeOptions,
    pub value: SerdeOptions,
    /// WRAP_SINGLE_VALUE or its config, where it says something.
    pub explicit_wrap: Option<bool>,
}

/// Names of the formats that a WITH clause or the configuration gives; the value's may be missing.
pub struct FormatNames {
    pub key: Option<String>,
    pub value: Option<String>,
}

/// The formats that a WITH clause names.
pub fn named_formats(given: &Properties) -> FormatNames {
    let both = properties::text(given, "FORMAT");
    let side = |name| properties::text(given, name).or_else(|| both.clone());
    FormatNames { key: side("KEY_FORMAT"), value: side("VALUE_FORMAT") }
}

/// A format by name with the properties of its side (`KEY` or `VALUE`).
///
/// # Errors
/// Unknown formats, and properties that the format does not have.
pub fn format(name: &str, side: &str, given: &Properties) -> Result<Format, AnalysisError> {
    let text = |property: &str| properties::text(given, &format!("{side}_{property}"));
    let as_error = |e: formats::FormatError| AnalysisError::statement(e.to_string());
    let format = Format::parse(name, text("DELIMITER").as_deref()).map_err(as_error)?;
    let full_name = text("SCHEMA_FULL_NAME").or_else(|| text("AVRO_SCHEMA_FULL_NAME"));
    if let Some(full_name) = full_name {
        format.check_schema_name(&full_name).map_err(as_error)?;
    }
    let is_protobuf = matches!(format, Format::Registry(RegistryFormat::Protobuf | RegistryFormat::ProtobufNoSr));
    if text("PROTOBUF_NULLABLE_REPRESENTATION").is_some() && !is_protobuf {
        return Err(AnalysisError::statement(format!(
            "Property {side}_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format"
        )));
    }
    Ok(format)
}

/// Serdes for a schema in these formats.
///
/// # Errors
/// Formats that cannot hold the columns, and wrapping that cannot be had.
pub fn serdes(
    context: &PlanContext<'_>,
    given: &Properties,
    (key, value): (Format, Format),
    schema: &LogicalSchema,
) -> Result<Serdes, AnalysisError> {
    let explicit_wrap = explicit_wrap(context, given, &value, &schema.value)?;
    let wrap_single = explicit_wrap.unwrap_or(value.info().single_value_wrapped);
    let key = SerdeOptions { wrap_single: key.info().single_key_wrapped, format: key };
    let value = SerdeOptions { format: value, wrap_single };
    check_key_types(&schema.key)?;
    check("Key", &key, &schema.key, None)?;
    check("Value", &value, &schema.value, explicit_wrap)?;
    Ok(Serdes { key, value, explicit_wrap })
}

/// Whether a source that gained value columns still fits its value format.
///
/// # Errors
/// As `serdes`.
pub fn check_altered(source: &DataSource) -> Result<(), AnalysisError> {
    if source.explicit_wrap.is_some() && source.schema.value.len() != 1 {
        return Err(single_values_only());
    }
    check("Value", &source.value_serde, &source.schema.value, source.explicit_wrap)
}

fn single_values_only() -> AnalysisError {
    AnalysisError::statement("'WRAP_SINGLE_VALUE' is only valid for single-field value schemas")
}

/// Key columns contain no maps, in any format.
fn check_key_types(columns: &[Column]) -> Result<(), AnalysisError> {
    match columns.iter().find(|column| contains_map(&column.data_type)) {
        Some(column) => Err(AnalysisError::statement(format!(
            "Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to \
             inconsistent serialization. Key column name: `{}`. Column type: {}. See \
             https://github.com/confluentinc/ksql/issues/6621 for more.",
            column.name.as_str(),
            column.data_type
        ))),
        None => Ok(()),
    }
}

fn contains_map(data_type: &SqlType) -> bool {
    match data_type {
        SqlType::Map(..) => true,
        SqlType::Array(item) => contains_map(item),
        SqlType::Struct(fields) => fields.iter().any(|f| contains_map(&f.data_type)),
        _ => false,
    }
}

fn explicit_wrap(
    context: &PlanContext<'_>,
    given: &Properties,
    format: &Format,
    columns: &[Column],
) -> Result<Option<bool>, AnalysisError> {
    if let Some(wrap) = properties::boolean(given, "WRAP_SINGLE_VALUE") {
        if columns.len() != 1 {
            return Err(single_values_only());
        }
        format.check_wrapping(wrap).map_err(|e| AnalysisError::statement(e.to_string()))?;
        return Ok(Some(wrap));
    }
    let configured = context.config.get("ksql.persistence.wrap.single.values").map(str::trim).filter(|v| !v.is_empty());
    let configured = configured.map(|text| text.eq_ignore_ascii_case("true"));
    Ok(configured.filter(|wrap| columns.len() == 1 && format.check_wrapping(*wrap).is_ok()))
}

/// `Key` or `Value` columns fit the format.
fn check(side: &str, options: &SerdeOptions, columns: &[Column], wrap: Option<bool>) -> Result<(), AnalysisError> {
    let is_key = side == "Key";
    let Err(reason) = formats::validate(options, columns, is_key) else { return Ok(()) };
    let key_word = if is_key { " KEY" } else { "" };
    let listed: Vec<String> =
        columns.iter().map(|c| format!("`{}` {}{key_word}", c.name.as_str(), c.data_type)).collect();
    Err(AnalysisError::statement(format!(
        "{side} format does not support schema.\nformat: {}\nschema: Persistence{{columns=[{}], features=[{}]}}\nreason: {}",
        options.format.name(),
        listed.join(", "),
        feature(options, columns, is_key, wrap).unwrap_or_default(),
        reason.0
    )))
}

/// The wrapping that ksqlDB records where a format leaves a choice.
pub fn feature(
    options: &SerdeOptions,
    columns: &[Column],
    is_key: bool,
    explicit_wrap: Option<bool>,
) -> Option<&'static str> {
    let info = options.format.info();
    if columns.len() != 1 || !info.wraps_single || !info.unwraps_single {
        return None;
    }
    if is_key {
        return Some("UNWRAP_SINGLES");
    }
    explicit_wrap.map(|wrap| if wrap { "WRAP_SINGLES" } else { "UNWRAP_SINGLES" })
}

/// Registry formats need a registry; and are not run yet with one.
///
/// # Errors
/// ksqlDB's text for a missing registry, or that the format is not supported yet.
pub fn check_runnable(context: &PlanContext<'_>, topic: &str, formats: [&Format; 2]) -> Result<(), AnalysisError> {
    for format in formats {
        if format.info().schema_inference && !context.has_registry() {
            return Err(AnalysisError::new(
                crate::analyzer::AnalysisErrorKind::Precondition,
                format!(
                    "Cannot create topic '{topic}' with format {} without configuring 'ksql.schema.registry.url'",
                    format.name()
                ),
            ));
        }
    }
    Ok(())
}

/// # Errors
/// When one of the formats cannot be run by this version.
pub fn check_supported(formats: [&Format; 2]) -> Result<(), AnalysisError> {
    match formats.into_iter().find(|f| matches!(f, Format::Registry(_))) {
        Some(format) => Err(AnalysisError::not_supported_yet(&format!("The {} format is", format.name()))),
        None => Ok(()),
    }
}

/// The key format of an internal topic: the source's, unless that cannot hold the columns.
pub fn internal_key(source: &SerdeOptions, columns: &[Column]) -> SerdeOptions {
    let fits = formats::validate(source, columns, true).is_ok() && source.format != Format::None;
    let format = if fits { source.format.clone() } else { Format::Json };
    SerdeOptions { wrap_single: format.info().single_key_wrapped, format }
}

/// The value format of an internal topic: the source's with its default wrapping.
pub fn internal_value(source: &SerdeOptions) -> SerdeOptions {
    SerdeOptions { wrap_single: source.format.info().single_value_wrapped, format: source.format.clone() }
}
