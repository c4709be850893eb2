//! Loss, repetition, disorder, delay, restarts and ids that are used again: whatever way the packets of a NAS come,
//! the records end as somebody would write them who saw the true order (`disorder/truth.rs`), and the totals are
//! their sums.
//!
//! A case is a plan, which proptest shrinks; 600 of them are more than 100,000 packets.
#[path = "disorder/server.rs"]
mod server;
#[path = "disorder/truth.rs"]
mod truth;

use proptest::prelude::*;
use quipu_radiusd::record::{SessionFlags, State, Totals};
use server::Server;
use std::cell::Cell;
use truth::{Plan, Style, Truth};

fn check(plan: &Plan) -> Result<usize, TestCaseError> {
    let truth = Truth::new(plan);
    let mut server = Server::default();
    for packet in &truth.packets {
        server.receive(packet);
    }
    let mut totals = Totals::default();
    let mut found = server.sessions();
    prop_assert_eq!(found.len(), truth.sessions.len(), "sessions: {:?}", found);
    for expected in &truth.sessions {
        let near = |ms: u64| ms.abs_diff(expected.start_ms) <= 3_000;
        let at = found
            .iter()
            .position(|(id, record)| *id == expected.id && near(record.hot.start_ms));
        prop_assert!(at.is_some(), "no record for {:?} in {:?}", expected, found);
        let (_, record) = found.swap_remove(at.unwrap_or(0));
        let hot = &record.hot;
        let octets = (hot.input_octets, hot.output_octets);
        prop_assert_eq!(
            octets,
            expected.octets,
            "octets of {:?}: {:?}",
            expected,
            hot
        );
        prop_assert_eq!(
            hot.session_time_s,
            expected.session_time_s,
            "{:?}",
            expected
        );
        let state = record.state_now(server.nas.as_ref());
        prop_assert_eq!(state, expected.state, "state of {:?}: {:?}", expected, hot);
        let has_start = hot.flags.contains(SessionFlags::START_SEEN);
        prop_assert_eq!(has_start, expected.has_start, "{:?}: {:?}", expected, hot);
        if expected.state == State::Closed {
            prop_assert!(
                hot.stop_ms.abs_diff(expected.end_ms) <= 3_000,
                "{:?}",
                expected
            );
        }
        prop_assert_eq!(record.cold.get(1), Some(&expected.user[..]));
        totals = totals.plus(&record.totals());
    }
    prop_assert_eq!(server.totals, totals, "the sum of the differences");
    Ok(truth.packets.len())
}

fn interim() -> impl Strategy<Value = truth::Interim> {
    (10u64..150, 0u32..1 << 27, 0u32..1 << 27, truth::fate(true)).prop_map(
        |(after_s, input, output, fate)| truth::Interim {
            after_s,
            input,
            output,
            fate,
        },
    )
}

fn session() -> impl Strategy<Value = truth::Session> {
    (
        5u64..200,
        truth::fate(true),
        prop::collection::vec(interim(), 0..60),
        5u64..100,
        truth::fate(false),
        any::<bool>(),
        prop::bool::weighted(0.9),
    )
        .prop_map(
            |(gap_s, start, interims, last_s, stop, counts, stops)| truth::Session {
                gap_s,
                start,
                interims,
                last_s,
                stop,
                stop_has_counters: counts,
                is_stopped: stops,
            },
        )
}

fn plan() -> impl Strategy<Value = Plan> {
    let style = prop_oneof![
        Just(Style {
            has_timestamp: true,
            is_narrow: false
        }),
        Just(Style {
            has_timestamp: false,
            is_narrow: false
        }),
        Just(Style {
            has_timestamp: true,
            is_narrow: true
        }),
        Just(Style {
            has_timestamp: false,
            is_narrow: true
        }),
    ];
    (
        style,
        prop::collection::vec(prop::collection::vec(session(), 1..6), 1..6),
        prop::collection::vec((20u64..4_000, truth::fate(false)), 0..3),
    )
        .prop_map(|(style, ids, restarts)| Plan {
            style,
            ids,
            restarts,
        })
}

/// More for a long run: `QUIPU_CASES=100000`.
fn cases() -> u32 {
    let asked = std::env::var("QUIPU_CASES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(600)
}

#[test]
fn the_end_is_the_same_in_whatever_way_packets_come() {
    let packets = Cell::new(0);
    let config = ProptestConfig {
        cases: cases(),
        max_shrink_iters: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&plan(), |plan| {
        packets.set(packets.get() + check(&plan)?);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    println!("{} packets", packets.get());
    assert!(packets.get() > 100_000, "{} packets", packets.get());
}
