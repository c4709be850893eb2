//! The server `quipu-radiusd`, and the commands around it.
use clap::Parser;
use quipu_radiusd::command::{Answer, CONFIG_PATH, Command, Failure};
use quipu_radiusd::server::serve;
use std::io::{BufWriter, Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// RADIUS accounting that answers fast, and never before it has stored.
///
/// Without a command it serves in the foreground, until SIGTERM; SIGHUP has it read its configuration again.
#[derive(Debug, Parser)]
#[command(
    name = "quipu-radiusd",
    version,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = CONFIG_PATH)]
    config: PathBuf,

    /// The name of this start of the machine: for tests, which simulate another one
    #[arg(long, hide = true)]
    boot_id: Option<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Without it a table that somebody cuts off ends this by a signal, which says nothing; no reason to do nothing.
    drop(quipu::guard_against_truncation());
    match cli.command {
        Some(command) => run(command),
        None => match serve(&cli.config, cli.boot_id) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("quipu-radiusd: {error}");
                ExitCode::from(2)
            }
        },
    }
}

fn run(command: Command) -> ExitCode {
    let name = command.name();
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
