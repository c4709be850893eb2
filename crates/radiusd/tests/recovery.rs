//! Recovery: the tables are what the log tells, whatever became of them, and what is missing in the log is said.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu::{Table, Ttl};
use quipu_radiusd::config::Level;
use quipu_radiusd::log::{Holes, MergedReader, Places, SegmentName, list_segments, stream_folder};
use quipu_radiusd::recovery::{NewReason, Origin, Recovered, RecoveryError, recover};
use quipu_radiusd::snapshot::{self, list_snapshots, snapshot_path};
use quipu_radiusd::store::Store;
use site::{PERIOD_S, Site, serve, start, told};
use std::fs;
use traffic::{Packet, Traffic};

/// A table of so many octets has room for few sessions.
const SMALLEST: u64 = 1 << 20;

/// A server that has received some traffic in batches, and has ended.
fn served(site: &Site, packets: &[Packet]) {
    let mut server = site.recover();
    for batch in packets.chunks(7) {
        serve(&server.store, &mut server.writers[0], batch).expect("a disk");
    }
}

/// What an undisturbed server would hold.
fn expected(packets: &[Packet]) -> Store {
    let site = Site::new();
    let mut server = site.recover();
    serve_all(&mut server, packets);
    let store = Store::in_memory(Some(64 << 20), PERIOD_S).expect("a table");
    store.take_over(&server.store).expect("room");
    store
}

fn serve_all(server: &mut Recovered, packets: &[Packet]) {
    for batch in packets.chunks(7) {
        serve(&server.store, &mut server.writers[0], batch).expect("a disk");
    }
}

fn assert_told(server: &Recovered, expected: &Store) {
    assert!(
        told(expected.table()).len() > 20,
        "there is something to compare"
    );
    assert_eq!(told(server.store.table()), told(expected.table()));
}

#[test]
fn tables_are_put_right_in_place() {
    let (site, traffic) = (Site::new(), Traffic::new(1, 60, 2));
    served(&site, &traffic.packets);
    let expected = expected(&traffic.packets);
    // A reader that stays, and totals that lack something, as a death leaves them.
    let reader = Table::open(site.table.as_str()).expect("it is there");
    let key = [&b"u\x07\0\0\0"[..], b"user3"].concat();
    assert!(
        reader.delete(&key).expect("a table"),
        "that user has totals"
    );
    reader
        .set(b"p\0\0\0\0\0\0\0\0", "?", Ttl::Never)
        .expect("room");
    let server = site.recover();
    assert_eq!(server.report.table, Origin::InPlace);
    assert_eq!(server.report.changed, 2);
    assert_told(&server, &expected);
    assert_eq!(
        told(&reader),
        told(expected.table()),
        "the reader's mapping"
    );
    assert_eq!(server.generation, 2);
}

#[test]
fn tables_are_made_anew_if_they_cannot_be_believed() {
    let (site, traffic) = (Site::new(), Traffic::new(2, 60, 2));
    served(&site, &traffic.packets);
    let expected = expected(&traffic.packets);
    let check = |why: NewReason| {
        let server = site.recover();
        assert_eq!(server.report.table, Origin::New(why));
        assert_told(&server, &expected);
    };
    fs::remove_file(site.table.path()).expect("it is there");
    check(NewReason::Absent);
    // Another boot: the same words, but nobody knows which of them are new.
    let config = site.config(Level::Power);
    let server = recover(&config, "another", &mut |_| {}).expect("a recovery");
    assert_eq!(server.report.table, Origin::New(NewReason::Boot));
    assert_eq!(server.report.duplicates, Origin::New(NewReason::Boot));
    assert_told(&server, &expected);
    drop(server);
    check(NewReason::Boot);
    // The head overwritten.
    overwrite(&site, 0, 64);
    check(NewReason::Unusable);
    // The entries overwritten.
    let length = fs::metadata(site.table.path()).expect("it is there").len();
    overwrite(
        &site,
        64 << 10,
        usize::try_from(length).expect("small") - (64 << 10),
    );
    let server = site.recover();
    assert!(
        matches!(server.report.table, Origin::New(_)),
        "{:?}",
        server.report.table
    );
    assert_told(&server, &expected);
    assert!(server.store.table().check().problems.is_empty());
}

/// Overwrites a table with what no program writes.
fn overwrite(site: &Site, at: u64, octets: usize) {
    use std::os::unix::fs::FileExt;
    let file = fs::File::options().write(true).open(site.table.path());
    let file = file.expect("it is there");
    let noise = quipu_tests::random::Random::new(9).bytes(octets);
    file.write_all_at(&noise, at).expect("room");
}

#[test]
fn a_table_that_is_too_small_is_made_larger() {
    let (site, packets) = (Site::new(), Traffic::new(5, 3000, 1).packets);
    served(&site, &packets);
    let expected = expected(&packets);
    let mut config = site.config(Level::Process);
    // What is there is larger, and stays; what is gone is made as small as asked for, and does not fit.
    config.table_bytes_max = Some(SMALLEST);
    let server = start(&config).expect("a table");
    assert_eq!(server.report.table, Origin::InPlace);
    drop(server);
    quipu::remove(site.table.as_str()).expect("it is there");
    let server = start(&config).expect("a larger table");
    assert_eq!(server.report.table, Origin::New(NewReason::Absent));
    assert!(server.store.table().stats().bytes_max > SMALLEST);
    assert_told(&server, &expected);
    drop(server);
    // The configuration says more than the table was made for.
    config.table_bytes_max = Some(256 << 20);
    let server = start(&config).expect("a table");
    assert_eq!(server.report.table, Origin::New(NewReason::Size));
    assert_told(&server, &expected);
}

#[test]
fn without_a_log_tables_of_this_boot_stay_as_they_are() {
    let site = Site::new();
    let config = site.config(Level::Memory);
    let server = start(&config).expect("tables");
    assert!(server.writers.is_empty() && server.lock.is_none());
    assert_eq!(server.report.table, Origin::New(NewReason::Absent));
    server
        .store
        .table()
        .set(b"uabcd", "kept", Ttl::Never)
        .expect("room");
    drop(server);
    let again = start(&config).expect("tables");
    assert_eq!(again.report.table, Origin::InPlace);
    assert!(again.store.table().exists(b"uabcd").expect("a table"));
    assert_eq!(again.generation, 2);
    drop(again);
    let other = recover(&config, "another", &mut |_| {}).expect("tables");
    assert_eq!(other.report.table, Origin::New(NewReason::Boot));
    assert!(!other.store.table().exists(b"uabcd").expect("a table"));
}

#[test]
fn two_servers_exclude_each_other() {
    let site = Site::new();
    let config = site.config(Level::Power);
    let first = site.recover();
    let Err(error) = start(&config) else {
        panic!("two servers on one log");
    };
    assert!(matches!(error, RecoveryError::Locked { .. }));
    assert!(error.to_string().contains("another server uses this log"));
    drop(first);
    assert_eq!(site.recover().generation, 2);
}

#[test]
fn streams_of_workers_that_are_no_more_are_replayed() {
    let (site, traffic) = (Site::new(), Traffic::new(3, 40, 1));
    let mut config = site.config(Level::Process);
    config.workers = 3;
    let mut server = start(&config).expect("a recovery");
    let shares = traffic.shares(3);
    for (writer, share) in server.writers.iter_mut().zip(&shares) {
        serve(&server.store, writer, share).expect("a disk");
    }
    let before = told(server.store.table());
    drop(server);
    fs::remove_file(site.table.path()).expect("it is there");
    config.workers = 1;
    let server = start(&config).expect("a recovery");
    assert_eq!(server.writers.len(), 1);
    assert_eq!(server.report.replayed, traffic.packets.len() as u64);
    let after = told(server.store.table());
    let keys =
        |all: &std::collections::BTreeMap<Vec<u8>, _>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&after), keys(&before));
    // Another order of arrival than that of application: what is counted is the same.
    let totals = |all: &std::collections::BTreeMap<Vec<u8>, quipu::Value>| {
        let totals = all.iter().filter(|(key, _)| b"uNc".contains(&key[0]));
        totals
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(totals(&after), totals(&before));
}

/// A log of some full segments, and its table.
fn long(site: &Site, level: Level) -> Vec<Packet> {
    let traffic = Traffic::new(4, 400, 1);
    let mut server = start(&site.config(level)).expect("a recovery");
    serve_all(&mut server, &traffic.packets);
    traffic.packets
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let site = Site::new();
    long(&site, Level::Power);
    let folder = stream_folder(&site.log(), 0);
    let segments = list_segments(&folder).expect("readable");
    assert!(segments.len() >= 4, "{segments:?}");
    let path = segments[1].path(&folder);
    let bytes = fs::read(&path).expect("readable");
    fs::remove_file(&path).expect("it is there");
    let Err(error) = start(&site.config(Level::Power)) else {
        panic!("entries are missing");
    };
    let next = segments[2].path(&folder);
    let text = error.to_string();
    assert!(text.contains(&next.display().to_string()), "{text}");
    assert!(text.contains("missing or damaged"), "{text}");
    // The same with an entry that is damaged in the middle of the log.
    let mut damaged = bytes.clone();
    damaged[5000] ^= 1;
    fs::write(&path, &damaged).expect("room");
    let Err(error) = start(&site.config(Level::Power)) else {
        panic!("entries are damaged");
    };
    assert!(
        error.to_string().contains(&next.display().to_string()),
        "{error}"
    );
    // And with a header.
    let mut damaged = bytes.clone();
    damaged[40] ^= 1;
    fs::write(&path, &damaged).expect("room");
    let Err(error) = start(&site.config(Level::Power)) else {
        panic!("a header is damaged");
    };
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    fs::write(&path, &bytes).expect("room");
    assert_eq!(site.recover().generation, 2, "all is well again");
}

#[test]
fn what_a_loss_of_power_took_at_level_process_is_counted() {
    let site = Site::new();
    let packets = long(&site, Level::Process);
    let folder = stream_folder(&site.log(), 0);
    let segments = list_segments(&folder).expect("readable");
    // A page in the middle of the log that never came to the disk. Nobody has promised that it would.
    let path = segments[segments.len() - 2].path(&folder);
    let mut bytes = fs::read(&path).expect("readable");
    bytes[8192..12288].fill(0);
    fs::write(&path, &bytes).expect("room");
    let server = start(&site.config(Level::Process)).expect("a recovery");
    let report = &server.report;
    assert!(report.missed > 10, "{report:?}");
    assert_eq!(report.missed + report.replayed, packets.len() as u64);
    assert!(report.made.is_some(), "a snapshot behind the hole");
    let before = told(server.store.table());
    drop(server);
    let again = start(&site.config(Level::Power)).expect("the hole is in no way");
    assert_eq!((again.report.missed, again.report.replayed), (0, 0));
    assert_eq!(told(again.store.table()), before);
}

#[test]
fn a_segment_that_was_not_begun_is_a_spare() {
    let (site, traffic) = (Site::new(), Traffic::new(5, 20, 1));
    served(&site, &traffic.packets);
    let folder = stream_folder(&site.log(), 0);
    let last = *list_segments(&folder)
        .expect("readable")
        .last()
        .expect("one");
    // Killed between the name and the header: what the file held before, and a file of zeros.
    fs::copy(last.path(&folder), SegmentName(last.0 + 1).path(&folder)).expect("room");
    fs::write(SegmentName(last.0 + 2).path(&folder), [0; 4096]).expect("room");
    let server = site.recover();
    assert_eq!(server.report.replayed, traffic.packets.len() as u64);
    let segments = list_segments(&folder).expect("readable");
    assert_eq!(segments, [last, SegmentName(last.0 + 1)], "and the new one");
    assert!(folder.join("spare-1.log").exists());
}

#[test]
fn a_damaged_snapshot_is_passed_over() {
    let (site, traffic) = (Site::new(), Traffic::new(6, 60, 1));
    let (first, rest) = traffic.packets.split_at(100);
    let (second, third) = rest.split_at(100);
    let make = || snapshot::make(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a snapshot");
    served(&site, first);
    assert_eq!(make().replayed, 100);
    served(&site, second);
    assert_eq!(make().replayed, 100);
    served(&site, third);
    let expected = expected(&traffic.packets);
    let check = |snapshot: Option<u64>, replayed: usize, damaged: usize| {
        // Not one entry of the old table is believed.
        let _ = fs::remove_file(site.table.path());
        let server = site.recover();
        let report = &server.report;
        assert_eq!((report.snapshot, report.damaged.len()), (snapshot, damaged));
        assert_eq!(report.replayed, replayed as u64);
        assert_told_but_lsn(&server, &expected);
    };
    check(Some(2), third.len(), 0);
    flip(&site, 2);
    check(Some(1), rest.len(), 1);
    flip(&site, 1);
    check(None, traffic.packets.len(), 2);
    // The next one replaces what is damaged.
    assert_eq!(make().number, 3);
    assert_eq!(list_snapshots(&site.log()).expect("readable"), [3]);
    check(Some(3), 0, 0);
    assert_eq!(make().number, 4);
    assert_eq!(make().number, 5);
    assert_eq!(
        list_snapshots(&site.log()).expect("readable"),
        [4, 5],
        "two are kept"
    );
}

/// The same log in one start or in three has the same lsns: so all is equal, them included.
fn assert_told_but_lsn(server: &Recovered, expected: &Store) {
    assert_told(server, expected);
}

fn flip(site: &Site, number: u64) {
    let path = snapshot_path(&site.log(), number);
    let mut bytes = fs::read(&path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).expect("room");
}

#[test]
fn the_same_log_is_read_from_any_place() {
    let site = Site::new();
    let packets = long(&site, Level::Power);
    let read = |from: u64| {
        let places = Places::from([(0, from)]);
        let mut reader =
            MergedReader::open(&site.log(), &places, None, Holes::Refuse).expect("a log");
        let mut lsns = Vec::new();
        while let Some(entry) = reader.next_entry().expect("readable") {
            assert_eq!(
                entry.new.packet,
                packets[usize::try_from(entry.lsn - 1).expect("small")].bytes
            );
            lsns.push(entry.lsn);
        }
        lsns
    };
    let all: Vec<u64> = (1..=packets.len() as u64).collect();
    assert_eq!(read(0), all);
    for from in (1..=packets.len()).step_by(97) {
        assert_eq!(read(from as u64), all[from - 1..], "from {from}");
    }
}
