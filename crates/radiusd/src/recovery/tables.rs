//! The shared tables: kept in place if they are whole and of this boot, made anew if not.
use super::{Progress, RecoveryError};
use crate::config::Config;
use crate::duplicates::Duplicates;
use crate::store::{Store, StoreError, table_options};
use quipu::{HashId, Limit, OnFull, OpenError, Options, Table, Ttl, Value, WriteError};

/// The key of the boot that a table is of.
const BOOT_KEY: &[u8] = b"B";

/// How often a table is made twice as large, for what it has to hold.
const ENLARGED_MAX: u32 = 4;

/// Where a table comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// It was there: whoever has it open sees no change but that of its entries.
    #[default]
    InPlace,
    /// It was made: whoever had the old one open has to open it again.
    New(NewReason),
}

/// Why a table was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewReason {
    /// There was none.
    Absent,
    /// What was there is no table, or of another version.
    Unusable,
    /// It was made with options that a server cannot use.
    Options,
    /// It is of another boot: what a loss of power left of it, nobody knows.
    Boot,
    /// Some of its words are what no correct program writes.
    Damaged,
    /// It is of a log that is no more.
    OtherLog,
    /// It may not grow as far as the configuration says, or as what it has to hold.
    Size,
}

/// Opens a table if it may be kept. The inner error says why not.
fn open(name: &str, boot_id: &str, checks: bool) -> Result<Result<Table, NewReason>, OpenError> {
    let table = match Table::open(name) {
        Ok(table) => table,
        Err(OpenError::NotFound { .. }) => return Ok(Err(NewReason::Absent)),
        Err(OpenError::OtherBoot { .. }) => return Ok(Err(NewReason::Boot)),
        Err(
            OpenError::NotATable { .. }
            | OpenError::FormatVersion { .. }
            | OpenError::Architecture { .. }
            | OpenError::Damaged
            | OpenError::Truncated { .. }
            | OpenError::Removed
            // As many processes as there can be, by words that damage has written: nobody can attach.
            | OpenError::Processes
            | OpenError::Participants,
        ) => return Ok(Err(NewReason::Unusable)),
        Err(error) => return Err(error),
    };
    match table.get(BOOT_KEY) {
        Ok(Some(Value::Bytes { bytes, .. })) if bytes == boot_id.as_bytes() => {}
        Ok(_) => return Ok(Err(NewReason::Boot)),
        Err(_) => return Ok(Err(NewReason::Damaged)),
    }
    let stats = table.stats();
    if stats.on_full != OnFull::Error || stats.hash != HashId::SipHash13 {
        return Ok(Err(NewReason::Options));
    }
    if checks && !table.check().problems.is_empty() {
        return Ok(Err(NewReason::Damaged));
    }
    Ok(Ok(table))
}

/// Makes a table in the place of what is there. It is of no boot until [`mark`] says so.
fn make(name: &str, options: &Options) -> Result<Table, OpenError> {
    match quipu::remove(name) {
        // Not even its head is that of a table: the name is ours by the configuration, and a file that is one is
        // what damage has left.
        Err(OpenError::NotATable { path }) => {
            if let Err(error) = std::fs::remove_file(&path) {
                return Err(OpenError::Io { path, error });
            }
        }
        Ok(()) | Err(OpenError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    Table::create(name, options.clone())
}

fn mark(table: &Table, boot_id: &str) -> Result<(), StoreError> {
    Ok(table.set(BOOT_KEY, boot_id.as_bytes(), Ttl::Never)?)
}

fn named(name: &str) -> impl Fn(OpenError) -> RecoveryError {
    let name = name.to_owned();
    move |error| RecoveryError::Table {
        name: name.clone(),
        error,
    }
}

/// The table of the sessions, as the log tells it; where it comes from, and how many entries were put right.
pub(super) fn restore(
    config: &Config,
    boot_id: &str,
    replayed: &Store,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Store, (Origin, u64)), RecoveryError> {
    let wrong = named(&config.table);
    let found = open(&config.table, boot_id, true).map_err(&wrong)?;
    let asked = config.table_bytes_max;
    let reason = match found {
        Ok(table) if asked.is_some_and(|asked| table.stats().bytes_max < asked) => NewReason::Size,
        Ok(table) => {
            let store = Store::new(table, config.period_s);
            match store.take_over(replayed) {
                Ok(changed) => {
                    progress(Progress::TakenOver { changed });
                    return Ok((store, (Origin::InPlace, changed)));
                }
                // What `check` did not see.
                Err(StoreError::Write(WriteError::Corrupt(_))) => NewReason::Damaged,
                Err(StoreError::Write(WriteError::Full(_))) => NewReason::Size,
                Err(error) => return Err(error.into()),
            }
        }
        Err(reason) => reason,
    };
    let (store, changed) = make_anew(config, boot_id, replayed)?;
    progress(Progress::TakenOver { changed });
    Ok((store, (Origin::New(reason), changed)))
}

/// Makes the table of the sessions. A table that was filled to the last octet may not fit into another of the same
/// size; what was answered is worth more than the limit, so then it gets more, and the log of the server says so.
fn make_anew(
    config: &Config,
    boot_id: &str,
    replayed: &Store,
) -> Result<(Store, u64), RecoveryError> {
    let mut bytes_max = config.table_bytes_max;
    for _ in 0..ENLARGED_MAX {
        let options = table_options(bytes_max);
        let table = make(&config.table, &options).map_err(named(&config.table))?;
        let store = Store::new(table, config.period_s);
        match store.take_over(replayed) {
            Ok(changed) => {
                // Only now: a table that was half filled by somebody who died is of no boot.
                mark(store.table(), boot_id)?;
                return Ok((store, changed));
            }
            Err(StoreError::Write(WriteError::Full(_))) => {
                let more = store.table().stats().bytes_max.saturating_mul(2);
                tracing::error!(
                    bytes = more,
                    "the table is too small for what the log tells: raise max_mib"
                );
                bytes_max = Some(more);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Write(WriteError::Full(Limit::TableBytes)).into())
}

/// The table of the sessions without a log: as it is, if it is of this boot.
pub(super) fn keep(config: &Config, boot_id: &str) -> Result<(Store, Origin), RecoveryError> {
    let options = table_options(config.table_bytes_max);
    let (table, origin) = open_or_make(&config.table, boot_id, &options, None)?;
    Ok((Store::new(table, config.period_s), origin))
}

/// The table of the duplicates. Of a log that is new there are none.
pub(super) fn duplicates(
    config: &Config,
    boot_id: &str,
    is_new_log: bool,
) -> Result<(Duplicates, Origin), RecoveryError> {
    let reason = is_new_log.then_some(NewReason::OtherLog);
    let options = table_options(None);
    let (table, origin) = open_or_make(&config.duplicates, boot_id, &options, reason)?;
    Ok((Duplicates::new(table), origin))
}

fn open_or_make(
    name: &str,
    boot_id: &str,
    options: &Options,
    reason: Option<NewReason>,
) -> Result<(Table, Origin), RecoveryError> {
    let wrong = named(name);
    let reason = match open(name, boot_id, true).map_err(&wrong)? {
        Ok(table) if reason.is_none() => return Ok((table, Origin::InPlace)),
        Ok(_) => reason.unwrap_or(NewReason::OtherLog),
        Err(reason) => reason,
    };
    let table = make(name, options).map_err(&wrong)?;
    mark(&table, boot_id)?;
    Ok((table, Origin::New(reason)))
}
