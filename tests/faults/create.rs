//! Two processes create one table at the same instant, or one is killed while it does: both end in one good table.
use quipu::Table;
use quipu_tests::child::{Child, was_killed};
use quipu_tests::files::{Directory, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, meet, put, wait_for};
use std::time::Duration;
use std::{fs, thread};

const ROUNDS: u64 = 300;
const DEATHS: u64 = 60;
const LONG: Duration = Duration::from_secs(120);

#[test]
fn two_processes_that_create_a_table_at_the_same_instant_share_it() {
    let directory = Directory::in_memory();
    let words = Words::create(8);
    let path = directory.path().display();
    let both: Vec<Child> = (0..2)
        .map(|number| Child::start("creator", &[&path, &words.path(), &number]))
        .collect();
    for creator in both {
        creator.finish(LONG);
    }
    assert_eq!(directory.names().len(), 0, "what was created was removed");
}

/// Creates a table together with another process, and counts in it; as often as it takes.
pub(crate) fn creator(arguments: &[String]) {
    let [directory, words, number] = arguments else {
        panic!("a creator has three arguments");
    };
    let words = Words::open(words);
    let is_first = number == "0";
    for round in 0..ROUNDS {
        let path = format!("{directory}/{round}");
        meet(&words[0], 2);
        let table = Table::open_or_create(&path, mib(1)).expect("a table");
        table.incr(b"both", 1).expect("room");
        meet(&words[0], 2);
        assert_eq!(
            table.get_number(b"both"),
            Ok(Some(2)),
            "round {round}: two tables"
        );
        assert_eq!(table.stats().processes.len(), 2);
        assert_eq!(table.check().problems, []);
        meet(&words[0], 2);
        if is_first {
            quipu::remove(&path).expect("the table");
        }
    }
}

#[test]
fn a_creator_that_is_killed_leaves_a_whole_table_or_none() {
    let mut random = Random::new(6);
    let mut tables = 0;
    for _ in 0..DEATHS {
        let directory = Directory::in_memory();
        let words = Words::create(8);
        let path = directory.path().display();
        let start = |number| Child::start("racer", &[&path, &words.path(), &number]);
        let (mut victim, other) = (start(0), start(1));
        wait_for("the tables", || get(&words[0]) > 0 && get(&words[1]) > 0);
        thread::sleep(Duration::from_micros(random.below(8000)));
        assert!(was_killed(victim.kill()));
        put(&words[2], 1);
        other.finish(LONG);
        tables += look_at_all(&directory, get(&words[0]).max(get(&words[1])));
    }
    println!("{DEATHS} creators were killed among {tables} tables");
}

/// Creates one table after the other, in the same order as its rival.
pub(crate) fn racer(arguments: &[String]) {
    let [directory, words, number] = arguments else {
        panic!("a racer has three arguments");
    };
    let words = Words::open(words);
    let number: usize = number.parse().expect("a number");
    while get(&words[2]) == 0 {
        // From where the other one is.
        let round = get(&words[0]).max(get(&words[1]));
        let table = Table::open_or_create(format!("{directory}/{round}"), mib(1)).expect("a table");
        table
            .incr(format!("racer {number}").as_bytes(), 1)
            .expect("room");
        assert_eq!(table.check().problems, []);
        put(&words[number], round + 1);
        add(&words[3 + number], 1);
    }
}

/// Nothing is there but whole tables.
fn look_at_all(directory: &Directory, rounds: u64) -> usize {
    let mut names = directory.names();
    names.sort();
    for name in &names {
        let round: u64 = name
            .parse()
            .unwrap_or_else(|_| panic!("{name} was left behind"));
        assert!(round <= rounds, "{name}");
        let table = Table::open(directory.file(name)).expect("a whole table");
        table.maintain().expect("maintain");
        assert_eq!(table.check().problems, []);
        assert!(table.len() <= 2);
        table.incr(b"after", 1).expect("room");
        drop(table);
        fs::remove_file(directory.file(name)).expect("the table");
    }
    names.len()
}
