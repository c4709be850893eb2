//! The files: a keyword and its words on each line.
use super::{Definition, Dictionary, ValueType, Vendor};
use crate::packet::VendorFormat;
use std::fmt;
use std::path::{Path, PathBuf};

/// Files may include files so deep.
const DEPTH_MAX: u32 = 16;

/// Why a dictionary cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryError {
    /// Where: the file, empty for the built-in set.
    pub path: PathBuf,
    /// The line, from 1; 0: the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for DictionaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, line {}: {}: correct the dictionary, or use the built-in one",
            self.path.display(),
            self.line,
            self.text
        )
    }
}

impl std::error::Error for DictionaryError {}

/// A line that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub text: String,
}

/// Where attributes belong that are being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// To RADIUS (0) or a vendor.
    Of(u32),
    /// Into another attribute: such are printed as octets.
    Nested,
}

struct Parser {
    dictionary: Dictionary,
    scope: Scope,
    tlv_depth: u32,
    /// Names of values may come before their attribute: name of the attribute, value, name.
    values: Vec<(String, u64, String)>,
}

/// The place of a line.
struct Place<'p> {
    path: &'p Path,
    line: usize,
}

impl Place<'_> {
    fn error(&self, text: impl Into<String>) -> DictionaryError {
        DictionaryError {
            path: self.path.to_owned(),
            line: self.line,
            text: text.into(),
        }
    }
}

pub(super) fn parse_text(text: &str) -> Result<Dictionary, DictionaryError> {
    let mut parser = Parser::new();
    parser.text(Path::new(""), text, 0)?;
    Ok(parser.finish())
}

pub(super) fn load(path: &Path) -> Result<Dictionary, DictionaryError> {
    let mut parser = Parser::new();
    parser.file(path, 0)?;
    Ok(parser.finish())
}

impl Parser {
    fn new() -> Self {
        Self {
            dictionary: Dictionary::default(),
            scope: Scope::Of(0),
            tlv_depth: 0,
            values: Vec::new(),
        }
    }

    fn finish(mut self) -> Dictionary {
        for (attribute, value, name) in self.values {
            if let Some(number) = self.dictionary.numbers.get(&attribute) {
                let names = self.dictionary.values.entry(*number).or_default();
                names.insert(value, name);
            }
        }
        self.dictionary
    }

    fn file(&mut self, path: &Path, depth: u32) -> Result<(), DictionaryError> {
        let whole = Place { path, line: 0 };
        let bytes = std::fs::read(path).map_err(|error| whole.error(error.to_string()))?;
        self.text(path, &String::from_utf8_lossy(&bytes), depth)
    }

    fn text(&mut self, path: &Path, text: &str, depth: u32) -> Result<(), DictionaryError> {
        if depth > DEPTH_MAX {
            return Err(Place { path, line: 0 }.error("files include each other too deep"));
        }
        for (at, line) in text.lines().enumerate() {
            let place = Place { path, line: at + 1 };
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some((keyword, words)) = words.split_first() {
                self.line(&place, keyword, words, depth)?;
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        place: &Place<'_>,
        keyword: &str,
        words: &[&str],
        depth: u32,
    ) -> Result<(), DictionaryError> {
        match (keyword.to_ascii_uppercase().as_str(), words) {
            ("ATTRIBUTE", [name, number, kind, flags @ ..]) => {
                self.attribute(place, name, number, (*kind, flags))
            }
            ("VALUE", [attribute, name, value]) => self.value(place, attribute, name, value),
            ("VENDOR", [name, number, flags @ ..]) => self.vendor(place, name, number, flags),
            ("BEGIN-VENDOR", [name, flags @ ..]) => {
                let number = self.vendor_of(place, name)?;
                // Inside of an extended attribute (RFC 6929), not of attribute 26.
                let is_nested = flags.iter().any(|flag| !flag.is_empty());
                self.scope = if is_nested {
                    Scope::Nested
                } else {
                    Scope::Of(number)
                };
                Ok(())
            }
            ("END-VENDOR", [name]) => {
                self.vendor_of(place, name)?;
                self.scope = Scope::Of(0);
                Ok(())
            }
            ("BEGIN-TLV", [_]) => {
                self.tlv_depth += 1;
                Ok(())
            }
            ("END-TLV", [_]) => {
                let depth = self.tlv_depth.checked_sub(1);
                self.tlv_depth = depth.ok_or_else(|| place.error("END-TLV without BEGIN-TLV"))?;
                Ok(())
            }
            ("$INCLUDE", [file]) => self.include(place, file, depth),
            ("$INCLUDE-", [file]) => {
                let path = included(place, file);
                if path.exists() {
                    self.file(&path, depth + 1)?;
                }
                Ok(())
            }
            (
                "ATTRIBUTE" | "VALUE" | "VENDOR" | "BEGIN-VENDOR" | "END-VENDOR" | "BEGIN-TLV"
                | "END-TLV" | "$INCLUDE" | "$INCLUDE-",
                _,
            ) => Err(place.error(format!("{keyword} has too few or too many words"))),
            _ => {
                self.warn(place, format!("unknown keyword {keyword}"));
                Ok(())
            }
        }
    }

    fn include(
        &mut self,
        place: &Place<'_>,
        file: &str,
        depth: u32,
    ) -> Result<(), DictionaryError> {
        let path = included(place, file);
        if !path.exists() {
            return Err(place.error(format!("{} does not exist", path.display())));
        }
        self.file(&path, depth + 1)
    }

    fn warn(&mut self, place: &Place<'_>, text: String) {
        self.dictionary.warnings.push(Warning {
            path: place.path.to_owned(),
            line: place.line,
            text,
        });
    }

    fn attribute(
        &mut self,
        place: &Place<'_>,
        name: &str,
        number: &str,
        (kind, flags): (&str, &[&str]),
    ) -> Result<(), DictionaryError> {
        // Dotted: inside of another attribute, as extended ones and TLVs are.
        let (Scope::Of(mut vendor), 0, false) = (self.scope, self.tlv_depth, number.contains('.'))
        else {
            return Ok(());
        };
        let number = parse_number(number)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| place.error(format!("'{number}' is no number")))?;
        // An older way of naming the vendor: at the end of the line.
        if let Some(named) = flags.first().and_then(|flag| self.vendor_number(flag)) {
            vendor = named;
        }
        let kind = kind.split('[').next().unwrap_or_default();
        let (value, is_known) = value_type(kind);
        if !is_known {
            self.warn(place, format!("unknown type {kind}: printed as octets"));
        }
        let has_tag = flags
            .iter()
            .any(|flag| flag.split(',').any(|flag| flag == "has_tag"));
        let definition = Definition {
            name: name.to_owned(),
            value,
            has_tag,
        };
        let lower = name.to_ascii_lowercase();
        self.dictionary.numbers.insert(lower, (vendor, number));
        self.dictionary
            .attributes
            .insert((vendor, number), definition);
        Ok(())
    }

    fn value(
        &mut self,
        place: &Place<'_>,
        attribute: &str,
        name: &str,
        value: &str,
    ) -> Result<(), DictionaryError> {
        let value =
            parse_number(value).ok_or_else(|| place.error(format!("'{value}' is no number")))?;
        self.values
            .push((attribute.to_ascii_lowercase(), value, name.to_owned()));
        Ok(())
    }

    fn vendor(
        &mut self,
        place: &Place<'_>,
        name: &str,
        number: &str,
        flags: &[&str],
    ) -> Result<(), DictionaryError> {
        let number = parse_number(number)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| place.error(format!("'{number}' is no number")))?;
        let mut format = VendorFormat::default();
        for flag in flags {
            if let Some(text) = flag.strip_prefix("format=") {
                format = parse_format(text)
                    .ok_or_else(|| place.error(format!("'{text}' is no format of a vendor")))?;
            }
        }
        self.dictionary
            .vendor_numbers
            .insert(name.to_ascii_lowercase(), number);
        let name = name.to_owned();
        self.dictionary
            .vendors
            .insert(number, Vendor { name, format });
        Ok(())
    }

    fn vendor_number(&self, name: &str) -> Option<u32> {
        let numbers = &self.dictionary.vendor_numbers;
        numbers.get(&name.to_ascii_lowercase()).copied()
    }

    fn vendor_of(&self, place: &Place<'_>, name: &str) -> Result<u32, DictionaryError> {
        self.vendor_number(name)
            .ok_or_else(|| place.error(format!("there is no vendor {name}")))
    }
}

fn included(place: &Place<'_>, file: &str) -> PathBuf {
    let folder = place.path.parent().unwrap_or(Path::new(""));
    folder.join(file)
}

fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn parse_format(text: &str) -> Option<VendorFormat> {
    let parts: Vec<&str> = text.split(',').collect();
    let (type_octets, length_octets, has_continuation) = match parts.as_slice() {
        [t, l] => (t.parse().ok()?, l.parse().ok()?, false),
        [t, l, "c"] => (t.parse().ok()?, l.parse().ok()?, true),
        _ => return None,
    };
    (matches!(type_octets, 1 | 2 | 4) && length_octets <= 2).then_some(VendorFormat {
        type_octets,
        length_octets,
        has_continuation,
    })
}

/// The type, and whether it is one that is known.
fn value_type(name: &str) -> (ValueType, bool) {
    let value =
        match name.to_ascii_lowercase().as_str() {
            "string" | "text" => ValueType::Text,
            "octets" | "abinary" | "tlv" | "evs" | "extended" | "long-extended" | "vsa"
            | "struct" => ValueType::Octets,
            "integer" | "integer64" | "byte" | "short" | "uint8" | "uint16" | "uint32"
            | "uint64" => ValueType::Number,
            "signed" | "int32" => ValueType::Signed,
            "date" => ValueType::Date,
            "ipaddr" | "ipv6addr" | "combo-ip" => ValueType::Address,
            "ipv4prefix" | "ipv6prefix" => ValueType::Prefix,
            "ether" | "ifid" => ValueType::Hardware,
            _ => return (ValueType::Octets, false),
        };
    (value, true)
}
