//! `quipu clear`: delete every key.
use std::io::Write;

use crate::args::{CreateArgs, JsonArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::output::Object;

/// Delete every key, and print how many there were
///
/// Not atomic: a key that is stored meanwhile may stay.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu clear hits")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Deletes every key.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let deleted = args.table.open_or_create(&args.create)?.clear()?;
    if args.json.json {
        let mut object = Object::begin(out)?;
        object.field("deleted", deleted)?;
        object.end()?;
    } else {
        writeln!(out, "{deleted}")?;
    }
    Ok(Answer::Yes)
}
