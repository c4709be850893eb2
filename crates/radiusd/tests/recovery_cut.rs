//! A log that was cut off anywhere behind what is synced recovers exactly what was acknowledged, and a snapshot with
//! any bit flipped is found.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu_radiusd::config::Level;
use quipu_radiusd::log::{Holes, MergedReader, Places, SegmentName, list_segments, stream_folder};
use quipu_radiusd::recovery::replay;
use quipu_radiusd::snapshot::{self, SnapshotError, load_newest, snapshot_path};
use quipu_radiusd::store::Store;
use site::{PERIOD_S, Site, receive, serve, start, told};
use std::fs;
use std::path::PathBuf;
use traffic::{Packet, Traffic};

/// Where an entry ends in the segment, for each of the first so many packets.
fn ends(packets: &[Packet]) -> Vec<usize> {
    let mut end = quipu_radiusd::log::SEGMENT_HEADER_OCTETS;
    let octets = packets.iter().map(|packet| {
        end += receive(packet, |new, _| new.octets());
        end
    });
    octets.collect()
}

/// A server that has acknowledged all packets but the last batch, and where the log is.
fn killed_in_the_last_batch(site: &Site, packets: &[Packet], batch: usize) -> PathBuf {
    let mut server = site.recover();
    let (synced, last) = packets.split_at(packets.len() - batch);
    for batch in synced.chunks(5) {
        serve(&server.store, &mut server.writers[0], batch).expect("a disk");
    }
    serve(&server.store, &mut server.writers[0], last).expect("a disk");
    let folder = stream_folder(&site.log(), 0);
    SegmentName(1).path(&folder)
}

#[test]
fn cut_off_at_every_octet_of_the_last_batch() {
    let (site, traffic) = (Site::new(), Traffic::new(11, 20, 1));
    let packets = &traffic.packets[..40];
    let path = killed_in_the_last_batch(&site, packets, 3);
    let ends = ends(packets);
    let whole = fs::read(&path).expect("readable");
    let synced = ends[36];
    // Nothing but zeros behind the last entry, and no more than the room of a segment.
    assert!(whole[ends[39]..].iter().all(|octet| *octet == 0));
    assert_eq!(whole.len(), 64 << 10);
    let folder = stream_folder(&site.log(), 0);
    for cut in synced..=ends[39] + 9 {
        // What is behind the cut has not come to the disk: the zeros of the file, noise of a file that was used
        // before, or no file at all.
        for rest in 0..3 {
            let mut torn = whole.clone();
            match rest {
                0 => torn[cut..].fill(0),
                1 => torn[cut..].fill(0x5a),
                _ => torn.truncate(cut),
            }
            for name in list_segments(&folder).expect("readable") {
                fs::remove_file(name.path(&folder)).expect("it is there");
            }
            fs::write(&path, &torn).expect("room");
            // Of the last entry only padding may be cut, which zeros bring back.
            let kept = ends.iter().filter(|end| **end <= cut).count();
            let is_whole_again =
                rest == 0 && kept < 40 && torn[..ends[kept]] == whole[..ends[kept]];
            let kept = kept + usize::from(is_whole_again);
            let found = replay(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a log");
            assert_eq!(found.entries, kept as u64, "cut at {cut}, {rest}");
            assert!(found.entries >= 37, "what was acknowledged");
            if cut % 128 == 0 {
                // The log goes on behind that, and is whole at the next start.
                let mut server = site.recover();
                assert_eq!(server.report.replayed, found.entries);
                let more = &packets[kept..];
                serve(&server.store, &mut server.writers[0], more).expect("a disk");
                drop(server);
                assert_eq!(site.recover().report.replayed, 40, "cut at {cut}, {rest}");
            }
        }
    }
}

#[test]
fn every_bit_of_a_snapshot_flipped() {
    let (site, traffic) = (Site::new(), Traffic::new(12, 1, 1));
    let make = || snapshot::make(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a snapshot");
    let mut server = site.recover();
    serve(&server.store, &mut server.writers[0], &traffic.packets).expect("a disk");
    make();
    make();
    let path = snapshot_path(&site.log(), 2);
    let good = fs::read(&path).expect("readable");
    let store = || Store::in_memory(Some(4 << 20), PERIOD_S);
    let base = load_newest(&site.log(), &store).expect("readable");
    assert_eq!(base.header.map(|header| header.number), Some(2));
    assert_eq!(told(base.store.table()), told(server.store.table()));
    let check = |bytes: &[u8], what: &str| {
        fs::write(&path, bytes).expect("room");
        let base = load_newest(&site.log(), &store).expect("readable");
        assert_eq!(base.header.map(|header| header.number), Some(1), "{what}");
        assert!(
            matches!(base.damaged[..], [SnapshotError::Damaged { .. }]),
            "{what}"
        );
    };
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        check(&bytes, &format!("bit {bit}"));
    }
    for length in 0..good.len() {
        check(&good[..length], &format!("{length} octets"));
    }
    check(&[&good[..], &[0]].concat(), "an octet more");
    // One that is whole, but of another place.
    check(
        &fs::read(snapshot_path(&site.log(), 1)).expect("readable"),
        "the other one",
    );
}

#[test]
fn a_snapshot_that_is_ahead_of_the_log_gives_no_number_twice() {
    let (site, traffic) = (Site::new(), Traffic::new(13, 20, 1));
    let packets = &traffic.packets[..40];
    let path = killed_in_the_last_batch(&site, packets, 3);
    snapshot::make(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a snapshot");
    // The disk has not kept its word.
    let bytes = fs::read(&path).expect("readable");
    fs::write(&path, &bytes[..ends(packets)[30]]).expect("room");
    let mut server = site.recover();
    assert_eq!(server.writers[0].next_lsn(), 41);
    serve(
        &server.store,
        &mut server.writers[0],
        &traffic.packets[40..],
    )
    .expect("a disk");
    drop(server);
    let server =
        start(&site.config(Level::Power)).expect("no hole, for the snapshot has passed it");
    assert_eq!(server.report.replayed, traffic.packets[40..].len() as u64);
    let mut reader =
        MergedReader::open(&site.log(), &Places::new(), None, Holes::Skip).expect("a log");
    while reader.next_entry().expect("readable").is_some() {}
    assert_eq!(reader.missed(), 9);
}
