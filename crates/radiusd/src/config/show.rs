//! The settings in force as a file.
use super::check::MIB;
use super::{Client, Config, Level, LogFormat};
use crate::event::{Direction, Policy};
use crate::packet::TypedLengths;
use std::fmt::{self, Write};
use std::path::Path;

pub(super) fn show(config: &Config) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(config, &mut out);
    out
}

/// Text as TOML writes it.
fn quoted(text: impl fmt::Display) -> toml::Value {
    toml::Value::String(text.to_string())
}

fn path(path: &Path) -> toml::Value {
    quoted(path.display())
}

fn list<T: fmt::Display>(items: &[T]) -> toml::Value {
    toml::Value::Array(items.iter().map(quoted).collect())
}

fn write_all(config: &Config, out: &mut String) -> fmt::Result {
    writeln!(out, "listen = {}", list(&config.listen))?;
    writeln!(out, "workers = {}", config.workers)?;
    let buffer_mib = config.receive_buffer_bytes / MIB;
    writeln!(out, "receive_buffer_mib = {buffer_mib}")?;
    let level = match config.level {
        Level::Memory => "memory",
        Level::Process => "process",
        Level::Power => "power",
    };
    writeln!(out, "level = \"{level}\"")?;
    for (name, value) in [("user", &config.user), ("group", &config.group)] {
        if let Some(value) = value {
            writeln!(out, "{name} = {}", quoted(value))?;
        }
    }
    let log_format = match config.log_format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    writeln!(out, "log_format = \"{log_format}\"")?;
    if let Some(dictionary) = &config.dictionary {
        writeln!(out, "dictionary = {}", path(dictionary))?;
    }
    if let Some(folder) = &config.log_folder {
        writeln!(out, "\n[log]\nfolder = {}", path(folder))?;
        writeln!(out, "segment_mib = {}", config.segment_bytes / MIB)?;
        writeln!(out, "snapshot_mib = {}", config.snapshot_bytes / MIB)?;
        writeln!(out, "readers = {}", list(&config.readers))?;
    }
    writeln!(out, "\n[table]\nname = {}", quoted(&config.table))?;
    writeln!(out, "duplicates = {}", quoted(&config.duplicates))?;
    if let Some(bytes) = config.table_bytes_max {
        writeln!(out, "max_mib = {}", bytes / MIB)?;
    }
    writeln!(out, "\n[sessions]\nperiod_s = {}", config.period_s)?;
    writeln!(out, "stale_after_s = {}", config.stale_after_s)?;
    writeln!(out, "keep_closed_s = {}", config.keep_closed_s)?;
    for counter in &config.wide_counters {
        let direction = match counter.direction {
            Direction::Input => "input",
            Direction::Output => "output",
        };
        let attribute = quoted(&counter.attribute);
        writeln!(out, "\n[[wide_counter]]\nattribute = {attribute}")?;
        writeln!(out, "direction = \"{direction}\"")?;
    }
    let mut clients = config.clients.all().iter();
    clients.try_for_each(|client| write_client(client, out))
}

fn write_client(client: &Client, out: &mut String) -> fmt::Result {
    writeln!(out, "\n[[client]]\nname = {}", quoted(&client.name))?;
    writeln!(out, "address = \"{}\"", client.prefix)?;
    writeln!(out, "secret = \"(hidden)\"")?;
    let policy = match client.policy {
        Policy::Liberal => "liberal",
        Policy::Strict => "strict",
    };
    writeln!(out, "policy = \"{policy}\"")?;
    let lengths = match client.typed {
        TypedLengths::Discard => "discard",
        TypedLengths::Skip => "skip",
    };
    writeln!(out, "wrong_lengths = \"{lengths}\"")?;
    writeln!(out, "detect_wraps = {}", client.rules.detects_wraps)?;
    writeln!(out, "max_clock_skew_s = {}", client.skew_ms_max / 1000)?;
    writeln!(out, "drop_stale_packets = {}", client.drops_stale_packets)
}
