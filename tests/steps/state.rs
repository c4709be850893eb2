//! The states of a table, and all cases: every operation in every state that can make a difference to it.
use super::case::{Act, Before, Case, Content, Others};
use super::operation::{self, LONG, Operation, SHORT, STRIPED, Where, bytes};
use super::survivor::Entry;
use quipu::{OnFull, Options, Owner, Table, TableReader, Ttl, Value, WriteError};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;

/// Entries of a full bucket.
const CELLS: usize = quipu_core::layout::CELLS;
/// Bytes of a value of which a few fill the arena.
const BIG: usize = 30_000;
/// Blocks of small values that a step of a segment has.
const SMALL_MOST: usize = 480;

/// How the table is when the operation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A few other entries.
    Plain,
    /// The only bucket is full: an insert splits it.
    FullBucket,
    /// Another child was killed in the middle of splitting it.
    Splitting,
    /// There is room for one small value.
    ArenaNearlyFull,
    /// As before, but the table evicts: an entry with a block of the right size.
    Evicting,
    /// Another child was killed in the middle of the same operation.
    Twice,
    /// Another child was killed in the middle of replacing the value, or of inserting the key.
    Overwritten,
    /// The entry's time is over.
    Expired,
    /// Somebody waits for the key.
    WaitedFor,
    /// The table wipes what goes.
    Wiping,
}

const STATES: [State; 9] = [
    State::Plain,
    State::FullBucket,
    State::Splitting,
    State::ArenaNearlyFull,
    State::Evicting,
    State::Twice,
    State::Overwritten,
    State::Expired,
    State::WaitedFor,
];

/// All cases.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for state in STATES {
        for operation in operation::all() {
            let fits = match operation.place {
                Where::Everywhere => true,
                Where::Plain => state == State::Plain,
                Where::Evicting => state == State::Evicting,
            };
            if fits && (state != State::Expired || (operation.old)().is_some()) {
                cases.push(case_of(state, operation));
            }
        }
    }
    cases.extend(wiping());
    cases.extend(attachments());
    cases.extend(recoveries());
    cases.extend(segments());
    cases
}

fn case_of(state: State, operation: Operation) -> Case {
    let Operation {
        name,
        key,
        old,
        run,
        next,
        ..
    } = operation;
    let on_key = move || Act::On(Box::new(move |table: &Table| run(table, key)));
    let before = match state {
        State::Splitting => Some((splitter(), 13)),
        State::Twice => Some((on_key(), 2)),
        State::Overwritten => Some((overwrite(key), 3)),
        _ => None,
    };
    let from = match state {
        State::Expired => vec![None],
        State::Evicting => vec![old(), None],
        State::Twice => vec![old(), next(old())],
        State::Overwritten => vec![old(), other_block()],
        _ => vec![old()],
    };
    let evicts = state == State::Evicting;
    let may_go = evicts || name == "clear";
    Case {
        name: format!("{name} / {state:?}"),
        options: options(state, &old()),
        prepare: Box::new(move |table| prepare(state, table, key, old())),
        before: before.map(|(act, stride)| Before { act, stride }),
        act: on_key(),
        key: key.to_vec(),
        from,
        next,
        may_have: (state == State::Splitting).then(splitter_entry),
        // The zeros of a long value are a step for each word.
        stride_late: match state {
            State::Evicting => 7,
            State::Wiping => 211,
            _ => 1,
        },
        others: if may_go { Others::MayGo } else { Others::Stay },
        is_tight: evicts || state == State::ArenaNearlyFull,
        is_waited_for: state == State::WaitedFor,
    }
}

fn options(state: State, old: &Content) -> Options {
    // A chunked value has blocks of three sizes, each in a segment of its own.
    let is_chunked = old
        .as_ref()
        .and_then(Value::as_bytes)
        .is_some_and(|bytes| bytes.len() > BIG);
    let least = if is_chunked { 4 } else { 1 };
    let (mib, on_full) = match state {
        State::ArenaNearlyFull => (least, OnFull::Error),
        State::Evicting => (least, OnFull::Evict),
        _ => (4, OnFull::Error),
    };
    Options {
        max_bytes: Some(mib << 20),
        on_full,
        wipe: state == State::Wiping,
        tick_ms: 1,
        ..Options::default()
    }
}

fn other_block() -> Content {
    Some(bytes(b'w', 66))
}

fn overwrite(key: &'static [u8]) -> Act {
    Act::On(Box::new(move |table| {
        format!("{:?}", table.set(key, [b'w'; 66].as_slice(), Ttl::Never))
    }))
}

fn splitter_entry() -> Entry {
    (b"splitter".to_vec(), bytes(b'x', 1))
}

/// The insert that splits the full bucket.
fn splitter() -> Act {
    Act::On(Box::new(|table| {
        format!("{:?}", table.set(b"splitter", "x", Ttl::Never))
    }))
}

/// Fills the table; returns all entries but that of the key.
fn prepare(state: State, table: &Table, key: &[u8], old: Content) -> Vec<Entry> {
    let ttl = match state {
        State::Expired => Ttl::After(Duration::from_millis(1)),
        _ => Ttl::Never,
    };
    let own = usize::from(old.is_some());
    match &old {
        // One that ends is never striped.
        Some(Value::Integer(value)) if key == STRIPED && state != State::Expired => {
            let mut striped = table.striped(key).expect("a key");
            striped.add(*value).expect("room");
        }
        Some(value) => table.set(key, value, ttl).expect("room"),
        None => {}
    }
    let entries = match state {
        State::FullBucket | State::Splitting => some(table, CELLS - own),
        State::ArenaNearlyFull => fill(table),
        State::Evicting => overfill(table),
        _ => some(table, 5),
    };
    match state {
        // So that the entry's time is over, whatever its tick began with.
        State::Expired => thread::sleep(Duration::from_millis(5)),
        State::Evicting => aim(table, key, &old),
        _ => {}
    }
    entries
}

/// So many entries of all kinds.
fn some(table: &Table, count: usize) -> Vec<Entry> {
    let entry = |n: usize| match n % 4 {
        0 => (
            format!("integer-{n}"),
            Value::Integer(n.cast_signed() as i64),
        ),
        1 => (format!("block-{n}"), bytes(b'b', 50)),
        2 => (format!("inline-{n}"), bytes(b'i', 5)),
        _ => (format!("{n}{}", "-long-key".repeat(7)), bytes(b'l', 50)),
    };
    let entries = (0..count).map(entry).map(|(key, value)| {
        table.set(key.as_bytes(), &value, Ttl::Never).expect("room");
        (key.into_bytes(), value)
    });
    entries.collect()
}

/// Sets entries of one size, at most so many, until the table is full.
fn set_until_full(table: &Table, name: &str, length: usize, most: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for n in 0..most {
        let (key, value) = (format!("{name}-{n}").into_bytes(), bytes(0, length));
        match table.set(&key, &value, Ttl::Never) {
            Ok(()) => entries.push((key, value)),
            Err(WriteError::Full(_)) => break,
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    entries
}

/// Small values in one step of a segment, large ones everywhere else; room for one small one.
fn fill(table: &Table) -> Vec<Entry> {
    let mut entries = set_until_full(table, "small", 60, SMALL_MOST);
    entries.extend(set_until_full(table, "big", BIG, 1000));
    let mut last = set_until_full(table, "more", 60, 1000);
    let (key, _) = last.pop().expect("there was room for a small value");
    table.delete(&key).expect("it is there");
    entries.extend(last);
    entries
}

/// As [`fill`], in a table that evicts; some entries are gone already.
fn overfill(table: &Table) -> Vec<Entry> {
    let mut entries = set_until_full(table, "small", 60, 300);
    entries.extend(set_until_full(table, "big", BIG, 200));
    entries
}

/// Evicts until the next victim is in the segment of the small values, the first, and the key is there.
fn aim(table: &Table, key: &[u8], old: &Content) {
    // Its reads leave no trace, so that the first read by another does.
    let reader = TableReader::open(table.path().expect("a name"), Owner::CallerOrRoot);
    let reader = reader.expect("the table");
    for n in 0..100 {
        let is_there = reader.get(key).expect("a table that works") == *old;
        if is_there && hand(table).is_multiple_of(table.stats().segments) {
            return;
        }
        let aside = format!("aside-{n}");
        let (key, value) = match old {
            Some(value) if !is_there => (key, value.clone()),
            _ => (aside.as_bytes(), bytes(0, BIG)),
        };
        let set = table.set(key, &value, Ttl::Never);
        set.expect("room by eviction");
    }
    panic!("eviction never comes to the first segment");
}

/// Where eviction goes on (docs/format.md 3.2).
fn hand(table: &Table) -> u64 {
    word(table, 8 * quipu_core::layout::control::EVICT_HAND as u64)
}

/// A word of the file of a table.
fn word(table: &Table, at: u64) -> u64 {
    let path = table.path().expect("a table with a name");
    let file = File::open(path).expect("the table");
    let mut word = [0; 8];
    file.read_exact_at(&mut word, at).expect("the table");
    u64::from_le_bytes(word)
}

/// Entries of each of the two buckets whose memory a new table has (docs/format.md 3.1, 4).
fn in_buckets(table: &Table) -> [u32; 2] {
    let start = word(table, 0x68);
    [0, quipu_core::BUCKET_BYTES].map(|at| word(table, start + at).count_ones())
}

/// Splits the first bucket, and fills that of the key, so that the next split needs memory.
fn fill_page(table: &Table, key: &[u8]) -> Vec<Entry> {
    let mut entries = some(table, CELLS + 1);
    let before = in_buckets(table);
    table.set(key, 0, Ttl::Never).expect("room");
    let its = usize::from(in_buckets(table)[1] > before[1]);
    table.delete(key).expect("it is there");
    for n in 0.. {
        let before = in_buckets(table)[its];
        if before == CELLS as u32 {
            break;
        }
        let (name, value) = (format!("page-{n}").into_bytes(), Value::Integer(n));
        table.set(&name, &value, Ttl::Never).expect("room");
        if in_buckets(table)[its] > before {
            entries.push((name, value));
        } else {
            table.delete(&name).expect("it is there");
        }
    }
    let page_bits = word(table, word(table, 0xb0));
    assert_eq!(page_bits, 1, "no more memory than that of the two buckets");
    entries
}

/// What ends a value, in a table that wipes; and a recovery of it that is killed too.
fn wiping() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in operation::all() {
        let stride = match operation.name {
            "set block over block" | "delete block" | "delete long key and block" => 1,
            "delete chunked" => 1211,
            "set inline over block" | "append" => 0,
            _ => continue,
        };
        let Operation {
            name,
            key,
            old,
            run,
            next,
            ..
        } = operation;
        if stride > 0 {
            let first = Act::On(Box::new(move |table: &Table| run(table, key)));
            let what = format!("maintain after a death in: {name}");
            let mut case = case_of(State::Wiping, operation);
            case.name = format!("{what} / Wiping");
            case.before = Some(Before { act: first, stride });
            case.act = maintain();
            case.from = vec![old(), next(old())];
            case.next = |content| content;
            cases.push(case);
        }
        cases.push(case_of(State::Wiping, operation));
    }
    cases
}

/// A case about the table itself: an operation that leaves the key alone.
fn quiet(name: &str, act: Act) -> Case {
    Case {
        name: name.to_owned(),
        options: options(State::Plain, &None),
        prepare: Box::new(|table| prepare(State::Plain, table, SHORT, Some(Value::Integer(5)))),
        before: None,
        act,
        key: SHORT.to_vec(),
        from: vec![Some(Value::Integer(5))],
        next: |content| content,
        may_have: None,
        stride_late: 1,
        others: Others::Stay,
        is_tight: false,
        is_waited_for: false,
    }
}

/// How a table comes to be, and how a process becomes its user and ceases to be it.
fn attachments() -> Vec<Case> {
    vec![
        quiet("open", Act::Open),
        quiet("close", Act::Close),
        quiet("create", Act::Create),
    ]
}

fn maintain() -> Act {
    Act::On(Box::new(|table| format!("{:?}", table.maintain())))
}

/// A child dies in the middle of an operation, and another while it puts right what the first left.
fn recoveries() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in operation::all() {
        let stride = match operation.name {
            "set block over block" | "set long key and block, new" | "append" => 1,
            "delete long key and block" => 1,
            "delete chunked" => 4,
            "set chunked, new" | "set chunked over chunked" => 811,
            _ => continue,
        };
        for (what, act) in [("maintain", maintain()), ("open", Act::Open)] {
            let Operation {
                name,
                key,
                old,
                run,
                next,
                ..
            } = operation;
            let first = Act::On(Box::new(move |table: &Table| run(table, key)));
            cases.push(Case {
                before: Some(Before { act: first, stride }),
                prepare: Box::new(move |table| prepare(State::Plain, table, key, old())),
                key: key.to_vec(),
                from: vec![old(), next(old())],
                ..quiet(&format!("{what} after a death in: {name}"), act)
            });
        }
    }
    cases.push(Case {
        before: Some(Before {
            act: splitter(),
            stride: 3,
        }),
        prepare: Box::new(|table| prepare(State::FullBucket, table, SHORT, five())),
        may_have: Some(splitter_entry()),
        ..quiet("maintain after a death in a split", maintain())
    });
    cases.push(Case {
        prepare: Box::new(|table| fill_page(table, SHORT)),
        from: vec![None],
        next: |_| five(),
        ..quiet("a split that needs memory", Act::On(Box::new(set_five)))
    });
    cases
}

fn set_five(table: &Table) -> String {
    format!("{:?}", table.set(SHORT, 5, Ttl::Never))
}

fn five() -> Content {
    Some(Value::Integer(5))
}

/// A table whose arena is cut into large blocks, none of which is in use any more.
fn emptied(table: &Table) -> Vec<Entry> {
    table.set(SHORT, 5, Ttl::Never).expect("room");
    for (key, _) in set_until_full(table, "big", BIG, 1000) {
        table.delete(&key).expect("it is there");
    }
    Vec::new()
}

/// The insert of a value that needs blocks of another class.
fn medium() -> Act {
    Act::On(Box::new(|table| {
        format!("{:?}", table.set(b"medium", &medium_entry().1, Ttl::Never))
    }))
}

fn medium_entry() -> Entry {
    (b"medium".to_vec(), bytes(b'm', 3000))
}

/// Segments that change their class.
fn segments() -> Vec<Case> {
    let cut = |name: &str, act: Act| Case {
        options: options(State::ArenaNearlyFull, &None),
        prepare: Box::new(emptied),
        may_have: Some(medium_entry()),
        is_tight: true,
        ..quiet(name, act)
    };
    let mut after = cut(
        "maintain after a death in cutting a segment anew",
        maintain(),
    );
    after.before = Some(Before {
        act: medium(),
        stride: 53,
    });
    let mut twice = cut("a segment cut anew / Twice", medium());
    twice.before = Some(Before {
        act: medium(),
        stride: 311,
    });
    vec![
        cut("a segment cut anew", medium()),
        cut("maintain that empties a segment", maintain()),
        after,
        twice,
        Case {
            prepare: Box::new(|table| {
                let entries = prepare(State::Plain, table, SHORT, five());
                for n in 0..3_u8 {
                    let ttl = Ttl::After(Duration::from_millis(1));
                    table.set(&[n], &bytes(n, 70), ttl).expect("room");
                }
                thread::sleep(Duration::from_millis(5));
                entries
            }),
            key: LONG.to_vec(),
            from: vec![None],
            ..quiet("maintain that finds what has expired", maintain())
        },
    ]
}
