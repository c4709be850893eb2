//! A session as a JSON object on a line of its own: docs/radius-record.md 7 is the contract. Fields are only ever
//! added.
use super::Failure;
use crate::dictionary::Dictionary;
use crate::live::LiveSession;
use crate::packet::kind;
use crate::record::{SessionFlags, State};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;
use std::net::Ipv4Addr;

#[derive(Serialize)]
struct Session<'s> {
    key: String,
    state: &'static str,
    client: Option<&'s str>,
    client_id: u32,
    nas: String,
    nas_attribute: Option<&'static str>,
    #[serde(rename = "Acct-Session-Id")]
    session_id: String,
    number: Option<u32>,
    flags: u16,
    flag_names: Vec<&'static str>,
    #[serde(rename = "Acct-Status-Type")]
    last_status: u8,
    #[serde(rename = "Acct-Terminate-Cause")]
    terminate_cause: u8,
    input_octets: u64,
    output_octets: u64,
    #[serde(rename = "Acct-Input-Packets")]
    input_packets: u64,
    #[serde(rename = "Acct-Output-Packets")]
    output_packets: u64,
    #[serde(rename = "Acct-Session-Time")]
    session_time_s: u32,
    interims: u32,
    start_ms: u64,
    last_event_ms: u64,
    last_arrival_ms: u64,
    stop_ms: u64,
    lsn: u64,
    nas_epoch: u32,
    earlier: u32,
    #[serde(rename = "Framed-IP-Address")]
    framed_ip: Ipv4Addr,
    #[serde(rename = "Acct-Link-Count")]
    link_count: u32,
    #[serde(rename = "Acct-Interim-Interval")]
    interim_interval_s: u32,
    counted_ms: u64,
    attributes: Vec<Described>,
}

/// An attribute that describes a session.
#[derive(Serialize)]
struct Described {
    number: u8,
    name: Option<String>,
    value: String,
    octets: String,
}

pub(super) fn write(
    out: &mut impl Write,
    session: &LiveSession,
    client: Option<&str>,
    dictionary: &Dictionary,
) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, &object(session, client, dictionary)).map_err(|error| {
        let is_closed = error.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe);
        if is_closed {
            Failure::BrokenPipe
        } else {
            Failure::new(error)
        }
    })?;
    Ok(out.write_all(b"\n")?)
}

fn object<'s>(
    session: &LiveSession,
    client: Option<&'s str>,
    dictionary: &Dictionary,
) -> Session<'s> {
    let hot = &session.record.hot;
    let name = session.name();
    Session {
        key: hex(&session.key),
        state: state_name(session.state),
        client,
        client_id: name.client.0,
        nas: name.nas.to_string(),
        nas_attribute: name.nas.attribute(),
        session_id: dictionary.print_value(0, u32::from(kind::ACCT_SESSION_ID), name.id),
        number: name.number,
        flags: hot.flags.0,
        flag_names: flag_names(hot.flags),
        last_status: hot.last_status,
        terminate_cause: hot.terminate_cause,
        input_octets: hot.input_octets,
        output_octets: hot.output_octets,
        input_packets: hot.input_packets,
        output_packets: hot.output_packets,
        session_time_s: hot.session_time_s,
        interims: hot.interims,
        start_ms: hot.start_ms,
        last_event_ms: hot.last_event_ms,
        last_arrival_ms: hot.last_arrival_ms,
        stop_ms: hot.stop_ms,
        lsn: hot.lsn,
        nas_epoch: hot.nas_epoch,
        earlier: hot.earlier,
        framed_ip: hot.framed_ip,
        link_count: hot.link_count,
        interim_interval_s: hot.interim_interval_s,
        counted_ms: hot.counted_ms,
        attributes: described(session, dictionary),
    }
}

fn described(session: &LiveSession, dictionary: &Dictionary) -> Vec<Described> {
    let all = session.attributes().map(|attribute| {
        let number = u32::from(attribute.kind);
        let definition = dictionary.attribute(0, number);
        Described {
            number: attribute.kind,
            name: definition.map(|definition| definition.name.clone()),
            value: dictionary.print_value(0, number, attribute.value),
            octets: hex(attribute.value),
        }
    });
    all.collect()
}

pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Closed => "closed",
        State::ClosedByRestart => "closed-by-restart",
        State::ClosedStale => "closed-stale",
    }
}

/// The names of the flags that are set, as docs/radius-record.md 3.2 has them.
fn flag_names(flags: SessionFlags) -> Vec<&'static str> {
    let named = [
        (SessionFlags::START_SEEN, "start-seen"),
        (SessionFlags::STOP_SEEN, "stop-seen"),
        (SessionFlags::WIDE, "wide"),
        (SessionFlags::WRAPPED, "wrapped"),
        (SessionFlags::REGRESSED, "regressed"),
        (SessionFlags::SYNTH_START, "synth-start"),
        (SessionFlags::SYNTH_STOP, "synth-stop"),
        (SessionFlags::ANOMALY, "anomaly"),
        (SessionFlags::START_UNKNOWN, "start-unknown"),
        (SessionFlags::SUPERSEDED, "superseded"),
        (SessionFlags::TRUNCATED, "truncated"),
        (SessionFlags::REOPENED, "reopened"),
    ];
    let set = named.into_iter().filter(|(flag, _)| flags.contains(*flag));
    set.map(|(_, name)| name).collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for octet in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}
