//! One line of a dump, both ways. docs/dump-format.md is the specification.
use std::io::{self, Write};
use std::time::Duration;

use quipu::{Entry, Ttl, Value};
use serde_json::{Map, Value as Json};

use crate::bytes::from_base64;
use crate::output::{Object, parse_float};

/// An entry as a line of a dump carries it.
#[derive(Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Value,
    pub(crate) ttl: Ttl,
}

/// Writes the entry as one line.
pub(crate) fn write_record(out: &mut impl Write, key: &[u8], entry: &Entry) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    object.bytes("key", key)?;
    object.value(&entry.value)?;
    object.ttl(entry.ttl)?;
    object.end()
}

/// Reads a line. The error says what is wrong with it, not where it is.
pub(crate) fn parse_record(line: &[u8]) -> Result<Record, String> {
    let mut fields = match serde_json::from_slice(line) {
        Ok(Json::Object(fields)) => fields,
        Ok(_) => return Err("not a JSON object".to_owned()),
        // The position inside the line is of use, its "line 1" only confuses.
        Err(error) => {
            return Err(error
                .to_string()
                .replace(" at line 1 column ", " at column "));
        }
    };
    let key = take_bytes(&mut fields, "key")?;
    let value = take_value(&mut fields)?;
    let ttl = take_ttl(&mut fields)?;
    // What `get --json` and `ls -l --json` print on top of a dump may be loaded as it is.
    fields.remove("token");
    fields.remove("size");
    match fields.keys().next() {
        Some(unknown) => Err(format!("unknown field `{unknown}`")),
        None => Ok(Record { key, value, ttl }),
    }
}

fn take_value(fields: &mut Map<String, Json>) -> Result<Value, String> {
    let kind = fields.remove("type").ok_or("the field `type` is missing")?;
    match kind.as_str() {
        Some("bytes") => {
            let bytes = take_bytes(fields, "value")?;
            let flags = match fields.remove("flags") {
                None => 0,
                Some(flags) => flags
                    .as_u64()
                    .and_then(|flags| u32::try_from(flags).ok())
                    .ok_or("`flags` is not a whole number from 0 to 4294967295")?,
            };
            Ok(Value::Bytes { bytes, flags })
        }
        Some("integer") => {
            let value = fields
                .remove("value")
                .ok_or("the field `value` is missing")?;
            let integer = value
                .as_i64()
                .ok_or("`value` is not a whole number of 64 bits, signed")?;
            Ok(Value::Integer(integer))
        }
        Some("float") => match fields
            .remove("value")
            .ok_or("the field `value` is missing")?
        {
            Json::Number(number) => Ok(Value::Float(
                number
                    .as_f64()
                    .ok_or("`value` is not a floating-point number")?,
            )),
            Json::String(text) => Ok(Value::Float(parse_float(&text)?)),
            _ => Err("`value` is neither a number nor text".to_owned()),
        },
        _ => Err(format!(
            "unknown type {kind}: it is \"bytes\", \"integer\" or \"float\""
        )),
    }
}

fn take_bytes(fields: &mut Map<String, Json>, name: &str) -> Result<Vec<u8>, String> {
    let coded_name = format!("{name}_base64");
    match (fields.remove(name), fields.remove(&coded_name)) {
        (Some(Json::String(text)), None) => Ok(text.into_bytes()),
        (None, Some(Json::String(coded))) => {
            from_base64(&coded).ok_or_else(|| format!("`{coded_name}` is not padded base64"))
        }
        (None, None) => Err(format!("`{name}` and `{coded_name}` are both missing")),
        (Some(_), Some(_)) => Err(format!("`{name}` and `{coded_name}` exclude each other")),
        (Some(_), None) | (None, Some(_)) => Err(format!("`{name}` is not text")),
    }
}

fn take_ttl(fields: &mut Map<String, Json>) -> Result<Ttl, String> {
    match fields.remove("ttl_ms") {
        None | Some(Json::Null) => Ok(Ttl::Never),
        Some(value) => {
            let ms = value
                .as_u64()
                .ok_or("`ttl_ms` is not a whole number of milliseconds")?;
            Ok(Ttl::After(Duration::from_millis(ms)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Record, String> {
        parse_record(line.as_bytes())
    }

    #[test]
    fn a_line_says_all_that_an_entry_is() {
        let record =
            parse(r#"{"key":"a","type":"bytes","value_base64":"/w==","flags":7,"ttl_ms":1500}"#)
                .unwrap();
        assert_eq!(record.key, b"a");
        assert_eq!(
            record.value,
            Value::Bytes {
                bytes: vec![0xff],
                flags: 7
            }
        );
        assert_eq!(record.ttl, Ttl::After(Duration::from_millis(1500)));
    }

    #[test]
    fn flags_and_ttl_may_be_left_out_and_what_get_adds_is_ignored() {
        let record = parse(
            r#"{"key":"","type":"integer","value":-9223372036854775808,"token":"0","size":8}"#,
        );
        let expected = Record {
            key: vec![],
            value: Value::Integer(i64::MIN),
            ttl: Ttl::Never,
        };
        assert_eq!(record, Ok(expected));
    }

    #[test]
    fn floats_are_exact_also_as_text() {
        for (text, float) in [
            ("0.1", 0.1),
            ("1", 1.0),
            ("-0.0", -0.0),
            ("9.3470225589e-310", 9.3470225589e-310),
            ("\"inf\"", f64::INFINITY),
            ("\"nan\"", f64::NAN),
        ] {
            let record = parse(&format!(r#"{{"key":"k","type":"float","value":{text}}}"#)).unwrap();
            let Value::Float(read) = record.value else {
                panic!("{text} is not a float")
            };
            assert_eq!(read.to_bits(), float.to_bits(), "{text}");
        }
    }

    #[test]
    fn each_mistake_is_named() {
        for (line, word) in [
            ("", "EOF"),
            ("[]", "object"),
            (r#"{"key":"a"}"#, "type"),
            (r#"{"type":"integer","value":1}"#, "key"),
            (r#"{"key":1,"type":"integer","value":1}"#, "not text"),
            (
                r#"{"key":"a","key_base64":"YQ==","type":"integer","value":1}"#,
                "exclude",
            ),
            (
                r#"{"key_base64":"YQ","type":"integer","value":1}"#,
                "base64",
            ),
            (r#"{"key":"a","type":"integer","value":1.5}"#, "whole"),
            (
                r#"{"key":"a","type":"integer","value":9223372036854775808}"#,
                "whole",
            ),
            (r#"{"key":"a","type":"float","value":[]}"#, "neither"),
            (r#"{"key":"a","type":"blob","value":"x"}"#, "unknown type"),
            (
                r#"{"key":"a","type":"bytes","value":"x","flags":4294967296}"#,
                "flags",
            ),
            (
                r#"{"key":"a","type":"bytes","value":"x","ttl_ms":-1}"#,
                "ttl_ms",
            ),
            (
                r#"{"key":"a","type":"bytes","value":"x","tll_ms":1}"#,
                "tll_ms",
            ),
            (
                r#"{"key":"a","type":"integer","value":1,"flags":1}"#,
                "flags",
            ),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
