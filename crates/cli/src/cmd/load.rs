//! `quipu load`: the lines of a dump into a table (docs/dump-format.md).
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use quipu::Table;

use crate::args::{CreateArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::progress;
use crate::record::parse_record;

/// The longest line: the largest key and value, each byte of them as a JSON escape of six.
const LINE_BYTES_MAX: u64 = 6 * ((64 << 20) + (64 << 10)) + 4096;

/// Store the entries of a dump
///
/// Entries that are there already are replaced. The first bad line ends the load, with its number; the lines before it
/// are then stored.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu load hits --max 1gb hits.jsonl")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Files to read; `-`, or none, is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    create: CreateArgs,
}

/// Stores the lines.
pub(crate) fn run(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    let table = args.table.open_or_create(&args.create)?;
    let standard_input = [PathBuf::from("-")];
    let files = if args.files.is_empty() {
        &standard_input[..]
    } else {
        &args.files
    };
    let mut entries = 0;
    for file in files {
        entries += load_file(&table, file)?;
    }
    if io::stderr().is_terminal() {
        eprintln!("quipu load: {entries} entries");
    }
    Ok(Answer::Yes)
}

fn load_file(table: &Table, path: &Path) -> Result<u64, Failure> {
    let named = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    if path == Path::new("-") {
        let stdin = io::stdin();
        let bar = if stdin.is_terminal() {
            progress::hidden()
        } else {
            progress::bytes(None)
        };
        return load_lines(table, path, stdin.lock(), &bar);
    }
    let file = File::open(path).map_err(named)?;
    let metadata = file.metadata().map_err(named)?;
    let bar = progress::bytes(metadata.is_file().then_some(metadata.len()));
    load_lines(table, path, BufReader::with_capacity(1 << 16, file), &bar)
}

fn load_lines(
    table: &Table,
    path: &Path,
    mut input: impl BufRead,
    bar: &ProgressBar,
) -> Result<u64, Failure> {
    let mut line = Vec::new();
    let (mut number, mut entries) = (0_u64, 0_u64);
    loop {
        line.clear();
        number += 1;
        let bytes = input
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)
            .map_err(|error| bad_line(path, number, &error.to_string()))?;
        if bytes == 0 {
            break;
        }
        bar.inc(bytes as u64);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = parse_record(&line).map_err(|words| bad_line(path, number, &words))?;
        table
            .set(&record.key, &record.value, record.ttl)
            .map_err(|error| bad_line(path, number, &error.to_string()))?;
        entries += 1;
    }
    bar.finish_and_clear();
    Ok(entries)
}

fn bad_line(path: &Path, number: u64, words: &str) -> Failure {
    let name = if path == Path::new("-") {
        Path::new("standard input")
    } else {
        path
    };
    Failure::new(format!("{}: line {number}: {words}", name.display()))
}
