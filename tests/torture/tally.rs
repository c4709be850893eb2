//! The tallies: words that the test and its workers share, which no death of a worker can hurt.
use quipu_core::Word;
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, put};
use quipu_tests::system::now_ms;

/// Counters, records and so on that the workers share.
pub(crate) const COUNTERS: u64 = 3000;
/// Values of up to 200 KiB.
pub(crate) const RECORDS: u64 = 150;
/// Lists that are appended to.
pub(crate) const LISTS: u64 = 20;
/// Counters that are taken.
pub(crate) const TAKEN: u64 = 4000;
/// Floats.
pub(crate) const FLOATS: u64 = 200;
/// Processes that a run can have, one after the other.
pub(crate) const LIVES: u64 = 1 << 19;

const END: u64 = 0;
const OPERATIONS: u64 = 1;
const COUNTERS_AT: u64 = 8;
const TAKEN_AT: u64 = COUNTERS_AT + TALLY_WORDS * COUNTERS;
const FLOATS_AT: u64 = TAKEN_AT + TALLY_WORDS * TAKEN;
const LIVES_AT: u64 = FLOATS_AT + TALLY_WORDS * FLOATS;
const TALLY_WORDS: u64 = 3;
const LIFE_WORDS: u64 = 8;
const WORDS: u64 = LIVES_AT + LIFE_WORDS * LIVES;

/// All of them.
pub(crate) struct Tallies {
    words: Words,
}

/// How often something was begun, and how often it was answered.
pub(crate) struct Tally<'t> {
    /// Before the operation.
    pub(crate) started: &'t Word,
    /// After it.
    pub(crate) acknowledged: &'t Word,
    /// What was taken away.
    pub(crate) taken: &'t Word,
}

/// The words of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life(u64);

impl Tallies {
    /// Fresh ones.
    pub(crate) fn create() -> Self {
        Self::new(Words::create(usize::try_from(WORDS).expect("few")))
    }

    /// Those of a test.
    pub(crate) fn new(words: Words) -> Self {
        Self { words }
    }

    /// For a child.
    pub(crate) fn path(&self) -> &str {
        self.words.path()
    }

    fn word(&self, index: u64) -> &Word {
        &self.words[usize::try_from(index).expect("few")]
    }

    fn tally(&self, at: u64) -> Tally<'_> {
        Tally {
            started: self.word(at),
            acknowledged: self.word(at + 1),
            taken: self.word(at + 2),
        }
    }

    /// Not zero: the workers are to end.
    pub(crate) fn end(&self) -> &Word {
        self.word(END)
    }

    /// Operations of all workers.
    pub(crate) fn operations(&self) -> &Word {
        self.word(OPERATIONS)
    }

    /// The tally of a counter.
    pub(crate) fn counter(&self, number: u64) -> Tally<'_> {
        self.tally(COUNTERS_AT + TALLY_WORDS * number)
    }

    /// The tally of a counter that is taken.
    pub(crate) fn taken(&self, number: u64) -> Tally<'_> {
        self.tally(TAKEN_AT + TALLY_WORDS * number)
    }

    /// The tally of a float.
    pub(crate) fn float(&self, number: u64) -> Tally<'_> {
        self.tally(FLOATS_AT + TALLY_WORDS * number)
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

    /// One of the records, and its key, which is long for some.
    pub(crate) fn pick_record(&self, random: &mut Random) -> (u64, Vec<u8>) {
        let number = if random.one_in(3) {
            random.below(3)
        } else {
            random.below(RECORDS)
        };
        let mut key = key_of("r", number);
        if number % 5 == 0 {
            key.extend([b'.'; 200]);
        }
        (number, key)
    }

    /// The words of a process.
    pub(crate) fn life(&self, id: u64) -> Life {
        Life(LIVES_AT + LIFE_WORDS * (id % LIVES))
    }
}

impl Life {
    /// An operation begins.
    pub(crate) fn begin(self, job: u64, tallies: &Tallies) {
        put(tallies.word(self.0 + 3), job);
        put(self.since(tallies), now_ms());
    }

    /// It is done.
    pub(crate) fn done(self, tallies: &Tallies) {
        put(self.since(tallies), 0);
        add(tallies.operations(), 1);
    }

    /// The process ends because it was told to.
    pub(crate) fn end(self, tallies: &Tallies) {
        put(self.since(tallies), 0);
    }

    /// The number of the key of its own that it uses.
    pub(crate) fn unique(self, tallies: &Tallies) -> &Word {
        tallies.word(self.0)
    }

    /// The counter that it takes, plus 1.
    pub(crate) fn taking(self, tallies: &Tallies) -> &Word {
        tallies.word(self.0 + 1)
    }

    /// How many keys it has left for ever.
    pub(crate) fn grown(self, tallies: &Tallies) -> &Word {
        tallies.word(self.0 + 4)
    }

    /// When the operation under way began; 0: there is none.
    pub(crate) fn since(self, tallies: &Tallies) -> &Word {
        tallies.word(self.0 + 2)
    }

    /// Which one it is.
    pub(crate) fn job(self, tallies: &Tallies) -> &Word {
        tallies.word(self.0 + 3)
    }
}

/// A key: a prefix and a number.
pub(crate) fn key_of(prefix: &str, number: u64) -> Vec<u8> {
    format!("{prefix}{number:06}").into_bytes()
}

/// The number in a key of [`key_of`] with a prefix of one letter.
pub(crate) fn number_of(key: &[u8]) -> u64 {
    let digits = key
        .get(1..7)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("a key of the test")
}
