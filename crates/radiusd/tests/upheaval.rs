//! Events in disorder, sent to the server itself while it is killed again and again (SIGKILL): in the end its tables
//! tell exactly what somebody would write who saw the true order; also after the tables were deleted, and made again
//! from the log alone.
//!
//! `QUIPU_EVENTS=1000000` for the long form.
use quipu::Table;
use quipu_radius_load::check::check;
use quipu_radius_load::disorder::{Disorder, Order};
use quipu_radius_load::engine::{Engine, Pace, Resend, Settings, Until};
use quipu_radius_load::figures::Figures;
use quipu_radius_load::lane::Reuse;
use quipu_radius_load::life::{Life, Part, Shape};
use quipu_radiusd::store::Store;
use quipu_tests::files::{Directory, TableName};
use quipu_tests::random::Random;
use std::fs::{self, File};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

const SECRET: &[u8] = b"testing123";
/// A recovery reads all of the log: kills without end would make a long run an endless one.
const KILLS_MAX: u32 = 20;

/// A server with its files: it is killed and started again, but they stay.
struct Server {
    directory: Directory,
    table: TableName,
    duplicates: TableName,
    address: SocketAddr,
    child: Child,
}

impl Server {
    fn start(level: &str) -> Self {
        let directory = Directory::on_disk();
        let (table, duplicates) = (TableName::new(), TableName::new());
        let probe = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let address = probe.local_addr().expect("an address");
        drop(probe);
        let log = directory.file("log");
        fs::create_dir(&log).expect("a folder");
        let config = format!(
            "listen = [\"{address}\"]\nlevel = \"{level}\"\n[log]\nfolder = \"{}\"\nsegment_mib = 4\n\
             [table]\nname = \"{}\"\nduplicates = \"{}\"\nmax_mib = 1024\n\
             [[client]]\nname = \"edge\"\naddress = \"127.0.0.0/8\"\nsecret = \"testing123\"\n",
            log.display(),
            table.as_str(),
            duplicates.as_str()
        );
        fs::write(directory.file("config"), config).expect("a file");
        let child = spawn(&directory);
        Self {
            directory,
            table,
            duplicates,
            address,
            child,
        }
    }

    /// As if by accident: nothing is put away.
    fn kill(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("its end");
    }

    fn start_again(&mut self) {
        self.child = spawn(&self.directory);
    }

    /// Waits until it answers a Status-Server: then it has recovered.
    fn wait(&self) {
        let mut question = Life::new(Shape {
            sessions: 1,
            nases: 1,
            part: Part::Whole,
            status_every: 1,
            restart_ns: None,
            run: 1,
        });
        let engine = Engine::new(self.settings(), &mut question).expect("a socket");
        let once = Until {
            requests: 1,
            ..ENDLESS
        };
        let figures = engine.run(Pace::Closed(1), once).expect("a run");
        assert_eq!(figures.answered, 1);
    }

    fn settings(&self) -> Settings {
        Settings {
            to: self.address,
            secret: SECRET.to_vec(),
            sockets: 2,
            timeout_ns: 20_000_000,
            attempts_max: 100_000,
            // Those who say how long they waited have to say it anew when they waited for a server.
            resend: Resend::New,
            reuse: Reuse::Newest,
        }
    }
}

const ENDLESS: Until = Until {
    requests: u64::MAX,
    ns: u64::MAX,
    mark_ns: u64::MAX,
};

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(directory: &Directory) -> Child {
    let words = File::options()
        .append(true)
        .create(true)
        .open(directory.file("words"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu-radiusd"));
    command
        .arg("--config")
        .arg(directory.file("config"))
        .stdin(Stdio::null());
    command
        .stderr(words.expect("a file"))
        .spawn()
        .expect("the server")
}

fn events() -> u64 {
    let asked = std::env::var("QUIPU_EVENTS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(15_000)
}

/// Sends all of it, and kills the server at random instants meanwhile; says how often.
fn upheaval(server: &mut Server, disorder: &mut Disorder) -> (Figures, u32) {
    let engine = Engine::new(server.settings(), disorder).expect("sockets");
    let (done, is_done) = channel();
    thread::scope(|scope| {
        let killer = scope.spawn(move || {
            let (mut random, mut kills) = (Random::new(11), 0);
            while kills < KILLS_MAX {
                let pause = Duration::from_millis(50 + random.below(1_000));
                if is_done.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
                server.kill();
                kills += 1;
                server.start_again();
                // One of three dies again before it has done anything, or in its recovery; who always did would never
                // get on.
                if !random.one_in(3) {
                    server.wait();
                }
            }
            kills
        });
        let figures = engine.run(Pace::Closed(64), ENDLESS).expect("a run");
        // The killer may have had enough, and be gone.
        let _ = done.send(());
        (figures, killer.join().expect("no panic"))
    })
}

fn compare(server: &Server, disorder: &Disorder, when: &str) {
    let table = Table::open(&server.table).expect("the table");
    let verdict = check(&Store::new(table, 3600), disorder.truth()).expect("records");
    assert!(verdict.sessions > 500, "{verdict:?}");
    assert_eq!(
        verdict.differences,
        0,
        "{when}: {}",
        verdict.words.join("\n")
    );
}

fn the_truth_is_what_is_left(level: &str) {
    let mut server = Server::start(level);
    server.wait();
    let mut disorder = Disorder::new(Order {
        seed: 5,
        events: events(),
        client: "edge".to_owned(),
        run: 0,
        lose_answers: 100,
    });
    let (_, packets) = disorder.counts();
    let (figures, kills) = upheaval(&mut server, &mut disorder);
    println!(
        "{level}: {packets} packets, {kills} kills, {} sent again",
        figures.retransmitted
    );
    assert_eq!((figures.answered, figures.lost), (packets as u64, 0));
    assert_eq!(figures.bad_authenticators, 0);
    assert!(kills >= 2, "{kills} kills");
    server.wait();
    compare(&server, &disorder, "at once");
    server.kill();
    server.start_again();
    server.wait();
    compare(&server, &disorder, "after one more death");
    server.kill();
    for name in [&server.table, &server.duplicates] {
        fs::remove_file(name.path()).expect("a table");
    }
    server.start_again();
    server.wait();
    compare(&server, &disorder, "from the log alone");
}

#[test]
fn kills_lose_nothing_that_was_answered_at_level_process() {
    the_truth_is_what_is_left("process");
}

#[test]
fn kills_lose_nothing_that_was_answered_at_level_power() {
    the_truth_is_what_is_left("power");
}
