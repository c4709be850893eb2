//! What a worker writes down, in memory that outlives it: before an operation that it begins, and when, and after
//! it what it was answered, and when.
use crate::plan::OPS_MAX;
use crate::spec::{Answer, Compared, Value};
use quipu_core::Word;
use quipu_tests::shared::{Words, add, get, put};

/// Words of an operation: begun at, done at, and the answer as kind and content.
const NOTE_WORDS: usize = 4;
/// Words before the notes: of each worker, the last round that it has come to.
const HEAD_WORDS: usize = 8;
/// Beyond all rounds: for workers that have ended, so that nobody waits for them.
pub(crate) const GONE: u64 = u64::MAX;

pub(crate) struct Notes {
    words: Words,
    workers: u64,
}

/// One operation as it was noted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note {
    pub(crate) begun_ns: u64,
    /// `None`: whether it took effect is not known.
    pub(crate) done: Option<(u64, Answer)>,
}

impl Notes {
    pub(crate) fn create(workers: u64, rounds: u64) -> Self {
        let operations = usize::try_from(workers * rounds).expect("few") * OPS_MAX;
        Self {
            words: Words::create(HEAD_WORDS + NOTE_WORDS * operations),
            workers,
        }
    }

    pub(crate) fn open(path: &str, workers: u64) -> Self {
        Self {
            words: Words::open(path),
            workers,
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.words.path()
    }

    /// The last round that this worker has come to.
    pub(crate) fn progress(&self, worker: u64) -> &Word {
        &self.words[usize::try_from(worker).expect("few")]
    }

    fn note(&self, round: u64, worker: u64, index: usize) -> &[Word] {
        let place = usize::try_from((round - 1) * self.workers + worker).expect("few");
        let start = HEAD_WORDS + NOTE_WORDS * (place * OPS_MAX + index);
        &self.words[start..start + NOTE_WORDS]
    }

    /// Notes that the operation begins now. Added, not stored: the addition is a barrier that needs the time, so
    /// nothing of the operation is done before the clock was read.
    pub(crate) fn begin(&self, round: u64, worker: u64, index: usize, now_ns: impl Fn() -> u64) {
        add(&self.note(round, worker, index)[0], now_ns());
    }

    /// Notes what was answered, and that it is done now.
    pub(crate) fn end(
        &self,
        (round, worker, index): (u64, u64, usize),
        answer: Answer,
        now_ns: u64,
    ) {
        let note = self.note(round, worker, index);
        let (kind, content) = encode(answer);
        put(&note[2], kind);
        put(&note[3], content);
        put(&note[1], now_ns);
    }

    /// What was noted of an operation; `None`: it was not begun.
    pub(crate) fn read(&self, round: u64, worker: u64, index: usize) -> Option<Note> {
        let note = self.note(round, worker, index);
        let (begun_ns, done_ns) = (get(&note[0]), get(&note[1]));
        let done = (done_ns != 0).then(|| (done_ns, decode(get(&note[2]), get(&note[3]))));
        (begun_ns != 0).then_some(Note { begun_ns, done })
    }
}

fn encode(answer: Answer) -> (u64, u64) {
    match answer {
        Answer::Done => (1, 0),
        Answer::Found(None) => (2, 0),
        Answer::Found(Some(Value::Integer(number))) => (3, number.cast_unsigned()),
        Answer::Found(Some(Value::Bytes(number))) => (4, u64::from(number)),
        Answer::Did(did) => (5, u64::from(did)),
        Answer::Sum(sum) => (6, sum.cast_unsigned()),
        Answer::Taken(None) => (7, 0),
        Answer::Taken(Some(number)) => (8, number.cast_unsigned()),
        Answer::WrongType => (9, 0),
        Answer::Compared(Compared::Done) => (10, 0),
        Answer::Compared(Compared::Changed) => (11, 0),
        Answer::Compared(Compared::Missing) => (12, 0),
        Answer::Bad(what) => (0, what),
    }
}

fn decode(kind: u64, content: u64) -> Answer {
    match kind {
        1 => Answer::Done,
        2 => Answer::Found(None),
        3 => Answer::Found(Some(Value::Integer(content.cast_signed()))),
        4 => Answer::Found(Some(Value::Bytes(u32::try_from(content).unwrap_or(0)))),
        5 => Answer::Did(content != 0),
        6 => Answer::Sum(content.cast_signed()),
        7 => Answer::Taken(None),
        8 => Answer::Taken(Some(content.cast_signed())),
        9 => Answer::WrongType,
        10 => Answer::Compared(Compared::Done),
        11 => Answer::Compared(Compared::Changed),
        12 => Answer::Compared(Compared::Missing),
        _ => Answer::Bad(content),
    }
}
