//! Totals: the sum of what sessions add, for a user, a NAS, a client or a period.
use super::{BadRecord, Fields, Writer};

/// The length of their record.
pub const TOTALS_OCTETS: usize = 64;

/// A sum over sessions. Differences are totals too, and may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Totals {
    /// Octets from users.
    pub input_octets: i64,
    /// Octets to users.
    pub output_octets: i64,
    /// Packets from users.
    pub input_packets: i64,
    /// Packets to users.
    pub output_packets: i64,
    /// Seconds.
    pub session_time_s: i64,
    /// Sessions that were ever seen.
    pub sessions: i64,
    /// Sessions that are open, those of restarted NASes until the sweep.
    pub open: i64,
    /// Sessions that a Stop has closed.
    pub stops: i64,
}

impl Totals {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn fields(&self) -> [i64; 8] {
        [
            self.input_octets,
            self.output_octets,
            self.input_packets,
            self.output_packets,
            self.session_time_s,
            self.sessions,
            self.open,
            self.stops,
        ]
    }

    fn of(fields: [i64; 8]) -> Self {
        let [
            input_octets,
            output_octets,
            input_packets,
            output_packets,
            session_time_s,
            sessions,
            open,
            stops,
        ] = fields;
        Self {
            input_octets,
            output_octets,
            input_packets,
            output_packets,
            session_time_s,
            sessions,
            open,
            stops,
        }
    }

    /// The sum. It wraps after 2^63, so that differences cancel whatever a NAS sends.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (ours, others) = (self.fields(), other.fields());
        Self::of(std::array::from_fn(|at| ours[at].wrapping_add(others[at])))
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let (ours, others) = (self.fields(), other.fields());
        Self::of(std::array::from_fn(|at| ours[at].wrapping_sub(others[at])))
    }

    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; TOTALS_OCTETS] {
        let mut out = [0; TOTALS_OCTETS];
        let mut writer = Writer::new(&mut out);
        for field in self.fields() {
            writer.u64(field.cast_unsigned());
        }
        out
    }

    /// Reads bytes that anybody may have written.
    ///
    /// # Errors
    /// [`BadRecord::Length`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() != TOTALS_OCTETS {
            return Err(BadRecord::Length);
        }
        let mut fields = Fields::new(bytes);
        Ok(Self::of(std::array::from_fn(|_| {
            fields.u64().cast_signed()
        })))
    }
}
