//! The server `quipu-radiusd`, and the commands around it.
use clap::Parser;
use quipu_radiusd::command::{Answer, Command, Failure};
use std::io::{BufWriter, Write, stderr, stdout};
use std::process::ExitCode;

/// RADIUS accounting that answers fast, and never before it has stored.
#[derive(Debug, Parser)]
#[command(name = "quipu-radiusd", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let name = command.name();
    // Without it a table that somebody cuts off ends this by a signal, which says nothing; no reason to do nothing.
    drop(quipu::guard_against_truncation());
    let mut out = BufWriter::new(stdout().lock());
    let result = command.run(&mut out, &mut stderr()).and_then(|answer| {
        out.flush()?;
        Ok(answer)
    });
    match result {
        Ok(Answer::Yes) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(Failure::Words(words)) => {
            // What was printed before the error is data; a second error while printing it adds nothing.
            drop(out.flush());
            eprintln!("quipu-radiusd {name}: {words}");
            ExitCode::from(2)
        }
    }
}
