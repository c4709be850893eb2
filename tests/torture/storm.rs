//! The one who kills: starts workers in seats, kills and stops them at random, and watches that nobody dies by itself,
//! hangs, or waits for one that is stopped.
use crate::home::{Home, Homes};
use crate::tally::{EVENTS, Event, SEATS, Tallies};
use quipu::{Options, Table};
use quipu_tests::child::{Child, was_killed};
use quipu_tests::files::TableName;
use quipu_tests::random::Random;
use quipu_tests::shared::{get, put, wait_for};
use quipu_tests::system::{self, now_ms};
use std::fmt;
use std::thread;
use std::time::Duration;

const WORKERS: usize = 8;
/// So that there are others whose progress can be seen.
const STOPPED_MAX: usize = WORKERS / 2;
/// An operation that takes so long, in a process that is not stopped, will never end.
const HANG_MS: u64 = 30_000;
/// And if the others do nothing for so long, they wait for the one that is stopped.
const WAIT_MS: u64 = 20_000;
const CHECK_EVERY_MS: u64 = 3_000;
/// Whoever is stopped goes on when the others have done so many operations since: more than were under way.
const PROGRESS: u64 = 100;

/// A worker that runs, or is dying.
struct Worker {
    child: Child,
    id: u64,
    seat: u64,
    home: Home,
    stop: Option<Stop>,
}

/// Since it was stopped.
struct Stop {
    /// When it may go on.
    until: u64,
    since: u64,
    /// Operations of the others, then.
    others: u64,
}

/// What happened to processes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) ms: u64,
    pub(crate) kills: u64,
    pub(crate) stops: u64,
    pub(crate) in_namespace: u64,
    pub(crate) other_user: u64,
    pub(crate) events: [u64; EVENTS],
    pub(crate) operations: u64,
}

/// One table, and all that happens to it.
pub(crate) struct Storm {
    pub(crate) table: Table,
    pub(crate) tallies: Tallies,
    pub(crate) totals: Totals,
    workers: Vec<Worker>,
    dying: Vec<Worker>,
    // After the workers: a namespace does not end before all who are in it were waited for.
    homes: Homes,
    name: TableName,
    random: Random,
    free_seats: Vec<u64>,
}

impl Storm {
    /// Runs the workers, and kills and stops them, for so long; then lets them end.
    pub(crate) fn rage(options: Options, seed: u64, ms: u64) -> Self {
        system::adopt_orphans();
        let homes = Homes::new();
        let name = TableName::new();
        let options = Options {
            mode: 0o660,
            group: homes.group(),
            tick_ms: 16,
            ..options
        };
        let table = Table::create(&name, options).expect("a fresh table");
        assert_eq!(table.stats().buckets, 1, "it starts at one bucket");
        let mut storm = Self {
            table,
            tallies: Tallies::create(homes.group()),
            totals: Totals::default(),
            name,
            homes,
            random: Random::new(seed),
            workers: Vec::new(),
            dying: Vec::new(),
            free_seats: (0..SEATS).collect(),
        };
        for at in 0..WORKERS {
            let worker = storm.start(storm.homes.of(at));
            storm.workers.push(worker);
        }
        let start = now_ms();
        let mut next_check = 0;
        while now_ms() < start + ms {
            storm.strike();
            storm.reap();
            storm.resume();
            storm.watch();
            if now_ms() > next_check {
                storm.check_in_use();
                next_check = now_ms() + CHECK_EVERY_MS;
            }
            thread::sleep(Duration::from_micros(300 + storm.random.below(5000)));
        }
        storm.totals.ms = now_ms() - start;
        storm.calm();
        storm
    }

    fn start(&mut self, home: Home) -> Worker {
        if self.free_seats.is_empty() {
            wait_for("a death", || {
                self.reap();
                !self.free_seats.is_empty()
            });
        }
        let seat = self.free_seats.pop().expect("a free seat");
        let id = self.tallies.new_life().id;
        put(self.tallies.sitting(seat), id);
        let seed = self.random.word();
        let arguments: [&dyn ToString; 6] = [
            &self.name.as_str(),
            &self.tallies.path(),
            &id,
            &seat,
            &seed,
            &home.user(),
        ];
        self.totals.in_namespace += u64::from(home.is_in_namespace);
        self.totals.other_user += u64::from(home.is_other_user);
        Worker {
            child: self.homes.start(home, &arguments),
            id,
            seat,
            home,
            stop: None,
        }
    }

    /// Kills one, or stops one for a moment or for long.
    fn strike(&mut self) {
        let at = self.random.index(WORKERS);
        let ms = match self.random.below(16) {
            0..9 => return self.kill(at),
            15 => 300,
            _ => self.random.below(6),
        };
        let stopped = self.workers.iter().filter(|worker| worker.stop.is_some());
        if stopped.count() < STOPPED_MAX && self.workers[at].stop.is_none() {
            self.stop(at, ms);
        }
    }

    /// A stopped one can be killed, too. Its place is taken at once, by another of its kind, in another seat.
    fn kill(&mut self, at: usize) {
        self.workers[at].child.signal(libc::SIGKILL);
        self.totals.kills += 1;
        let new = self.start(self.workers[at].home);
        let old = std::mem::replace(&mut self.workers[at], new);
        self.dying.push(old);
    }

    fn stop(&mut self, at: usize, ms: u64) {
        self.workers[at].child.signal(libc::SIGSTOP);
        self.totals.stops += 1;
        let since = now_ms();
        let others = self.others(self.workers[at].seat);
        self.workers[at].stop = Some(Stop {
            until: since + ms,
            since,
            others,
        });
    }

    /// Operations of all but the one in a seat.
    fn others(&self, seat: u64) -> u64 {
        let own = get(self.tallies.operations(seat));
        self.tallies.all_operations().saturating_sub(own)
    }

    /// The dead must have died of our signal. Their forks die with them, and are ours to bury.
    fn reap(&mut self) {
        let mut at = 0;
        while at < self.dying.len() {
            let Some(status) = self.dying[at].child.try_wait() else {
                at += 1;
                continue;
            };
            let old = self.dying.swap_remove(at);
            let id = old.id;
            assert!(was_killed(status), "worker {id} died by itself: {status}");
            self.free_seats.push(old.seat);
        }
        while let Some(Some(pid)) = system::ended_child() {
            let ours = self.workers.iter().chain(&self.dying);
            if ours.map(|worker| worker.child.pid()).any(|own| own == pid) {
                return;
            }
            let status = system::wait(pid).expect("an orphan");
            let is_well = status == 0 || status == libc::SIGKILL;
            assert!(is_well, "a fork died by itself: wait status {status:#x}");
        }
    }

    /// Whoever was stopped long enough goes on, if the others did: nobody waits for one that is stopped.
    fn resume(&mut self) {
        let now = now_ms();
        for at in 0..self.workers.len() {
            let Some(stop) = &self.workers[at].stop else {
                continue;
            };
            let went_on = self
                .others(self.workers[at].seat)
                .saturating_sub(stop.others);
            assert!(
                went_on >= PROGRESS || now < stop.since + WAIT_MS,
                "while worker {} was stopped for {} ms, the others did {went_on} operations",
                self.workers[at].id,
                now - stop.since
            );
            if went_on >= PROGRESS && now >= stop.until {
                self.workers[at].child.signal(libc::SIGCONT);
                self.workers[at].stop = None;
            }
        }
    }

    /// Nobody died by itself, and nobody hangs.
    fn watch(&mut self) {
        assert_eq!(get(self.tallies.anomalies()), 0, "anomalies, told above");
        let now = now_ms();
        for worker in &mut self.workers {
            let id = get(self.tallies.sitting(worker.seat));
            if let Some(status) = worker.child.try_wait() {
                panic!("worker {id} died by itself: {status}");
            }
            let life = self.tallies.life(id);
            let since = get(life.since(&self.tallies));
            if since != 0 && now > since + HANG_MS {
                let job = get(life.job(&self.tallies));
                panic!("worker {id} hangs: job {job} for {} ms", now - since);
            }
        }
    }

    /// A check of a table in use reports nothing that is merely on its way.
    fn check_in_use(&self) {
        let report = self.table.check();
        assert_eq!(report.problems, [], "in use");
    }

    /// Everybody goes on, and ends; then nobody is left but us.
    fn calm(&mut self) {
        while self.workers.iter().any(|worker| worker.stop.is_some()) {
            self.reap();
            self.resume();
            self.watch();
            thread::sleep(Duration::from_millis(1));
        }
        put(self.tallies.end(), 1);
        for worker in self.workers.drain(..) {
            worker.child.finish(Duration::from_millis(HANG_MS));
        }
        wait_for("the last death", || {
            self.reap();
            self.dying.is_empty()
        });
        self.homes.end();
        wait_for("the end of the orphans", || {
            self.reap();
            system::ended_child().is_none()
        });
        assert_eq!(get(self.tallies.anomalies()), 0, "anomalies, told above");
        self.totals.operations = self.tallies.all_operations();
        self.totals.events = self.tallies.events();
    }
}

impl Totals {
    /// Adds those of another storm.
    pub(crate) fn add(&mut self, other: &Self) {
        self.ms += other.ms;
        self.kills += other.kills;
        self.stops += other.stops;
        self.in_namespace += other.in_namespace;
        self.other_user += other.other_user;
        self.operations += other.operations;
        for (total, more) in self.events.iter_mut().zip(other.events) {
            *total += more;
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |event: Event| self.events[event as usize];
        write!(
            f,
            "{} s: {} kills, {} stops, {} forks ({} killed), {} execs, {} attaches, {} detaches, {} threads, {} lives \
             in another PID namespace, {} of another user; {} operations ({} answered full), {} reads of sequences; \
             anomalies: 0",
            self.ms / 1000,
            self.kills,
            self.stops,
            of(Event::Fork),
            of(Event::ForkKilled),
            of(Event::Exec),
            of(Event::Attach),
            of(Event::Detach),
            of(Event::Thread),
            self.in_namespace,
            self.other_user,
            self.operations,
            of(Event::Full),
            of(Event::SequenceRead),
        )
    }
}
