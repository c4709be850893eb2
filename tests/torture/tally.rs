//! The tallies: words that the test and its workers share, which no death of a worker can hurt.
use quipu_core::Word;
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, put};
use quipu_tests::system::now_ms;

/// Counters that the workers share.
pub(crate) const COUNTERS: u64 = 3000;
/// Values of up to 1 MiB.
pub(crate) const RECORDS: u64 = 150;
/// Lists that are appended to.
pub(crate) const LISTS: u64 = 20;
/// Counters that are taken.
pub(crate) const TAKEN: u64 = 4000;
/// Floats.
pub(crate) const FLOATS: u64 = 200;
/// Places for workers: a process has one from its start until it is seen dead.
pub(crate) const SEATS: u64 = 32;
/// Sequences that the worker in a seat writes, and nobody else.
pub(crate) const SEQUENCES_PER_SEAT: u64 = 4;
/// All sequences.
pub(crate) const SEQUENCES: u64 = SEATS * SEQUENCES_PER_SEAT;
/// Processes and threads that a table can see, one after the other.
pub(crate) const LIVES: u64 = 1 << 19;

const END: u64 = 0;
const LAST_LIFE: u64 = 1;
const ANOMALIES: u64 = 2;
const EVENTS_AT: u64 = 8;
const SITTING_AT: u64 = 16;
const OPERATIONS_AT: u64 = SITTING_AT + SEATS;
const COUNTERS_AT: u64 = OPERATIONS_AT + SEATS;
const TAKEN_AT: u64 = COUNTERS_AT + TALLY_WORDS * COUNTERS;
const FLOATS_AT: u64 = TAKEN_AT + TALLY_WORDS * TAKEN;
const SEQUENCES_AT: u64 = FLOATS_AT + TALLY_WORDS * FLOATS;
const LIVES_AT: u64 = SEQUENCES_AT + TALLY_WORDS * SEQUENCES;
const TALLY_WORDS: u64 = 4;
const LIFE_WORDS: u64 = 8;
const WORDS: u64 = LIVES_AT + LIFE_WORDS * LIVES;

/// All of them.
pub(crate) struct Tallies {
    words: Words,
}

/// How often something was begun, and how often it was answered.
pub(crate) struct Tally<'t> {
    /// Before the operation. Of a sequence: the number that is being written.
    pub(crate) started: &'t Word,
    /// After it. Of a sequence: the number that was written.
    pub(crate) acknowledged: &'t Word,
    /// What was taken away.
    pub(crate) taken: &'t Word,
    /// What was started and answered with "full".
    pub(crate) refused: &'t Word,
}

/// What happens to processes, other than by the hand of the test.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum Event {
    /// A fork in the middle of operations.
    Fork,
    /// One that ended by SIGKILL.
    ForkKilled,
    /// A program replaced by itself.
    Exec,
    /// The table was opened.
    Attach,
    /// The table was closed, and the process went on.
    Detach,
    /// A thread that worked beside others.
    Thread,
    /// An operation that was answered with "full".
    Full,
    /// A value of a sequence that was read and compared with what is known of it.
    SequenceRead,
}

/// How many there are.
pub(crate) const EVENTS: usize = Event::SequenceRead as usize + 1;

/// The words of one process, or of one thread beside others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// Its number, from 1.
    pub(crate) id: u64,
    at: u64,
}

impl Tallies {
    /// Fresh ones, which also processes of a group may use.
    pub(crate) fn create(group: Option<u32>) -> Self {
        let words = Words::create(usize::try_from(WORDS).expect("few"));
        if let Some(group) = group {
            words.admit(group);
        }
        Self { words }
    }

    /// Those of a test, for its child.
    pub(crate) fn open(path: &str) -> Self {
        Self {
            words: Words::open(path),
        }
    }

    /// For a child's [`Self::open`].
    pub(crate) fn path(&self) -> &str {
        self.words.path()
    }

    fn word(&self, index: u64) -> &Word {
        &self.words[usize::try_from(index).expect("few")]
    }

    fn tally(&self, at: u64, number: u64) -> Tally<'_> {
        let at = at + TALLY_WORDS * number;
        Tally {
            started: self.word(at),
            acknowledged: self.word(at + 1),
            taken: self.word(at + 2),
            refused: self.word(at + 3),
        }
    }

    /// Not zero: the workers are to end.
    pub(crate) fn end(&self) -> &Word {
        self.word(END)
    }

    /// How often a worker found what must not be. It says so here before it says what, for it may be killed while it
    /// speaks.
    pub(crate) fn anomalies(&self) -> &Word {
        self.word(ANOMALIES)
    }

    /// The life in a seat.
    pub(crate) fn sitting(&self, seat: u64) -> &Word {
        self.word(SITTING_AT + seat)
    }

    /// How often something happened.
    pub(crate) fn event(&self, event: Event) -> &Word {
        self.word(EVENTS_AT + event as u64)
    }

    /// How often each thing happened, in the order of [`Event`].
    pub(crate) fn events(&self) -> [u64; EVENTS] {
        std::array::from_fn(|event| get(self.word(EVENTS_AT + event as u64)))
    }

    /// Operations of the workers that were in a seat, and of their threads and forks.
    pub(crate) fn operations(&self, seat: u64) -> &Word {
        self.word(OPERATIONS_AT + seat)
    }

    /// Operations of all.
    pub(crate) fn all_operations(&self) -> u64 {
        (0..SEATS).map(|seat| get(self.operations(seat))).sum()
    }

    /// The tally of a counter.
    pub(crate) fn counter(&self, number: u64) -> Tally<'_> {
        self.tally(COUNTERS_AT, number)
    }

    /// The tally of a counter that is taken.
    pub(crate) fn taken(&self, number: u64) -> Tally<'_> {
        self.tally(TAKEN_AT, number)
    }

    /// The tally of a float.
    pub(crate) fn float(&self, number: u64) -> Tally<'_> {
        self.tally(FLOATS_AT, number)
    }

    /// How far a sequence is.
    pub(crate) fn sequence(&self, number: u64) -> Tally<'_> {
        self.tally(SEQUENCES_AT, number)
    }

    /// One of the counters; half of the time one of a few that everybody wants.
    pub(crate) fn pick_counter(&self, random: &mut Random) -> (u64, Tally<'_>) {
        let number = if random.one_in(2) {
            random.below(4)
        } else {
            random.below(COUNTERS)
        };
        (number, self.counter(number))
    }

    /// A life that begins.
    pub(crate) fn new_life(&self) -> Life {
        let id = add(self.word(LAST_LIFE), 1) + 1;
        assert!(id < LIVES, "too many lives for the tallies");
        self.life(id)
    }

    /// How many lives there were.
    pub(crate) fn lives(&self) -> u64 {
        get(self.word(LAST_LIFE))
    }

    /// One that began.
    pub(crate) fn life(&self, id: u64) -> Life {
        let at = LIVES_AT + LIFE_WORDS * (id % LIVES);
        Life { id, at }
    }
}

impl Life {
    /// An operation begins.
    pub(crate) fn begin(self, job: u64, tallies: &Tallies) {
        put(tallies.word(self.at + 3), job);
        put(self.since(tallies), now_ms());
    }

    /// It is done.
    pub(crate) fn done(self, seat: u64, tallies: &Tallies) {
        put(self.since(tallies), 0);
        add(tallies.operations(seat), 1);
    }

    /// The life ends between two operations: it leaves nothing of its own behind.
    pub(crate) fn end(self, tallies: &Tallies) {
        put(self.unique(tallies), 0);
        put(self.since(tallies), 0);
    }

    /// The number of the key of its own that it uses.
    pub(crate) fn unique(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at)
    }

    /// The counter that it takes, plus 1.
    pub(crate) fn taking(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at + 1)
    }

    /// When the operation under way began; 0: there is none.
    pub(crate) fn since(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at + 2)
    }

    /// Which one it is.
    pub(crate) fn job(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at + 3)
    }

    /// How many keys it has left for ever.
    pub(crate) fn grown(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at + 4)
    }

    /// How many values it has begun to write: no higher number of its can be read.
    pub(crate) fn written(self, tallies: &Tallies) -> &Word {
        tallies.word(self.at + 5)
    }
}
