//! `quipu get`: the value of a key, or of several.
use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use quipu::{Entry, Token, Ttl};

use crate::args::{EscapedArgs, JsonArgs, TableArgs, parse_ttl};
use crate::bytes::escape;
use crate::failure::{Answer, Failure};
use crate::output::{
    shown_type, ttl_text, value_line, write_entry_json, write_shown, write_value, write_value_json,
};
use crate::units::parse_duration;

/// Print the value of a key
///
/// The value of one key is printed as it is, with a newline after it (none with --raw). Of several keys, those that
/// exist are printed as KEY, tab, VALUE with escapes. Exit code 1 if a key is missing.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu get hits home")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// The key, or several
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<OsString>,

    #[command(flatten)]
    escaped: EscapedArgs,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    form: Form,

    /// Give the entry this time to live (or `never`) while reading it
    #[arg(long, value_name = "DURATION", value_parser = parse_ttl, conflicts_with = "wait")]
    touch: Option<Ttl>,

    /// Wait at most this long for the entry to change; exit code 1 if it does not
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,

    /// Wait for a change from the entry that had this token (`get --entry` prints it), not from the present one
    #[arg(long, value_name = "TOKEN", requires = "wait")]
    token: Option<Token>,
}

/// How one value is printed.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(crate) struct Form {
    /// Print exactly the bytes of the value, without a newline after it
    #[arg(long, conflicts_with = "json")]
    raw: bool,

    /// Print all of the entry: type, flags, time to live, token and value, from one consistent read
    #[arg(long)]
    entry: bool,
}

/// Prints the value, or the values.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    if let [key] = &args.keys[..] {
        let key = args.escaped.bytes(key)?;
        return match read(&args, &key)? {
            Some(entry) => {
                print(&args, &key, &entry, out)?;
                Ok(Answer::Yes)
            }
            None => Ok(Answer::No),
        };
    }
    if args.form.raw || args.form.entry || args.touch.is_some() || args.wait.is_some() {
        return Err(Failure::new(
            "--raw, --entry, --touch and --wait take one key, not several",
        ));
    }
    run_several(&args, out)
}

fn read(args: &Args, key: &[u8]) -> Result<Option<Entry>, Failure> {
    if let Some(ttl) = args.touch {
        return Ok(args.table.open()?.get_and_touch(key, ttl)?);
    }
    let Some(timeout) = args.wait else {
        return Ok(args.table.read()?.get_entry(key)?);
    };
    let table = args.table.open()?;
    let seen = match args.token {
        Some(token) => Some(token),
        None => table.get_entry(key)?.map(|entry| entry.token),
    };
    if table.wait(key, seen, timeout)? {
        return Ok(table.get_entry(key)?);
    }
    eprintln!("quipu get: no change within the time");
    Ok(None)
}

fn print(args: &Args, key: &[u8], entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    if args.json.json {
        return write_entry_json(out, key, entry);
    }
    if args.form.entry {
        return print_entry(entry, out);
    }
    if args.form.raw {
        return write_value(out, &entry.value);
    }
    write_shown(out, &entry.value)?;
    out.write_all(b"\n")
}

fn print_entry(entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "type   {}", shown_type(&entry.value))?;
    if let quipu::Value::Bytes { flags, .. } = entry.value {
        writeln!(out, "flags  {flags}")?;
    }
    writeln!(out, "ttl    {}", ttl_text(entry.ttl))?;
    writeln!(out, "token  {}", entry.token)?;
    writeln!(out, "value  {}", value_line(&entry.value))
}

fn run_several(args: &Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let keys = args
        .keys
        .iter()
        .map(|key| args.escaped.bytes(key))
        .collect::<Result<Vec<_>, _>>()?;
    let values = args.table.read()?.multi_get(&keys)?;
    for (key, value) in keys.iter().zip(&values) {
        match value {
            Some(value) if args.json.json => write_value_json(out, key, value)?,
            Some(value) => writeln!(out, "{}\t{}", escape(key), value_line(value))?,
            None => {}
        }
    }
    Ok(Answer::from(values.iter().all(Option::is_some)))
}
