//! What each format can do: one row a format, and the checks of a schema against it.

use super::{Format, RegistryFormat, SerdeOptions, UnsupportedSchema};
use crate::types::{Column, SqlType};

/// What one format can do. Names of `properties` are ksqlDB's: `delimiter`, `fullSchemaName`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    pub name: &'static str,
    pub key: bool,
    pub value: bool,
    pub multi_column_key: bool,
    pub wraps_single: bool,
    pub unwraps_single: bool,
    /// Whether a single value column is wrapped when nothing else is said.
    pub single_value_wrapped: bool,
    /// Whether a single key column is wrapped.
    pub single_key_wrapped: bool,
    /// Columns can come from a schema registry, which the format then needs.
    pub schema_inference: bool,
    pub properties: &'static [&'static str],
    /// Those that a sink takes over from a source of the same format.
    pub inherited_properties: &'static [&'static str],
}

const PLAIN: FormatInfo = FormatInfo {
    name: "",
    key: true,
    value: true,
    multi_column_key: true,
    wraps_single: false,
    unwraps_single: true,
    single_value_wrapped: false,
    single_key_wrapped: false,
    schema_inference: false,
    properties: &[],
    inherited_properties: &[],
};

const WRAPPING: FormatInfo = FormatInfo { wraps_single: true, single_value_wrapped: true, ..PLAIN };

const REGISTRY: FormatInfo = FormatInfo { schema_inference: true, properties: &["fullSchemaName"], ..WRAPPING };

/// All formats, by name.
pub const FORMATS: [FormatInfo; 8] = [
    FormatInfo { name: "AVRO", ..REGISTRY },
    FormatInfo { name: "DELIMITED", properties: &["delimiter"], inherited_properties: &["delimiter"], ..PLAIN },
    FormatInfo { name: "JSON", ..WRAPPING },
    FormatInfo { name: "JSON_SR", ..REGISTRY },
    FormatInfo { name: "KAFKA", multi_column_key: false, ..PLAIN },
    FormatInfo { name: "NONE", value: false, multi_column_key: false, unwraps_single: false, ..PLAIN },
    FormatInfo {
        name: "PROTOBUF",
        unwraps_single: false,
        single_key_wrapped: true,
        inherited_properties: &["fullSchemaName"],
        ..REGISTRY
    },
    FormatInfo { name: "PROTOBUF_NOSR", ..WRAPPING },
];

/// What is wrong with a format's name or properties.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("Unknown format: {0}")]
    Unknown(String),
    /// The reason alone: whoever knows the property's name puts `Configuration VALUE_DELIMITER is invalid: ` before it.
    #[error("{0}")]
    InvalidDelimiter(String),
    #[error("{format} does not support the following configs: [{properties}]")]
    UnsupportedProperties { format: &'static str, properties: String },
    #[error("fullSchemaName cannot be empty. Format configuration: {{fullSchemaName=}}")]
    EmptySchemaName,
    #[error("Format '{format}' does not support 'WRAP_SINGLE_VALUE' set to '{wrap}'.")]
    UnsupportedWrapping { format: &'static str, wrap: bool },
}

impl Format {
    /// The format of that name in any case, with the value of its `delimiter` property if one was given.
    ///
    /// # Errors
    /// For an unknown name, a delimiter that is none, or a delimiter for a format that has none.
    pub fn parse(name: &str, delimiter: Option<&str>) -> Result<Format, FormatError> {
        let format = match name.trim().to_uppercase().as_str() {
            "NONE" => Format::None,
            "KAFKA" => Format::Kafka,
            "DELIMITED" => Format::Delimited { delimiter: delimiter.map_or(Ok(','), parse_delimiter)? },
            "JSON" => Format::Json,
            "AVRO" => Format::Registry(RegistryFormat::Avro),
            "PROTOBUF" => Format::Registry(RegistryFormat::Protobuf),
            "PROTOBUF_NOSR" => Format::Registry(RegistryFormat::ProtobufNoSr),
            "JSON_SR" => Format::Registry(RegistryFormat::JsonSr),
            _ => return Err(FormatError::Unknown(name.to_owned())),
        };
        format.check_properties(delimiter.map(|_| "delimiter").as_slice())?;
        Ok(format)
    }

    pub fn info(&self) -> &'static FormatInfo {
        let index = match self {
            Format::Registry(RegistryFormat::Avro) => 0,
            Format::Delimited { .. } => 1,
            Format::Json => 2,
            Format::Registry(RegistryFormat::JsonSr) => 3,
            Format::Kafka => 4,
            Format::None => 5,
            Format::Registry(RegistryFormat::Protobuf) => 6,
            Format::Registry(RegistryFormat::ProtobufNoSr) => 7,
        };
        &FORMATS[index]
    }

    /// # Errors
    /// Names the given properties that the format does not have.
    pub fn check_properties(&self, given: &[&str]) -> Result<(), FormatError> {
        let known = self.info().properties;
        let unknown: Vec<&str> = given.iter().copied().filter(|p| !known.contains(p)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(FormatError::UnsupportedProperties { format: self.name(), properties: unknown.join(", ") })
    }

    /// # Errors
    /// When the format has no schema names, or the name is blank.
    pub fn check_schema_name(&self, name: &str) -> Result<(), FormatError> {
        self.check_properties(&["fullSchemaName"])?;
        if name.trim().is_empty() {
            return Err(FormatError::EmptySchemaName);
        }
        Ok(())
    }

    /// # Errors
    /// When the format cannot wrap, or not leave unwrapped, a single value column.
    pub fn check_wrapping(&self, wrap: bool) -> Result<(), FormatError> {
        let info = self.info();
        let supported = if wrap { info.wraps_single } else { info.unwraps_single };
        if supported { Ok(()) } else { Err(FormatError::UnsupportedWrapping { format: self.name(), wrap }) }
    }
}

/// The character that a delimiter property means: one character, or the word `TAB` or `SPACE`.
///
/// # Errors
/// `InvalidDelimiter` with ksqlDB's reason.
pub fn parse_delimiter(text: &str) -> Result<char, FormatError> {
    const EXAMPLE: &str = "\nExample valid value: ';'";
    if text.trim().is_empty() {
        return Err(FormatError::InvalidDelimiter(format!(
            "Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special values \
             'TAB' or 'SPACE'{EXAMPLE}"
        )));
    }
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("TAB", ..) => Ok('\t'),
        ("SPACE", ..) => Ok(' '),
        (_, Some(only), None) => Ok(only),
        _ => Err(FormatError::InvalidDelimiter(format!(
            "Invalid delimiter value: '{text}'. Delimiter must be a single character or TAB,SPACE{EXAMPLE}"
        ))),
    }
}

/// Whether the format can hold these columns.
///
/// # Errors
/// ksqlDB's `reason` text. That no key column contains a map is checked before and elsewhere.
pub fn validate(options: &SerdeOptions, columns: &[Column], is_key: bool) -> Result<(), UnsupportedSchema> {
    match &options.format {
        Format::None => no_columns(columns, is_key),
        Format::Kafka => kafka(columns, is_key),
        Format::Delimited { .. } => delimited(columns),
        Format::Json | Format::Registry(RegistryFormat::JsonSr) => string_map_keys(columns, |column, _| {
            format!("JSON only supports MAP types with STRING keys. Got: {}", column.data_type)
        }),
        Format::Registry(RegistryFormat::Avro) => {
            string_map_keys(columns, |_, _| "Avro only supports MAPs with STRING keys".to_owned())
        }
        Format::Registry(RegistryFormat::Protobuf | RegistryFormat::ProtobufNoSr) => {
            string_map_keys(columns, |_, _| "PROTOBUF format only supports MAP types with STRING keys".to_owned())
        }
    }
}

fn listed(columns: &[Column], is_key: bool) -> String {
    let key = if is_key { " KEY" } else { "" };
    let texts: Vec<String> = columns.iter().map(|c| format!("`{}` {}{key}", c.name.as_str(), c.data_type)).collect();
    format!("[{}]", texts.join(", "))
}

fn no_columns(columns: &[Column], is_key: bool) -> Result<(), UnsupportedSchema> {
    if columns.is_empty() {
        return Ok(());
    }
    let got = listed(columns, is_key);
    Err(UnsupportedSchema(format!("The 'NONE' format can only be used when no columns are defined. Got: {got}")))
}

fn kafka(columns: &[Column], is_key: bool) -> Result<(), UnsupportedSchema> {
    use SqlType::{BigInt, Bytes, Double, Integer, String};
    if columns.len() > 1 {
        let got = listed(columns, is_key);
        return Err(UnsupportedSchema(format!("The 'KAFKA' format only supports a single field. Got: {got}")));
    }
    match columns.first().map(|c| &c.data_type) {
        None | Some(Integer | BigInt | Double | String | Bytes) => Ok(()),
        Some(other) => {
            Err(UnsupportedSchema(format!("The 'KAFKA' format does not support type '{}'", other.base_name())))
        }
    }
}

fn delimited(columns: &[Column]) -> Result<(), UnsupportedSchema> {
    let nested =
        columns.iter().find(|c| matches!(c.data_type, SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_)));
    nested.map_or(Ok(()), |c| {
        Err(UnsupportedSchema(format!(
            "The 'DELIMITED' format does not support type '{}', column: `{}`",
            c.data_type.base_name(),
            c.name.as_str()
        )))
    })
}

fn string_map_keys(columns: &[Column], refusal: impl Fn(&Column, &SqlType) -> String) -> Result<(), UnsupportedSchema> {
    for column in columns {
        if let Some(map) = map_without_string_key(&column.data_type) {
            return Err(UnsupportedSchema(refusal(column, map)));
        }
    }
    Ok(())
}

fn map_without_string_key(data_type: &SqlType) -> Option<&SqlType> {
    match data_type {
        SqlType::Map(key, _) if **key != SqlType::String => Some(data_type),
        SqlType::Map(_, value) => map_without_string_key(value),
        SqlType::Array(item) => map_without_string_key(item),
        SqlType::Struct(fields) => fields.iter().find_map(|f| map_without_string_key(&f.data_type)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_delimiters_parse() {
        fn check(name: &str, delimiter: Option<&str>, expected: Result<&str, &str>) {
            let got = Format::parse(name, delimiter);
            assert_eq!(got.as_ref().map(Format::name).map_err(|e| e.to_string()), expected.map_err(str::to_owned));
        }
        check("json", None, Ok("JSON"));
        check("Protobuf_NoSR", None, Ok("PROTOBUF_NOSR"));
        check("FOO", None, Err("Unknown format: FOO"));
        check("JSON", Some("|"), Err("JSON does not support the following configs: [delimiter]"));
        check("delimited", Some("TAB"), Ok("DELIMITED"));
        let empty = "Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special \
                     values 'TAB' or 'SPACE'\nExample valid value: ';'";
        check("DELIMITED", Some(""), Err(empty));
        check("DELIMITED", Some("\t"), Err(empty));
        check(
            "DELIMITED",
            Some("<~>"),
            Err(
                "Invalid delimiter value: '<~>'. Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'",
            ),
        );
        assert_eq!(Format::parse("DELIMITED", Some("SPACE")), Ok(Format::Delimited { delimiter: ' ' }));
    }

    #[test]
    fn every_format_has_its_row() {
        for info in &FORMATS {
            let format = Format::parse(info.name, None).unwrap();
            assert_eq!(format.info(), info);
            assert_eq!(format.name(), info.name);
        }
        assert_eq!(
            Format::Kafka.check_wrapping(true).unwrap_err().to_string(),
            "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'."
        );
    }

    #[test]
    fn schemas_that_do_not_fit_are_refused_with_the_reason() {
        fn check(format: &str, columns: &[Column], is_key: bool, expected: Result<(), &str>) {
            let options = SerdeOptions { format: Format::parse(format, None).unwrap(), wrap_single: false };
            let got = validate(&options, columns, is_key).map_err(|e| e.0);
            assert_eq!(got, expected.map_err(str::to_owned), "{format}");
        }
        let int = Column::new("V0", SqlType::Integer);
        let text = Column::new("V1", SqlType::String);
        let array = Column::new("K", SqlType::array(SqlType::Double));
        let map = Column::new("M", SqlType::array(SqlType::map(SqlType::Integer, SqlType::String)));
        check("NONE", &[], true, Ok(()));
        check(
            "NONE",
            std::slice::from_ref(&int),
            true,
            Err("The 'NONE' format can only be used when no columns are defined. Got: [`V0` INTEGER KEY]"),
        );
        check(
            "KAFKA",
            &[int.clone(), text],
            false,
            Err("The 'KAFKA' format only supports a single field. Got: [`V0` INTEGER, `V1` STRING]"),
        );
        check("KAFKA", std::slice::from_ref(&int), false, Ok(()));
        check("KAFKA", std::slice::from_ref(&array), true, Err("The 'KAFKA' format does not support type 'ARRAY'"));
        check(
            "DELIMITED",
            std::slice::from_ref(&array),
            true,
            Err("The 'DELIMITED' format does not support type 'ARRAY', column: `K`"),
        );
        check("JSON", std::slice::from_ref(&array), false, Ok(()));
        check("AVRO", std::slice::from_ref(&map), false, Err("Avro only supports MAPs with STRING keys"));
        assert!(validate(&SerdeOptions { format: Format::Json, wrap_single: true }, &[map], false).is_err());
    }
}
