//! `quipu rm`: remove tables, as `ipcrm` does segments.
use std::io::Write;
use std::path::{Path, PathBuf};

use quipu::OpenError;

use crate::args::open_failure;
use crate::failure::{Answer, Failure};

/// Remove a table, or several
///
/// Processes that are attached keep their memory until they end; their next write answers that the table was removed.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu rm hits 0x000f1206")]
pub(crate) struct Args {
    /// The table: a name (in /dev/shm) or, with a slash in it, a path. A key in hexadecimal, as 0x000f1206, is the one
    /// table whose name ends with it, as shmop-0x000f1206
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,

    /// A table that does not exist is no error
    #[arg(short, long)]
    force: bool,
}

/// Removes the tables; the first that cannot be removed ends the command.
pub(crate) fn run(args: Args, _out: &mut impl Write) -> Result<Answer, Failure> {
    for table in &args.tables {
        match remove(table) {
            Ok(()) => {}
            Err(Refusal::Open(OpenError::NotFound { .. })) if args.force => {}
            Err(Refusal::Open(error)) => return Err(open_failure(table, &error)),
            Err(Refusal::Several(names)) => {
                return Err(Failure::new(format!(
                    "{}: several tables have this key: {}; name the one to remove",
                    table.display(),
                    names.join(", ")
                )));
            }
        }
    }
    Ok(Answer::Yes)
}

/// Why a table was not removed.
enum Refusal {
    Open(OpenError),
    /// The key is that of these tables.
    Several(Vec<String>),
}

fn remove(table: &Path) -> Result<(), Refusal> {
    match (quipu::remove(table), key(table)) {
        (Err(OpenError::NotFound { .. }), Some(key)) => remove_by_key(table, key),
        (result, _) => result.map_err(Refusal::Open),
    }
}

/// A key as `ipcs` shows it: 0x and up to eight hexadecimal digits.
fn key(table: &Path) -> Option<u32> {
    let digits = table.to_str()?.strip_prefix("0x")?;
    // A sign is none of them.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// The drop-ins for PHP's functions name their tables by what they are and the key: `shmop-0x000f1206`.
fn remove_by_key(table: &Path, key: u32) -> Result<(), Refusal> {
    let end = format!("-0x{key:08x}");
    let mut names: Vec<String> = quipu::tables()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|found| found.path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| name.ends_with(&end))
        .collect();
    names.sort();
    match names.as_slice() {
        // As for any name that there is not.
        [] => quipu::remove(table).map_err(Refusal::Open),
        [name] => quipu::remove(name).map_err(Refusal::Open),
        _ => Err(Refusal::Several(names)),
    }
}
