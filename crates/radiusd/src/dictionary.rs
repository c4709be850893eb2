//! Names of attributes, values and vendors: from FreeRADIUS dictionary files at run time, or a small set of our own.
mod parse;
mod print;

pub use parse::{DictionaryError, Warning};

use crate::packet::{Attributes, VendorFormat};
use std::collections::BTreeMap;
use std::path::Path;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Text.
    Text,
    /// Whatever has no other type.
    Octets,
    /// An unsigned number of 1, 2, 4 or 8 octets.
    Number,
    /// A signed number of 4 octets.
    Signed,
    /// Seconds since 1970.
    Date,
    /// An IPv4 or IPv6 address.
    Address,
    /// An IPv4 or IPv6 prefix.
    Prefix,
    /// A MAC address or an interface id: octets with colons between them.
    Hardware,
}

/// What is known about an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// How its value is written.
    pub value: ValueType,
    /// The first octet is a tag, as RFC 2868 has it.
    pub has_tag: bool,
}

/// What is known about a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Its name.
    pub name: String,
    /// How it writes its attributes.
    pub format: VendorFormat,
}

/// Names and numbers. Vendor 0 stands for the attributes that RADIUS itself has.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    attributes: BTreeMap<(u32, u32), Definition>,
    numbers: BTreeMap<String, (u32, u32)>,
    values: BTreeMap<(u32, u32), BTreeMap<u64, String>>,
    vendors: BTreeMap<u32, Vendor>,
    vendor_numbers: BTreeMap<String, u32>,
    /// What was skipped.
    pub warnings: Vec<Warning>,
}

/// Facts of RFC 2865 to 2869, 3162, 4818 and 6911 that accounting needs.
const BUILT_IN: &str = include_str!("dictionary/builtin.dictionary");

impl Dictionary {
    /// The built-in set.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn built_in() -> Self {
        parse::parse_text(BUILT_IN).expect("the built-in set is right")
    }

    /// Reads a FreeRADIUS dictionary, and the files that it includes. What nobody knows is skipped, and is in
    /// [`Self::warnings`].
    ///
    /// # Errors
    /// [`DictionaryError`], with the file and the line.
    pub fn load(path: &Path) -> Result<Self, DictionaryError> {
        parse::load(path)
    }

    /// What is known about an attribute.
    #[must_use]
    pub fn attribute(&self, vendor: u32, kind: u32) -> Option<&Definition> {
        self.attributes.get(&(vendor, kind))
    }

    /// The vendor and number of an attribute.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<(u32, u32)> {
        self.numbers.get(&name.to_ascii_lowercase()).copied()
    }

    /// The name of an attribute's value.
    #[must_use]
    pub fn value_name(&self, vendor: u32, kind: u32, value: u64) -> Option<&str> {
        let names = self.values.get(&(vendor, kind))?;
        names.get(&value).map(String::as_str)
    }

    /// What is known about a vendor.
    #[must_use]
    pub fn vendor(&self, number: u32) -> Option<&Vendor> {
        self.vendors.get(&number)
    }

    /// How a vendor writes its attributes.
    #[must_use]
    pub fn format(&self, vendor: u32) -> VendorFormat {
        self.vendors
            .get(&vendor)
            .map(|vendor| vendor.format)
            .unwrap_or_default()
    }

    /// The names of all attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .values()
            .map(|definition| definition.name.as_str())
    }

    /// An attribute's value as text: as [`Self::print`] writes it, but text without quotes and as it is.
    #[must_use]
    pub fn print_value(&self, vendor: u32, kind: u32, value: &[u8]) -> String {
        print::value(self, vendor, kind, value)
    }

    /// How many attributes have names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// Attributes as text, a line each: `User-Name = "ada"`.
    #[must_use]
    pub fn print(&self, attributes: Attributes<'_>) -> String {
        print::print(self, attributes)
    }
}
