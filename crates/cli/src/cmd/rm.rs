//! `quipu rm`: remove tables, as `ipcrm` does segments.
use std::io::Write;
use std::path::PathBuf;

use quipu::OpenError;

use crate::args::open_failure;
use crate::failure::{Answer, Failure};

/// Remove a table, or several
///
/// Processes that are attached keep their memory until they end; their next write answers that the table was removed.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu rm hits")]
pub(crate) struct Args {
    /// The table: a name (in /dev/shm) or, with a slash in it, a path
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,

    /// A table that does not exist is no error
    #[arg(short, long)]
    force: bool,
}

/// Removes the tables; the first that cannot be removed ends the command.
pub(crate) fn run(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    for table in &args.tables {
        match quipu::remove(table) {
            Ok(()) => {}
            Err(OpenError::NotFound { .. }) if args.force => {}
            Err(error) => return Err(open_failure(table, &error)),
        }
    }
    Ok(Answer::Yes)
}
