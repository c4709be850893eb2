//! Servers on a Unix socket: memcached and Redis, started for the run, with one connection, one request at a time or
//! many in flight.
use crate::store::Operation;
use quipu::{Options, Table, Ttl};
use quipu_benches::contest::{Entrants, Failure, Settings, Turn};
use quipu_benches::keys::Keys;
use quipu_benches::plan::Plan;
use quipu_benches::record::{Outcome, Shape};
use std::cell::RefCell;
use std::hint::black_box;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const KEYS: usize = 1_000;
const KEY_BYTES: usize = 20;
/// Requests in flight on one connection.
const IN_FLIGHT: usize = 64;
const START_MAX: Duration = Duration::from_secs(10);

/// All cases of this section.
pub(crate) fn plan(plan: &mut Plan) {
    plan.add(format!("compare: {KEYS} counters in servers"), servers);
}

/// How a server is spoken to.
#[derive(Clone, Copy)]
enum Protocol {
    Memcached,
    Redis,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Memcached => "memcached",
            Self::Redis => "redis",
        }
    }

    fn command(self, socket: &Path) -> Command {
        match self {
            Self::Memcached => {
                let mut command = Command::new("memcached");
                // It refuses to be root unless it is told to.
                command.args(["-u", "root", "-s"]).arg(socket);
                command
            }
            Self::Redis => {
                let mut command = Command::new("redis-server");
                command
                    .args([
                        "--port",
                        "0",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--unixsocket",
                    ])
                    .arg(socket);
                command
            }
        }
    }

    /// Appends a request.
    fn request(self, buffer: &mut Vec<u8>, operation: Operation, key: &[u8]) {
        let words: [&[u8]; 3] = match (self, operation) {
            (Self::Memcached, Operation::Incr) => [b"incr ", key, b" 1\r\n"],
            (Self::Memcached, Operation::Get) => [b"get ", key, b"\r\n"],
            (Self::Memcached, Operation::Set) => [b"set ", key, b" 0 0 1\r\n1\r\n"],
            (Self::Redis, Operation::Incr) => [b"*2\r\n$4\r\nINCR\r\n$20\r\n", key, b"\r\n"],
            (Self::Redis, Operation::Get) => [b"*2\r\n$3\r\nGET\r\n$20\r\n", key, b"\r\n"],
            (Self::Redis, Operation::Set) => {
                [b"*3\r\n$3\r\nSET\r\n$20\r\n", key, b"\r\n$1\r\n1\r\n"]
            }
        };
        words.iter().for_each(|word| buffer.extend_from_slice(word));
    }

    /// How many lines a reply has, and how the first begins.
    fn reply(self, operation: Operation) -> (usize, &'static [u8]) {
        match (self, operation) {
            (Self::Memcached, Operation::Incr) => (1, b""),
            (Self::Memcached, Operation::Get) => (3, b"VALUE "),
            (Self::Memcached, Operation::Set) => (1, b"STORED"),
            (Self::Redis, Operation::Incr) => (1, b":"),
            (Self::Redis, Operation::Get) => (2, b"$"),
            (Self::Redis, Operation::Set) => (1, b"+OK"),
        }
    }
}

/// A server of our own, and a connection to it.
struct Server {
    protocol: Protocol,
    connection: BufReader<UnixStream>,
    _process: Guard,
}

impl Server {
    /// Starts it with these keys; `None` if it is not installed.
    fn start(protocol: Protocol, folder: &Path, keys: &Keys) -> Result<Option<Self>, Failure> {
        let socket = folder.join(protocol.name());
        let started = protocol
            .command(&socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match started {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            started => started?,
        };
        let process = Guard(process);
        let deadline = Instant::now() + START_MAX;
        let connection = loop {
            match UnixStream::connect(&socket) {
                Ok(connection) => break BufReader::new(connection),
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut server = Self {
            protocol,
            connection,
            _process: process,
        };
        for key in keys.iter() {
            server.ask(Operation::Set, [key].into_iter())?;
        }
        Ok(Some(server))
    }

    /// Sends some requests, and reads the replies. The answer is how many there were.
    fn ask<'k>(
        &mut self,
        operation: Operation,
        keys: impl Iterator<Item = &'k [u8]>,
    ) -> Result<usize, Failure> {
        let (mut buffer, mut count) = (Vec::new(), 0);
        for key in keys {
            self.protocol.request(&mut buffer, operation, key);
            count += 1;
        }
        self.connection.get_mut().write_all(&buffer)?;
        let (lines, head) = self.protocol.reply(operation);
        for _ in 0..count {
            for line in 0..lines {
                buffer.clear();
                let length = self.connection.read_until(b'\n', &mut buffer)?;
                if length == 0
                    || (line == 0 && !buffer.starts_with(head))
                    || buffer.starts_with(b"NOT_FOUND")
                {
                    return Err(format!(
                        "{}: {}",
                        self.protocol.name(),
                        String::from_utf8_lossy(&buffer)
                    )
                    .into());
                }
            }
        }
        Ok(count)
    }

    /// A turn with so many requests in flight.
    fn work(
        &mut self,
        operation: Operation,
        keys: &Keys,
        turn: Turn,
        in_flight: usize,
    ) -> Result<(), Failure> {
        let mut walk = keys.walk(turn.seed, turn.operations);
        while self.ask(operation, walk.by_ref().take(in_flight))? > 0 {}
        Ok(())
    }
}

/// A process that ends with its owner.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn servers(settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, KEYS, KEY_BYTES);
    let folder = tempfile::tempdir()?;
    let (mut results, mut running) = (Vec::new(), Vec::new());
    for protocol in [Protocol::Memcached, Protocol::Redis] {
        match Server::start(protocol, folder.path(), &keys)? {
            Some(server) => running.push(server),
            None => results.push(Outcome::NotMeasured {
                what: protocol.name().to_owned(),
                why: "it is not installed".to_owned(),
            }),
        }
    }
    let table = Table::memfd(Options::default())?;
    for key in keys.iter() {
        table.incr(key, 1)?;
    }
    for operation in Operation::ALL {
        results.push(contest(&table, &mut running, operation, &keys, settings)?);
    }
    Ok(results)
}

fn contest(
    table: &Table,
    running: &mut [Server],
    operation: Operation,
    keys: &Keys,
    settings: Settings,
) -> Result<Outcome, Failure> {
    // Two entrants speak to one server, one after the other.
    let running: Vec<_> = running.iter_mut().map(RefCell::new).collect();
    let mut entrants = Entrants::new();
    entrants.add("quipu", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            match operation {
                Operation::Incr => drop(black_box(table.incr(key, 1)?)),
                Operation::Set => table.set(key, 1, Ttl::Never)?,
                Operation::Get => drop(black_box(table.get_number(key)?)),
            }
        }
        Ok(())
    });
    for server in &running {
        let name = server.borrow().protocol.name();
        for in_flight in [1, IN_FLIGHT] {
            let how = if in_flight == 1 {
                "one at a time"
            } else {
                "64 in flight"
            };
            entrants.add(format!("{name}, {how}"), move |turn| {
                server.borrow_mut().work(operation, keys, turn, in_flight)
            });
        }
    }
    let shape = Shape {
        section: "compare".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        note: format!("{} against servers", operation.name()),
        ..Shape::default()
    };
    Ok(Outcome::Contest(entrants.run(shape, settings)?))
}
