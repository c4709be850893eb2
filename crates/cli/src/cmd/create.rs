//! `quipu create`: a new table.
use std::io::Write;

use crate::args::{CreateArgs, TableArgs};
use crate::failure::{Answer, Failure};

/// Create a table
#[derive(clap::Args)]
#[command(after_help = "Example: quipu create hits --max 1gb --on-full evict --mode 0660")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Succeed if the table exists already; its options then stay what they are
    #[arg(long)]
    if_missing: bool,

    #[command(flatten)]
    create: CreateArgs,
}

/// Creates the table; prints nothing.
pub(crate) fn run(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    if args.if_missing {
        args.table.open_or_create(&args.create)?;
    } else {
        args.table.create(&args.create)?;
    }
    Ok(Answer::Yes)
}
