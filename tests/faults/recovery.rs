//! Deaths in the middle of an insert.
use quipu::{Table, Ttl};
use quipu_tests::child::{Child, was_killed};
use quipu_tests::content;
use quipu_tests::files::{TableName, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, wait_for};
use std::thread;
use std::time::Duration;

const DEATHS: u64 = 150;

#[test]
fn a_process_that_is_killed_in_an_insert_leaves_nothing() {
    let name = TableName::new();
    let mut random = Random::new(5);
    let mut table = Some(Table::create(&name, mib(64)).expect("a table"));
    let (mut cells, mut blocks, mut alone) = (0, 0, 0);
    for death in 0..DEATHS {
        // Every third dies alone: whoever comes next clears up at once.
        if death % 3 == 0 {
            table = None;
        }
        let words = Words::create(8);
        let mut child = Child::start("inserter", &[&name.as_str(), &words.path(), &death]);
        wait_for("the first insert", || get(&words[0]) > 0);
        thread::sleep(Duration::from_micros(random.below(3000)));
        assert!(was_killed(child.kill()));
        let was_alone = table.is_none();
        let survivor = table
            .take()
            .unwrap_or_else(|| Table::open(&name).expect("the table"));
        let done = survivor.maintain().expect("maintain");
        if was_alone {
            alone += 1;
            assert_eq!(done.recovered_processes, 0, "there was nothing left to do");
        } else {
            assert_eq!(done.recovered_processes, 1);
            cells += done.freed_cells;
            blocks += done.freed_blocks;
        }
        assert_eq!(survivor.stats().processes.len(), 1);
        assert_eq!(survivor.check().problems, [], "death {death}");
        table = Some(survivor);
    }
    println!("{DEATHS} deaths, {alone} of them alone, left {cells} cells and {blocks} blocks");
    assert!(cells + blocks > 0, "some died in the middle");
    let table = table.expect("a survivor");
    table.clear().expect("clear");
    table.maintain().expect("maintain");
    let report = table.check();
    assert_eq!((report.problems, report.blocks), (Vec::new(), 0));
}

/// Inserts what takes long: values of many chunks, and long keys.
pub(crate) fn inserter(arguments: &[String]) {
    let [name, words, seed] = arguments else {
        panic!("an inserter has three arguments");
    };
    let words = Words::open(words);
    let table = Table::open(name).expect("the table");
    let seed = seed.parse().expect("a number");
    let mut random = Random::new(seed);
    let large = content::make(seed, seed, 300_000);
    loop {
        let mut key = random.below(40).to_le_bytes().to_vec();
        match random.below(4) {
            0 => table.set(&key, &large, Ttl::Never).expect("room"),
            1 => {
                key.extend(content::make(1, 1, 60_000));
                table.set(&key, &large[..1000], Ttl::Never).expect("room");
            }
            2 => drop(table.delete(&key).expect("delete")),
            _ => {
                key.extend(random.below(200).to_le_bytes());
                table.set(&key, 7, Ttl::Never).expect("room");
            }
        }
        add(&words[0], 1);
    }
}
