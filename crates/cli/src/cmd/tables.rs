//! `quipu tables`: the tables of this machine, as `ipcs -m` lists segments.
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use quipu::{Owner, ProcessState, TableInfo, TableReader};

use crate::account::user_name;
use crate::args::{JsonArgs, open_failure, parse_owner};
use crate::bytes::escape;
use crate::failure::{Answer, Failure};
use crate::output::Object;
use crate::units::format_size;

/// List the tables in /dev/shm: size, entries, attached processes, access rights, owner
///
/// Size is the memory that the table takes now. Attached are the processes that may write; readers leave no trace.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu tables --json")]
pub(crate) struct Args {
    #[command(flatten)]
    json: JsonArgs,

    /// Whose tables to look into: a user id, or `any`. Without this: the caller's and root's
    #[arg(long, value_name = "UID", value_parser = parse_owner)]
    owner: Option<Owner>,
}

/// What is known of one table.
struct Row {
    name: OsString,
    path: PathBuf,
    bytes: u64,
    mode: Option<u32>,
    uid: Option<u32>,
    /// Entries and attached processes, or why they cannot be told.
    figures: Result<(u64, usize), String>,
}

/// Prints one line per table.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let tables = quipu::tables().map_err(|error| Failure::new(format!("/dev/shm: {error}")))?;
    let rows: Vec<Row> = tables
        .into_iter()
        .map(|table| row(table, args.owner))
        .collect();
    if args.json.json {
        for row in &rows {
            print_json(row, out)?;
        }
        return Ok(Answer::Yes);
    }
    if rows.is_empty() {
        eprintln!(
            "quipu tables: there are none; `quipu create NAME`, or any command that writes, makes one"
        );
        return Ok(Answer::Yes);
    }
    let width = rows
        .iter()
        .map(|row| shown(row).chars().count())
        .max()
        .unwrap_or(0)
        .max(4);
    writeln!(
        out,
        "{:width$} {:>10} {:>12} {:>8}  MODE OWNER",
        "NAME", "SIZE", "ENTRIES", "ATTACHED"
    )?;
    for row in &rows {
        print_text(row, width, out)?;
    }
    Ok(Answer::Yes)
}

fn row(table: TableInfo, owner: Option<Owner>) -> Row {
    let metadata = fs::symlink_metadata(&table.path).ok();
    let reader = match owner {
        Some(owner) => TableReader::open(&table.path, owner),
        None => table.result,
    };
    let figures = match reader {
        Ok(reader) => {
            let stats = reader.stats();
            let attached = stats
                .processes
                .iter()
                .filter(|process| process.state != ProcessState::Dead);
            Ok((stats.entries, attached.count()))
        }
        Err(error) => Err(open_failure(Path::new(&table.name), &error)),
    };
    Row {
        name: table.name,
        path: table.path,
        bytes: table.bytes,
        mode: metadata.as_ref().map(|metadata| metadata.mode() & 0o7777),
        uid: metadata.as_ref().map(MetadataExt::uid),
        figures: figures.map_err(|failure| failure.to_string()),
    }
}

fn print_text(row: &Row, width: usize, out: &mut impl Write) -> io::Result<()> {
    let (entries, attached, why) = match &row.figures {
        Ok((entries, attached)) => (entries.to_string(), attached.to_string(), ""),
        Err(why) => ("-".to_owned(), "-".to_owned(), why.as_str()),
    };
    let mode = row
        .mode
        .map_or("-".to_owned(), |mode| format!("{mode:04o}"));
    let owner = row.uid.map_or("-".to_owned(), user_name);
    let size = format_size(row.bytes);
    let line = format!(
        "{:width$} {size:>10} {entries:>12} {attached:>8}  {mode} {owner} {why}",
        shown(row)
    );
    writeln!(out, "{}", line.trim_end())
}

fn shown(row: &Row) -> String {
    escape(row.name.as_bytes())
}

fn print_json(row: &Row, out: &mut impl Write) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    object.bytes("name", row.name.as_bytes())?;
    object.bytes("path", row.path.as_os_str().as_bytes())?;
    object.field("bytes", row.bytes)?;
    object.field("mode", row.mode.map(|mode| format!("{mode:04o}")))?;
    object.field("uid", row.uid)?;
    match &row.figures {
        Ok((entries, attached)) => {
            object.field("entries", *entries)?;
            object.field("attached", *attached)?;
        }
        Err(why) => object.text("error", why)?,
    }
    object.end()
}
