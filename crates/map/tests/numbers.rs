//! Counters, floats, and times to live.
mod support;

use quipu::{Count, CountError, Number, Options, Table, Ttl, Value, WriteError};
use std::thread;
use std::time::{Duration, Instant};
use support::{mib, table};

#[test]
fn a_counter_counts() {
    let table = table();
    assert_eq!(table.incr(b"n", 5), Ok(5));
    assert_eq!(table.decr(b"n", 7), Ok(-2));
    assert_eq!(table.incr(b"n", 0), Ok(-2));
    assert_eq!(table.get_number(b"n"), Ok(Some(-2)));
    assert_eq!(table.ttl(b"n"), Ok(Some(Ttl::Never)));
}

#[test]
fn a_counter_that_would_overflow_stays() {
    let table = table();
    table.set(b"n", i64::MAX, Ttl::Never).expect("room");
    assert_eq!(table.incr(b"n", 1), Err(CountError::Overflow));
    assert_eq!(table.decr(b"n", -1), Err(CountError::Overflow));
    assert_eq!(table.decr(b"n", i64::MIN), Err(CountError::Overflow));
    assert_eq!(table.get_number(b"n"), Ok(Some(i64::MAX)));
    table.set(b"n", i64::MIN, Ttl::Never).expect("room");
    assert_eq!(table.decr(b"n", 1), Err(CountError::Overflow));
    assert_eq!(table.decr(b"n", i64::MIN), Ok(0));
    assert_eq!(table.decr(b"new", i64::MIN), Err(CountError::Overflow));
    table.set(b"text", "x", Ttl::Never).expect("room");
    assert_eq!(table.decr(b"text", i64::MIN), Err(CountError::WrongType));
}

#[test]
fn count_says_everything() {
    let table = table();
    let nothing = Count {
        initial: None,
        ..Count::default()
    };
    assert_eq!(table.count(b"n", nothing), Err(CountError::Missing));
    let minute = Ttl::After(Duration::from_secs(60));
    let first = Count {
        delta: 5,
        initial: Some(100),
        ttl: minute,
        floor: None,
    };
    assert_eq!(table.count(b"n", first), Ok(105));
    assert!(matches!(table.ttl(b"n"), Ok(Some(Ttl::After(_)))));
    let down = Count {
        delta: -1000,
        floor: Some(0),
        ..Count::default()
    };
    assert_eq!(table.count(b"n", down), Ok(0));
    assert!(
        matches!(table.ttl(b"n"), Ok(Some(Ttl::After(_)))),
        "an existing one keeps its own"
    );
    assert_eq!(
        table.count(
            b"n",
            Count {
                delta: i64::MIN,
                floor: Some(0),
                ..Count::default()
            }
        ),
        Ok(0)
    );
    table.set(b"low", -5, Ttl::Never).expect("room");
    assert_eq!(table.count(b"low", down), Ok(-5), "below the floor already");
    assert_eq!(
        table.count(
            b"kept",
            Count {
                ttl: Ttl::Keep,
                ..Count::default()
            }
        ),
        Ok(1)
    );
    assert_eq!(table.ttl(b"kept"), Ok(Some(Ttl::Never)));
}

#[test]
fn numbers_and_bytes_are_not_mixed() {
    let table = table();
    for value in ["12", "a value that has a block"] {
        table.set(b"k", value, Ttl::Never).expect("room");
        assert_eq!(table.incr(b"k", 1), Err(CountError::WrongType));
        assert_eq!(table.add_float(b"k", 1.0), Err(CountError::WrongType));
        assert_eq!(table.fetch_max(b"k", 1), Err(CountError::WrongType));
        assert_eq!(table.fetch_min(b"k", 1), Err(CountError::WrongType));
        assert_eq!(table.take(b"k"), Err(CountError::WrongType));
        assert_eq!(table.get_number(b"k"), Err(CountError::WrongType));
        assert_eq!(table.get(b"k"), Ok(Some(Value::bytes(value))));
    }
    table.set(b"k", 1, Ttl::Never).expect("room");
    assert_eq!(table.add_float(b"k", 1.0), Err(CountError::WrongType));
}

#[test]
fn extremes_stay() {
    let table = table();
    assert_eq!(table.fetch_max(b"max", i64::MIN), Ok(i64::MIN));
    assert_eq!(table.fetch_max(b"max", 3), Ok(3));
    assert_eq!(table.fetch_max(b"max", -3), Ok(3));
    assert_eq!(table.fetch_min(b"min", 3), Ok(3));
    assert_eq!(table.fetch_min(b"min", -3), Ok(-3));
    assert_eq!(table.fetch_min(b"min", 3), Ok(-3));
}

#[test]
fn take_resets_and_keeps_the_time() {
    let table = table();
    assert_eq!(table.take(b"n"), Ok(None));
    table
        .set(b"n", 7, Ttl::After(Duration::from_secs(60)))
        .expect("room");
    assert_eq!(table.take(b"n"), Ok(Some(Number::Integer(7))));
    assert_eq!(table.take(b"n"), Ok(Some(Number::Integer(0))));
    assert!(matches!(table.ttl(b"n"), Ok(Some(Ttl::After(_)))));
    table.set(b"f", 2.5, Ttl::Never).expect("room");
    assert_eq!(table.take(b"f"), Ok(Some(Number::Float(2.5))));
    assert_eq!(table.get(b"f"), Ok(Some(Value::Float(0.0))));
}

#[test]
fn threads_lose_no_increment() {
    let table = table();
    let taken = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                (0..20_000).for_each(|_| {
                    table.incr(b"n", 1).expect("room");
                })
            });
        }
        let taker = scope.spawn(|| {
            let mut taken = 0;
            for _ in 0..2000 {
                if let Some(Number::Integer(n)) = table.take(b"n").expect("a number") {
                    taken += n;
                }
            }
            taken
        });
        taker.join().expect("no panic")
    });
    let left = table.get_number(b"n").expect("a number").unwrap_or(0);
    assert_eq!(taken + left, 60_000);
}

#[test]
fn an_entry_ends_when_its_time_is_over_and_not_before() {
    let table = Table::memfd(Options {
        tick_ms: 1,
        ..mib(4)
    })
    .expect("a memory file");
    let start = Instant::now();
    table
        .set(
            b"k",
            "a value that has a block",
            Ttl::After(Duration::from_millis(50)),
        )
        .expect("room");
    while table.exists(b"k").expect("no error") {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(table.get(b"k"), Ok(None));
    assert_eq!(table.ttl(b"k"), Ok(None));
    assert_eq!(table.touch(b"k", Ttl::Never), Ok(false));
    assert_eq!(table.replace(b"k", 1, Ttl::Never), Ok(false));
    assert_eq!(table.delete(b"k"), Ok(false));
    assert_eq!(table.scan().count(), 0);
    assert_eq!(table.incr(b"k", 1), Ok(1), "a new one");
    assert_eq!(table.ttl(b"k"), Ok(Some(Ttl::Never)));
}

#[test]
fn times_to_live_are_set_kept_and_taken_away() {
    let table = table();
    let hour = Duration::from_secs(3600);
    let left = || match table.ttl(b"k") {
        Ok(Some(Ttl::After(left))) => left,
        other => panic!("{other:?}"),
    };
    table.set(b"k", 1, Ttl::After(hour)).expect("room");
    assert!(left() <= hour + Duration::from_secs(1) && left() > hour - Duration::from_secs(60));
    table.set(b"k", 2, Ttl::Keep).expect("room");
    assert!(left() > hour - Duration::from_secs(60));
    table.incr(b"k", 1).expect("a number");
    assert!(left() > hour - Duration::from_secs(60));
    assert_eq!(table.touch(b"k", Ttl::After(2 * hour)), Ok(true));
    assert!(left() > hour);
    assert_eq!(table.touch(b"k", Ttl::Keep), Ok(true));
    assert!(left() > hour);
    let entry = table
        .get_and_touch(b"k", Ttl::After(hour))
        .expect("no error")
        .expect("an entry");
    assert_eq!(
        (entry.value, entry.ttl),
        (Value::Integer(3), Ttl::After(left()))
    );
    assert_eq!(table.persist(b"k"), Ok(true));
    assert_eq!(table.ttl(b"k"), Ok(Some(Ttl::Never)));
    table.set(b"k", 1, Ttl::After(hour)).expect("room");
    table.set(b"k", 1, Ttl::Never).expect("room");
    assert_eq!(table.ttl(b"k"), Ok(Some(Ttl::Never)));
    table.set(b"new", 1, Ttl::Keep).expect("room");
    assert_eq!(table.ttl(b"new"), Ok(Some(Ttl::Never)));
    assert_eq!(table.persist(b"none"), Ok(false));
    assert_eq!(table.get_and_touch(b"none", Ttl::Never), Ok(None));
}

#[test]
fn a_time_to_live_that_the_clock_cannot_hold_is_refused() {
    for tick_ms in [1, 128, 65_536] {
        let table = Table::memfd(Options { tick_ms, ..mib(4) }).expect("a memory file");
        let most = Duration::from_millis(u64::from(tick_ms)) * ((1 << 31) - 4);
        assert_eq!(table.set(b"k", 1, Ttl::After(most)), Ok(()));
        let tick = Duration::from_millis(u64::from(tick_ms));
        for ttl in [most + 4 * tick, Duration::MAX] {
            let ttl = Ttl::After(ttl);
            assert_eq!(table.set(b"k", 1, ttl), Err(WriteError::TtlTooLong));
            assert_eq!(table.touch(b"k", ttl), Err(WriteError::TtlTooLong));
            assert_eq!(
                table.count(
                    b"k",
                    Count {
                        ttl,
                        ..Count::default()
                    }
                ),
                Err(WriteError::TtlTooLong.into())
            );
        }
        assert_eq!(table.get_number(b"k"), Ok(Some(1)));
    }
}

#[test]
fn maintain_clears_away_what_has_expired() {
    let table = Table::memfd(Options {
        tick_ms: 1,
        ..mib(16)
    })
    .expect("a memory file");
    for i in 0..1000 {
        let ttl = if i % 2 == 0 {
            Ttl::After(Duration::ZERO)
        } else {
            Ttl::Never
        };
        table
            .set(format!("{i}").as_bytes(), &[7; 100], ttl)
            .expect("room");
    }
    thread::sleep(Duration::from_millis(10));
    let expired = table.maintain().expect("no error").expired;
    // An insert into a full bucket may have cleared some away.
    assert!(expired > 0 && expired <= 500, "{expired}");
    assert_eq!(table.len(), 500);
    assert_eq!(table.check().problems, []);
}

#[test]
fn a_waiter_is_told_of_every_kind_of_change() {
    let table = table();
    let minute = Duration::from_secs(60);
    let wait = |change: &(dyn Fn() + Sync)| {
        let seen = table
            .get_entry(b"k")
            .expect("no error")
            .map(|entry| entry.token);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                change();
            });
            table.wait(b"k", seen, minute)
        })
    };
    assert_eq!(
        wait(&|| {
            table.incr(b"k", 1).expect("room");
        }),
        Ok(true)
    );
    assert_eq!(
        wait(&|| {
            table.incr(b"k", 1).expect("room");
        }),
        Ok(true)
    );
    assert_eq!(
        wait(&|| table
            .set(b"k", "a value that has a block", Ttl::Never)
            .expect("room")),
        Ok(true)
    );
    assert_eq!(
        wait(&|| {
            table.delete(b"k").expect("no error");
        }),
        Ok(true)
    );
    table
        .set(b"k", 1, Ttl::After(Duration::from_millis(50)))
        .expect("room");
    assert_eq!(wait(&|| ()), Ok(true), "its time is over");
}

#[test]
fn a_waiter_gives_up_in_time() {
    let table = table();
    let start = Instant::now();
    assert_eq!(
        table.wait(b"k", None, Duration::from_millis(120)),
        Ok(false)
    );
    assert!(start.elapsed() >= Duration::from_millis(120));
    assert_eq!(table.wait(b"k", None, Duration::ZERO), Ok(false));
    table.incr(b"k", 1).expect("room");
    assert_eq!(
        table.wait(b"k", None, Duration::MAX),
        Ok(true),
        "it differs already"
    );
}
