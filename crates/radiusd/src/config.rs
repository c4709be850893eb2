//! The configuration: TOML, checked as a whole before anything is opened. Every error says where, what, and what to
//! do. `crates/radiusd/quipu-radiusd.toml` is an example with all settings.
mod check;
mod clients;
mod load;
mod service;
mod show;
mod wide;

pub use check::{ConfigError, Problem};
pub use clients::{Client, Clients, Prefix};
pub use load::{LoadError, Loaded, load};
pub use wide::WideName;

use crate::event::{Direction, Policy};
use crate::packet::TypedLengths;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What an answer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The tables: survives the end of a worker, not that of the machine.
    Memory,
    /// The log in the kernel's hands: survives kill -9 of the server.
    Process,
    /// The log on the disk: survives the loss of power.
    #[default]
    Power,
}

/// How the server's own messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON object on each line.
    Json,
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where requests are received.
    pub listen: Vec<SocketAddr>,
    /// How many threads receive on each.
    pub workers: u32,
    /// Bytes that the kernel keeps for each socket, of what nobody has received yet.
    pub receive_buffer_bytes: u64,
    /// What an answer waits for.
    pub level: Level,
    /// Whom the server becomes once its sockets are open; `None`: it stays who it is.
    pub user: Option<String>,
    /// The group that it then has; `None`: that of the user.
    pub group: Option<String>,
    /// How the server's own messages are written.
    pub log_format: LogFormat,
    /// The folder of the log; there is one unless the level is `memory`.
    pub log_folder: Option<PathBuf>,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes of log after which a snapshot is made.
    pub snapshot_bytes: u64,
    /// Who reads the log: what one of them has not read yet is kept.
    pub readers: Vec<String>,
    /// The table, by its name in /dev/shm or a path.
    pub table: String,
    /// The table of duplicates.
    pub duplicates: String,
    /// The most bytes of the table; `None`: half of what is free.
    pub table_bytes_max: Option<u64>,
    /// Seconds that a period of totals lasts.
    pub period_s: u64,
    /// Seconds of silence after which an open session is given up; 0: never.
    pub stale_after_s: u64,
    /// Seconds after which a session that is over and was not heard of is forgotten; 0: never.
    pub keep_closed_s: u64,
    /// A FreeRADIUS dictionary; `None`: the built-in one.
    pub dictionary: Option<PathBuf>,
    /// 64-bit counters of vendors, by their names: [`load`] looks them up.
    pub wide_counters: Vec<WideName>,
    /// Who may send.
    pub clients: Clients,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default = "default_listen")]
    listen: Vec<toml::Spanned<String>>,
    #[serde(default = "default_workers")]
    workers: toml::Spanned<u32>,
    receive_buffer_mib: Option<toml::Spanned<u64>>,
    #[serde(default)]
    level: Level,
    user: Option<toml::Spanned<String>>,
    group: Option<toml::Spanned<String>>,
    #[serde(default)]
    log_format: LogFormat,
    log: Option<LogTable>,
    #[serde(default)]
    table: TableTable,
    #[serde(default)]
    sessions: SessionsTable,
    dictionary: Option<PathBuf>,
    #[serde(default, rename = "wide_counter")]
    wide_counters: Vec<WideTable>,
    #[serde(default, rename = "client")]
    clients: Vec<toml::Spanned<ClientTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogTable {
    folder: toml::Spanned<PathBuf>,
    segment_mib: Option<toml::Spanned<u64>>,
    snapshot_mib: Option<toml::Spanned<u64>>,
    #[serde(default)]
    readers: Vec<toml::Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WideTable {
    attribute: toml::Spanned<String>,
    direction: DirectionWord,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DirectionWord {
    Input,
    Output,
}

impl From<DirectionWord> for Direction {
    fn from(word: DirectionWord) -> Self {
        match word {
            DirectionWord::Input => Self::Input,
            DirectionWord::Output => Self::Output,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableTable {
    name: Option<toml::Spanned<String>>,
    duplicates: Option<toml::Spanned<String>>,
    max_mib: Option<toml::Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionsTable {
    period_s: Option<toml::Spanned<u64>>,
    stale_after_s: Option<u64>,
    keep_closed_s: Option<toml::Spanned<u64>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PolicyWord {
    #[default]
    Liberal,
    Strict,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LengthsWord {
    #[default]
    Discard,
    Skip,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientTable {
    name: toml::Spanned<String>,
    address: toml::Spanned<String>,
    secret: Option<toml::Spanned<String>>,
    secret_file: Option<toml::Spanned<PathBuf>>,
    #[serde(default)]
    policy: PolicyWord,
    #[serde(default)]
    wrong_lengths: LengthsWord,
    #[serde(default = "default_true")]
    detect_wraps: bool,
    max_clock_skew_s: Option<u64>,
    #[serde(default)]
    drop_stale_packets: bool,
}

fn default_listen() -> Vec<toml::Spanned<String>> {
    vec![toml::Spanned::new(0..0, "[::]:1813".to_owned())]
}

fn default_workers() -> toml::Spanned<u32> {
    toml::Spanned::new(0..0, 1)
}

fn default_true() -> bool {
    true
}

impl From<PolicyWord> for Policy {
    fn from(word: PolicyWord) -> Self {
        match word {
            PolicyWord::Liberal => Self::Liberal,
            PolicyWord::Strict => Self::Strict,
        }
    }
}

impl From<LengthsWord> for TypedLengths {
    fn from(word: LengthsWord) -> Self {
        match word {
            LengthsWord::Discard => Self::Discard,
            LengthsWord::Skip => Self::Skip,
        }
    }
}

impl Config {
    /// Reads a configuration, all of it or nothing. `read_secret` reads the files that secrets are in.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, not only the first.
    pub fn parse(
        text: &str,
        read_secret: impl Fn(&std::path::Path) -> std::io::Result<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        check::parse(text, &read_secret)
    }

    /// All settings in force as a file of the same form, without the secrets.
    #[must_use]
    pub fn show(&self) -> String {
        show::show(self)
    }
}
