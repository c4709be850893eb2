//! From the file to the settings: every mistake is found, and named with its line.
use super::{Client, ClientTable, Clients, Config, File, Level, Prefix, service, wide};
use crate::event::{ClientId, Policy};
use crate::merge::Rules;
use crate::packet::{Secret, TypedLengths};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub(super) const MIB: u64 = 1 << 20;
/// One stream of the log is the server's own.
const WORKERS_MAX: u32 = 255;
/// A segment has room for many of the longest packets.
const SEGMENT_MIB: std::ops::RangeInclusive<u64> = 1..=4096;
const TABLE_MIB: std::ops::RangeInclusive<u64> = 1..=1 << 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0: what is wrong is that something is not there.
    pub line: usize,
    /// What is wrong, and what to do.
    pub text: String,
}

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// In the order in which it was found.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            match problem.line {
                0 => f.write_str(&problem.text)?,
                line => write!(f, "line {line}: {}", problem.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// How the files that secrets are in are read.
type ReadSecret<'r> = &'r dyn Fn(&Path) -> io::Result<Vec<u8>>;

pub(super) struct Checker<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        1 + before.iter().filter(|octet| **octet == b'\n').count()
    }

    pub(super) fn complain(&mut self, span: Range<usize>, text: impl Into<String>) {
        let line = if span.is_empty() {
            0
        } else {
            self.line(span.start)
        };
        let text = text.into();
        self.problems.push(Problem { line, text });
    }

    pub(super) fn number(
        &mut self,
        value: Option<&toml::Spanned<u64>>,
        default: u64,
        range: &std::ops::RangeInclusive<u64>,
        what: &str,
    ) -> u64 {
        let Some(value) = value else {
            return default;
        };
        let number = *value.get_ref();
        if !range.contains(&number) {
            let text = format!(
                "{what} is {number}: choose {} to {}",
                range.start(),
                range.end()
            );
            self.complain(value.span(), text);
        }
        number
    }
}

pub(super) fn parse(text: &str, read_secret: ReadSecret<'_>) -> Result<Config, ConfigError> {
    let mut checker = Checker {
        text,
        problems: Vec::new(),
    };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let words = error.message().replace('\n', " ");
            let place = span.start..span.end.max(span.start + 1);
            checker.complain(place, format!("{words}; see the commented example"));
            return Err(ConfigError {
                problems: checker.problems,
            });
        }
    };
    let config = build(&file, &mut checker, read_secret);
    if checker.problems.is_empty() {
        return Ok(config);
    }
    Err(ConfigError {
        problems: checker.problems,
    })
}

fn build(file: &File, checker: &mut Checker<'_>, read_secret: ReadSecret<'_>) -> Config {
    let listen = listen(file, checker);
    let workers = *file.workers.get_ref();
    if !(1..=WORKERS_MAX).contains(&workers) {
        let text = format!(
            "workers is {workers}: choose 1 to {WORKERS_MAX}, at most one for each processor"
        );
        checker.complain(file.workers.span(), text);
    }
    if file.level != Level::Memory && file.log.is_none() {
        checker.complain(
            0..0,
            "there is no log: add [log] with a folder on a disk, or choose level = \"memory\", which loses everything \
             with the machine",
        );
    }
    let segment_mib = file.log.as_ref().and_then(|log| log.segment_mib.as_ref());
    let segment_mib = checker.number(segment_mib, 64, &SEGMENT_MIB, "segment_mib");
    if let Some(log) = &file.log
        && !log.folder.get_ref().is_absolute()
    {
        checker.complain(
            log.folder.span(),
            "the folder of the log is relative: give all of its path",
        );
    }
    let max_mib = file.table.max_mib.as_ref();
    let table_mib = checker.number(max_mib, 1, &TABLE_MIB, "max_mib");
    let period = file.sessions.period_s.as_ref();
    let period_s = checker.number(period, 3600, &(1..=366 * 86_400), "period_s");
    let name = |name: &Option<toml::Spanned<String>>, default: &str| {
        name.as_ref()
            .map_or(default.to_owned(), |name| name.get_ref().clone())
    };
    let table = name(&file.table.name, "radius");
    let duplicates = name(&file.table.duplicates, "radius-duplicates");
    if table == duplicates {
        let span = file.table.name.as_ref().or(file.table.duplicates.as_ref());
        checker.complain(
            span.map_or(0..0, toml::Spanned::span),
            "name and duplicates are the same table: give them two names",
        );
    }
    let (user, group) = service::identity(file, checker);
    Config {
        listen,
        workers,
        receive_buffer_bytes: service::receive_buffer_bytes(file, checker),
        level: file.level,
        user,
        group,
        log_format: file.log_format,
        log_folder: file.log.as_ref().map(|log| log.folder.get_ref().clone()),
        segment_bytes: segment_mib.saturating_mul(MIB),
        snapshot_bytes: service::snapshot_bytes(file, checker),
        readers: service::readers(file, checker),
        table,
        duplicates,
        table_bytes_max: max_mib.map(|_| table_mib.saturating_mul(MIB)),
        period_s,
        stale_after_s: file.sessions.stale_after_s.unwrap_or(0),
        keep_closed_s: service::keep_closed_s(file, checker),
        dictionary: file.dictionary.clone(),
        wide_counters: wide::names(file, checker),
        clients: clients(file, checker, read_secret),
    }
}

fn listen(file: &File, checker: &mut Checker<'_>) -> Vec<SocketAddr> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for text in &file.listen {
        match text.get_ref().parse() {
            Ok(address) if addresses.contains(&address) => {
                checker.complain(
                    text.span(),
                    format!("{address} is there twice: leave one out"),
                );
            }
            Ok(address) => addresses.push(address),
            Err(_) => checker.complain(
                text.span(),
                format!(
                    "'{}' is no address and port: write it as 192.0.2.1:1813 or [::]:1813",
                    text.get_ref()
                ),
            ),
        }
    }
    if addresses.is_empty() && checker.problems.is_empty() {
        checker.complain(
            0..0,
            "listen is empty: name an address, as in listen = [\"[::]:1813\"]",
        );
    }
    addresses
}

fn clients(file: &File, checker: &mut Checker<'_>, read_secret: ReadSecret<'_>) -> Clients {
    let mut clients = Clients::default();
    let mut names: BTreeMap<ClientId, String> = BTreeMap::new();
    for table in &file.clients {
        let span = table.span();
        let table = table.get_ref();
        let name = table.name.get_ref();
        let id = ClientId::of(name);
        if name.is_empty() {
            checker.complain(
                table.name.span(),
                "a client's name is empty: give it one, and keep it",
            );
        }
        // 0 counts what is no client's.
        if id == ClientId(0) && !name.is_empty() {
            checker.complain(
                table.name.span(),
                format!("the name '{name}' cannot be used: choose another one"),
            );
        }
        if let Some(other) = names.insert(id, name.clone())
            && !name.is_empty()
        {
            let text =
                format!("the name '{name}' cannot be told from '{other}': choose another one");
            checker.complain(table.name.span(), text);
        }
        let prefix = table.address.get_ref().parse::<Prefix>();
        let secret = secret(table, span, checker, read_secret);
        let prefix = match prefix {
            Ok(prefix) => prefix,
            Err(text) => {
                checker.complain(table.address.span(), text);
                continue;
            }
        };
        let Some(secret) = secret else {
            continue;
        };
        let client = Client {
            id,
            name: name.clone(),
            prefix,
            secret: Secret::new(&secret),
            policy: Policy::from(table.policy),
            typed: TypedLengths::from(table.wrong_lengths),
            rules: Rules {
                detects_wraps: table.detect_wraps,
            },
            skew_ms_max: table
                .max_clock_skew_s
                .unwrap_or(86_400)
                .saturating_mul(1000),
            drops_stale_packets: table.drop_stale_packets,
            wide_counters: Arc::default(),
        };
        if let Some(other) = clients.insert(prefix, client) {
            let text = format!("{prefix} is the address of '{other}' too: leave one out");
            checker.complain(table.address.span(), text);
        }
    }
    if file.clients.is_empty() {
        checker.complain(
            0..0,
            "there is no client: add a [[client]] with name, address and secret",
        );
    }
    clients
}

fn secret(
    table: &ClientTable,
    span: Range<usize>,
    checker: &mut Checker<'_>,
    read_secret: ReadSecret<'_>,
) -> Option<Vec<u8>> {
    let name = table.name.get_ref();
    let (found, span) = match (&table.secret, &table.secret_file) {
        (Some(secret), None) => (secret.get_ref().clone().into_bytes(), secret.span()),
        (None, Some(path)) => match read_secret(path.get_ref()) {
            Ok(mut bytes) => {
                while bytes
                    .last()
                    .is_some_and(|octet| matches!(octet, b'\n' | b'\r'))
                {
                    bytes.pop();
                }
                (bytes, path.span())
            }
            Err(error) => {
                let text = format!("the secret of '{name}' cannot be read: {error}");
                checker.complain(path.span(), text);
                return None;
            }
        },
        _ => {
            let text =
                format!("client '{name}' needs either secret or secret_file: give it one of them");
            checker.complain(span, text);
            return None;
        }
    };
    if found.is_empty() {
        checker.complain(
            span,
            format!("the secret of '{name}' is empty: choose a long random one"),
        );
        return None;
    }
    Some(found)
}
