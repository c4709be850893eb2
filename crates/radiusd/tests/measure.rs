//! Figures for docs/radius-log.md, not tests of anything: `cargo test -p quipu-radiusd --profile e2e --test measure
//! -- --ignored --nocapture --test-threads=1`. They go to the folder of temporary files: it has to be on a disk.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod traffic;

use quipu_radiusd::config::Level;
use quipu_radiusd::log::{
    Keeper, LogWriter, Room, SegmentName, list_segments, spare_path, stream_folder,
};
use quipu_radiusd::recovery::Recovered;
use quipu_radiusd::snapshot;
use site::{PERIOD_S, Site, apply, receive, start};
use std::fs;
use std::time::Instant;
use traffic::{Packet, packet};

const SEGMENT_BYTES: u64 = 16 << 20;

fn push(writer: &mut LogWriter, packet: &Packet, entries: usize) {
    receive(packet, |new, _| {
        for _ in 0..entries {
            writer.push(new);
        }
    });
}

/// Writes until the writer is in the next segment.
fn rotate(writer: &mut LogWriter, packet: &Packet, folder: &std::path::Path) {
    let last = || list_segments(folder).expect("readable").pop();
    let before = last();
    while last() == before {
        push(writer, packet, 512);
        writer.commit().expect("a disk");
    }
}

fn percentile(times: &mut [u64], percent: usize) -> u64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100] / 1000
}

/// Commits in the segment that the writer has just begun.
fn measure(writer: &mut LogWriter, packet: &Packet, what: &str) {
    for entries in [1, 64] {
        let (mut syncs, mut all) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            push(writer, packet, entries);
            let begun = Instant::now();
            syncs.push(writer.commit().expect("a disk").sync_ns);
            all.push(u64::try_from(begun.elapsed().as_nanos()).expect("small"));
        }
        println!(
            "{what}, {entries} entries: fdatasync p50 {} us, p99 {} us; commit p50 {} us, p99 {} us",
            percentile(&mut syncs, 50),
            percentile(&mut syncs, 99),
            percentile(&mut all, 50),
            percentile(&mut all, 99),
        );
    }
}

#[test]
#[ignore = "prints figures"]
fn room_reserved_filled_and_used_before() {
    let request = packet(3, 1_700_000_000_000, b"00000001", &[(26, &[7; 180])]);
    for round in 0..3 {
        println!("round {round}");
        let site = Site::new();
        let mut config = site.config(Level::Power);
        config.segment_bytes = SEGMENT_BYTES;
        let mut server: Recovered = start(&config).expect("a recovery");
        let folder = stream_folder(&site.log(), 0);
        let facts = server.facts.clone().expect("a log");
        let writer = &mut server.writers[0];
        for (room, what) in [(Room::Reserved, "reserved"), (Room::Filled, "filled")] {
            Keeper::new(facts.clone(), room, Vec::new())
                .tick()
                .expect("room");
            rotate(writer, &request, &folder);
            measure(writer, &request, what);
        }
        fs::rename(SegmentName(1).path(&folder), spare_path(&folder, 0)).expect("it is there");
        rotate(writer, &request, &folder);
        measure(writer, &request, "used before");
    }
}

#[test]
#[ignore = "prints figures"]
fn recovery_of_a_million_sessions() {
    const SESSIONS: u32 = 1_000_000;
    let site = Site::new();
    let mut config = site.config(Level::Process);
    config.segment_bytes = 64 << 20;
    config.table_bytes_max = Some(6 << 30);
    let mut server = start(&config).expect("a recovery");
    let begun = Instant::now();
    for number in 0..SESSIONS {
        let (id, user) = (
            format!("{number:08}"),
            format!("user{number:07}@example.com"),
        );
        let [_, b, c, d] = number.to_be_bytes();
        let attributes: [(u8, &[u8]); 3] = [
            (1, user.as_bytes()),
            (8, &[10, b, c, d]),
            (31, b"02-00-00-00-00-01"),
        ];
        let start = packet(
            1,
            1_700_000_000_000 + u64::from(number),
            id.as_bytes(),
            &attributes,
        );
        let writer = &mut server.writers[0];
        receive(&start, |new, event| {
            let lsn = writer.push(new);
            apply(&server.store, lsn, new, event);
        });
        if number % 64 == 63 {
            writer.commit().expect("a disk");
        }
    }
    server.writers[0].commit().expect("a disk");
    println!(
        "{SESSIONS} sessions applied and logged in {:?}",
        begun.elapsed()
    );
    drop(server);
    let recover = |what: &str| {
        let begun = Instant::now();
        let server = start(&config).expect("a recovery");
        let report = &server.report;
        println!(
            "{what}: {:?} (replay {:?}, table {:?}); {} loaded, {} replayed, {} put right",
            begun.elapsed(),
            report.replay_time,
            report.table_time,
            report.loaded,
            report.replayed,
            report.changed,
        );
    };
    recover("by the log, tables in place");
    let begun = Instant::now();
    let made = snapshot::make(&site.log(), PERIOD_S, None, &mut |_| {}).expect("a snapshot");
    println!(
        "a snapshot of {} MiB made in {:?}",
        made.octets >> 20,
        begun.elapsed()
    );
    recover("by the snapshot, tables in place");
    fs::remove_file(site.table.path()).expect("it is there");
    recover("by the snapshot, tables made anew");
}
