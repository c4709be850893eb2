//! A table and a plain map, side by side: each step is done on both, and they agree.
use crate::model::{
    Answer, Change, End, Entry, FAR, Failure, LATE, OVERWRITTEN, Op, Plain, SHORT, apply,
};
use crate::step::{Key, Step};
use quipu::{
    Count, CountError, HashId, Number, OnFull, Options, Owner, Table, TableReader, Token, Ttl,
    Update, Value, ValueRef, WriteError,
};
use quipu_tests::files::{TableName, mib};
use std::collections::BTreeMap;
use std::thread;
use std::time::Instant;

/// A table with all its handles, and the map.
pub(crate) struct Both {
    name: TableName,
    handles: [Table; 3],
    reader: TableReader,
    entries: BTreeMap<Key, Entry>,
    on_full: OnFull,
}

impl Both {
    pub(crate) fn new(hash: HashId, on_full: OnFull, size_mib: u64) -> Self {
        let name = TableName::new();
        let options = Options {
            hash,
            on_full,
            // With one of the two, so that all is done with it and without.
            wipe: hash == HashId::SipHash13,
            tick_ms: 1,
            ..mib(size_mib)
        };
        drop(Table::create(&name, options).expect("a table"));
        Self {
            handles: handles(&name),
            reader: TableReader::open(&name, Owner::CallerOrRoot).expect("the table"),
            name,
            entries: BTreeMap::new(),
            on_full,
        }
    }

    pub(crate) fn run(&mut self, steps: &[Step]) {
        for (index, step) in steps.iter().enumerate() {
            self.step(step)
                .unwrap_or_else(|words| panic!("step {index}, {step:?}: {words}"));
        }
        self.compare_all(b"")
            .unwrap_or_else(|words| panic!("at the end: {words}"));
        let report = self.handles[0].check();
        assert!(
            report.problems.is_empty(),
            "at the end: {:?}",
            report.problems
        );
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::On(key, op, handle) => self.on(key, op, *handle)?,
            Step::MultiSet(entries) => self.multi_set(entries)?,
            Step::MultiIncr(deltas) => self.multi_incr(deltas)?,
            Step::MultiGet(keys) => self.multi_get(keys)?,
            Step::Scan => self.compare_all(b"")?,
            Step::ScanPrefix(letter) => self.compare_all(&[*letter])?,
            Step::Clear => {
                let gone = self.handles[0].clear().map_err(|error| error.to_string())?;
                if gone
                    < self
                        .entries
                        .values()
                        .filter(|entry| !self.may_be_gone(entry))
                        .count() as u64
                {
                    return Err(format!("{gone} entries were cleared of {:?}", self.entries));
                }
                self.entries.clear();
            }
            Step::Maintain => drop(
                self.handles[0]
                    .maintain()
                    .map_err(|error| error.to_string())?,
            ),
            Step::Check => {
                let problems = self.reader.check().problems;
                if !problems.is_empty() {
                    return Err(format!("{problems:?}"));
                }
            }
            Step::Reopen => self.handles = handles(&self.name),
            Step::Sleep => thread::sleep(SHORT + LATE),
        }
        Ok(())
    }

    /// Whether an entry of the map may have gone by itself.
    fn may_be_gone(&self, entry: &Entry) -> bool {
        self.on_full == OnFull::Evict || matches!(entry.end, End::Before(_))
    }

    /// The entry as it may be: it is gone for certain once its time is over.
    fn before(&mut self, key: &Key) -> Option<Entry> {
        let is_over = |entry: &Entry| matches!(entry.end, End::Before(end) if Instant::now() > end);
        if self.entries.get(key).is_some_and(is_over) {
            self.entries.remove(key);
        }
        self.entries.get(key).cloned()
    }

    fn on(&mut self, key: &Key, op: &Op, handle: usize) -> Result<(), String> {
        let before = self.before(key);
        let mut candidates = vec![apply(op, before.clone())];
        if before.as_ref().is_some_and(|entry| self.may_be_gone(entry)) {
            candidates.push(apply(op, None));
        }
        let answer = run(&self.handles[handle], &key.0, op)?;
        if answer == Answer::Failed(Failure::Full) {
            // A stale token was got by a write, which took effect.
            return self.keep(key, vec![before, overwritten(op)]);
        }
        candidates.retain(|(expected, _)| *expected == answer);
        if candidates.is_empty() {
            let (expected, _) = apply(op, before);
            return Err(format!("answered {answer:?}, expected {expected:?}"));
        }
        self.keep(
            key,
            candidates.into_iter().map(|(_, after)| after).collect(),
        )
    }

    /// Reads the key, by another handle and by the reader, and keeps the one of these that it is.
    fn keep(&mut self, key: &Key, mut candidates: Vec<Option<Entry>>) -> Result<(), String> {
        candidates.iter_mut().flatten().for_each(Entry::settle);
        let latest = Instant::now();
        let may_be_gone = candidates
            .iter()
            .flatten()
            .any(|entry| self.may_be_gone(entry));
        for found in [
            self.handles[1].get_entry(&key.0),
            self.reader.get_entry(&key.0),
        ] {
            let found = found.map_err(|error| error.to_string())?;
            let Some(found) = found else {
                if may_be_gone || candidates.contains(&None) {
                    self.entries.remove(key);
                    return Ok(());
                }
                return Err(format!("{key:?} is missing, expected {candidates:?}"));
            };
            let (value, ttl) = (Plain::from(found.value), found.ttl);
            candidates.retain(|entry| {
                entry
                    .as_ref()
                    .is_some_and(|entry| entry.value == value && is_left(entry.end, ttl, latest))
            });
            // One may have ended and the other begun in its place: the later end is not too early for either.
            let last = candidates.iter().flatten().max_by_key(|entry| entry.ends());
            let Some(entry) = last.cloned() else {
                return Err(format!("{key:?} is {value:?}, {ttl:?}: not as expected"));
            };
            self.entries.insert(key.clone(), entry);
        }
        Ok(())
    }

    /// All that a scan finds is in the map as it is, and nothing of the map is missing.
    fn compare_all(&mut self, prefix: &[u8]) -> Result<(), String> {
        for key in self.entries.keys().cloned().collect::<Vec<_>>() {
            self.before(&key);
        }
        let mut left = self.entries.clone();
        left.retain(|key, _| key.0.starts_with(prefix));
        for item in self.handles[2].scan_prefix(prefix) {
            let (key, found) = item.map_err(|error| error.to_string())?;
            let (key, value) = (Key(key), Plain::from(found.value));
            match left.remove(&key) {
                Some(entry) if entry.value == value => {}
                entry => {
                    return Err(format!(
                        "a scan finds {key:?} as {value:?}, not as {entry:?}"
                    ));
                }
            }
        }
        left.retain(|_, entry| !self.may_be_gone(entry));
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("a scan does not find {left:?}"))
        }
    }

    fn multi_set(&mut self, entries: &[(Key, i64)]) -> Result<(), String> {
        let pairs: Vec<_> = entries
            .iter()
            .map(|(key, number)| (&key.0, *number))
            .collect();
        let result = self.handles[0].multi_set(&pairs, Ttl::Never);
        match result {
            Ok(()) => {}
            Err(WriteError::Full(_)) => return self.resync(entries),
            Err(error) => return Err(error.to_string()),
        }
        for (key, number) in entries {
            let value = Plain::Integer(*number);
            self.entries.insert(
                key.clone(),
                Entry {
                    value,
                    end: End::Never,
                },
            );
        }
        for (key, _) in entries {
            let entry = self.entries.get(key).cloned();
            self.keep(key, vec![entry])?;
        }
        Ok(())
    }

    /// Those before the first that had no room are stored.
    fn resync(&mut self, entries: &[(Key, i64)]) -> Result<(), String> {
        for (key, _) in entries {
            let numbers = entries
                .iter()
                .filter(|(other, _)| other == key)
                .map(|(_, number)| *number);
            let new = numbers.map(Plain::Integer).map(|value| {
                Some(Entry {
                    value,
                    end: End::Never,
                })
            });
            let candidates = new.chain([self.entries.get(key).cloned()]).collect();
            self.keep(key, candidates)?;
        }
        Ok(())
    }

    fn multi_incr(&mut self, deltas: &[(Key, i64)]) -> Result<(), String> {
        // It ends at the first that fails: one by one they can be compared.
        let is_number = |key: &Key| match self.entries.get(key) {
            None => true,
            Some(entry) => {
                matches!(entry.value, Plain::Integer(-1000..=1000)) && !self.may_be_gone(entry)
            }
        };
        if self.on_full == OnFull::Evict || !deltas.iter().all(|(key, _)| is_number(key)) {
            return Ok(());
        }
        let pairs: Vec<_> = deltas.iter().map(|(key, delta)| (&key.0, *delta)).collect();
        let sums = self.handles[0].multi_incr(&pairs);
        let before = self.entries.clone();
        let (mut expected, mut numbers) = (Vec::new(), Vec::new());
        for (key, delta) in deltas {
            let (answer, after) = apply(&Op::Incr(*delta), self.entries.get(key).cloned());
            if let Answer::Number(number) = answer {
                numbers.push((key.clone(), number));
            }
            expected.push(answer);
            self.entries.extend(after.map(|after| (key.clone(), after)));
        }
        if matches!(sums, Err(CountError::Write(WriteError::Full(_)))) {
            self.entries = before;
            return self.resync(&numbers);
        }
        match sums {
            Ok(sums)
                if sums
                    .iter()
                    .map(|sum| Answer::Number(*sum))
                    .eq(expected.iter().cloned()) =>
            {
                Ok(())
            }
            sums => Err(format!("answered {sums:?}, expected {expected:?}")),
        }
    }

    fn multi_get(&mut self, keys: &[Key]) -> Result<(), String> {
        let names: Vec<_> = keys.iter().map(|key| &key.0).collect();
        let values = self
            .reader
            .multi_get(&names)
            .map_err(|error| error.to_string())?;
        for (key, value) in keys.iter().zip(values) {
            let (before, value) = (self.entries.get(key), value.map(Plain::from));
            let is_gone = value.is_none() && before.is_some_and(|entry| self.may_be_gone(entry));
            if !is_gone && value.as_ref() != before.map(|entry| &entry.value) {
                return Err(format!("{key:?} is {value:?}, expected {before:?}"));
            }
        }
        Ok(())
    }
}

/// Two that share all, and one opened by itself. The table is closed before, if these replace others.
fn handles(name: &TableName) -> [Table; 3] {
    let table = Table::open(name).expect("the table");
    [table.clone(), table, Table::open(name).expect("the table")]
}

/// What the table holds if the write before a comparison with a stale token was done, and no more.
fn overwritten(op: &Op) -> Option<Entry> {
    let is_stale = matches!(
        op,
        Op::CompareAndSet { fresh: false, .. } | Op::CompareAndDelete { fresh: false }
    );
    is_stale.then_some(Entry {
        value: Plain::Integer(OVERWRITTEN),
        end: End::Never,
    })
}

/// Whether this is what is left of a time to live.
fn is_left(end: End, ttl: Ttl, latest: Instant) -> bool {
    match (end, ttl) {
        (End::Never, Ttl::Never) => true,
        (End::Far, Ttl::After(left)) => left <= FAR + LATE && left > FAR / 2,
        (End::Before(end), Ttl::After(left)) => {
            left <= end.saturating_duration_since(latest) + 2 * LATE + SHORT
        }
        _ => false,
    }
}

type Ran = Result<Answer, CountError>;

/// Runs an operation. The error is one that no operation may answer.
fn run(table: &Table, key: &[u8], op: &Op) -> Result<Answer, String> {
    let result = match op {
        Op::Append(_)
        | Op::Prepend(_)
        | Op::Incr(_)
        | Op::Decr(_)
        | Op::Count { .. }
        | Op::AddStriped(_) => run_number(table, key, op),
        Op::AddFloat(_) | Op::Max(_) | Op::Min(_) | Op::Take => run_number(table, key, op),
        _ => run_whole(table, key, op).map_err(CountError::from),
    };
    match result {
        Ok(answer) => Ok(answer),
        Err(CountError::Missing) => Ok(Answer::Failed(Failure::Missing)),
        Err(CountError::WrongType) => Ok(Answer::Failed(Failure::WrongType)),
        Err(CountError::Overflow) => Ok(Answer::Failed(Failure::Overflow)),
        Err(CountError::Write(WriteError::Full(_))) => Ok(Answer::Failed(Failure::Full)),
        Err(error) => Err(error.to_string()),
    }
}

fn run_whole(table: &Table, key: &[u8], op: &Op) -> Result<Answer, WriteError> {
    let found =
        |entry: Option<quipu::Entry>| Answer::Found(entry.map(|entry| Plain::from(entry.value)));
    Ok(match op {
        Op::Get => Answer::Found(table.get(key)?.map(Plain::from)),
        Op::Set(value, life) => {
            table.set(key, &Value::from(value), life.ttl())?;
            Answer::Done
        }
        Op::Add(value, life) => Answer::Did(table.add(key, &Value::from(value), life.ttl())?),
        Op::Replace(value, life) => {
            Answer::Did(table.replace(key, &Value::from(value), life.ttl())?)
        }
        Op::CompareAndSet { fresh, value, life } => {
            let token = token(table, key, *fresh)?;
            Answer::Compared(table.compare_and_set(key, token, &Value::from(value), life.ttl())?)
        }
        Op::CompareAndDelete { fresh } => {
            let token = token(table, key, *fresh)?;
            Answer::Compared(table.compare_and_delete(key, token)?)
        }
        Op::GetAndSet(value, life) => {
            found(table.get_and_set(key, &Value::from(value), life.ttl())?)
        }
        Op::GetAndDelete => found(table.get_and_delete(key)?),
        Op::GetAndTouch(life) => found(table.get_and_touch(key, life.ttl())?),
        Op::Delete => Answer::Did(table.delete(key)?),
        Op::Update(change) => table.update(key, |entry| {
            let update = match change {
                Change::Keep => Update::Keep,
                Change::Set(value, life) => Update::Set(Value::from(value), life.ttl()),
                Change::Delete => Update::Delete,
            };
            (update, found(entry.cloned()))
        })?,
        Op::Touch(life) => Answer::Did(table.touch(key, life.ttl())?),
        Op::Persist => Answer::Did(table.persist(key)?),
        _ => unreachable!("the operations on whole values"),
    })
}

fn run_number(table: &Table, key: &[u8], op: &Op) -> Ran {
    Ok(match op {
        Op::Append(bytes) => Answer::Length(table.append(key, bytes)?),
        Op::Prepend(bytes) => Answer::Length(table.prepend(key, bytes)?),
        Op::Incr(delta) => Answer::Number(table.incr(key, *delta)?),
        Op::AddStriped(delta) => {
            // Twice by one handle: the second time it knows the way.
            let mut striped = table.striped(key).map_err(WriteError::from)?;
            striped.add(0)?;
            striped.add(*delta)?;
            Answer::Did(true)
        }
        Op::Decr(delta) => Answer::Number(table.decr(key, *delta)?),
        Op::Count {
            delta,
            initial,
            floor,
            life,
        } => {
            let (delta, initial, floor, ttl) = (*delta, *initial, *floor, life.ttl());
            Answer::Number(table.count(
                key,
                Count {
                    delta,
                    initial,
                    ttl,
                    floor,
                },
            )?)
        }
        Op::AddFloat(delta) => Answer::Float(table.add_float(key, *delta)?.to_bits()),
        Op::Max(value) => Answer::Number(table.fetch_max(key, *value)?),
        Op::Min(value) => Answer::Number(table.fetch_min(key, *value)?),
        Op::Take => Answer::Found(table.take(key)?.map(|number| match number {
            Number::Integer(number) => Plain::Integer(number),
            Number::Float(number) => Plain::Float(number.to_bits()),
        })),
        _ => unreachable!("the operations on numbers and the ends of bytes"),
    })
}

/// The token of an entry; a stale one is that of a value which was overwritten since. Of a missing key: any.
fn token(table: &Table, key: &[u8], fresh: bool) -> Result<Token, WriteError> {
    let Some(entry) = table.get_entry(key)? else {
        return Ok("0".repeat(32).parse().expect("a token"));
    };
    if !fresh {
        table.replace(key, ValueRef::Integer(OVERWRITTEN), Ttl::Never)?;
    }
    Ok(entry.token)
}
