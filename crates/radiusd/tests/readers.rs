//! Readers of the log and the keeper: what a reader has not passed is kept, what everybody has passed is used again.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu_radiusd::config::Level;
use quipu_radiusd::log::{
    Keeper, LogReader, Room, forget_reader, list_readers, list_segments, spare_path, stream_folder,
};
use quipu_radiusd::recovery::Recovered;
use quipu_radiusd::snapshot;
use site::{PERIOD_S, Site, serve, start};
use std::fs;
use std::os::unix::fs::MetadataExt;
use traffic::{Packet, Traffic};

fn keeper(server: &Recovered, readers: &[&str]) -> Keeper {
    let facts = server.facts.clone().expect("a log");
    let readers = readers.iter().map(|name| (*name).to_owned()).collect();
    Keeper::new(facts, Room::Filled, readers)
}

fn serve_all(server: &mut Recovered, packets: &[Packet]) {
    for batch in packets.chunks(9) {
        serve(&server.store, &mut server.writers[0], batch).expect("a disk");
    }
}

fn make(site: &Site) {
    snapshot::make(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a snapshot");
}

fn segments(site: &Site) -> Vec<u64> {
    let folder = stream_folder(&site.log(), 0);
    let names = list_segments(&folder).expect("readable");
    names.into_iter().map(|name| name.0).collect()
}

fn lsns(reader: &mut LogReader, most: usize) -> Vec<u64> {
    let mut found = Vec::new();
    while found.len() < most
        && let Some(entry) = reader.next_entry().expect("readable")
    {
        found.push(entry.lsn);
    }
    found
}

#[test]
fn segments_are_dropped_when_two_snapshots_and_all_readers_have_passed() {
    let (site, traffic) = (Site::new(), Traffic::new(21, 1_000, 1));
    let mut server = site.recover();
    let mut keeper = keeper(&server, &[]);
    let half = traffic.packets.len() / 2;
    serve_all(&mut server, &traffic.packets[..half]);
    let before = segments(&site);
    assert!(before.len() >= 4, "{before:?}");
    let ticked = keeper.tick().expect("a disk");
    assert_eq!((ticked.recycled, ticked.deleted), (0, 0), "no snapshot");
    assert!(ticked.behind_octets >= 3 * (64 << 10));
    make(&site);
    let ticked = keeper.tick().expect("a disk");
    assert_eq!(
        (ticked.recycled, ticked.deleted),
        (0, 0),
        "one snapshot, which may be damaged"
    );
    assert_eq!(ticked.behind_octets, 0);
    // A reader comes, and stays where it is.
    let mut reader = LogReader::open(&site.log(), "slow").expect("a log");
    assert_eq!(lsns(&mut reader, 10), (1..=10).collect::<Vec<_>>());
    make(&site);
    let ticked = keeper.tick().expect("a disk");
    assert_eq!(
        (ticked.recycled, ticked.deleted),
        (0, 0),
        "the reader has passed nothing"
    );
    reader.advance().expect("a disk");
    keeper.tick().expect("a disk");
    assert_eq!(segments(&site), before, "the reader is in the first");
    let rest = lsns(&mut reader, usize::MAX);
    assert_eq!(
        rest,
        (11..=half as u64).collect::<Vec<_>>(),
        "all that it has not passed"
    );
    reader.advance().expect("a disk");
    let ticked = keeper.tick().expect("a disk");
    let dropped = before.len() as u64 - 1;
    assert_eq!(ticked.recycled + ticked.deleted, dropped);
    assert!(ticked.recycled >= 1, "{ticked:?}");
    assert_eq!(segments(&site), before[before.len() - 1..]);
    // What was recycled is written again, and read by nobody as what it was.
    serve_all(&mut server, &traffic.packets[half..]);
    let rest = lsns(&mut reader, usize::MAX);
    let all = traffic.packets.len() as u64;
    assert_eq!(rest, (half as u64 + 1..=all).collect::<Vec<_>>());
    assert_eq!(reader.missed(), 0);
    drop(server);
    let server = site.recover();
    assert_eq!(server.report.replayed, all - half as u64);
}

#[test]
fn a_place_is_durable_and_a_reader_may_be_forgotten() {
    let (site, traffic) = (Site::new(), Traffic::new(22, 100, 1));
    let mut server = site.recover();
    serve_all(&mut server, &traffic.packets[..100]);
    let log = site.log();
    let mut reader = LogReader::open(&log, "export").expect("a log");
    assert_eq!(lsns(&mut reader, 30).len(), 30);
    drop(reader);
    let mut reader = LogReader::open(&log, "export").expect("a log");
    assert_eq!(
        lsns(&mut reader, 30)[0],
        1,
        "it has not said that it is done with them"
    );
    reader.advance().expect("a disk");
    assert_eq!(lsns(&mut reader, 5)[0], 31);
    drop(reader);
    let mut reader = LogReader::open(&log, "export").expect("a log");
    assert_eq!(
        lsns(&mut reader, usize::MAX),
        (31..=100).collect::<Vec<_>>()
    );
    // It waits at the end, also over a start of the server, and for workers that are new.
    assert!(lsns(&mut reader, 1).is_empty());
    drop(server);
    let mut config = site.config(Level::Power);
    config.workers = 2;
    let mut server = start(&config).expect("a recovery");
    serve(
        &server.store,
        &mut server.writers[1],
        &traffic.packets[100..110],
    )
    .expect("a disk");
    serve(
        &server.store,
        &mut server.writers[0],
        &traffic.packets[110..120],
    )
    .expect("a disk");
    let mut more = lsns(&mut reader, usize::MAX);
    more.sort_unstable();
    let expected: Vec<u64> = (101..=110)
        .chain((1..=10).map(|number| 1 << 56 | number))
        .collect();
    assert_eq!(more, expected);
    reader.advance().expect("a disk");
    let names: Vec<_> = list_readers(&log)
        .expect("readable")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["export"]);
    damaged_places_are_found(&log);
    assert!(LogReader::open(&log, "../export").is_err());
    assert_eq!(forget_reader(&log, "export").ok(), Some(true));
    assert_eq!(forget_reader(&log, "export").ok(), Some(false));
    assert!(list_readers(&log).expect("readable").is_empty());
}

fn damaged_places_are_found(log: &std::path::Path) {
    // A place that is damaged is an error that says what to do.
    let path = log.join("readers/export");
    let mut bytes = fs::read(&path).expect("it is there");
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).expect("room");
        let error = LogReader::open(log, "export")
            .err()
            .map(|error| error.to_string());
        assert!(
            error.is_some_and(|error| error.contains("remove the file")),
            "bit {bit}"
        );
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_reader_that_is_expected_is_waited_for() {
    let (site, traffic) = (Site::new(), Traffic::new(23, 300, 1));
    let mut server = site.recover();
    serve_all(&mut server, &traffic.packets);
    make(&site);
    make(&site);
    let before = segments(&site);
    keeper(&server, &["export"]).tick().expect("a disk");
    assert_eq!(segments(&site), before, "it has not come yet");
    keeper(&server, &[]).tick().expect("a disk");
    assert_eq!(segments(&site).len(), 1);
}

#[test]
fn a_full_segment_goes_on_in_a_spare() {
    let (site, traffic) = (Site::new(), Traffic::new(24, 300, 1));
    let mut config = site.config(Level::Process);
    config.segment_bytes = 16 << 10;
    let mut server = start(&config).expect("a recovery");
    let folder = stream_folder(&site.log(), 0);
    let mut keeper = keeper(&server, &[]);
    assert_eq!(
        keeper.tick().expect("a disk").made,
        2,
        "for the worker and the server"
    );
    let spare = fs::metadata(spare_path(&folder, 0)).expect("it is there");
    assert!(
        spare.len() == 16 << 10 && spare.blocks() * 512 >= 16 << 10,
        "it has its room"
    );
    assert_eq!(spare.mode() & 0o777, 0o600);
    serve_all(&mut server, &traffic.packets[..200]);
    assert!(segments(&site).len() >= 2);
    let second = list_segments(&folder).expect("readable")[1].path(&folder);
    let second = fs::metadata(second).expect("it is there");
    assert_eq!(second.ino(), spare.ino());
    assert!(!spare_path(&folder, 0).exists());
    // At this level the keeper puts the full ones on the disk, and says so.
    let synced = || server.backing.positions.synced(0);
    assert_eq!(synced(), 1);
    keeper.tick().expect("a disk");
    assert!(synced() > 1 && synced() <= 201, "{}", synced());
}
