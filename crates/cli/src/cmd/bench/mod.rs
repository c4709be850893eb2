//! `quipu bench`: how fast a table is on this machine, with several processes at work on it.
//!
//! The processes are this program, run again in a hidden role. They use keys of their own, which no other program has
//! and which end by themselves if the benchmark is killed.
mod crew;
mod random;
mod result;
mod work;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quipu::{OnFull, Options, Owner, Table};

use crate::args::{JsonArgs, create_failure, open_failure, parse_owner};
use crate::cmd::demo::janitor::Janitor;
use crate::failure::{Answer, Failure};
use crew::Crew;
use work::{Distribution, Keys, Mix, Work};

/// How much room a new entry may take: two thirds of its bucket may be empty, and a growth is half done.
const ENTRY_BYTES_MAX: u64 = 256;

/// Measure how fast a table is with several processes at work on it
///
/// Without TABLE it makes a table in /dev/shm and removes it at the end, also after Ctrl-C. With TABLE, which must
/// exist, it uses keys of its own that begin with `quipu-bench:`, and deletes them at the end; if it is killed, they
/// end by themselves. It touches no other key, and refuses a table that evicts.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu bench --processes 4 --mix 95/5")]
pub(crate) struct Args {
    /// The table to measure: a name (in /dev/shm) or, with a slash in it, a path [default: one of its own]
    #[arg(value_name = "TABLE")]
    table: Option<PathBuf>,

    /// Whose the table may be: a user id, or `any`. Without this: the caller's or root's
    #[arg(long, value_name = "UID", value_parser = parse_owner)]
    owner: Option<Owner>,

    /// How many processes work at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    processes: u8,

    /// For how many seconds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=3600))]
    seconds: u16,

    /// How many keys, of some 35 bytes
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    keys: u32,

    /// What they do: `incr`, or how many of 100 operations are get and how many set, such as 95/5
    #[arg(long, value_name = "incr|GET/SET", default_value = "incr", value_parser = Mix::parse)]
    mix: Mix,

    /// Which keys they use how often: all alike, by Zipf's law with an exponent of 0.99, or only one
    #[arg(
        long,
        value_enum,
        value_name = "uniform|zipf|one",
        default_value = "uniform",
        hide_possible_values = true
    )]
    distribution: Distribution,

    /// How many bytes a value of get and set has
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(0..=1_048_576))]
    value_bytes: u32,

    #[command(flatten)]
    json: JsonArgs,

    /// What a worker is started with
    #[arg(long, value_name = "SEED", hide = true, requires = "table")]
    work: Option<u64>,

    /// What the keys of a worker begin with
    #[arg(long, value_name = "PREFIX", hide = true, requires = "work")]
    prefix: Option<String>,
}

/// Measures, and prints what was found.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    if let Some(seed) = args.work {
        let table = args.open()?;
        work::run(&table, &args.plan(), seed, out)?;
        return Ok(Answer::Yes);
    }
    let result = match &args.table {
        Some(_) => args.on_theirs()?,
        None => args.on_ours()?,
    };
    if args.json.json {
        result.print_json(out)?;
    } else {
        result.print_text(out)?;
    }
    Ok(Answer::Yes)
}

impl Args {
    /// On a table of our own.
    fn on_ours(&self) -> Result<result::Measured, Failure> {
        let table = PathBuf::from(format!("quipu-bench-{}", std::process::id()));
        let janitor = Janitor::start(&table)?;
        let result = Table::create(&table, Options::default())
            .map_err(|error| create_failure(&table, &error))
            .and_then(|opened| self.measure(&table, &opened, &self.plan()));
        janitor.finish()?;
        result
    }

    /// On a table of somebody who wants it back as it was.
    fn on_theirs(&self) -> Result<result::Measured, Failure> {
        let (path, table) = (self.table.clone().unwrap_or_default(), self.open()?);
        let stats = table.stats();
        if stats.on_full == OnFull::Evict {
            return Err(Failure::new(
                "the table evicts entries when it is full, so keys of a benchmark could push out others: measure a \
                 table of its own (leave TABLE out)",
            ));
        }
        let needed = u64::from(self.keys) * (ENTRY_BYTES_MAX + 2 * u64::from(self.value_bytes));
        let room = stats.bytes_max.saturating_sub(stats.bytes_committed);
        if needed > room {
            return Err(Failure::new(format!(
                "{} keys may take {needed} bytes, and the table may only take {room} more: use fewer --keys",
                self.keys
            )));
        }
        let plan = self.plan();
        let result = self.measure(&path, &table, &plan);
        let cleared = plan.keys.delete(&table);
        let result = result?;
        cleared?;
        Ok(result)
    }

    fn open(&self) -> Result<Table, Failure> {
        let path = self.table.clone().unwrap_or_default();
        let owner = self.owner.unwrap_or(Owner::CallerOrRoot);
        Table::open_owned_by(&path, owner).map_err(|error| open_failure(&path, &error))
    }

    /// What the workers do.
    fn plan(&self) -> Work {
        let prefix = self.prefix.clone().unwrap_or_else(work::new_prefix);
        Work {
            keys: Keys {
                prefix,
                count: self.keys,
            },
            mix: self.mix,
            distribution: self.distribution,
            value_bytes: self.value_bytes,
            time: Duration::from_secs(self.seconds.into()),
        }
    }

    /// Fills the table, has the workers work, and adds up.
    fn measure(
        &self,
        path: &Path,
        table: &Table,
        plan: &Work,
    ) -> Result<result::Measured, Failure> {
        plan.fill(table)?;
        let mut arguments = vec![path.as_os_str().to_owned()];
        for (name, value) in [
            ("--seconds", self.seconds.to_string()),
            ("--keys", self.keys.to_string()),
            ("--mix", self.mix.to_string()),
            ("--distribution", self.distribution.name().to_owned()),
            ("--value-bytes", self.value_bytes.to_string()),
            ("--prefix", plan.keys.prefix.clone()),
        ] {
            arguments.extend([name.into(), value.into()]);
        }
        if let Some(owner) = self.owner {
            let owner = if let Owner::Uid(uid) = owner {
                uid.to_string()
            } else {
                "any".to_owned()
            };
            arguments.extend(["--owner".into(), owner.into()]);
        }
        let crew = Crew::start(&arguments, self.processes)?;
        Ok(result::Measured {
            processes: self.processes,
            seconds: self.seconds,
            keys: self.keys,
            mix: self.mix,
            distribution: self.distribution.name(),
            value_bytes: self.value_bytes,
            done: crew.work(plan.time)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_distribution_has_one_name() {
        for distribution in Distribution::value_variants() {
            let name = distribution.name();
            assert_eq!(Distribution::from_str(name, false), Ok(*distribution));
        }
    }
}
