//! Deaths at any instant, and disks that fail: what was acknowledged is there, once, and nothing else is counted.
#[path = "recovery/site.rs"]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu_radiusd::config::{Config, Level};
use quipu_radiusd::log::{Keeper, LogReader, Room};
use quipu_radiusd::recovery::{Recovered, recover_again};
use quipu_radiusd::snapshot;
use quipu_radiusd::store::Store;
use quipu_tests::child::{self, Child, was_killed};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, get, put, wait_for};
use quipu_tests::{files, system};
use site::{BOOT, PERIOD_S, Site, Truth, apply, config, receive, serve, sessions, start, told};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Words that a child and its test share.
const ACKNOWLEDGED: usize = 0;
const BEGUN: usize = 1;
const FAILED: usize = 2;
const AFTER: usize = 3;
const SNAPSHOTS: usize = 4;
const DROPPED: usize = 5;
const WORDS: usize = 6;

#[test]
fn child() {
    child::play(&[("server", server), ("failing", failing), ("full", full)]);
}

fn level(word: &str) -> Level {
    match word {
        "power" => Level::Power,
        _ => Level::Process,
    }
}

fn config_of(arguments: &[String]) -> Config {
    let [log, table, duplicates, word, ..] = arguments else {
        panic!("arguments");
    };
    let mut config = config(Path::new(log), table, duplicates, level(word));
    config.segment_bytes = 16 << 10;
    config
}

/// Serves traffic until it is killed, and now and then kills itself between two steps of a batch.
fn server(arguments: &[String]) {
    let config = config_of(arguments);
    let words = Words::open(&arguments[4]);
    let seed = arguments[5].parse().expect("a number");
    let mut random = Random::new(seed);
    let mut server = start(&config).expect("a recovery");
    let facts = server.facts.clone().expect("a log");
    let mut keeper = Keeper::new(facts.clone(), Room::Filled, vec!["audit".to_owned()]);
    put(&words[BEGUN], 1);
    let die_here = |random: &mut Random| {
        if random.one_in(1_500) {
            system::signal(std::process::id(), libc::SIGKILL).expect("we may");
        }
    };
    for round in 0u64.. {
        for batch in sessions(seed << 20 | round).chunks(1 + random.index(6)) {
            let writer = &mut server.writers[0];
            for packet in batch {
                receive(packet, |new, event| {
                    let lsn = writer.next_lsn();
                    apply(&server.store, lsn, new, event);
                    die_here(&mut random);
                    writer.push(new);
                });
            }
            die_here(&mut random);
            writer.commit().expect("a disk");
            die_here(&mut random);
            put(&words[ACKNOWLEDGED], writer.committed_lsn());
        }
        if random.one_in(3) {
            let until = facts.committed().expect("readable");
            snapshot::make(
                &config.log_folder.clone().expect("a log"),
                PERIOD_S,
                Some(&until),
                &mut |_| {},
            )
            .expect("a snapshot");
            quipu_tests::shared::add(&words[SNAPSHOTS], 1);
        }
        let ticked = keeper.tick().expect("a disk");
        quipu_tests::shared::add(&words[DROPPED], ticked.recycled + ticked.deleted);
    }
}

/// More for a long run: `QUIPU_KILLS=200`.
fn kills() -> u64 {
    let asked = std::env::var("QUIPU_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(24)
}

fn killed_at_any_instant(level: &str) {
    let (site, words) = (Site::new(), Words::create(WORDS));
    let mut random = Random::new(level.len() as u64);
    let log = site.log().display().to_string();
    let (mut truth, reference) = (
        Truth::default(),
        Store::in_memory(Some(64 << 20), PERIOD_S).expect("a table"),
    );
    drop(start(&site.config(self::level(level))).expect("a recovery"));
    let mut audit = LogReader::open(&site.log(), "audit").expect("a log");
    let mut put_right = 0;
    let is_enough = |kill, put_right| {
        let seen = [put_right, get(&words[SNAPSHOTS]), get(&words[DROPPED])];
        kill >= kills() && seen.iter().all(|count| *count > 0)
    };
    // On a slow disk little is done before a death: then some come later, until all that may happen has.
    for kill in 0..kills() * 10 {
        if is_enough(kill, put_right) {
            break;
        }
        put(&words[BEGUN], 0);
        let mut server = Child::start(
            "server",
            &[
                &log,
                &site.table.as_str(),
                &site.duplicates.as_str(),
                &level,
                &words.path(),
                &kill,
            ],
        );
        wait_for("the server", || {
            get(&words[BEGUN]) > 0 || server.try_wait().is_some()
        });
        let longest_us = if kill < kills() { 150_000 } else { 1_500_000 };
        std::thread::sleep(Duration::from_micros(random.below(longest_us)));
        let status = match server.try_wait() {
            Some(status) => status,
            None => server.kill(),
        };
        assert!(was_killed(status), "kill {kill}: {status}");
        let server = start(&site.config(self::level(level))).expect("a recovery");
        put_right += server.report.changed;
        // All that was acknowledged is in the log, and each number once.
        while let Some(entry) = audit.next_entry().expect("readable") {
            truth.take(&entry);
            assert_eq!(entry.lsn, truth.entries, "kill {kill}");
            reference.replay(&entry).expect("room");
        }
        audit.advance().expect("a disk");
        assert_eq!(audit.missed(), 0, "kill {kill}");
        assert!(truth.entries >= get(&words[ACKNOWLEDGED]), "kill {kill}");
        truth.check(server.store.table());
        assert_eq!(
            told(server.store.table()),
            told(reference.table()),
            "kill {kill}"
        );
        assert_eq!(server.generation, 2 * kill + 3);
    }
    println!(
        "{level}: {} entries, {} snapshots, {} segments dropped, {put_right} records put right",
        truth.entries,
        get(&words[SNAPSHOTS]),
        get(&words[DROPPED]),
    );
    assert!(put_right > 0, "no death has left anything undone");
    assert!(get(&words[SNAPSHOTS]) > 0 && get(&words[DROPPED]) > 0);
}

#[test]
fn killed_at_any_instant_at_level_process() {
    killed_at_any_instant("process");
}

#[test]
fn killed_at_any_instant_at_level_power() {
    killed_at_any_instant("power");
}

/// Commits until the disk fails, and tries some more: nothing may be acknowledged then.
fn commit_until_failure(server: &mut Recovered, words: &Words, seed: u64) {
    for round in 0..1_000 {
        for packet in &sessions(seed << 20 | round) {
            let one = std::slice::from_ref(packet);
            match serve(&server.store, &mut server.writers[0], one) {
                Ok(_) if get(&words[FAILED]) > 0 => put(&words[AFTER], 1),
                Ok(lsn) => put(&words[ACKNOWLEDGED], lsn),
                Err(_) => put(&words[FAILED], get(&words[FAILED]) + 1),
            }
            if get(&words[FAILED]) > 20 {
                return;
            }
        }
    }
}

/// A server whose disk fails under it (by strace).
fn failing(arguments: &[String]) {
    let words = Words::open(&arguments[4]);
    let mut server = start(&config_of(arguments)).expect("a recovery");
    put(&words[BEGUN], server.writers[0].next_lsn());
    commit_until_failure(&mut server, &words, 1);
}

#[test]
fn a_disk_that_fails_is_answered_for_by_nobody() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: there is no strace");
        return;
    }
    let (site, words) = (Site::new(), Words::create(WORDS));
    let log = site.log().display().to_string();
    let role = child::command(
        "failing",
        &[
            &log,
            &site.table.as_str(),
            &site.duplicates.as_str(),
            &"power",
            &words.path(),
        ],
    );
    // Two syncs begin the streams; then some batches are synced, and from then on none is.
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync"])
        .args(["-e", "inject=fdatasync:error=EIO:when=12+"])
        .arg(role.get_program())
        .args(role.get_args());
    for (name, value) in role.get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    let status = Child::run(&mut traced).wait();
    assert!(status.success(), "{status}");
    assert_eq!(
        get(&words[ACKNOWLEDGED]),
        9,
        "twelve syncs less two, and the last fails"
    );
    assert!(get(&words[FAILED]) > 20, "the disk has failed");
    assert_eq!(get(&words[AFTER]), 0, "acknowledged by a dead writer");
    let mut server = site.recover();
    let mut truth = Truth::default();
    truth.read(&mut LogReader::open(&site.log(), "audit").expect("a log"));
    assert!((9..=10).contains(&truth.entries), "{}", truth.entries);
    truth.check(server.store.table());
    let more = sessions(7 << 20);
    let lsn = serve(&server.store, &mut server.writers[0], &more).expect("a disk");
    assert_eq!(lsn, truth.entries + more.len() as u64);
}

/// A server on a disk that gets full, until there is room again.
fn full(arguments: &[String]) {
    let words = Words::open(&arguments[4]);
    let config = config_of(arguments);
    let log = config.log_folder.clone().expect("a log");
    let disk = log.parent().expect("a folder").to_path_buf();
    system::unshare(libc::CLONE_NEWNS).expect("we are root");
    system::mount_memory(&disk, 1 << 20).expect("we are root");
    let filler = disk.join("filler");
    fs::write(&filler, vec![1; 300 << 10]).expect("room");
    let mut server = start(&config).expect("a recovery");
    let facts = server.facts.clone().expect("a log");
    let mut keeper = Keeper::new(facts, Room::Filled, Vec::new());
    keeper.tick().expect("room");
    commit_until_failure(&mut server, &words, 2);
    // Room cannot be made beforehand either, and says why.
    let error = keeper.tick().expect_err("the disk is full").to_string();
    assert!(error.contains("No space left"), "{error}");
    let lock = server.lock.take().expect("it has a log");
    let acknowledged = server.writers[0].committed_lsn();
    drop(server);
    // As often as it is tried, there is no room.
    let lock = match recover_again(&config, BOOT, lock, &mut |_| {}) {
        Ok(_) => panic!("the disk is full"),
        Err(_) => quipu_radiusd::log::Lock::take(&log.join("lock")).expect("a file"),
    };
    fs::remove_file(&filler).expect("it is there");
    let lock = lock.expect("nobody else has it");
    let mut server = recover_again(&config, BOOT, lock, &mut |_| {}).expect("there is room again");
    let mut truth = Truth::default();
    truth.read(&mut LogReader::open(&log, "audit").expect("a log"));
    assert!(
        truth.entries >= acknowledged,
        "{} of {acknowledged}",
        truth.entries
    );
    truth.check(server.store.table());
    let more = sessions(7 << 20);
    let lsn = serve(&server.store, &mut server.writers[0], &more).expect("room");
    assert_eq!(lsn, truth.entries + more.len() as u64);
    put(&words[BEGUN], 1);
}

#[test]
fn a_full_disk_is_answered_for_by_nobody() {
    if !system::is_root() {
        println!("skipped: only root may mount a file system");
        return;
    }
    let (words, site) = (Words::create(WORDS), Site::new());
    let disk = files::Directory::on_disk();
    let log = disk.file("log").display().to_string();
    for level in ["process", "power"] {
        put(&words[BEGUN], 0);
        put(&words[FAILED], 0);
        let server = Child::start(
            "full",
            &[
                &log,
                &site.table.as_str(),
                &site.duplicates.as_str(),
                &level,
                &words.path(),
            ],
        );
        server.finish(Duration::from_secs(60));
        assert_eq!(get(&words[BEGUN]), 1, "it has played its role");
        assert!(get(&words[FAILED]) > 20, "the disk was full");
        assert_eq!(get(&words[AFTER]), 0, "acknowledged by a dead writer");
        assert!(get(&words[ACKNOWLEDGED]) > 100, "before that it was not");
        let _ = fs::remove_file(site.table.path());
    }
}
