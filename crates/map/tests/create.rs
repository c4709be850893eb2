//! Creating tables, alone and in a race.
mod support;

use quipu::{OpenError, Options, Table, Ttl, WriteError};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::{Directory, Name, Running, mib, part, rerun};

/// What this program does in a process of its own.
#[test]
fn child() {
    let Some((_, name)) = part() else { return };
    let table = Table::open_or_create(&name, mib(4)).expect("a table");
    (0..1000).for_each(|_| {
        table.incr(b"n", 1).expect("room");
    });
}

#[test]
fn mode_and_group_are_as_asked() {
    let directory = Directory::new();
    let path = directory.file("table");
    let group = fs::metadata(directory.file(""))
        .expect("the directory")
        .gid();
    Table::create(
        &path,
        Options {
            mode: 0o4640,
            group: Some(group),
            ..mib(1)
        },
    )
    .expect("a table");
    let details = fs::metadata(&path).expect("the file");
    assert_eq!((details.mode() & 0o7777, details.gid()), (0o640, group));
    let name = Name::new();
    Table::create(&name, mib(1)).expect("a table");
    assert_eq!(
        fs::metadata(name.path()).expect("the file").mode() & 0o777,
        0o600
    );
}

#[test]
fn a_tick_that_is_no_power_of_two_is_refused() {
    let name = Name::new();
    for tick_ms in [0, 3, 100, 1 << 17] {
        let options = Options { tick_ms, ..mib(1) };
        assert!(matches!(
            Table::create(&name, options.clone()),
            Err(OpenError::Unsupported { .. })
        ));
        assert!(matches!(
            Table::open_or_create(&name, options),
            Err(OpenError::Unsupported { .. })
        ));
    }
    assert!(!name.path().exists());
}

#[test]
fn the_choices_of_the_creator_are_kept() {
    let name = Name::new();
    let options = Options {
        max_bytes: Some(5 << 20),
        on_full: quipu::OnFull::Evict,
        hash: quipu::HashId::SipHash13,
        tick_ms: 16,
        ..Options::default()
    };
    Table::create(&name, options).expect("a table");
    let stats = Table::open_or_create(&name, mib(1))
        .expect("the table")
        .stats();
    assert_eq!(
        (stats.bytes_max, stats.on_full),
        (5 << 20, quipu::OnFull::Evict)
    );
    assert_eq!((stats.hash, stats.tick_ms), (quipu::HashId::SipHash13, 16));
    assert!(stats.created.elapsed().is_ok_and(|age| age.as_secs() < 60));
    assert!(stats.recovery && !stats.removed);
}

#[test]
fn a_table_without_a_size_may_take_half_of_what_is_free() {
    let name = Name::new();
    let free = quipu::free_bytes(&name).expect("a file system");
    let table = Table::create(&name, Options::default()).expect("a table");
    let bytes_max = table.stats().bytes_max;
    // Others use the file system meanwhile.
    assert!(
        bytes_max > free / 4 && bytes_max < free,
        "{bytes_max} of {free}"
    );
    assert!(
        fs::metadata(name.path()).expect("the file").blocks() * 512 < 1 << 20,
        "taken as needed"
    );
}

#[test]
fn creating_leaves_nothing_but_the_table() {
    let directory = Directory::new();
    Table::create(directory.file("table"), mib(1)).expect("a table");
    assert!(Table::create(directory.file("table"), mib(1)).is_err());
    assert_eq!(directory.names(), ["table"]);
}

#[test]
fn one_of_many_threads_creates() {
    for _ in 0..20 {
        let name = Name::new();
        let created = thread::scope(|scope| {
            let threads = [(); 8].map(|()| scope.spawn(|| Table::create(&name, mib(1))));
            let results = threads.map(|thread| thread.join().expect("no panic"));
            for error in results.iter().filter_map(|result| result.as_ref().err()) {
                assert!(matches!(error, OpenError::Exists { .. }), "{error}");
            }
            results.into_iter().flatten().count()
        });
        assert_eq!(created, 1);
    }
}

#[test]
fn many_threads_open_or_create_one_table() {
    let name = Name::new();
    let tables = thread::scope(|scope| {
        let threads = [(); 8].map(|()| {
            scope.spawn(|| {
                let table = Table::open_or_create(&name, mib(1)).expect("a table");
                table.incr(b"n", 1).expect("room");
                table
            })
        });
        threads.map(|thread| thread.join().expect("no panic"))
    });
    for table in &tables {
        assert_eq!(table.get_number(b"n"), Ok(Some(8)));
    }
    assert_eq!(
        tables[0].stats().processes.len(),
        1,
        "one process, however often it opens"
    );
}

#[test]
fn many_processes_open_or_create_one_table() {
    for _ in 0..3 {
        let name = Name::new();
        let children = [(); 8].map(|()| Running::start(rerun("count", name.as_str())));
        children.into_iter().for_each(Running::finish);
        let table = Table::open(&name).expect("they made it");
        assert_eq!(table.get_number(b"n"), Ok(Some(8000)));
        assert_eq!(table.check().problems, []);
    }
}

#[test]
fn creating_and_removing_race_without_harm() {
    let name = Name::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let table = match Table::open_or_create(&name, mib(1)) {
                        Ok(table) => table,
                        Err(OpenError::Removed | OpenError::Exists { .. }) => continue,
                        Err(error) => panic!("{error}"),
                    };
                    match table.set(b"k", 1, Ttl::Never) {
                        Ok(()) | Err(WriteError::Removed) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                match quipu::remove(&name) {
                    Ok(()) | Err(OpenError::NotFound { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    });
}

#[test]
fn a_table_of_any_size_can_be_made() {
    for (asked, kept) in [
        (0, 1 << 20),
        (1, 1 << 20),
        (1 << 20, 1 << 20),
        (3_333_333, 3_333_333),
        (1 << 41, 1 << 40),
    ] {
        let table = Table::memfd(Options {
            max_bytes: Some(asked),
            ..Options::default()
        })
        .expect("a memory file");
        assert_eq!(table.stats().bytes_max, kept);
        table.set(b"k", &[1; 1000], Ttl::Never).expect("room");
        assert_eq!(
            table.as_fd().try_clone_to_owned().is_ok(),
            table.path().is_none()
        );
    }
}
