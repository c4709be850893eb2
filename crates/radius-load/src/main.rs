//! The command `quipu-radius-load`. Exit codes: 0 all was answered, 1 something was not, or was answered wrongly,
//! 2 error.
#![forbid(unsafe_code)]
mod args;
mod compare;
mod text;

use args::{Cli, Command, Common, LifeArgs};
use clap::Parser;
use quipu_radius_load::engine::{Engine, Pace};
use quipu_radius_load::figures::Figures;
use quipu_radius_load::life::Life;
use quipu_radius_load::sync;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quipu-radius-load: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> io::Result<bool> {
    match command {
        Command::Closed {
            common,
            life,
            outstanding,
        } => {
            let most = usize::try_from(outstanding).unwrap_or(usize::MAX);
            send(&common, &life, Pace::Closed(most))
        }
        Command::Open { common, life, rate } => send(&common, &life, Pace::Open(rate)),
        Command::Burst {
            mut common,
            life,
            count,
        } => {
            let most = usize::try_from(count).unwrap_or(usize::MAX);
            let least = u16::try_from(most.div_ceil(256)).unwrap_or(u16::MAX);
            common.sockets = common.sockets.max(least);
            send(&common, &life, Pace::Burst(most))
        }
        Command::Disorder {
            common,
            order,
            outstanding,
            truth,
            check,
        } => compare::disorder(
            &common,
            &order,
            outstanding,
            truth.as_deref(),
            check.as_deref(),
        ),
        Command::Check { table, truth, json } => compare::check_file(&table, &truth, json),
        Command::Sync {
            folder,
            count,
            json,
        } => {
            let synced = sync::measure(&folder, count)?;
            print(json, &synced, || {
                format!(
                    "append\n{}\noverwrite\n{}",
                    text::times(&synced.append),
                    text::times(&synced.overwrite)
                )
            })?;
            Ok(true)
        }
    }
}

fn send(common: &Common, life: &LifeArgs, pace: Pace) -> io::Result<bool> {
    let mut source = Life::new(life.shape());
    let figures = Engine::new(common.settings(), &mut source)?.run(pace, life.until())?;
    print(common.json, &figures, || text::figures(&figures))?;
    Ok(is_good(&figures))
}

fn is_good(figures: &Figures) -> bool {
    figures.answered == figures.requests && figures.bad_authenticators == 0
}

fn print(json: bool, what: &impl Serialize, words: impl Fn() -> String) -> io::Result<()> {
    let text = if json {
        serde_json::to_string_pretty(what)?
    } else {
        words()
    };
    writeln!(io::stdout().lock(), "{text}")
}
