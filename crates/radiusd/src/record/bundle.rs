//! A multilink bundle: sessions that have one Acct-Multi-Session-Id.
use super::{BadRecord, Fields, Writer};

/// The length of its record.
pub const BUNDLE_OCTETS: usize = 16;

/// What is known about a bundle. All but the third are sums over its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bundle {
    /// Sessions that were ever seen.
    pub links: i32,
    /// Those that a Stop has closed.
    pub links_stopped: i32,
    /// The largest Acct-Link-Count of any of them.
    pub link_count: u32,
    /// Those that were forgotten, because they were over for long. When all are, so is the bundle.
    pub links_forgotten: i32,
}

impl Bundle {
    /// Whether all of it is over: there have been as many Stops as there ever were links at a time (RFC 2866, section
    /// 5.12).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.link_count > 0 && i64::from(self.links_stopped) >= i64::from(self.link_count)
    }

    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; BUNDLE_OCTETS] {
        let mut out = [0; BUNDLE_OCTETS];
        let mut writer = Writer::new(&mut out);
        writer.u32(self.links.cast_unsigned());
        writer.u32(self.links_stopped.cast_unsigned());
        writer.u32(self.link_count);
        writer.u32(self.links_forgotten.cast_unsigned());
        out
    }

    /// Reads bytes that anybody may have written.
    ///
    /// # Errors
    /// [`BadRecord`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() != BUNDLE_OCTETS {
            return Err(BadRecord::Length);
        }
        let mut fields = Fields::new(bytes);
        let (links, links_stopped) = (fields.u32(), fields.u32());
        let (link_count, links_forgotten) = (fields.u32(), fields.u32());
        Ok(Self {
            links: links.cast_signed(),
            links_stopped: links_stopped.cast_signed(),
            link_count,
            links_forgotten: links_forgotten.cast_signed(),
        })
    }
}
