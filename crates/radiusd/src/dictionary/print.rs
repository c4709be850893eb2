//! Attributes as text.
use super::{Definition, Dictionary, ValueType};
use crate::packet::{Attributes, VendorAttributes, kind};
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) fn print(dictionary: &Dictionary, attributes: Attributes<'_>) -> String {
    let mut out = String::new();
    for attribute in attributes {
        let number = u32::from(attribute.kind);
        let inside = VendorAttributes::new(attribute.value, |vendor| dictionary.format(vendor));
        match inside {
            Some(inside) if attribute.kind == kind::VENDOR_SPECIFIC => {
                for one in inside {
                    line(dictionary, one.vendor, one.kind, one.value, &mut out);
                }
            }
            _ => line(dictionary, 0, Some(number), attribute.value, &mut out),
        }
    }
    out
}

/// What is no text is escaped, as in `\xff`.
pub(super) fn value(dictionary: &Dictionary, vendor: u32, kind: u32, value: &[u8]) -> String {
    let Some(definition) = dictionary.attribute(vendor, kind) else {
        return hex(value);
    };
    if definition.value == ValueType::Text {
        return match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_) => value.escape_ascii().to_string(),
        };
    }
    let (_, value) = untagged(definition, value);
    text(dictionary, definition, (vendor, kind), value)
}

fn line(dictionary: &Dictionary, vendor: u32, kind: Option<u32>, value: &[u8], out: &mut String) {
    let definition = kind.and_then(|kind| dictionary.attribute(vendor, kind));
    // Writing to a string does not fail.
    let _ = match (definition, kind) {
        (Some(definition), Some(kind)) => {
            let (tag, value) = untagged(definition, value);
            let text = text(dictionary, definition, (vendor, kind), value);
            writeln!(out, "{}{tag} = {text}", definition.name)
        }
        (_, Some(kind)) if vendor == 0 => writeln!(out, "Attr-{kind} = {}", hex(value)),
        (_, Some(kind)) => writeln!(out, "Attr-26.{vendor}.{kind} = {}", hex(value)),
        (_, None) => writeln!(out, "Attr-26.{vendor} = {}", hex(value)),
    };
}

/// The tag of RFC 2868 as a suffix, and the value without it.
fn untagged<'v>(definition: &Definition, value: &'v [u8]) -> (String, &'v [u8]) {
    match value {
        [tag @ 1..=0x1f, rest @ ..] if definition.has_tag => (format!(":{tag}"), rest),
        [0, rest @ ..] if definition.has_tag => (String::new(), rest),
        _ => (String::new(), value),
    }
}

fn text(
    dictionary: &Dictionary,
    definition: &Definition,
    (vendor, kind): (u32, u32),
    value: &[u8],
) -> String {
    let as_number = || {
        (1..=8).contains(&value.len()).then(|| {
            value
                .iter()
                .fold(0u64, |number, octet| number << 8 | u64::from(*octet))
        })
    };
    let found = match definition.value {
        ValueType::Text => Some(format!("\"{}\"", value.escape_ascii())),
        ValueType::Octets => None,
        ValueType::Number => as_number().map(|number| {
            let name = dictionary.value_name(vendor, kind, number);
            name.map_or_else(|| number.to_string(), str::to_owned)
        }),
        ValueType::Signed => value
            .try_into()
            .ok()
            .map(|octets| i32::from_be_bytes(octets).to_string()),
        ValueType::Date => as_number().map(|number| number.to_string()),
        ValueType::Address => address(value),
        ValueType::Prefix => prefix(value),
        ValueType::Hardware => Some(
            value
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect::<Vec<_>>()
                .join(":"),
        ),
    };
    found.unwrap_or_else(|| hex(value))
}

fn address(value: &[u8]) -> Option<String> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some(Ipv4Addr::from(octets).to_string());
    }
    let octets = <[u8; 16]>::try_from(value).ok()?;
    Some(Ipv6Addr::from(octets).to_string())
}

fn prefix(value: &[u8]) -> Option<String> {
    let [_, bits, rest @ ..] = value else {
        return None;
    };
    let mut octets = [0; 16];
    octets.get_mut(..rest.len())?.copy_from_slice(rest);
    Some(format!("{}/{bits}", Ipv6Addr::from(octets)))
}

fn hex(value: &[u8]) -> String {
    let mut text = "0x".to_owned();
    for octet in value {
        let _ = write!(text, "{octet:02x}");
    }
    text
}
