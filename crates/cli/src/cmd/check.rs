//! `quipu check`: every broken invariant of a table.
use std::io::Write;

use crate::args::{JsonArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::output::Object;

/// Check every invariant of a table; print each one that is broken
///
/// Reads only, also while others write. Exit code 0 if all is well, 1 if anything is broken.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu check hits && echo sound")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// First clear away what has expired and what dead processes left; then leaks are looked for too, if nobody else
    /// uses the table
    #[arg(long)]
    maintain: bool,

    #[command(flatten)]
    json: JsonArgs,
}

/// Prints the problems, one per line.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let report = if args.maintain {
        let table = args.table.open()?;
        table.maintain()?;
        table.check()
    } else {
        args.table.read()?.check()
    };
    for problem in &report.problems {
        if args.json.json {
            let mut object = Object::begin(out)?;
            object.text("problem", &problem.to_string())?;
            object.end()?;
        } else {
            writeln!(out, "{problem}")?;
        }
    }
    Ok(Answer::from(report.problems.is_empty()))
}
