//! Progress on a terminal, on the standard error; nothing anywhere else.
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// A bar of bytes, or without an end a line that says how far it has come.
pub(crate) fn bytes(bytes_total: Option<u64>) -> ProgressBar {
    let template = match bytes_total {
        Some(_) => "{bar:32} {bytes}/{total_bytes} {binary_bytes_per_sec} {msg} eta {eta}",
        None => "{spinner} {bytes} {binary_bytes_per_sec} {msg}",
    };
    bar(bytes_total, template)
}

/// A bar of entries.
pub(crate) fn entries(entries_total: u64) -> ProgressBar {
    bar(
        Some(entries_total),
        "{bar:32} {human_pos}/{human_len} entries {msg} eta {eta}",
    )
}

/// A bar of time, in milliseconds.
pub(crate) fn seconds(total: Duration) -> ProgressBar {
    let milliseconds = u64::try_from(total.as_millis()).unwrap_or(u64::MAX);
    bar(Some(milliseconds), "{bar:32} {elapsed} {msg} eta {eta}")
}

/// No bar: the terminal is needed for something else.
pub(crate) fn hidden() -> ProgressBar {
    ProgressBar::hidden()
}

fn bar(total: Option<u64>, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    // Our own templates are valid; if one were not, indicatif's bar would do.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}
