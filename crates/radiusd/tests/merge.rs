//! The merge rules, one by one: what a session is after some packets (radius-record.md 3; times are seconds).
use quipu_radiusd::event::{Event, EventTime, Reading, TimeSource};
use quipu_radiusd::merge::{
    Merged, Occasion, Place, Rules, close_by_restart, close_stale, merge, merge_nas, place,
    supersede,
};
use quipu_radiusd::packet::{Composer, Packet, Secret, TypedLengths, kind};
use quipu_radiusd::record::{NasRecord, SessionFlags, SessionRecord, State, Totals};
use std::net::{IpAddr, Ipv4Addr};

const GIB: u64 = 1 << 30;

/// A packet to be: status, second, and attributes.
#[derive(Clone, Copy)]
struct Sent<'a> {
    status: u32,
    second: u64,
    numbers: &'a [(u8, u32)],
}

fn sent(status: u32, second: u64, numbers: &[(u8, u32)]) -> Sent<'_> {
    Sent {
        status,
        second,
        numbers,
    }
}

fn with_event<R>(sent: Sent<'_>, look: impl FnOnce(&Event<'_>, &Occasion) -> R) -> R {
    let mut request = Composer::new(1);
    request.push_number(kind::ACCT_STATUS_TYPE, sent.status);
    request.push(kind::NAS_IP_ADDRESS, &[192, 0, 2, 1]);
    request.push(kind::ACCT_SESSION_ID, b"1");
    for (kind, number) in sent.numbers {
        request.push_number(*kind, *number);
    }
    let bytes = request.accounting(&Secret::new(b"x")).to_vec();
    let packet = Packet::parse(&bytes, TypedLengths::Discard).expect("good");
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let event = Event::read(&packet, source, &Reading::default()).expect("allowed");
    let occasion = Occasion {
        time: EventTime {
            ms: sent.second * 1000,
            source: TimeSource::Timestamp,
        },
        arrival_ms: sent.second * 1000,
        lsn: sent.second,
    };
    look(&event, &occasion)
}

fn apply(old: Option<&SessionRecord>, what: Sent<'_>, nas: Option<&NasRecord>) -> Merged {
    with_event(what, |event, occasion| {
        merge(old, event, occasion, nas, &Rules::default())
    })
}

/// The session after packets that all belong to it, and their differences summed up.
fn after(packets: &[Sent<'_>]) -> Merged {
    let mut last: Option<Merged> = None;
    let mut totals = Totals::default();
    for packet in packets {
        let old = last.as_ref().map(|merged| &merged.record);
        let merged = apply(old, *packet, None);
        totals = totals.plus(&merged.delta);
        assert_eq!(totals, merged.record.totals());
        last = Some(merged);
    }
    last.expect("packets")
}

fn place_of(newest: &SessionRecord, what: Sent<'_>, earlier: &[SessionRecord]) -> Place {
    with_event(what, |event, occasion| {
        let read = |number: u32| {
            earlier
                .get(usize::try_from(number).expect("small"))
                .cloned()
        };
        place(Some(newest), event, occasion, None, read)
    })
}

const IN: u8 = kind::ACCT_INPUT_OCTETS;
const OUT: u8 = kind::ACCT_OUTPUT_OCTETS;
const HIGH: u8 = kind::ACCT_INPUT_GIGAWORDS;
const TIME: u8 = kind::ACCT_SESSION_TIME;

fn low(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).expect("32 bits")
}

#[test]
fn a_life_from_start_to_stop() {
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 10), (OUT, 20), (TIME, 60)]),
        sent(
            2,
            200,
            &[
                (IN, 11),
                (OUT, 21),
                (TIME, 100),
                (kind::ACCT_TERMINATE_CAUSE, 1),
            ],
        ),
    ]);
    let hot = merged.record.hot;
    assert_eq!(
        (hot.state, hot.start_ms, hot.stop_ms),
        (State::Closed, 100_000, 200_000)
    );
    assert_eq!(
        (hot.input_octets, hot.output_octets, hot.session_time_s),
        (11, 21, 100)
    );
    assert_eq!(
        (hot.interims, hot.last_status, hot.terminate_cause),
        (1, 2, 1)
    );
    assert_eq!(
        hot.flags,
        SessionFlags(3),
        "Start and Stop were seen, and nothing else"
    );
    assert_eq!((hot.lsn, hot.last_event_ms), (200, 200_000));
}

#[test]
fn a_stop_without_counters_keeps_the_last_known() {
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 7), (HIGH, 1), (OUT, 9)]),
        sent(2, 200, &[]),
    ]);
    let hot = merged.record.hot;
    assert_eq!((hot.input_octets, hot.output_octets), (4 * GIB + 7, 9));
    assert!(merged.notes.stop_without_counters);
}

#[test]
fn a_late_interim_lowers_nothing_and_opens_nothing() {
    let merged = after(&[
        sent(1, 100, &[]),
        sent(2, 200, &[(IN, 50), (TIME, 100)]),
        sent(3, 160, &[(IN, 20), (TIME, 60)]),
    ]);
    let hot = merged.record.hot;
    assert_eq!(
        (hot.state, hot.input_octets, hot.session_time_s),
        (State::Closed, 50, 100)
    );
    assert!(merged.notes.is_late && !merged.notes.regressed);
    assert_eq!(
        (merged.delta, hot.last_status, hot.interims),
        (Totals::default(), 2, 0)
    );
    // Later than the Stop, it raises counters, and the session stays closed.
    let merged = after(&[
        sent(1, 100, &[]),
        sent(2, 200, &[(IN, 50), (TIME, 100)]),
        sent(3, 201, &[(IN, 60), (TIME, 101)]),
    ]);
    assert_eq!(
        (merged.record.hot.state, merged.record.hot.input_octets),
        (State::Closed, 60)
    );
    assert_eq!(merged.record.hot.stop_ms, 200_000);
}

#[test]
fn a_lower_counter_in_a_newer_packet_is_marked() {
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 50)]),
        sent(3, 220, &[(IN, 20)]),
    ]);
    assert_eq!(merged.record.hot.input_octets, 50);
    assert!(merged.notes.regressed && !merged.notes.wrapped);
    assert!(merged.record.hot.flags.contains(SessionFlags::REGRESSED));
}

#[test]
fn counters_of_32_bits_begin_again() {
    let start = sent(1, 100, &[]);
    let numbers = [(IN, low(4 * GIB - 5))];
    let full = sent(3, 160, &numbers);
    let merged = after(&[start, full, sent(3, 220, &[(IN, 5)])]);
    assert_eq!(merged.record.hot.input_octets, 4 * GIB + 5);
    assert!(merged.notes.wrapped && !merged.notes.regressed);
    assert!(merged.record.hot.flags.contains(SessionFlags::WRAPPED));
    // The packet from before comes after the one behind it.
    let merged = after(&[start, sent(3, 220, &[(IN, 5)]), full]);
    assert_eq!(merged.record.hot.input_octets, 4 * GIB + 5);
    // A Stop without counters comes before the packet that tells of the wrap.
    let merged = after(&[start, full, sent(2, 300, &[]), sent(3, 220, &[(IN, 5)])]);
    assert_eq!(merged.record.hot.input_octets, 4 * GIB + 5);
    // With gigawords, a lower number is no wrap.
    let merged = after(&[
        start,
        sent(3, 160, &[(IN, low(4 * GIB - 5)), (HIGH, 0)]),
        sent(3, 220, &[(IN, 5)]),
    ]);
    assert_eq!(merged.record.hot.input_octets, 4 * GIB - 5);
    assert!(merged.notes.regressed);
    // Nor where the operator says so.
    let old = after(&[start, full]).record;
    let rules = Rules {
        detects_wraps: false,
    };
    let merged = with_event(sent(3, 220, &[(IN, 5)]), |event, occasion| {
        merge(Some(&old), event, occasion, None, &rules)
    });
    assert_eq!(merged.record.hot.input_octets, 4 * GIB - 5);
}

#[test]
fn without_a_start_the_session_time_tells_it() {
    let merged = after(&[sent(3, 160, &[(TIME, 60)])]);
    assert!(merged.notes.synth_start);
    assert_eq!(merged.record.hot.start_ms, 100_000);
    assert_eq!(merged.record.hot.flags, SessionFlags::SYNTH_START);
    // The late Start fills the time in, and opens nothing.
    let merged = after(&[sent(2, 160, &[(TIME, 60)]), sent(1, 99, &[])]);
    let hot = merged.record.hot;
    assert_eq!((hot.start_ms, hot.state), (99_000, State::Closed));
    assert_eq!(hot.flags, SessionFlags(3));
    // Nothing tells: the first event, until something does.
    let merged = after(&[sent(3, 160, &[]), sent(3, 150, &[])]);
    let unknown = SessionFlags::START_UNKNOWN;
    assert_eq!(merged.record.hot.start_ms, 150_000);
    assert!(merged.record.hot.flags.contains(unknown));
    let merged = after(&[sent(3, 160, &[]), sent(3, 220, &[(TIME, 100)])]);
    assert_eq!(merged.record.hot.start_ms, 120_000);
    assert!(!merged.record.hot.flags.contains(unknown));
}

#[test]
fn a_repetition_with_a_new_delay_is_known_and_adds_nothing() {
    let stop = [(IN, 50), (TIME, 100)];
    let merged = after(&[sent(1, 100, &[]), sent(2, 200, &stop), sent(2, 201, &stop)]);
    assert!(merged.is_repetition);
    assert_eq!(
        (merged.delta, merged.record.hot.stop_ms),
        (Totals::default(), 200_000)
    );
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 1)]),
        sent(3, 161, &[(IN, 1)]),
    ]);
    assert!(merged.is_repetition);
    assert_eq!(merged.record.hot.interims, 1);
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 1)]),
        sent(3, 161, &[(IN, 2)]),
    ]);
    assert!(!merged.is_repetition, "it counts more");
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 1)]),
        sent(3, 170, &[(IN, 1)]),
    ]);
    assert!(!merged.is_repetition, "it is later");
    let address = [(IN, 1), (kind::FRAMED_IP_ADDRESS, 0x0a00_0001)];
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 1)]),
        sent(3, 161, &address),
    ]);
    assert!(!merged.is_repetition, "it brings an address");
    let port = [(IN, 1), (kind::NAS_PORT, 7)];
    let merged = after(&[
        sent(1, 100, &[]),
        sent(3, 160, &[(IN, 1)]),
        sent(3, 161, &port),
    ]);
    assert!(!merged.is_repetition, "it brings a port");
}

#[test]
fn an_id_that_is_used_again() {
    let open = after(&[sent(1, 100, &[]), sent(3, 160, &[(TIME, 60)])]).record;
    let closed = after(&[sent(1, 100, &[]), sent(2, 200, &[(TIME, 100)])]).record;
    let synth = after(&[sent(2, 200, &[(TIME, 100)])]).record;
    let later = |record: &SessionRecord, what| place_of(record, what, &[]);
    let rows = [
        (&closed, sent(1, 210, &[]), Place::New),
        (&closed, sent(1, 102, &[]), Place::Newest),
        (&closed, sent(1, 50, &[]), Place::NewEarlier(0)),
        (&closed, sent(3, 260, &[(TIME, 50)]), Place::New),
        (&closed, sent(2, 201, &[(TIME, 101)]), Place::Newest),
        (&closed, sent(3, 260, &[(TIME, 160)]), Place::Newest),
        // Those who always send 0 do not say that it is a new session.
        (&closed, sent(3, 260, &[(TIME, 0)]), Place::Newest),
        (&closed, sent(2, 90, &[(TIME, 10)]), Place::NewEarlier(0)),
        (&open, sent(1, 170, &[]), Place::New),
        (&open, sent(1, 101, &[]), Place::Newest),
        (&open, sent(3, 400, &[(TIME, 10)]), Place::Newest),
        (&open, sent(1, 50, &[]), Place::NewEarlier(0)),
        (&synth, sent(1, 98, &[]), Place::Newest),
        (&synth, sent(2, 90, &[(TIME, 10)]), Place::NewEarlier(0)),
    ];
    for (number, (record, what, expected)) in rows.into_iter().enumerate() {
        assert_eq!(later(record, what), expected, "row {number}");
    }
}

#[test]
fn an_old_event_goes_to_the_latest_session_that_it_fits() {
    let mut newest = after(&[sent(1, 500, &[])]).record;
    newest.hot.earlier = 3;
    let earlier = [
        after(&[sent(1, 300, &[])]).record,
        after(&[sent(1, 400, &[])]).record,
        after(&[sent(1, 200, &[])]).record,
    ];
    let at = |second| match place_of(&newest, sent(3, second, &[]), &earlier) {
        Place::Earlier(number, _) => Some(number),
        _ => None,
    };
    assert_eq!(
        [at(450), at(350), at(250), at(150)],
        [Some(1), Some(0), Some(2), None]
    );
}

#[test]
fn a_start_that_is_repeated_without_saying_when_is_one() {
    let open = after(&[sent(1, 100, &[])]).record;
    let repeated = |second: u64, delay: Option<u32>| {
        let numbers: Vec<(u8, u32)> = delay
            .map(|s| (kind::ACCT_DELAY_TIME, s))
            .into_iter()
            .collect();
        with_event(sent(1, second, &numbers), |event, occasion| {
            let time = EventTime {
                source: TimeSource::Arrival,
                ..occasion.time
            };
            let occasion = Occasion { time, ..*occasion };
            place(Some(&open), event, &occasion, None, |_| None)
        })
    };
    assert_eq!(repeated(130, None), Place::Newest, "it may be a repetition");
    assert_eq!(
        repeated(130, Some(0)),
        Place::New,
        "it says that it is none"
    );
    assert_eq!(
        repeated(300, None),
        Place::New,
        "nobody repeats for so long"
    );
}

#[test]
fn a_restart_closes_what_began_before_it() {
    let on = |old: Option<&NasRecord>, status, second| {
        with_event(sent(status, second, &[]), |event, occasion| {
            merge_nas(old, event, occasion)
        })
    };
    let before = apply(None, sent(1, 100, &[]), None).record;
    let nas = on(None, 7, 150).expect("news");
    assert_eq!((nas.epoch, nas.boot_ms, nas.last_status), (1, 150_000, 7));
    assert_eq!(before.state_now(Some(&nas)), State::ClosedByRestart);
    assert_eq!(before.state_now(None), State::Open);
    let swept = close_by_restart(&before, Some(&nas)).expect("closed");
    assert_eq!(
        (swept.hot.stop_ms, swept.hot.terminate_cause),
        (150_000, 11)
    );
    assert_eq!(close_by_restart(&swept, Some(&nas)), None, "once");
    // What begins after it, or is first heard of after it, with a start before.
    let after_it = apply(None, sent(1, 160, &[]), Some(&nas)).record;
    assert_eq!(after_it.state_now(Some(&nas)), State::Open);
    let late = apply(None, sent(1, 120, &[]), Some(&nas)).record;
    assert_eq!(late.state_now(Some(&nas)), State::ClosedByRestart);
    // A Stop that was under way has the last word; an Interim has none.
    let stopped = apply(Some(&swept), sent(2, 140, &[(IN, 5)]), Some(&nas)).record;
    assert_eq!(
        (stopped.hot.state, stopped.hot.stop_ms),
        (State::Closed, 140_000)
    );
    assert!(!stopped.hot.flags.contains(SessionFlags::SYNTH_STOP));
    let raised = apply(Some(&swept), sent(3, 140, &[(IN, 5)]), Some(&nas)).record;
    assert_eq!(
        (raised.hot.state, raised.hot.input_octets),
        (State::ClosedByRestart, 5)
    );
    // A repetition, an older one and another packet change nothing; an Off and a later On do.
    assert_eq!(on(Some(&nas), 7, 151), None);
    assert_eq!(on(Some(&nas), 7, 100), None);
    assert_eq!(on(Some(&nas), 3, 300), None);
    let off = on(Some(&nas), 8, 151).expect("news");
    assert_eq!((off.epoch, off.boot_ms), (2, 151_000));
    assert_eq!(on(Some(&off), 7, 300).map(|nas| nas.epoch), Some(3));
}

#[test]
fn silence_closes_until_an_interim_comes() {
    let open = after(&[sent(1, 100, &[])]).record;
    assert_eq!(close_stale(&open, 200_000, 100_000), None);
    let stale = close_stale(&open, 200_001, 100_000).expect("silent for too long");
    assert_eq!(
        (stale.hot.state, stale.hot.stop_ms),
        (State::ClosedStale, 100_000)
    );
    assert_eq!(stale.totals().open, 0);
    let merged = apply(Some(&stale), sent(3, 300, &[(IN, 5)]), None);
    assert!(merged.notes.reopened);
    let hot = merged.record.hot;
    assert_eq!(
        (hot.state, hot.stop_ms, merged.delta.open),
        (State::Open, 0, 1)
    );
    assert_eq!(close_stale(&stale, 900_000, 100_000), None);
    let late = apply(Some(&stale), sent(3, 90, &[(IN, 5)]), None).record;
    assert_eq!(
        late.hot.state,
        State::ClosedStale,
        "an old one is no sign of life"
    );
    // What another session has taken the place of ended before that began.
    let superseded = supersede(&open, None);
    let mut newest = after(&[sent(1, 1000, &[])]).record;
    newest.hot.earlier = 1;
    let earlier = [superseded];
    let at = |numbers| place_of(&newest, sent(2, 950, numbers), &earlier);
    assert_eq!(at(&[(TIME, 400)]), Place::NewEarlier(1));
    assert!(matches!(at(&[(TIME, 850)]), Place::Earlier(0, _)));
    // What another session has taken the place of never comes back.
    let superseded = supersede(&open, None);
    assert_eq!(superseded.hot.state, State::ClosedStale);
    let merged = apply(Some(&superseded), sent(3, 300, &[(IN, 5)]), None);
    assert_eq!(merged.record.hot.state, State::ClosedStale);
    let merged = apply(Some(&superseded), sent(2, 310, &[(IN, 6)]), None);
    assert_eq!(
        (merged.record.hot.state, merged.record.hot.stop_ms),
        (State::Closed, 310_000)
    );
}
