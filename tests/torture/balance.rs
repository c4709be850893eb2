//! What has to be in a table after a storm: what was acknowledged, nothing that was never begun, no key twice, and
//! nothing that is in nobody's hands.
use crate::key::{self, COUNTER, FLOAT, LIST, RECORD, SEQUENCE, TAKEN as TAKEN_KEY, key_of};
use crate::record;
use crate::sequence;
use crate::storm::Storm;
use crate::tally::{COUNTERS, FLOATS, SEQUENCES, TAKEN, Tally};
use quipu::{Entry, Problem, Value};
use quipu_tests::content;
use quipu_tests::shared::get;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::thread;
use std::time::Duration;

type Entries = HashMap<Vec<u8>, Entry>;

/// Whether entries could go by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// All that were acknowledged are there.
    All,
    /// Some were evicted.
    Some,
}

/// All of it.
pub(crate) fn balance(storm: &Storm, kept: Kept) {
    // The times to live of all that have one are over.
    thread::sleep(Duration::from_millis(500));
    storm.table.maintain().expect("maintain");
    let entries = entries(storm);
    if kept == Kept::All {
        own_keys(storm, &entries);
        numbers(storm, &entries);
    }
    sequences(storm, &entries, kept);
    clear_away(storm);
}

/// Every entry, whole, and no key twice.
fn entries(storm: &Storm) -> Entries {
    let mut entries = HashMap::new();
    for item in storm.table.scan() {
        let (key, entry) = item.expect("an entry");
        match *key.first().expect("a key of the test") {
            RECORD => record::verify(key::number_of(&key), Some(&entry), &storm.tallies),
            LIST => {
                key::number_of(&key);
                let bytes = entry.value.as_bytes().expect("a list");
                content::pieces(bytes).expect("a whole list");
            }
            b'x' => panic!("{:?} outlived its time", String::from_utf8_lossy(&key)),
            b'u' | b'g' | b'p' => {}
            _ => drop(key::number_of(&key)),
        }
        let text = String::from_utf8_lossy(&key).into_owned();
        let before = entries.insert(key, entry);
        assert!(before.is_none(), "{text:?} is there twice");
    }
    assert_eq!(entries.len() as u64, storm.table.len());
    entries
}

/// Of keys that one life used alone, only those that its death left, and all that were to stay.
fn own_keys(storm: &Storm, entries: &Entries) {
    let tallies = &storm.tallies;
    let mut grown = BTreeMap::<u64, BTreeSet<u64>>::new();
    let mut left = 0;
    for (key, entry) in entries {
        match key.first() {
            Some(b'u') => {
                let (id, count) = key::parse_own_key(key);
                let last = get(tallies.life(id).unique(tallies));
                assert_eq!(last, count, "life {id} had deleted a key that is there");
                left += 1;
            }
            Some(b'g') => {
                let (id, count) = key::parse_own_key(key);
                assert_eq!(entry.value, Value::Integer((id ^ count).cast_signed()));
                grown.entry(id).or_default().insert(count);
            }
            _ => {}
        }
    }
    for id in 1..=tallies.lives() {
        let acknowledged = get(tallies.life(id).grown(tallies));
        let found = grown.remove(&id).unwrap_or_default();
        let is_all = found.iter().copied().eq(1..=found.len() as u64);
        let one_more = found.len() as u64 == acknowledged + 1;
        assert!(
            is_all && (found.len() as u64 == acknowledged || one_more),
            "life {id} has put {acknowledged} keys for ever, and there are {found:?}"
        );
    }
    println!(
        "{} entries, {left} of which the dead left half-way",
        entries.len()
    );
}

/// Counters hold what was added to them.
fn numbers(storm: &Storm, entries: &Entries) {
    let tallies = &storm.tallies;
    // Counters whose `take` a death interrupted: what it took may be lost with its process.
    let taking = (1..=tallies.lives()).map(|id| get(tallies.life(id).taking(tallies)));
    let interrupted: HashSet<u64> = taking.filter_map(|taking| taking.checked_sub(1)).collect();
    let mut totals = [0; 4];
    for number in 0..COUNTERS {
        let tally = tallies.counter(number);
        weigh(
            entries,
            &key_of(COUNTER, number),
            &tally,
            false,
            &mut totals,
        );
    }
    for number in 0..FLOATS {
        let tally = tallies.float(number);
        weigh(entries, &key_of(FLOAT, number), &tally, false, &mut totals);
    }
    for number in 0..TAKEN {
        let (tally, may_miss) = (tallies.taken(number), interrupted.contains(&number));
        weigh(
            entries,
            &key_of(TAKEN_KEY, number),
            &tally,
            may_miss,
            &mut totals,
        );
    }
    let [acknowledged, sum, started, refused] = totals;
    println!(
        "acknowledged {acknowledged} <= sum {sum} <= started {started} - refused {refused}; not counted in: {} counters \
         whose take was interrupted",
        interrupted.len()
    );
}

fn weigh(entries: &Entries, key: &[u8], tally: &Tally<'_>, may_miss: bool, totals: &mut [u64; 4]) {
    let (started, acknowledged) = (get(tally.started), get(tally.acknowledged));
    let (taken, refused) = (get(tally.taken), get(tally.refused));
    let sum = number(entries, key) + taken;
    let what = String::from_utf8_lossy(key);
    assert!(
        sum + refused <= started,
        "{what}: {sum}, of {started} that were started and {refused} refused"
    );
    assert!(
        may_miss || acknowledged <= sum,
        "{what}: {sum} of {acknowledged} that were acknowledged"
    );
    if !may_miss {
        for (total, part) in totals.iter_mut().zip([acknowledged, sum, started, refused]) {
            *total += part;
        }
    }
}

fn number(entries: &Entries, key: &[u8]) -> u64 {
    match entries.get(key).map(|entry| &entry.value) {
        None => 0,
        Some(Value::Integer(number)) => u64::try_from(*number).expect("only added to"),
        Some(Value::Float(number)) => number.to_string().parse().expect("a whole number"),
        Some(other) => panic!("a number is {other:?}"),
    }
}

/// Each sequence is as far as its writers were told, or as they may have come.
fn sequences(storm: &Storm, entries: &Entries, kept: Kept) {
    let mut written = 0;
    for number in 0..SEQUENCES {
        let tally = storm.tallies.sequence(number);
        let (begun, acknowledged) = (get(tally.started), get(tally.acknowledged));
        let entry = entries.get(&key_of(SEQUENCE, number));
        match sequence::last(number, entry.map(|entry| &entry.value)) {
            Some(last) => assert!(
                acknowledged <= last && last <= begun,
                "sequence {number} ends at {last}, and {acknowledged} was written, {begun} begun"
            ),
            None => assert!(
                acknowledged == 0 || kept == Kept::Some || sequence::is_fleeting(number),
                "sequence {number} is gone, after {acknowledged}"
            ),
        }
        written += begun;
    }
    println!("{written} values of sequences were written");
}

/// Nobody else is attached: now leaks show. And a table that is cleared holds nothing.
fn clear_away(storm: &Storm) {
    let table = &storm.table;
    let done = table.maintain().expect("maintain");
    let stats = table.stats();
    assert_eq!(
        stats.processes.len(),
        1,
        "only we are attached: {:?}",
        stats.processes
    );
    assert!(stats.recovery, "the dead can be told from the living here");
    let report = table.check();
    let nothing: [Problem; 0] = [];
    assert_eq!(report.problems, nothing, "at rest");
    println!(
        "{} entries, {} buckets, {} blocks, {} MiB; {} splits, {} expired, {} evicted, {} refused; recovered {} cells \
         and blocks, {} of them now",
        report.entries,
        report.buckets,
        report.blocks,
        stats.bytes_committed >> 20,
        stats.splits,
        stats.expired,
        stats.evicted,
        stats.full,
        stats.recovered,
        done.freed_cells + done.freed_blocks,
    );
    table.clear().expect("clear");
    table.maintain().expect("maintain");
    let report = table.check();
    assert_eq!(
        (report.problems, report.entries, report.blocks),
        (Vec::new(), 0, 0)
    );
    assert_eq!(table.len(), 0);
}
