//! A session as a line for people.
use super::session_json::state_name;
use crate::live::LiveSession;
use crate::packet::kind;
use crate::record::State;
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) fn write_head(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:24} {:15} {:12} {:15} {:20} {:>7} {:>7} {:>7} {:>7} STATE",
        "USER", "ADDRESS", "CLIENT", "NAS", "SESSION", "SINCE", "HEARD", "IN", "OUT"
    )
}

pub(super) fn write(
    out: &mut impl Write,
    session: &LiveSession,
    client: Option<&str>,
    now_ms: u64,
) -> io::Result<()> {
    let hot = &session.record.hot;
    let name = session.name();
    let user = session.record.cold.get(kind::USER_NAME).unwrap_or(b"-");
    let address = match hot.framed_ip {
        address if address.is_unspecified() => "-".to_owned(),
        address => address.to_string(),
    };
    let client = match client {
        Some(client) => Cow::Borrowed(client),
        None => Cow::Owned(format!("{:08x}", name.client.0)),
    };
    let end_ms = if session.state == State::Open {
        now_ms
    } else {
        hot.stop_ms.max(hot.last_event_ms)
    };
    writeln!(
        out,
        "{:24} {address:15} {:12} {:15} {:20} {:>7} {:>7} {:>7} {:>7} {}",
        plain(user),
        plain(client.as_bytes()),
        plain(name.nas.to_string().as_bytes()),
        plain(name.id),
        duration(end_ms.saturating_sub(hot.start_ms)),
        duration(now_ms.saturating_sub(hot.last_arrival_ms)),
        octets(hot.input_octets),
        octets(hot.output_octets),
        state_name(session.state),
    )
}

/// What somebody else has chosen, without what a terminal would obey.
fn plain(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.escape_ascii().to_string();
    };
    let mut plain = String::new();
    for c in text.chars() {
        // Blanks would look like the end of a column.
        if c.is_control() || c.is_whitespace() {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// The two largest units.
fn duration(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h{:02}m", s / 3600, s / 60 % 60),
        _ => format!("{}d{:02}h", s / 86_400, s / 3600 % 24),
    }
}

/// At most four digits and a unit.
fn octets(number: u64) -> String {
    const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let mut number = number;
    let mut unit = 0;
    while number >= 10_000 {
        number /= 1000;
        unit += 1;
    }
    format!("{number}{}", UNITS[unit])
}
