//! Handles: shared within a process, read-only, of tables that are removed; and the list of tables.
mod support;

use quipu::{
    OnFull, OpenError, Options, Owner, Table, TableReader, Ttl, Value, WriteError, tables,
};
use std::fs::{self, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;
use support::{Name, mib, table};

const LONG: &[u8] = b"a value that has a block";

#[test]
fn a_removed_table_can_be_read_and_not_written() {
    let name = Name::new();
    let old = Table::create(&name, mib(1)).expect("a table");
    let reader = TableReader::open(&name, Owner::CallerOrRoot).expect("a table");
    old.set(b"k", 1, Ttl::Never).expect("room");
    quipu::remove(&name).expect("it is there");
    assert!(!name.path().exists());
    assert_eq!(old.set(b"k", 2, Ttl::Never), Err(WriteError::Removed));
    assert_eq!(old.incr(b"k", 2), Err(WriteError::Removed.into()));
    assert_eq!(old.delete(b"k"), Err(WriteError::Removed));
    assert_eq!(old.clear(), Err(WriteError::Removed));
    assert_eq!(
        old.wait(b"k", None, Duration::ZERO),
        Err(WriteError::Removed)
    );
    assert_eq!(old.get(b"k"), Ok(Some(Value::Integer(1))));
    assert_eq!(reader.get_number(b"k"), Ok(Some(1)));
    assert!(old.stats().removed && reader.stats().removed);
    assert!(matches!(
        Table::open(&name),
        Err(OpenError::NotFound { .. })
    ));
    let new = Table::open_or_create(&name, mib(1)).expect("a new one");
    assert_eq!(new.get(b"k"), Ok(None));
    new.set(b"k", 3, Ttl::Never).expect("room");
    assert_eq!(old.get(b"k"), Ok(Some(Value::Integer(1))));
    let descriptor = old.as_fd().try_clone_to_owned().expect("a descriptor");
    assert!(matches!(
        Table::from_fd(descriptor, Owner::CallerOrRoot),
        Err(OpenError::Removed)
    ));
}

#[test]
fn all_handles_of_a_file_are_one() {
    let name = Name::new();
    let first = Table::create(&name, mib(1)).expect("a table");
    let by_name = Table::open(&name).expect("the table");
    let by_path = Table::open(name.path()).expect("the table");
    let descriptor = first.as_fd().try_clone_to_owned().expect("a descriptor");
    let by_descriptor = Table::from_fd(descriptor, Owner::CallerOrRoot).expect("the table");
    for table in [&first, &by_name, &by_path, &by_descriptor] {
        table.incr(b"n", 1).expect("room");
    }
    assert_eq!(by_descriptor.get_number(b"n"), Ok(Some(4)));
    let stats = first.stats();
    assert_eq!(
        (stats.processes.len(), stats.participants),
        (1, 2),
        "this thread, and one to spare"
    );
    drop((first, by_name, by_path));
    by_descriptor.incr(b"n", 1).expect("room");
    drop(by_descriptor);
    let again = Table::open(&name).expect("the table");
    let stats = again.stats();
    assert_eq!(
        (stats.processes.len(), stats.participants),
        (1, 1),
        "nothing is left of the others"
    );
    assert_eq!(again.get_number(b"n"), Ok(Some(5)));
}

#[test]
fn a_thread_that_ends_gives_its_participant_back() {
    let table = table();
    for _ in 0..100 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| table.incr(b"n", 1).expect("room"));
            }
        });
    }
    assert!(table.stats().participants <= 5);
    assert_eq!(table.get_number(b"n"), Ok(Some(400)));
}

#[test]
fn many_tables_in_one_thread() {
    let tables: Vec<_> = (0..50)
        .map(|_| Table::memfd(mib(1)).expect("a memory file"))
        .collect();
    for round in 1..=20 {
        for table in &tables {
            assert_eq!(table.incr(b"n", 1), Ok(round));
        }
    }
    drop(tables);
    let table = table();
    assert_eq!(table.incr(b"n", 1), Ok(1));
}

#[test]
fn a_reader_leaves_no_trace() {
    let name = Name::new();
    let table = Table::create(&name, mib(4)).expect("a table");
    table
        .set(b"bytes", LONG, Ttl::After(Duration::from_secs(100)))
        .expect("room");
    table.incr(b"n", 3).expect("room");
    table.set(b"f", 1.5, Ttl::Never).expect("room");
    let reader = TableReader::open(&name, Owner::CallerOrRoot).expect("the table");
    let same = reader.clone();
    thread::spawn(move || assert_eq!(same.get_number(b"n"), Ok(Some(3))))
        .join()
        .expect("no panic");
    assert_eq!(reader.get(b"bytes"), Ok(Some(Value::bytes(LONG))));
    assert_eq!(
        reader.get_entry(b"bytes").expect("no error"),
        table.get_entry(b"bytes").expect("no error")
    );
    assert!(matches!(reader.ttl(b"bytes"), Ok(Some(Ttl::After(_)))));
    assert_eq!(
        (reader.exists(b"f"), reader.exists(b"g")),
        (Ok(true), Ok(false))
    );
    assert_eq!(
        reader.multi_get(&["f", "g"]).expect("no error"),
        [Some(Value::Float(1.5)), None]
    );
    let mut buffer = Vec::new();
    assert!(
        reader
            .get_into(b"bytes", &mut buffer)
            .is_ok_and(|found| found.is_some())
    );
    assert_eq!(buffer, LONG);
    assert_eq!(
        (reader.len(), reader.is_empty(), reader.scan().count()),
        (3, false, 3)
    );
    assert_eq!(reader.scan_prefix(b"by").count(), 1);
    assert_eq!(reader.check().problems, []);
    assert_eq!(reader.path(), Some(name.path().as_path()));
    let stats = reader.stats();
    assert_eq!((stats.processes.len(), stats.participants), (1, 2));
    assert_eq!(reader.processes(), stats.processes);
    table.incr(b"n", 1).expect("room");
    assert_eq!(
        reader.get_number(b"n"),
        Ok(Some(4)),
        "it sees what others write"
    );
    drop(table);
    assert_eq!(reader.get_number(b"n"), Ok(Some(4)), "and outlives them");
    assert_eq!(reader.processes(), []);
    let descriptor = OwnedFd::from(File::open(name.path()).expect("the file"));
    assert!(
        Table::from_fd(descriptor, Owner::CallerOrRoot).is_err(),
        "a descriptor that may not write"
    );
}

#[test]
fn tables_in_shared_memory_are_listed() {
    let (name, other) = (Name::new(), Name::new());
    let table = Table::create(&name, mib(1)).expect("a table");
    table.incr(b"n", 9).expect("room");
    fs::write(other.path(), b"something else, and long enough").expect("a file");
    let listed = tables().expect("a directory");
    assert!(listed.iter().all(|info| info.name != other.as_str()));
    let info = listed
        .into_iter()
        .find(|info| info.name == name.as_str())
        .expect("ours");
    assert_eq!(info.path, name.path());
    assert!(info.bytes > 4096 && info.bytes < 2 << 20, "{}", info.bytes);
    assert_eq!(info.result.expect("readable").get_number(b"n"), Ok(Some(9)));
    OpenOptions::new()
        .write(true)
        .open(name.path())
        .and_then(|file| file.write_all_at(&[9], 8))
        .expect("another version");
    let listed = tables().expect("a directory");
    let info = listed
        .into_iter()
        .find(|info| info.name == name.as_str())
        .expect("ours");
    assert!(matches!(
        info.result,
        Err(OpenError::FormatVersion { found: 9, .. })
    ));
}

#[test]
fn handles_can_be_sent_and_shared() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Table>();
    is_shared::<TableReader>();
}

#[test]
fn a_reader_of_an_evicting_table_stores_nothing() {
    let name = Name::new();
    let options = Options {
        on_full: OnFull::Evict,
        ..mib(1)
    };
    let table = Table::create(&name, options).expect("a table");
    table.set(b"k", LONG, Ttl::Never).expect("room");
    // A store into memory that is mapped read-only would end this process.
    let reader = TableReader::open(&name, Owner::CallerOrRoot).expect("the table");
    assert_eq!(reader.get(b"k"), Ok(Some(Value::bytes(LONG))));
    assert_eq!(reader.exists(b"k"), Ok(true));
    assert_eq!(reader.scan().count(), 1);
    assert_eq!(table.get(b"k"), Ok(Some(Value::bytes(LONG))));
}
