//! `quipu ls`: the keys of a table.
use std::ffi::OsString;
use std::io::{self, Write};

use quipu::{Cursor, Entry, Value};

use crate::args::{EscapedArgs, JsonArgs, TableArgs};
use crate::bytes::escape;
use crate::failure::{Answer, Failure};
use crate::output::{Object, shown_type, ttl_text, value_line};

/// How much of a value one line shows.
const SHOWN_BYTES_MAX: usize = 100;

/// List keys, one per line, in no particular order
///
/// Keys are printed with the escapes \\ \n \t \r \xNN, which --escaped understands. A key that is there all the while
/// is listed once, whatever others write meanwhile.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu ls hits --prefix h -l")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Only keys that begin so
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: OsString,

    #[command(flatten)]
    escaped: EscapedArgs,

    /// At most N keys
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Also type, size in bytes, time to live and value (text shows its head only)
    #[arg(short, long)]
    long: bool,

    /// List in parts: begin where an earlier part ended (0: at the beginning), and print to the standard error where
    /// this one did (or `end`). With --limit a part may be up to a bucket longer, so that none is listed twice
    #[arg(long, value_name = "CURSOR", value_parser = parse_cursor)]
    cursor: Option<Cursor>,

    #[command(flatten)]
    json: JsonArgs,
}

/// Prints the keys.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let prefix = args.escaped.bytes(&args.prefix)?;
    let table = args.table.read()?;
    let mut scan = match args.cursor {
        None => table.scan_prefix(&prefix),
        Some(cursor) => table.scan_from(cursor, &prefix),
    };
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0 || (args.cursor.is_some() && !scan.is_between_buckets()) {
        let Some(item) = scan.next() else { break };
        let (key, entry) = item?;
        print(&args, &key, &entry, out)?;
        left = left.saturating_sub(1);
    }
    if args.cursor.is_some() {
        out.flush()?;
        match scan.cursor() {
            Cursor::END => eprintln!("end"),
            cursor => eprintln!("{cursor}"),
        }
    }
    Ok(Answer::Yes)
}

fn parse_cursor(text: &str) -> Result<Cursor, String> {
    match text {
        "end" => Ok(Cursor::END),
        number => number
            .parse()
            .map_err(|_| "write 0, or what an earlier `ls` printed".to_owned()),
    }
}

fn print(args: &Args, key: &[u8], entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    if args.json.json {
        return print_json(args.long, key, entry, out);
    }
    if !args.long {
        return writeln!(out, "{}", escape(key));
    }
    writeln!(
        out,
        "{:7} {:>8} {:>12} {}\t{}",
        shown_type(&entry.value),
        size(&entry.value),
        ttl_text(entry.ttl),
        escape(key),
        head(&entry.value)
    )
}

fn print_json(long: bool, key: &[u8], entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    object.bytes("key", key)?;
    if long {
        object.value(&entry.value)?;
        object.field("size", size(&entry.value))?;
        object.ttl(entry.ttl)?;
        object.text("token", &entry.token.to_string())?;
    }
    object.end()
}

/// Bytes of the value; a number is 8.
fn size(value: &Value) -> usize {
    match value {
        Value::Bytes { bytes, .. } => bytes.len(),
        Value::Integer(_) | Value::Float(_) => 8,
    }
}

fn head(value: &Value) -> String {
    match value {
        Value::Bytes { bytes, .. } if bytes.len() > SHOWN_BYTES_MAX => {
            format!("{}...", escape(&bytes[..SHOWN_BYTES_MAX]))
        }
        value => value_line(value),
    }
}
