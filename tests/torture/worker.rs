//! What the processes do that are killed and stopped: every kind of write, with tallies in memory of the test's own,
//! so that whoever looks at the table afterwards knows what has to be in it.
use crate::home;
use crate::number;
use crate::own::{self, Fleeting};
use crate::record;
use crate::sequence;
use crate::tally::{Event, Life, SEQUENCES, Tallies};
use crate::upheaval;
use quipu::{CountError, Limit, OnFull, Table, WriteError};
use quipu_tests::random::Random;
use quipu_tests::shared::{add, get};
use quipu_tests::system;
use std::cell::RefCell;
use std::sync::Arc;
use std::{panic, thread};

/// A table that may not get larger than this is meant to be full.
pub(crate) const TIGHT_BYTES_MAX: u64 = 64 << 20;

/// Which argument is the number of the life.
pub(crate) const ID: usize = 2;

/// One process, from its start to its death; or a thread or a fork of it, with its own numbers.
pub(crate) struct Worker {
    /// `None` only while it opens the table again.
    table: Option<Table>,
    pub(crate) tallies: Arc<Tallies>,
    pub(crate) life: Life,
    /// Where it sits, with its threads and forks.
    pub(crate) seat: u64,
    /// It alone may write the sequences of its seat; its threads and forks may not.
    pub(crate) is_first: bool,
    pub(crate) random: Random,
    pub(crate) unique: u64,
    pub(crate) grown: u64,
    pub(crate) written: u64,
    /// A key of ours with a time to live.
    pub(crate) fleeting: Option<Fleeting>,
    /// The largest number that we know to be stored as the peak.
    pub(crate) peak: i64,
    /// The last number of each sequence that we have seen.
    pub(crate) seen: RefCell<Vec<u64>>,
    /// Entries may go at any time, so only what is there can be checked.
    pub(crate) evicts: bool,
    /// Writes may be answered with "full".
    pub(crate) is_tight: bool,
    pub(crate) arguments: Vec<String>,
}

/// The role: arguments are the table, the tallies, the number of this life, its seat, a seed, and its user (0: as it
/// was started).
pub(crate) fn play(arguments: &[String]) {
    let [table, words, id, seat, seed, user] = arguments else {
        panic!("a worker has six arguments");
    };
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let (id, seed, user) = (number(id), number(seed), number(user));
    home::become_user(user);
    let tallies = Arc::new(Tallies::open(words));
    end_at_panic(Arc::clone(&tallies));
    let life = tallies.life(id);
    // The one who kills gets its turn at once.
    system::be_nice();
    let mut worker = Worker {
        evicts: false,
        is_tight: false,
        table: None,
        life,
        seat: number(seat),
        is_first: true,
        random: Random::new(seed ^ id),
        unique: 0,
        grown: 0,
        written: 0,
        fleeting: None,
        peak: i64::MIN,
        seen: RefCell::new(vec![0; usize::try_from(SEQUENCES).expect("few")]),
        tallies,
        arguments: arguments.to_vec(),
    };
    worker.begin(Job::Open);
    worker.attach(table);
    while get(worker.tallies.end()) == 0 {
        worker.step();
    }
    worker.life.end(&worker.tallies);
}

/// Also of a thread or a fork: what one of them finds must not get lost, nor be told by another in its name.
fn end_at_panic(tallies: Arc<Tallies>) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        add(tallies.anomalies(), 1);
        tell(info);
        system::exit_now(101);
    }));
}

/// What is under way, for whoever finds that it never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Job {
    /// Opening the table.
    Open = 1,
    /// A counter.
    Count,
    /// A key of our own.
    Unique,
    /// A key that stays.
    Grow,
    /// A record.
    Record,
    /// A list that grows.
    List,
    /// `take`.
    Take,
    /// A float.
    Float,
    /// Inserts and deletes of the same few keys.
    Rush,
    /// An extreme.
    Peak,
    /// A time to live.
    Fleeting,
    /// Keys that come and go.
    Churn,
    /// A numbered value.
    Sequence,
    /// A scan.
    Scan,
    /// Upkeep.
    Maintain,
    /// Closing and opening.
    Attach,
    /// Threads, forks of them, and exec.
    Crowd,
    /// A fork inside an operation.
    ForkInside,
    /// Waiting for a fork.
    AwaitFork,
    /// Another program in its place.
    Exec,
}

type Run = fn(&mut Worker);

impl Worker {
    /// Opens the table.
    pub(crate) fn attach(&mut self, name: &str) {
        let table = Table::open(name).expect("the table is there");
        let stats = table.stats();
        self.evicts = stats.on_full == OnFull::Evict;
        self.is_tight = stats.bytes_max <= TIGHT_BYTES_MAX;
        self.table = Some(table);
        self.event(Event::Attach);
    }

    /// Closes it.
    pub(crate) fn detach(&mut self) {
        self.table = None;
    }

    pub(crate) fn table(&self) -> &Table {
        self.table.as_ref().expect("the table is open")
    }

    pub(crate) fn id(&self) -> u64 {
        self.life.id
    }

    pub(crate) fn event(&self, event: Event) {
        add(self.tallies.event(event), 1);
    }

    /// Somebody who works on the same table at the same time, in the same seat.
    pub(crate) fn twin(&mut self) -> Self {
        Self {
            table: self.table.clone(),
            tallies: Arc::clone(&self.tallies),
            life: self.tallies.new_life(),
            seat: self.seat,
            is_first: false,
            random: Random::new(self.random.word()),
            unique: 0,
            grown: 0,
            written: 0,
            fleeting: None,
            peak: self.peak,
            // What we have seen it must not see go back, either: it begins after us.
            seen: self.seen.clone(),
            evicts: self.evicts,
            is_tight: self.is_tight,
            arguments: self.arguments.clone(),
        }
    }

    /// What was written; `None`: there was no room, in a table that is meant to be full.
    pub(crate) fn admitted<T>(&self, result: Result<T, WriteError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(WriteError::Full(Limit::TableBytes | Limit::Depth | Limit::Blocks))
                if self.is_tight =>
            {
                self.event(Event::Full);
                None
            }
            Err(error) => panic!("a write was answered: {error:?}"),
        }
    }

    /// As [`Self::admitted`], of a number.
    pub(crate) fn counted<T>(&self, result: Result<T, CountError>) -> Option<T> {
        self.admitted(result.map_err(|error| match error {
            CountError::Write(error) => error,
            other => panic!("a count was answered: {other:?}"),
        }))
    }

    fn step(&mut self) {
        // By far the most of what can happen to a process is rare in the life of one.
        let (job, run): (Job, Run) = match self.random.below(3000) {
            0 => (Job::Crowd, upheaval::crowd),
            1 if !self.evicts => (Job::ForkInside, upheaval::fork_inside),
            2 => (Job::Exec, upheaval::replace),
            3..6 => (Job::Attach, upheaval::attach_and_detach),
            _ => return self.quiet_step(),
        };
        self.run(job, run);
    }

    /// One that a thread or a fork may do.
    pub(crate) fn quiet_step(&mut self) {
        let (job, run) = match (self.evicts, self.is_tight) {
            (true, _) => self.pick_for_evicting(),
            (false, true) => self.pick_for_full(),
            (false, false) => self.pick(),
        };
        self.run(job, run);
    }

    /// Says what is under way from now on.
    pub(crate) fn begin(&self, job: Job) {
        self.life.begin(job as u64, &self.tallies);
    }

    fn run(&mut self, job: Job, run: Run) {
        self.begin(job);
        run(self);
        self.life.done(self.seat, &self.tallies);
    }

    fn pick(&mut self) -> (Job, Run) {
        match self.random.below(4000) {
            0..100 => (Job::Grow, own::grow),
            100..1800 => (Job::Count, number::count),
            1800..2100 => (Job::Rush, number::rush),
            2100..2500 => (Job::Unique, own::unique),
            2500..2800 => (Job::Record, record::record),
            2800..3200 => (Job::Sequence, sequence::sequence),
            3200..3300 => (Job::List, record::list),
            3300..3700 => (Job::Take, number::take),
            3700..3850 => (Job::Float, number::float),
            3850..3950 => (Job::Peak, number::peak),
            3950..3997 => (Job::Fleeting, own::fleeting),
            3997..3999 => (Job::Scan, record::scan),
            _ => (Job::Maintain, maintain),
        }
    }

    fn pick_for_evicting(&mut self) -> (Job, Run) {
        match self.random.below(4000) {
            0..300 => (Job::Record, record::record),
            300..400 => (Job::List, record::list),
            400..1000 => (Job::Sequence, sequence::sequence),
            1000..3997 => (Job::Churn, record::churn),
            3997..3999 => (Job::Scan, record::scan),
            _ => (Job::Maintain, maintain),
        }
    }

    fn pick_for_full(&mut self) -> (Job, Run) {
        match self.random.below(4000) {
            0..800 => (Job::Count, number::count),
            800..1000 => (Job::Take, number::take),
            1000..1100 => (Job::Float, number::float),
            1100..1300 => (Job::Unique, own::unique),
            1300..1500 => (Job::Record, record::record),
            1500..1600 => (Job::List, record::list),
            1600..2000 => (Job::Sequence, sequence::sequence),
            2000..2100 => (Job::Rush, number::rush),
            2100..3997 => (Job::Churn, record::churn),
            3997..3999 => (Job::Scan, record::scan),
            _ => (Job::Maintain, maintain),
        }
    }
}

fn maintain(worker: &mut Worker) {
    worker.table().maintain().expect("maintain");
    thread::yield_now();
}
