//! `quipu-radiusd check-config`: all that is wrong, before a server is asked to live with it.
use super::{Answer, CONFIG_PATH, Failure};
use crate::config::{LoadError, load};
use std::io::Write;
use std::path::PathBuf;

/// Every problem is a line on the standard error, with the file and its line in front; then the exit code is 1.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = CONFIG_PATH)]
    config: PathBuf,

    /// Print all settings that would be in force, without the secrets
    #[arg(long)]
    show: bool,
}

pub(super) fn run(
    args: &Args,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Answer, Failure> {
    let loaded = match load(&args.config) {
        Ok(loaded) => loaded,
        Err(error @ LoadError::Read { .. }) => return Err(Failure::new(error)),
        Err(error) => {
            writeln!(err, "{error}")?;
            return Ok(Answer::No);
        }
    };
    for warning in &loaded.dictionary.warnings {
        let (path, line) = (warning.path.display(), warning.line);
        writeln!(err, "{path}:{line}: skipped: {}", warning.text)?;
    }
    if args.show {
        out.write_all(loaded.config.show().as_bytes())?;
    } else {
        let clients = loaded.config.clients.all().len();
        writeln!(out, "{}: right, clients: {clients}", args.config.display())?;
    }
    Ok(Answer::Yes)
}
