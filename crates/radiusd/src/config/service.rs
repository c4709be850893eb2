//! What concerns the server as a program: its user, its buffers, and who reads its log.
use super::File;
use super::check::{Checker, MIB};

/// Linux doubles what is asked for; a socket's memory must stay below 2 GiB.
const RECEIVE_BUFFER_MIB: std::ops::RangeInclusive<u64> = 1..=1023;
const SNAPSHOT_MIB: std::ops::RangeInclusive<u64> = 1..=1 << 20;
/// More than a repetition may be silent for (`HEARD_MS`), so that what is spoken of is kept.
const KEEP_CLOSED_S: std::ops::RangeInclusive<u64> = 7_200..=10 * 366 * 86_400;
/// The name of a reader is that of a file.
const READER_OCTETS_MAX: usize = 64;

pub(super) fn receive_buffer_bytes(file: &File, checker: &mut Checker<'_>) -> u64 {
    let asked = file.receive_buffer_mib.as_ref();
    let mib = checker.number(asked, 64, &RECEIVE_BUFFER_MIB, "receive_buffer_mib");
    mib.saturating_mul(MIB)
}

pub(super) fn snapshot_bytes(file: &File, checker: &mut Checker<'_>) -> u64 {
    let asked = file.log.as_ref().and_then(|log| log.snapshot_mib.as_ref());
    let mib = checker.number(asked, 256, &SNAPSHOT_MIB, "snapshot_mib");
    mib.saturating_mul(MIB)
}

/// Two days, if nobody says something else; 0: for ever.
pub(super) fn keep_closed_s(file: &File, checker: &mut Checker<'_>) -> u64 {
    let asked = file.sessions.keep_closed_s.as_ref();
    if asked.is_some_and(|asked| *asked.get_ref() == 0) {
        return 0;
    }
    checker.number(asked, 2 * 86_400, &KEEP_CLOSED_S, "keep_closed_s")
}

pub(super) fn identity(file: &File, checker: &mut Checker<'_>) -> (Option<String>, Option<String>) {
    for (what, name) in [("user", &file.user), ("group", &file.group)] {
        if let Some(name) = name
            && name.get_ref().is_empty()
        {
            let text = format!("{what} is empty: name one, or leave the line out");
            checker.complain(name.span(), text);
        }
    }
    if let (None, Some(group)) = (&file.user, &file.group) {
        checker.complain(
            group.span(),
            "there is a group without a user: name the user too",
        );
    }
    let name = |name: &Option<toml::Spanned<String>>| name.as_ref().map(|n| n.get_ref().clone());
    (name(&file.user), name(&file.group))
}

pub(super) fn readers(file: &File, checker: &mut Checker<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for reader in file.log.iter().flat_map(|log| &log.readers) {
        let name = reader.get_ref();
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if name.is_empty() || name.len() > READER_OCTETS_MAX || !name.bytes().all(is_plain) {
            let text = format!(
                "'{name}' is no name of a reader: use up to {READER_OCTETS_MAX} letters, digits, - and _"
            );
            checker.complain(reader.span(), text);
        } else if names.contains(name) {
            let text = format!("the reader '{name}' is there twice: leave one out");
            checker.complain(reader.span(), text);
        } else {
            names.push(name.clone());
        }
    }
    names
}
