//! The command `quipu`: parse, run, and one exit code: 0 yes, 1 no, 2 error.
//!
//! Data goes to the standard output, words to the standard error. A reader that goes away (`quipu ls hits | head`)
//! is a success: nobody wants the rest.
mod account;
mod args;
mod bytes;
mod cmd;
mod failure;
mod input;
mod output;
mod progress;
mod record;
mod units;

use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::Cli;
use crate::failure::{Answer, Failure};

fn main() -> ExitCode {
    let Some(command) = Cli::parse().command else {
        // A failure to print help is a closed pipe, and then nobody is there to be told.
        drop(Cli::command().print_help());
        return ExitCode::SUCCESS;
    };
    let name = command.name();
    // Without it a table that somebody cuts off ends this by a signal, which says nothing; no reason to do nothing.
    drop(quipu::guard_against_truncation());
    let mut out = BufWriter::new(stdout().lock());
    let result = command.run(&mut out).and_then(|answer| {
        out.flush()?;
        Ok(answer)
    });
    match result {
        Ok(Answer::Yes) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(Failure::Words(words)) => {
            // What was printed before the error is data; a second error while printing it adds nothing.
            drop(out.flush());
            eprintln!("quipu {name}: {words}");
            ExitCode::from(2)
        }
    }
}
