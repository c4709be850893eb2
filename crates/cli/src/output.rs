//! How data is printed: values and entries as text, and JSON objects one per line.
//!
//! The JSON forms are a contract (docs/command.md): fields are only ever added.
use std::io::{self, Write};

use quipu::{Entry, Number, Ttl, Value, tag};

use crate::bytes::{escape, to_base64};
use crate::units::{format_duration, milliseconds};

/// The name of the type of a value, in text and JSON.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "integer",
        Value::Float(_) => "float",
        Value::Bytes { .. } => "bytes",
    }
}

/// A number as a value.
pub(crate) fn number_value(number: Number) -> Value {
    match number {
        Number::Integer(integer) => Value::Integer(integer),
        Number::Float(float) => Value::Float(float),
    }
}

/// What a value is called where people read: bytes by their tag, if they have one (docs/format.md, 5.4).
pub(crate) fn shown_type(value: &Value) -> &'static str {
    let Value::Bytes { flags, .. } = value else {
        return type_name(value);
    };
    match *flags {
        tag::NULL => "null",
        tag::BOOLEAN => "boolean",
        tag::JSON => "json",
        tag::PHP => "php",
        tag::IGBINARY => "igbinary",
        tag::MSGPACK => "msgpack",
        tag::PICKLE => "pickle",
        _ => "bytes",
    }
}

/// The word for a value that is one by its tag.
fn word(value: &Value) -> Option<&'static str> {
    let Value::Bytes { bytes, flags } = value else {
        return None;
    };
    match (*flags, bytes.as_slice()) {
        (tag::NULL, []) => Some("null"),
        (tag::BOOLEAN, [0]) => Some("false"),
        (tag::BOOLEAN, [1]) => Some("true"),
        _ => None,
    }
}

/// Writes a value for people: bytes as they are, but null and truth values as words; numbers in decimal.
pub(crate) fn write_shown(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match word(value) {
        Some(word) => out.write_all(word.as_bytes()),
        None => write_value(out, value),
    }
}

/// Writes a value as it is: bytes exactly, numbers in decimal.
pub(crate) fn write_value(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Bytes { bytes, .. } => out.write_all(bytes),
        number => out.write_all(value_line(number).as_bytes()),
    }
}

/// A value on one line: bytes with the escapes of `ls`, null and truth values as words, numbers in decimal.
pub(crate) fn value_line(value: &Value) -> String {
    if let Some(word) = word(value) {
        return word.to_owned();
    }
    match value {
        Value::Integer(integer) => integer.to_string(),
        Value::Float(float) => float_text(*float),
        Value::Bytes { bytes, .. } => escape(bytes),
    }
}

/// The shortest decimal number that reads back as the same float.
pub(crate) fn float_text(float: f64) -> String {
    if float.is_nan() {
        return nan_text(float);
    }
    // Debug, unlike Display, uses an exponent where 300 digits would say no more.
    format!("{float:?}")
}

/// `nan`, or `nan:` with its 64 bits for any other than the usual one.
fn nan_text(float: f64) -> String {
    if float.to_bits() == f64::NAN.to_bits() {
        return "nan".to_owned();
    }
    format!("nan:{:016x}", float.to_bits())
}

/// The float that [`float_text`] or a person wrote.
pub(crate) fn parse_float(text: &str) -> Result<f64, String> {
    if let Some(bits) = text.strip_prefix("nan:") {
        let float = u64::from_str_radix(bits, 16).ok().map(f64::from_bits);
        return float
            .filter(|float| float.is_nan())
            .ok_or_else(|| format!("`{text}` is not a NaN"));
    }
    // The sign and payload that Rust gives a parsed NaN are nobody's promise; the constant is ours.
    match text.parse::<f64>() {
        Ok(float) if float.is_nan() => Ok(f64::NAN),
        Ok(float) => Ok(float),
        Err(_) => Err(format!("`{text}` is not a floating-point number")),
    }
}

/// A time to live for people: `4m59s`, `never`.
pub(crate) fn ttl_text(ttl: Ttl) -> String {
    match ttl {
        Ttl::After(rest) => format_duration(rest),
        Ttl::Never | Ttl::Keep => "never".to_owned(),
    }
}

/// One JSON object on a line of its own, written field by field in the order of the calls.
pub(crate) struct Object<'o, W: Write> {
    out: &'o mut W,
    empty: bool,
}

impl<'o, W: Write> Object<'o, W> {
    /// Opens the object.
    pub(crate) fn begin(out: &'o mut W) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, empty: true })
    }

    /// Closes the object and its line.
    pub(crate) fn end(self) -> io::Result<()> {
        self.out.write_all(b"}\n")
    }

    /// A field with anything that JSON has a form for.
    pub(crate) fn field(
        &mut self,
        name: &str,
        value: impl Into<serde_json::Value>,
    ) -> io::Result<()> {
        self.name(name)?;
        serde_json::to_writer(&mut *self.out, &value.into())?;
        Ok(())
    }

    /// Text, without a copy of it.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.name(name)?;
        serde_json::to_writer(&mut *self.out, text)?;
        Ok(())
    }

    /// Any bytes: `NAME` with text if they are UTF-8, `NAME_base64` otherwise.
    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(name, text),
            Err(_) => self.text(&format!("{name}_base64"), &to_base64(bytes)),
        }
    }

    /// `type`, `value` and, for bytes, `flags`.
    pub(crate) fn value(&mut self, value: &Value) -> io::Result<()> {
        self.text("type", type_name(value))?;
        match value {
            Value::Integer(integer) => self.field("value", *integer),
            Value::Float(float) if float.is_finite() => self.field("value", *float),
            Value::Float(float) => self.text("value", &float_text(*float)),
            Value::Bytes { bytes, flags } => {
                self.bytes("value", bytes)?;
                self.field("flags", *flags)
            }
        }
    }

    /// `ttl_ms`: whole milliseconds, rounded up, or null for an entry that never expires.
    pub(crate) fn ttl(&mut self, ttl: Ttl) -> io::Result<()> {
        match ttl {
            Ttl::After(rest) => self.field("ttl_ms", milliseconds(rest)),
            Ttl::Never | Ttl::Keep => self.field("ttl_ms", serde_json::Value::Null),
        }
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        if !self.empty {
            self.out.write_all(b",")?;
        }
        self.empty = false;
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.write_all(b":")
    }
}

/// An entry as one JSON line: key, type, value, flags, ttl_ms, token.
pub(crate) fn write_entry_json(out: &mut impl Write, key: &[u8], entry: &Entry) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    object.bytes("key", key)?;
    object.value(&entry.value)?;
    object.ttl(entry.ttl)?;
    object.text("token", &entry.token.to_string())?;
    object.end()
}

/// A value without the rest of its entry as one JSON line: key, type, value, flags.
pub(crate) fn write_value_json(out: &mut impl Write, key: &[u8], value: &Value) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    object.bytes("key", key)?;
    object.value(value)?;
    object.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(write: impl FnOnce(&mut Object<'_, Vec<u8>>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out).unwrap();
        write(&mut object).unwrap();
        object.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_is_one_line_of_json() {
        let printed = line(|object| {
            object.bytes("key", b"a\n\"b\"")?;
            object.value(&Value::Bytes {
                bytes: vec![0xff],
                flags: 7,
            })?;
            object.ttl(Ttl::Never)
        });
        assert_eq!(
            printed,
            "{\"key\":\"a\\n\\\"b\\\"\",\"type\":\"bytes\",\"value_base64\":\"/w==\",\"flags\":7,\"ttl_ms\":null}\n"
        );
    }

    #[test]
    fn floats_read_back_bit_by_bit() {
        let odd_nan = f64::from_bits(0xfff0_0000_0000_0001);
        for float in [
            0.1,
            -0.0,
            1.0,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            odd_nan,
        ] {
            let text = float_text(float);
            assert_eq!(
                parse_float(&text).map(f64::to_bits),
                Ok(float.to_bits()),
                "{text}"
            );
        }
        assert_eq!(parse_float("1e3"), Ok(1000.0));
        for text in ["", "one", "nan:", "nan:3ff0000000000000", "1,5"] {
            assert!(parse_float(text).is_err(), "{text}");
        }
    }
}
