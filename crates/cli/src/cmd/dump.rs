//! `quipu dump`: every entry as a JSON line (docs/dump-format.md).
use std::ffi::OsString;
use std::io::{IsTerminal, Write, stdout};

use crate::args::{EscapedArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::progress;
use crate::record::write_record;

/// Entries between two looks at the progress bar.
const ENTRIES_PER_STEP: u64 = 1024;

/// Print every entry as a JSON line, exact for any bytes; `quipu load` reads it
///
/// Entries that others change meanwhile are dumped as they were at some moment of the dump. Reads only; what can be
/// read of a damaged table is dumped, and then the exit code is 2.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu dump hits > hits.jsonl")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Only keys that begin so
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: OsString,

    #[command(flatten)]
    escaped: EscapedArgs,

    /// Accepted, as everywhere: a dump is JSON in any case
    #[arg(long, hide = true)]
    json: bool,
}

/// Prints the entries.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let _ = args.json;
    let prefix = args.escaped.bytes(&args.prefix)?;
    let table = args.table.read()?;
    // On a terminal the lines themselves show the progress.
    let bar = if stdout().is_terminal() {
        progress::hidden()
    } else {
        progress::entries(table.len())
    };
    let mut entries = 0_u64;
    let mut unreadable = None;
    for item in table.scan_prefix(&prefix) {
        match item {
            Ok((key, entry)) => write_record(out, &key, &entry)?,
            Err(error) => {
                unreadable.get_or_insert(error);
            }
        }
        entries += 1;
        if entries.is_multiple_of(ENTRIES_PER_STEP) {
            bar.set_position(entries);
        }
    }
    bar.finish_and_clear();
    match unreadable {
        None => Ok(Answer::Yes),
        Some(error) => Err(Failure::new(format!("the dump is not complete: {error}"))),
    }
}
