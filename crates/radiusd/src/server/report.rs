//! What the server says of itself: on the standard error, and to systemd.
use crate::config::{Config, LoadError};
use crate::net::Listener;
use crate::notify::{self, Phase};
use crate::recovery::{Progress, Recovered, RecoveryError};
use std::io;
use std::time::Duration;

/// For how long systemd is asked to wait after each step of a recovery.
const STEP: Duration = Duration::from_secs(60);

pub(super) fn progress(progress: Progress) {
    // Without systemd there is nobody to be asked.
    notify::ask_for_time(STEP).unwrap_or_default();
    match progress {
        Progress::Loaded { entries } => tracing::info!(entries, "snapshot loaded"),
        Progress::Replayed { entries } => tracing::info!(entries, "log replayed so far"),
        Progress::TakenOver { changed } => tracing::info!(changed, "table put right"),
    }
}

pub(super) fn recovered(recovered: &Recovered, config: &Config) {
    let report = &recovered.report;
    for damaged in &report.damaged {
        tracing::error!(%damaged, "a snapshot is damaged: an older one was used");
    }
    for segment in &report.torn {
        tracing::warn!(segment = %segment.display(), "a write was cut off there; nobody was answered for it");
    }
    if report.refused > 0 {
        let entries = report.refused;
        tracing::error!(
            entries,
            "entries of the log could not be applied: raise max_mib, and start again"
        );
    }
    if report.missed > 0 {
        let entries = report.missed;
        tracing::error!(
            entries,
            "entries are missing in the log: a loss of power took them, at level process"
        );
    }
    tracing::info!(
        table = config.table,
        origin = ?report.table,
        snapshot = report.snapshot,
        replayed = report.replayed,
        changed = report.changed,
        generation = recovered.generation,
        replay_ms = report.replay_time.as_millis(),
        table_ms = report.table_time.as_millis(),
        "recovered"
    );
}

pub(super) fn ready(config: &Config, listeners: &[Vec<Listener>]) {
    for listener in listeners.iter().take(1).flatten() {
        tracing::info!(address = %listener.address, receive_buffer = listener.receive_buffer, "listening");
    }
    let level = format!("{:?}", config.level).to_lowercase();
    tracing::info!(
        level,
        workers = config.workers,
        clients = config.clients.all().len(),
        "ready"
    );
    notify::tell(Phase::Ready).unwrap_or_default();
    notify::tell_status(&format!("serving, level {level}")).unwrap_or_default();
}

pub(super) fn failed(thread: &str, error: &io::Error) {
    tracing::error!(thread, %error, "silent until the log can be written again: nobody is answered");
    notify::tell_status(&format!("silent: {error}")).unwrap_or_default();
}

pub(super) fn silent(error: &RecoveryError) {
    tracing::error!(%error, "still silent");
    notify::tell_status(&format!("silent: {error}")).unwrap_or_default();
}

pub(super) fn reloaded(before: &Config, after: &Config) {
    tracing::info!(
        clients = after.clients.all().len(),
        "configuration read again: clients are in force"
    );
    let mut kept = Vec::new();
    for (name, has_changed) in [
        ("listen", before.listen != after.listen),
        ("workers", before.workers != after.workers),
        (
            "receive_buffer_mib",
            before.receive_buffer_bytes != after.receive_buffer_bytes,
        ),
        ("log_format", before.log_format != after.log_format),
        ("segment_mib", before.segment_bytes != after.segment_bytes),
        (
            "snapshot_mib",
            before.snapshot_bytes != after.snapshot_bytes,
        ),
        ("readers", before.readers != after.readers),
        ("max_mib", before.table_bytes_max != after.table_bytes_max),
        ("level", before.level != after.level),
        ("log", before.log_folder != after.log_folder),
        (
            "table",
            (&before.table, &before.duplicates) != (&after.table, &after.duplicates),
        ),
        ("period_s", before.period_s != after.period_s),
        ("stale_after_s", before.stale_after_s != after.stale_after_s),
        ("keep_closed_s", before.keep_closed_s != after.keep_closed_s),
        (
            "user",
            (&before.user, &before.group) != (&after.user, &after.group),
        ),
    ] {
        if has_changed {
            kept.push(name);
        }
    }
    if !kept.is_empty() {
        tracing::warn!(
            settings = kept.join(", "),
            "changed in the file, and in force only after a restart"
        );
    }
}

pub(super) fn not_reloaded(error: &LoadError) {
    tracing::error!(%error, "the configuration is wrong: the one before stays in force");
}

pub(super) fn stopped() {
    tracing::info!("stopped");
}
