//! `quipu-radiusd snapshot`: what the log tells, in one file, so that a start has less to replay.
use super::{Answer, CONFIG_PATH, Failure};
use crate::config::{Level, load};
use crate::recovery::Progress;
use crate::snapshot::make;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// It is made from the snapshot before and the log behind it, beside a server that runs or without one. It takes the
/// memory of a second table for a while. All but the newest two are removed. To be run as the server's user, whose
/// files these are.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = CONFIG_PATH)]
    config: PathBuf,
}

pub(super) fn run(
    args: &Args,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Answer, Failure> {
    let config = load(&args.config).map_err(Failure::new)?.config;
    let log = config
        .log_folder
        .filter(|_| config.level != Level::Memory)
        .ok_or_else(|| Failure::new("level is \"memory\": there is no log to make one of"))?;
    if !log.is_dir() {
        let log = log.display();
        let words = format!("{log}: there is no log: the server makes it when it first starts");
        return Err(Failure::new(words));
    }
    let is_watched = std::io::stderr().is_terminal();
    let made = make(&log, config.period_s, None, &mut |progress| {
        // Nobody misses what cannot be shown.
        let _ = if is_watched {
            show(progress, err)
        } else {
            Ok(())
        };
    });
    if is_watched {
        writeln!(err)?;
    }
    let made = made.map_err(Failure::new)?;
    writeln!(
        out,
        "snapshot {}: {} octets, {} entries more than the one before",
        made.number, made.octets, made.replayed
    )?;
    Ok(Answer::Yes)
}

/// One line that is written over and over.
fn show(progress: Progress, err: &mut impl Write) -> std::io::Result<()> {
    match progress {
        Progress::Loaded { entries } => write!(err, "\rsnapshot before: {entries} entries\x1b[K"),
        Progress::Replayed { entries } => write!(err, "\rlog: {entries} entries replayed\x1b[K"),
        Progress::TakenOver { .. } => Ok(()),
    }?;
    err.flush()
}
