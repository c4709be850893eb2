//! The command line as it was typed: the commands, and the groups of arguments that several of them share.
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use quipu::{HashId, OnFull, OpenError, Options, Owner, Table, TableReader, Ttl};

use crate::account::parse_group;
use crate::bytes::unescape;
use crate::cmd;
use crate::failure::{Answer, Failure};
use crate::units::{milliseconds, parse_duration, parse_size};

/// Counters and records in shared memory, used by any number of processes at once.
///
/// TABLE is a name (in /dev/shm) or, with a slash in it, a path. A command that writes creates a table that does not
/// exist. Exit code: 0 yes, 1 no (a missing key, a failed check), 2 error.
#[derive(Parser)]
#[command(
    name = "quipu",
    version,
    after_help = "Example: quipu incr hits home 2 && quipu get hits home\n\
                  The product in a quarter of a minute: quipu demo"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

macro_rules! commands {
    ($($(#[$attribute:meta])* $variant:ident($name:literal, $args:path, $run:path)),* $(,)?) => {
        #[derive(Subcommand)]
        pub(crate) enum Command {
            $($(#[$attribute])* #[command(name = $name)] $variant($args)),*
        }

        impl Command {
            /// The name of the command, as typed.
            pub(crate) fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            /// Runs the command.
            pub(crate) fn run(self, out: &mut impl Write) -> Result<Answer, Failure> {
                match self { $(Self::$variant(args) => $run(args, out)),* }
            }
        }
    };
}

commands! {
    Create("create", cmd::create::Args, cmd::create::run),
    Get("get", cmd::get::Args, cmd::get::run),
    Set("set", cmd::set::SetArgs, cmd::set::run_set),
    /// Store a value if the key is absent
    ///
    /// Answers no (exit code 1) and changes nothing if the key is there.
    #[command(after_help = "Example: quipu add hits greeting hello")]
    Add("add", cmd::set::Args, cmd::set::run_add),
    /// Store a value if the key is present
    ///
    /// Answers no (exit code 1) and changes nothing if the key is missing.
    #[command(after_help = "Example: quipu replace hits greeting hello --keep-ttl")]
    Replace("replace", cmd::set::Args, cmd::set::run_replace),
    Cas("cas", cmd::set::CasArgs, cmd::set::run_cas),
    Incr("incr", cmd::number::IncrArgs, cmd::number::run_incr),
    /// Subtract from a number, and print the result
    ///
    /// A missing key starts at --initial. A result that does not fit in 64 bits, signed, is an error, and then nothing
    /// has changed.
    #[command(after_help = "Example: quipu decr hits stock 1 --floor 0")]
    Decr("decr", cmd::number::Args, cmd::number::run_decr),
    Take("take", cmd::number::TakeArgs, cmd::number::run_take),
    Del("del", cmd::del::Args, cmd::del::run),
    Exists("exists", cmd::lifetime::ExistsArgs, cmd::lifetime::run_exists),
    Ttl("ttl", cmd::lifetime::TtlArgs, cmd::lifetime::run_ttl),
    Touch("touch", cmd::lifetime::TouchArgs, cmd::lifetime::run_touch),
    Ls("ls", cmd::ls::Args, cmd::ls::run),
    Stat("stat", cmd::stat::Args, cmd::stat::run),
    Check("check", cmd::check::Args, cmd::check::run),
    Dump("dump", cmd::dump::Args, cmd::dump::run),
    Load("load", cmd::load::Args, cmd::load::run),
    Clear("clear", cmd::clear::Args, cmd::clear::run),
    Rm("rm", cmd::rm::Args, cmd::rm::run),
    Tables("tables", cmd::tables::Args, cmd::tables::run),
    Count("count", cmd::count::Args, cmd::count::run),
    Top("top", cmd::top::Args, cmd::top::run),
    Demo("demo", cmd::demo::Args, cmd::demo::run),
    Bench("bench", cmd::bench::Args, cmd::bench::run),
}

/// The table of a command, and whose it may be.
#[derive(Args)]
pub(crate) struct TableArgs {
    /// The table: a name (in /dev/shm) or, with a slash in it, a path
    #[arg(value_name = "TABLE")]
    table: PathBuf,

    /// Whose the table may be: a user id, or `any`. Without this: the caller's or root's
    #[arg(long, value_name = "UID", value_parser = parse_owner)]
    owner: Option<Owner>,
}

impl TableArgs {
    /// Attaches for reading only; the table must exist.
    pub(crate) fn read(&self) -> Result<TableReader, Failure> {
        TableReader::open(&self.table, self.owner())
            .map_err(|error| open_failure(&self.table, &error))
    }

    /// Attaches for reading and writing; the table must exist.
    pub(crate) fn open(&self) -> Result<Table, Failure> {
        Table::open_owned_by(&self.table, self.owner())
            .map_err(|error| open_failure(&self.table, &error))
    }

    /// Attaches for reading and writing, and creates the table if it does not exist.
    pub(crate) fn open_or_create(&self, create: &CreateArgs) -> Result<Table, Failure> {
        Table::open_or_create(&self.table, create.options(self.owner()))
            .map_err(|error| create_failure(&self.table, &error))
    }

    /// Creates the table; it must not exist.
    pub(crate) fn create(&self, create: &CreateArgs) -> Result<Table, Failure> {
        Table::create(&self.table, create.options(self.owner()))
            .map_err(|error| create_failure(&self.table, &error))
    }

    fn owner(&self) -> Owner {
        self.owner.unwrap_or(Owner::CallerOrRoot)
    }
}

/// What to tell somebody whose table does not open. The library speaks Rust where it names an option.
pub(crate) fn open_failure(table: &Path, error: &OpenError) -> Failure {
    let table = table.display();
    match error {
        OpenError::NotFound { path } => Failure::new(format!(
            "there is no table `{table}` ({}): `quipu tables` lists those of this machine; `quipu create {table}`, \
             or any command that writes, makes it",
            path.display()
        )),
        OpenError::Owner { uid } => Failure::new(format!(
            "the table `{table}` belongs to user {uid}: say `--owner {uid}` if you trust that user with it"
        )),
        OpenError::Mode { mode } => Failure::new(format!(
            "everybody may write the table `{table}` (mode {mode:04o}): say `--owner any` if that is wanted, or take \
             the right away (`chmod o-w`)"
        )),
        error => Failure::new(format!("table `{table}`: {error}")),
    }
}

/// What to tell somebody whose table cannot be made.
pub(crate) fn create_failure(table: &Path, error: &OpenError) -> Failure {
    match error {
        OpenError::NotFound { path } => Failure::new(format!(
            "the table `{}` cannot be made: there is no directory for {}",
            table.display(),
            path.display()
        )),
        OpenError::Exists { path } => Failure::new(format!(
            "{} exists: `quipu rm` removes a table, and --if-missing takes it as it is",
            path.display()
        )),
        error => open_failure(table, error),
    }
}

const IF_CREATED: &str = "If the table is created";

/// What a table is made like.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Its maximum size, such as 64mb or 1.5gib [default: half of what the file system has free]
    #[arg(long, help_heading = IF_CREATED, value_name = "SIZE", value_parser = parse_size)]
    max: Option<u64>,

    /// What a write does when there is no room: fail, or evict what was not used lately
    #[arg(
        long,
        help_heading = IF_CREATED,
        value_enum,
        value_name = "error|evict",
        default_value = "error",
        hide_possible_values = true
    )]
    on_full: OnFullName,

    /// The hash function; siphash is for keys that an attacker may choose
    #[arg(
        long,
        help_heading = IF_CREATED,
        value_enum,
        value_name = "xxh3|siphash",
        default_value = "xxh3",
        hide_possible_values = true
    )]
    hash: HashName,

    /// The unit of its clock, a power of two of milliseconds from 1ms to 65536ms
    #[arg(long, help_heading = IF_CREATED, value_name = "DURATION", default_value = "128ms", value_parser = parse_tick)]
    tick: u32,

    /// Its access rights, in octal
    #[arg(long, help_heading = IF_CREATED, value_name = "MODE", default_value = "0600", value_parser = parse_mode)]
    mode: u32,

    /// Its group, by name or number
    #[arg(long, help_heading = IF_CREATED, value_name = "GROUP", value_parser = parse_group)]
    group: Option<u32>,

    /// Make the bytes of what is deleted, replaced, expired or evicted zero in memory
    #[arg(long, help_heading = IF_CREATED)]
    wipe: bool,
}

impl CreateArgs {
    fn options(&self, owner: Owner) -> Options {
        Options {
            max_bytes: self.max,
            on_full: match self.on_full {
                OnFullName::Error => OnFull::Error,
                OnFullName::Evict => OnFull::Evict,
            },
            hash: match self.hash {
                HashName::Xxh3 => HashId::Xxh3,
                HashName::Siphash => HashId::SipHash13,
            },
            tick_ms: self.tick,
            mode: self.mode,
            group: self.group,
            wipe: self.wipe,
            owner,
            ..Options::default()
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum OnFullName {
    Error,
    Evict,
}

#[derive(Clone, Copy, ValueEnum)]
enum HashName {
    Xxh3,
    Siphash,
}

/// Whose a table may be: a user number, or anybody's.
pub(crate) fn parse_owner(text: &str) -> Result<Owner, String> {
    match text {
        "any" => Ok(Owner::Anyone),
        uid => uid
            .parse()
            .map(Owner::Uid)
            .map_err(|_| "write a user id, or `any`".to_owned()),
    }
}

/// The key of a command: any bytes.
#[derive(Args)]
pub(crate) struct KeyArgs {
    /// The key: any bytes, also none
    #[arg(value_name = "KEY")]
    key: OsString,

    #[command(flatten)]
    escaped: EscapedArgs,
}

impl KeyArgs {
    /// The bytes of the key.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        self.escaped.bytes(&self.key)
    }
}

/// Whether keys on the command line are escaped.
#[derive(Args)]
pub(crate) struct EscapedArgs {
    /// Keys are given as `ls` prints them, so that any byte can be: \\ \n \t \r \xNN
    #[arg(short, long)]
    escaped: bool,
}

impl EscapedArgs {
    /// The bytes that an argument stands for.
    pub(crate) fn bytes(&self, argument: &OsString) -> Result<Vec<u8>, Failure> {
        if self.escaped {
            return unescape(argument.as_bytes()).map_err(Failure::new);
        }
        Ok(argument.as_bytes().to_vec())
    }
}

/// How long what is written lives.
#[derive(Args)]
pub(crate) struct LifetimeArgs {
    /// Time to live, such as 30s, 5m, 1h30m, or `never`
    #[arg(long, value_name = "DURATION", value_parser = parse_ttl, default_value = "never")]
    ttl: Ttl,

    /// Keep the time to live that the entry has
    #[arg(long, conflicts_with = "ttl")]
    keep_ttl: bool,
}

impl LifetimeArgs {
    /// The time to live that was asked for.
    pub(crate) fn ttl(&self) -> Ttl {
        if self.keep_ttl { Ttl::Keep } else { self.ttl }
    }
}

/// Whether to print JSON.
#[derive(Args)]
pub(crate) struct JsonArgs {
    /// Print JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// A time to live: a duration, or `never`.
pub(crate) fn parse_ttl(text: &str) -> Result<Ttl, String> {
    if text == "never" {
        return Ok(Ttl::Never);
    }
    let duration = parse_duration(text)?;
    if duration == Duration::ZERO {
        return Err(
            "a time to live of zero: write `never`, or delete the key with `quipu del`".to_owned(),
        );
    }
    Ok(Ttl::After(duration))
}

fn parse_tick(text: &str) -> Result<u32, String> {
    let ms = milliseconds(parse_duration(text)?);
    match u32::try_from(ms) {
        Ok(tick_ms) if tick_ms.is_power_of_two() && tick_ms <= 1 << 16 => Ok(tick_ms),
        _ => Err(
            "write a power of two of milliseconds: 1ms, 2ms, 4ms ... 128ms ... 65536ms".to_owned(),
        ),
    }
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("write access rights in octal, such as 0600 or 0660".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_sentence_and_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(
                command.get_about().is_some(),
                "{name} says nothing about itself"
            );
            let after = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                after.contains(&format!("quipu {name}")),
                "{name} has no example"
            );
        }
    }

    #[test]
    fn ticks_modes_and_owners_are_checked() {
        assert_eq!(parse_tick("1ms"), Ok(1));
        assert_eq!(parse_tick("65536ms"), Ok(65_536));
        assert!(parse_tick("100ms").is_err());
        assert!(parse_tick("0").is_err());
        assert!(parse_tick("131072ms").is_err());
        assert_eq!(parse_mode("0660"), Ok(0o660));
        assert_eq!(parse_mode("0o644"), Ok(0o644));
        assert!(parse_mode("888").is_err());
        assert!(parse_mode("1777").is_err());
        assert!(parse_owner("nobody").is_err());
        assert!(parse_ttl("0").is_err());
        assert!(matches!(parse_ttl("never"), Ok(Ttl::Never)));
    }
}
