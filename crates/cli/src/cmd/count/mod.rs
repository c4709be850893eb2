//! `quipu count`: lines, or a field of them, counted straight into a table.
//!
//! One thread reads and one counts, so that a line is flushed in time even while the input stalls in the middle of the
//! next one:
//!
//! ```text
//! input -> read.rs: blocks of bytes -> (channel) -> lines.rs: keys -> tally.rs: private sums -> table
//! ```
//!
//! A key is counted privately and added to the table at most [`FLUSH_MS`] later, in one atomic step per key. So a
//! process that is killed loses what it had not yet flushed, and nothing is ever counted twice.
mod lines;
mod read;
mod tally;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::args::{CreateArgs, JsonArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::output::Object;
use crate::progress;
use lines::{Field, Lines};
use read::{Message, Reader};
use tally::Tally;

/// How long a line may wait for its flush. Others are to see it within 100 ms; the rest of them is for a busy machine.
const FLUSH_MS: u64 = 25;

/// Count lines, or a field of them, into a table
///
/// Lines are bytes, whatever they mean; each is a key, and its count a number that other processes see within 100 ms.
/// An empty line is the empty key, as is a line without field N. Any number of processes may count into one table.
/// Lines longer than a key may be (65,535 bytes) are not counted, and then the exit code is 2.
#[derive(clap::Args)]
#[command(
    after_help = "Example: tr -s ' ' '\\n' < book.txt | quipu count words && quipu top words -n 20"
)]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Files to read; `-`, or none, is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Count only field N of each line, from 1, as `awk '{print $N}'` would print it
    #[arg(short, long, value_name = "N")]
    field: Option<NonZeroUsize>,

    /// Fields are separated by each DELIM (\t and \xNN are understood), not by white space
    #[arg(short, long, value_name = "DELIM", requires = "field")]
    delimiter: Option<OsString>,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Counts until the input ends. Prints nothing, or with --json how many lines were counted.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let field = Field::new(args.field, args.delimiter.as_deref()).map_err(Failure::new)?;
    let table = args.table.open_or_create(&args.create)?;
    let bar = bar(&args.files);
    let reader = Reader::start(args.files);
    let mut lines = Lines::new(field, Tally::new(table));
    let mut trouble = count(&reader, &mut lines, &bar)?;
    bar.finish_and_clear();
    let tally = lines.into_tally();
    if args.json.json {
        let mut object = Object::begin(out)?;
        object.field("lines", tally.lines_counted())?;
        object.field("lines_not_counted", tally.lines_not_counted())?;
        object.end()?;
    }
    trouble.extend(tally.trouble());
    if trouble.is_empty() {
        Ok(Answer::Yes)
    } else {
        Err(Failure::new(trouble.join("\nquipu count: ")))
    }
}

/// Counts what the reader sends, and flushes in time. The answer is what could not be read.
fn count(reader: &Reader, lines: &mut Lines, bar: &ProgressBar) -> Result<Vec<String>, Failure> {
    let mut trouble = Vec::new();
    // When the oldest line that is not yet flushed must be.
    let mut due: Option<Instant> = None;
    loop {
        match reader.receive(due) {
            Ok(Message::Block(block)) => {
                lines.feed(block.bytes());
                bar.inc(block.bytes().len() as u64);
                reader.give_back(block);
            }
            Ok(Message::EndOfFile) => lines.end_file(),
            Ok(Message::Unreadable(words)) => {
                lines.end_file();
                trouble.push(words);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = Instant::now();
        if lines.tally().is_empty() {
            due = None;
        } else if lines.tally().is_large() || due.is_some_and(|due| due <= now) {
            lines.flush()?;
            due = None;
        } else if due.is_none() {
            due = Some(now + Duration::from_millis(FLUSH_MS));
        }
    }
    lines.flush()?;
    Ok(trouble)
}

fn bar(files: &[PathBuf]) -> ProgressBar {
    let from_standard_input = files.is_empty() || files.iter().any(|file| file == Path::new("-"));
    if from_standard_input {
        // Somebody who types needs the terminal.
        return if io::stdin().is_terminal() {
            progress::hidden()
        } else {
            progress::bytes(None)
        };
    }
    let sizes = files.iter().map(|file| {
        let metadata = file.metadata().ok()?;
        metadata.is_file().then_some(metadata.len())
    });
    progress::bytes(sizes.sum())
}
