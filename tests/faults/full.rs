//! A file system that is too small. It is mounted in a namespace of its own, so nothing of it stays.
use quipu::{CountError, Limit, OpenError, Owner, Table, TableReader, Ttl, Value, WriteError};
use quipu_tests::child::Child;
use quipu_tests::content;
use quipu_tests::files::{Directory, mib};
use quipu_tests::random::Random;
use quipu_tests::shared::{Words, add, get, meet, wait_for};
use quipu_tests::system::{is_root, mount_memory, unshare};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BYTES: u64 = 4 << 20;
const WRITERS: u64 = 8;
/// Attempts of each writer: more than there is room for.
const ATTEMPTS: u64 = 2000;
const LONG: Duration = Duration::from_secs(60);

/// Where the writers meet.
const MEETING: usize = 0;
/// Where they meet without the host.
const MEETING_OF_WRITERS: usize = 2;
/// How many writes were refused.
const REFUSED: usize = 1;

#[test]
fn a_full_file_system_is_an_error_and_nothing_is_lost() {
    if !is_root() {
        println!("skipped: only root may mount a file system to fill");
        return;
    }
    let directory = Directory::on_disk();
    let words = Words::create(8);
    let path = directory.path().display();
    Child::start("full host", &[&path, &words.path()]).finish(LONG);
    assert_eq!(directory.names().len(), 0, "what was mounted is gone");
}

/// Mounts the file system, and lets writers fill it.
pub(crate) fn host(arguments: &[String]) {
    let [directory, words_path] = arguments else {
        panic!("a host has two arguments");
    };
    let directory = PathBuf::from(directory);
    unshare(libc::CLONE_NEWNS).expect("root may have a namespace of its own");
    mount_memory(&directory, BYTES).expect("root may mount");
    let path = directory.join("table");
    let table = Table::create(&path, mib(64)).expect("room for an empty table");
    others_take_the_space(&table, &directory);
    let words = Words::open(words_path);
    let mut writers: Vec<Child> = (0..WRITERS)
        .map(|writer| Child::start("full writer", &[&path.display(), words_path, &writer]))
        .collect();
    wait_for("the writers", || {
        for writer in &mut writers {
            let status = writer.try_wait();
            assert!(status.is_none(), "a writer ended: {status:?}");
        }
        get(&words[MEETING]) == WRITERS
    });
    meet(&words[MEETING], WRITERS + 1);
    // Full: whoever only looks must not touch what there is no memory for.
    assert!(get(&words[REFUSED]) > 0, "it was full");
    look(&table, &path);
    let other = Table::create(directory.join("other"), mib(64));
    assert!(matches!(other, Err(OpenError::NoSpace { .. })), "{other:?}");
    meet(&words[MEETING], WRITERS + 1);
    for writer in writers {
        writer.finish(LONG);
    }
    look(&table, &path);
    table.maintain().expect("maintain");
    assert_eq!(table.check().problems, []);
}

/// Reads everything, as a user and as a reader.
fn look(table: &Table, path: &Path) {
    let reader = TableReader::open(path, Owner::CallerOrRoot).expect("the table");
    assert_eq!(table.check().problems, []);
    assert_eq!(reader.check().problems, []);
    let entries = table.scan().filter(|item| item.is_ok()).count();
    assert_eq!(entries, reader.scan().count());
    assert!(table.stats().entries > 0);
    assert!(reader.stats().entries > 0);
    assert_eq!(reader.get(b"no such key"), Ok(None));
}

/// The file system fills up, but not by the table.
fn others_take_the_space(table: &Table, directory: &Path) {
    let ballast = directory.join("ballast");
    let mut file = File::create_new(&ballast).expect("a file");
    while file.write_all(&[1; 4096]).is_ok() {}
    let mut result = Ok(());
    for i in 0..ATTEMPTS {
        result = table.set(&i.to_le_bytes(), &[1; 3000], Ttl::Never);
        if result.is_err() {
            break;
        }
    }
    assert_eq!(result, Err(WriteError::Full(Limit::FileSystem)));
    drop(file);
    std::fs::remove_file(&ballast).expect("the ballast");
    table
        .set(b"more", &[1; 3000], Ttl::Never)
        .expect("room again");
    assert_eq!(table.check().problems, []);
    table.clear().expect("clear");
}

/// Writes until there is no room, and on; what was acknowledged is there, and after deletes there is room again.
pub(crate) fn writer(arguments: &[String]) {
    let [path, words, writer] = arguments else {
        panic!("a writer has three arguments");
    };
    let words = Words::open(words);
    let writer: u64 = writer.parse().expect("a number");
    let table = Table::open(path).expect("the table");
    let mut writer = Writer {
        table,
        number: writer,
        random: Random::new(writer),
        written: Vec::new(),
        refused: 0,
    };
    writer.fill();
    writer.verify();
    add(&words[REFUSED], writer.refused);
    meet(&words[MEETING], WRITERS + 1);
    meet(&words[MEETING], WRITERS + 1);
    writer.delete_half();
    meet(&words[MEETING_OF_WRITERS], WRITERS);
    let deleted = writer.written.len();
    writer.fill();
    assert!(
        writer.written.len() > deleted,
        "there is room after deletes"
    );
    writer.verify();
}

struct Writer {
    table: Table,
    number: u64,
    random: Random,
    /// Keys that are acknowledged, and the lengths of their values.
    written: Vec<(u64, usize)>,
    refused: u64,
}

impl Writer {
    fn key(&self, key: u64) -> Vec<u8> {
        format!("{}:{key}", self.number).into_bytes()
    }

    fn fill(&mut self) {
        let counter = format!("counter {}", self.number);
        let mut counted = self
            .table
            .get_number(counter.as_bytes())
            .expect("get")
            .unwrap_or(0);
        for _ in 0..ATTEMPTS {
            let key = self.random.word();
            let length = if self.random.one_in(50) {
                40_000 + self.random.index(60_000)
            } else {
                self.random.index(3000)
            };
            let value = content::make(key, self.number, length);
            match self.table.add(&self.key(key), &value, Ttl::Never) {
                Ok(true) => self.written.push((key, length)),
                Err(WriteError::Full(Limit::FileSystem)) => self.refused += 1,
                other => panic!("an add: {other:?}"),
            }
            // What is there can be counted on, however full it is.
            match self.table.incr(counter.as_bytes(), 1) {
                Ok(sum) => {
                    counted += 1;
                    assert_eq!(sum, counted);
                }
                Err(CountError::Write(WriteError::Full(_))) if counted == 0 => {}
                Err(error) => panic!("an incr: {error}"),
            }
        }
    }

    fn verify(&self) {
        for (key, length) in &self.written {
            let found = self.table.get(&self.key(*key)).expect("get");
            let whole = content::make(*key, self.number, *length);
            assert_eq!(found, Some(Value::bytes(whole)), "{length} bytes");
        }
    }

    fn delete_half(&mut self) {
        let gone = self.written.split_off(self.written.len() / 2);
        for (key, _) in gone {
            assert_eq!(self.table.delete(&self.key(key)), Ok(true));
        }
        self.verify();
    }
}
