//! `quipu exists`, `ttl`, `touch`: whether and how long a key lives.
use std::io::Write;

use quipu::Ttl;

use crate::args::{CreateArgs, JsonArgs, KeyArgs, TableArgs, parse_ttl};
use crate::failure::{Answer, Failure};
use crate::output::{Object, ttl_text};

/// Say by the exit code whether a key is there: 0 yes, 1 no
#[derive(clap::Args)]
#[command(after_help = "Example: quipu exists hits home && echo it is there")]
pub(crate) struct ExistsArgs {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    #[command(flatten)]
    json: JsonArgs,
}

/// Print how long a key still lives, or `never`
#[derive(clap::Args)]
#[command(after_help = "Example: quipu ttl hits greeting")]
pub(crate) struct TtlArgs {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    #[command(flatten)]
    json: JsonArgs,
}

/// Give a key a new time to live, or `never` to take it away
///
/// Answers no (exit code 1) if the key is missing.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu touch hits greeting 1h30m")]
pub(crate) struct TouchArgs {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    /// The new time to live, such as 30s, 5m, 1h30m, or `never`
    #[arg(value_name = "DURATION", value_parser = parse_ttl)]
    ttl: Ttl,

    #[command(flatten)]
    create: CreateArgs,
}

/// Answers whether the key is there; with --json it also prints the answer.
pub(crate) fn run_exists(args: ExistsArgs, out: &mut impl Write) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    let exists = args.table.read()?.exists(&key)?;
    if args.json.json {
        let mut object = Object::begin(out)?;
        object.bytes("key", &key)?;
        object.field("exists", exists)?;
        object.end()?;
    }
    Ok(Answer::from(exists))
}

/// Prints the remaining time to live.
pub(crate) fn run_ttl(args: TtlArgs, out: &mut impl Write) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    let Some(ttl) = args.table.read()?.ttl(&key)? else {
        return Ok(Answer::No);
    };
    if args.json.json {
        let mut object = Object::begin(out)?;
        object.bytes("key", &key)?;
        object.ttl(ttl)?;
        object.end()?;
    } else {
        writeln!(out, "{}", ttl_text(ttl))?;
    }
    Ok(Answer::Yes)
}

/// Changes the time to live.
pub(crate) fn run_touch(args: TouchArgs, _out: &mut impl Write) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    let table = args.table.open_or_create(&args.create)?;
    Ok(Answer::from(table.touch(&key, args.ttl)?))
}
