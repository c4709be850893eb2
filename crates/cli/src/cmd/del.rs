//! `quipu del`: delete a key.
use std::io::Write;

use quipu::Token;

use crate::args::{CreateArgs, JsonArgs, KeyArgs, TableArgs};
use crate::cmd::set::say;
use crate::failure::{Answer, Failure};
use crate::output::{write_entry_json, write_value};

/// Delete a key
///
/// Answers no (exit code 1) if the key is missing.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu del hits home --get")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    /// Print the value that was deleted
    #[arg(long)]
    get: bool,

    /// Delete only if the entry is still the one that this token names
    #[arg(long, value_name = "TOKEN", conflicts_with = "get")]
    token: Option<Token>,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Deletes the key; prints what it held if asked.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    let table = args.table.open_or_create(&args.create)?;
    if let Some(token) = args.token {
        return Ok(say(table.compare_and_delete(&key, token)?, "del"));
    }
    if !args.get {
        return Ok(Answer::from(table.delete(&key)?));
    }
    let Some(entry) = table.get_and_delete(&key)? else {
        return Ok(Answer::No);
    };
    if args.json.json {
        write_entry_json(out, &key, &entry)?;
    } else {
        write_value(out, &entry.value)?;
        out.write_all(b"\n")?;
    }
    Ok(Answer::Yes)
}
