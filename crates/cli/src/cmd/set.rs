//! `quipu set`, `add`, `replace`, `cas`: store a value, always or on a condition.
use std::io::Write;

use quipu::{Compared, CountError, Table, Token, Value};

use crate::args::{CreateArgs, JsonArgs, KeyArgs, LifetimeArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::input::ValueArgs;
use crate::output::{write_entry_json, write_value};

/// What `set`, `add` and `replace` take. The commands describe themselves in `args.rs`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    #[command(flatten)]
    value: ValueArgs,

    #[command(flatten)]
    lifetime: LifetimeArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Store a value
///
/// Prints nothing, except with --get. --append and --prepend keep the flags and the time to live of the entry, and
/// answer no (exit code 1) if the key is missing.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu set hits greeting hello --ttl 5m")]
pub(crate) struct SetArgs {
    #[command(flatten)]
    set: Args,

    /// Print the value that was there before
    #[arg(long, conflicts_with_all = ["append", "prepend"])]
    get: bool,

    /// Put the bytes after those that are there
    #[arg(long, conflicts_with_all = ["prepend", "int", "float", "flags", "ttl", "keep_ttl"])]
    append: bool,

    /// Put the bytes before those that are there
    #[arg(long, conflicts_with_all = ["int", "float", "flags", "ttl", "keep_ttl"])]
    prepend: bool,

    #[command(flatten)]
    json: JsonArgs,
}

/// Store a value if the entry is still the one that a token names
///
/// The token comes from `quipu get --entry` or `--json`. Answers no (exit code 1) if the entry has changed or is gone.
/// The token of a number compares the number: it cannot tell one that went away and came back.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu cas hits greeting 2f000000000000030000000000000011 goodbye")]
pub(crate) struct CasArgs {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    /// The token: 32 hexadecimal digits
    #[arg(value_name = "TOKEN")]
    token: Token,

    #[command(flatten)]
    value: ValueArgs,

    #[command(flatten)]
    lifetime: LifetimeArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Stores the value; prints the old one if asked.
pub(crate) fn run_set(args: SetArgs, out: &mut impl Write) -> Result<Answer, Failure> {
    let (key, value) = (args.set.key.bytes()?, args.set.value.value()?);
    let table = args.set.table.open_or_create(&args.set.create)?;
    if args.append || args.prepend {
        return extend(&table, &key, &value, args.append);
    }
    let ttl = args.set.lifetime.ttl();
    if !args.get {
        table.set(&key, &value, ttl)?;
        return Ok(Answer::Yes);
    }
    if let Some(old) = table.get_and_set(&key, &value, ttl)? {
        if args.json.json {
            write_entry_json(out, &key, &old)?;
        } else {
            write_value(out, &old.value)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(Answer::Yes)
}

fn extend(table: &Table, key: &[u8], value: &Value, append: bool) -> Result<Answer, Failure> {
    let Value::Bytes { bytes, .. } = value else {
        return Err(Failure::new("only bytes can be appended or prepended"));
    };
    let result = if append {
        table.append(key, bytes)
    } else {
        table.prepend(key, bytes)
    };
    match result {
        Ok(_) => Ok(Answer::Yes),
        Err(CountError::Missing) => Ok(Answer::No),
        Err(error) => Err(error.into()),
    }
}

/// Stores the value if the key is absent.
pub(crate) fn run_add(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    let (key, value) = (args.key.bytes()?, args.value.value()?);
    let table = args.table.open_or_create(&args.create)?;
    Ok(Answer::from(table.add(
        &key,
        &value,
        args.lifetime.ttl(),
    )?))
}

/// Stores the value if the key is present.
pub(crate) fn run_replace(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    let (key, value) = (args.key.bytes()?, args.value.value()?);
    let table = args.table.open_or_create(&args.create)?;
    Ok(Answer::from(table.replace(
        &key,
        &value,
        args.lifetime.ttl(),
    )?))
}

/// Stores the value if the entry still has the token.
pub(crate) fn run_cas(args: CasArgs, _out: &mut impl Write) -> Result<Answer, Failure> {
    let (key, value) = (args.key.bytes()?, args.value.value()?);
    let table = args.table.open_or_create(&args.create)?;
    let compared = table.compare_and_set(&key, args.token, &value, args.lifetime.ttl())?;
    Ok(say(compared, "cas"))
}

/// The answer of a comparison; a no says which of the two it was.
pub(crate) fn say(compared: Compared, command: &str) -> Answer {
    match compared {
        Compared::Done => return Answer::Yes,
        Compared::Changed => eprintln!("quipu {command}: the entry has changed since that token"),
        Compared::Missing => eprintln!("quipu {command}: there is no such key"),
    }
    Answer::No
}
