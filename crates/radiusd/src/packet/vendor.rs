//! Attributes of vendors: what is inside of attribute 26, in the form that its vendor has chosen.

/// How a vendor writes its attributes: the `format=` of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VendorFormat {
    /// Octets of the number: 1, 2 or 4.
    pub type_octets: u8,
    /// Octets of the length: 0 (the rest is one value), 1 or 2.
    pub length_octets: u8,
    /// Whether an octet of flags follows, as WiMAX has it.
    pub has_continuation: bool,
}

impl Default for VendorFormat {
    /// What RFC 2865, section 5.26 recommends.
    fn default() -> Self {
        Self {
            type_octets: 1,
            length_octets: 1,
            has_continuation: false,
        }
    }
}

/// One attribute of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorAttribute<'p> {
    /// The vendor's number (SMI Private Enterprise Number).
    pub vendor: u32,
    /// The attribute's number; `None` if what the vendor sent has not the vendor's form, which is no fault of the
    /// packet (RFC 5080, section 2.5): the value is all the rest then.
    pub kind: Option<u32>,
    /// Its value.
    pub value: &'p [u8],
}

/// The attributes inside of one Vendor-Specific.
#[derive(Debug, Clone)]
pub struct VendorAttributes<'p> {
    vendor: u32,
    format: VendorFormat,
    rest: &'p [u8],
}

impl<'p> VendorAttributes<'p> {
    /// Looks into the value of an attribute 26. `format` says how a vendor writes. `None` if it is too short.
    #[must_use]
    pub fn new(value: &'p [u8], format: impl Fn(u32) -> VendorFormat) -> Option<Self> {
        let (vendor, rest) = value.split_first_chunk::<4>()?;
        let vendor = u32::from_be_bytes(*vendor);
        Some(Self {
            vendor,
            format: format(vendor),
            rest,
        })
    }

    fn split(&self) -> Option<(u32, &'p [u8], &'p [u8])> {
        let (kind, rest) = number(self.rest, self.format.type_octets)?;
        if self.format.length_octets == 0 {
            return Some((kind, rest, &[]));
        }
        let (length, _) = number(rest, self.format.length_octets)?;
        let header = usize::from(self.format.type_octets)
            + usize::from(self.format.length_octets)
            + usize::from(self.format.has_continuation);
        let length = usize::try_from(length).ok()?;
        let value = self.rest.get(header..length)?;
        Some((kind, value, &self.rest[length..]))
    }
}

impl<'p> Iterator for VendorAttributes<'p> {
    type Item = VendorAttribute<'p>;

    fn next(&mut self) -> Option<VendorAttribute<'p>> {
        if self.rest.is_empty() {
            return None;
        }
        let vendor = self.vendor;
        let Some((kind, value, rest)) = self.split() else {
            let value = std::mem::take(&mut self.rest);
            return Some(VendorAttribute {
                vendor,
                kind: None,
                value,
            });
        };
        self.rest = rest;
        Some(VendorAttribute {
            vendor,
            kind: Some(kind),
            value,
        })
    }
}

/// A number of so many octets, and what follows it.
fn number(bytes: &[u8], octets: u8) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_at_checked(usize::from(octets))?;
    let value = number
        .iter()
        .fold(0u32, |value, octet| value << 8 | u32::from(*octet));
    Some((value, rest))
}
