//! A process that follows its plan and writes down what happens.
use crate::notes::{GONE, Notes};
use crate::plan::{Batch, STYLES, Step, Style, TTL_MS, bytes_of, key_name, number_of};
use crate::spec::{Answer, Compared, Op, Value};
use quipu::{CountError, Entry, Number, Table, Token, Ttl, Update, ValueRef, WriteError};
use quipu_tests::random::Random;
use quipu_tests::shared::{get, put, wait_for};
use quipu_tests::system;
use std::thread;
use std::time::Duration;

/// How long after it is asked for a death comes, but for what the kernel adds.
const DEATH_NS: u32 = 10_000;
/// The longest wait before the operations of a round in which somebody dies.
const DELAY_NS_MAX: u64 = 30_000;
/// What an operation answers with [`Answer::Bad`], beside the codes of errors.
const TORN: u64 = 1 << 32;

pub(crate) fn worker(arguments: &[String]) {
    let [table, notes, numbers @ ..] = arguments else {
        panic!("a table, notes and numbers");
    };
    let numbers: Vec<u64> = numbers
        .iter()
        .map(|n| n.parse().expect("a number"))
        .collect();
    let [seed, workers, rounds, style, worker] = numbers[..] else {
        panic!("five numbers");
    };
    let batch = Batch {
        seed,
        workers,
        rounds,
        style: STYLES[usize::try_from(style).expect("few")],
    };
    let table = Table::open(table).expect("the table of the test");
    let notes = Notes::open(notes, workers);
    let death = batch.death(worker);
    for round in 1..=rounds {
        let others = || (0..workers).all(|other| get(notes.progress(other)) >= round);
        put(notes.progress(worker), round);
        wait_for("the others", others);
        let dies = (round == death).then_some(DEATH_NS);
        let is_deadly = (0..workers).any(|other| batch.death(other) == round);
        let delay_ns = Random::new(seed ^ round).below(DELAY_NS_MAX);
        let delay_ns = if is_deadly { delay_ns } else { 0 };
        play(&table, &notes, &batch, (round, worker), (dies, delay_ns));
        if round == death {
            // It may come late, but it comes.
            thread::sleep(Duration::from_secs(10));
        }
    }
    put(notes.progress(worker), GONE);
}

fn play(
    table: &Table,
    notes: &Notes,
    batch: &Batch,
    (round, worker): (u64, u64),
    (dies, delay_ns): (Option<u32>, u64),
) {
    let steps = batch.steps(round, worker);
    let values = steps.iter().map(|step| prepare(step.op));
    let prepared: Vec<_> = steps.iter().zip(values).collect();
    let names: Vec<_> = (0..3).map(|key| key_name(round, key)).collect();
    let mut token = None;
    // Everybody waits as long as the death takes, more or less, so that it comes in the middle of the operations.
    let start_ns = system::now_ns() + delay_ns;
    if let Some(after_ns) = dies {
        system::die_in_ns(after_ns);
    }
    while system::now_ns() < start_ns {
        std::hint::spin_loop();
    }
    for (index, (step, value)) in prepared.iter().enumerate() {
        if step.pause_us > 0 {
            thread::sleep(Duration::from_micros(step.pause_us));
        }
        if matches!(step.op, Op::CompareAndSet(..)) && token.is_none() {
            continue;
        }
        let name = &names[usize::try_from(step.key).expect("few")];
        notes.begin(round, worker, index, system::now_ns);
        let asked = Asked {
            table,
            name,
            step,
            value,
            style: batch.style,
        };
        let answer = asked.run(&mut token).unwrap_or_else(bad);
        notes.end((round, worker, index), answer, system::now_ns());
    }
}

/// The value that an operation writes, made before the clock runs.
fn prepare(op: Op) -> quipu::Value {
    match op {
        Op::CompareAndSet(_, value)
        | Op::Set(value, _)
        | Op::Add(value)
        | Op::GetAndSet(value)
        | Op::Update(value) => match value {
            Value::Integer(number) => quipu::Value::Integer(number),
            Value::Bytes(number) => {
                let (bytes, flags) = bytes_of(number);
                quipu::Value::Bytes { bytes, flags }
            }
        },
        _ => quipu::Value::Integer(0),
    }
}

struct Asked<'a> {
    table: &'a Table,
    name: &'a [u8],
    step: &'a Step,
    value: &'a quipu::Value,
    style: Style,
}

impl Asked<'_> {
    fn run(&self, token: &mut Option<Token>) -> Result<Answer, WriteError> {
        let (table, name) = (self.table, self.name);
        let value = ValueRef::from(self.value);
        let lease = Ttl::After(Duration::from_millis(TTL_MS));
        Ok(match self.step.op {
            Op::Get => found(table.get(name)?),
            Op::Read(_) => {
                let entry = table.get_entry(name)?;
                *token = entry.as_ref().map(|entry| entry.token);
                found_entry(entry)
            }
            Op::CompareAndSet(..) => match token.take() {
                None => Answer::Bad(0),
                Some(token) => match table.compare_and_set(name, token, value, Ttl::Never)? {
                    quipu::Compared::Done => Answer::Compared(Compared::Done),
                    quipu::Compared::Changed => Answer::Compared(Compared::Changed),
                    quipu::Compared::Missing => Answer::Compared(Compared::Missing),
                },
            },
            Op::Set(_, ttl) => {
                table.set(name, value, ttl.map_or(Ttl::Never, |_| lease))?;
                Answer::Done
            }
            Op::Add(_) => Answer::Did(table.add(name, value, Ttl::Never)?),
            Op::Incr(delta) => counted(table.incr(name, delta).map(Answer::Sum)),
            Op::Take => counted(self.take()),
            Op::Delete => Answer::Did(table.delete(name)?),
            Op::GetAndSet(_) => found_entry(table.get_and_set(name, value, Ttl::Never)?),
            Op::GetAndDelete => found_entry(table.get_and_delete(name)?),
            Op::Update(_) => table.update(name, |entry| {
                let update = Update::Set(self.value.clone(), Ttl::Never);
                (update, found_entry(entry.cloned()))
            })?,
            Op::Expire(_) => Answer::Did(table.touch(name, lease)?),
            Op::Persist => Answer::Did(table.persist(name)?),
            Op::End(_) => Answer::Done,
        })
    }

    fn take(&self) -> Result<Answer, CountError> {
        if self.style == Style::TakeInTwoSteps {
            let number = self.table.get_number(self.name)?;
            if number.is_some() {
                self.table.replace(self.name, 0, Ttl::Keep)?;
            }
            return Ok(Answer::Taken(number));
        }
        Ok(match self.table.take(self.name)? {
            None => Answer::Taken(None),
            Some(Number::Integer(number)) => Answer::Taken(Some(number)),
            Some(Number::Float(_)) => Answer::Bad(TORN),
        })
    }
}

fn counted(result: Result<Answer, CountError>) -> Answer {
    match result {
        Ok(answer) => answer,
        Err(CountError::WrongType) => Answer::WrongType,
        Err(error) => bad(error),
    }
}

/// The number is all that the notes have room for; whoever looks for the reason finds it by the code.
fn bad(error: impl quipu::Coded + std::fmt::Debug) -> Answer {
    eprintln!("an operation failed: {error:?}");
    Answer::Bad(1)
}

pub(crate) fn found(value: Option<quipu::Value>) -> Answer {
    match value {
        None => Answer::Found(None),
        Some(quipu::Value::Integer(number)) => Answer::Found(Some(Value::Integer(number))),
        Some(quipu::Value::Float(_)) => Answer::Bad(TORN),
        Some(quipu::Value::Bytes { bytes, flags }) => match number_of(&bytes, flags) {
            Some(number) => Answer::Found(Some(Value::Bytes(number))),
            None => Answer::Bad(TORN | bytes.len() as u64),
        },
    }
}

fn found_entry(entry: Option<Entry>) -> Answer {
    found(entry.map(|entry| entry.value))
}
