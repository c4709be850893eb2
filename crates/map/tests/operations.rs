//! Writes that depend on what is there.
mod support;

use quipu::{Compared, CountError, Ttl, Update, Value, ValueRef};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;
use support::{pattern, table};

fn long(seconds: u64) -> Ttl {
    Ttl::After(Duration::from_secs(seconds))
}

#[test]
fn conditions_decide() {
    let table = table();
    assert_eq!(table.replace(b"k", 1, Ttl::Never), Ok(false));
    assert_eq!(table.add(b"k", "a long enough value", Ttl::Never), Ok(true));
    assert_eq!(table.add(b"k", 2, Ttl::Never), Ok(false));
    assert_eq!(
        table.get(b"k"),
        Ok(Some(Value::bytes(*b"a long enough value")))
    );
    assert_eq!(table.replace(b"k", 3, Ttl::Never), Ok(true));
    assert_eq!(table.get_number(b"k"), Ok(Some(3)));
}

#[test]
fn a_token_names_one_state() {
    let table = table();
    let token = || {
        table
            .get_entry(b"k")
            .expect("no error")
            .expect("an entry")
            .token
    };
    table
        .set(b"k", "a value in a block", long(60))
        .expect("room");
    let first = token();
    table.touch(b"k", Ttl::Never).expect("it is there");
    assert_eq!(token(), first, "a time to live is no state");
    table
        .set(b"k", "a value in a block", Ttl::Never)
        .expect("room");
    assert_ne!(token(), first, "the same bytes written again");
    assert_eq!(
        table.compare_and_set(b"k", first, 1, Ttl::Never),
        Ok(Compared::Changed)
    );
    assert_eq!(table.compare_and_delete(b"k", first), Ok(Compared::Changed));
    let second = token();
    assert_eq!(
        table.compare_and_set(b"k", second, 5, Ttl::Never),
        Ok(Compared::Done)
    );
    let third = token();
    table.incr(b"k", 1).expect("an integer");
    assert_ne!(token(), third);
    assert_eq!(table.compare_and_delete(b"k", token()), Ok(Compared::Done));
    assert_eq!(
        table.compare_and_set(b"k", third, 1, Ttl::Never),
        Ok(Compared::Missing)
    );
    assert_eq!(table.compare_and_delete(b"k", third), Ok(Compared::Missing));
    assert_eq!(third.to_string().parse(), Ok(third));
}

#[test]
fn get_and_set_and_delete_return_what_was_there() {
    let table = table();
    assert_eq!(table.get_and_delete(b"k"), Ok(None));
    assert_eq!(
        table.get_and_set(b"k", "one of some length", long(100)),
        Ok(None)
    );
    let old = table
        .get_and_set(b"k", 2, Ttl::Keep)
        .expect("room")
        .expect("an entry");
    assert_eq!(old.value, Value::bytes(*b"one of some length"));
    assert!(matches!(table.ttl(b"k"), Ok(Some(Ttl::After(_)))), "kept");
    let last = table
        .get_and_delete(b"k")
        .expect("no error")
        .expect("an entry");
    assert_eq!(last.value, Value::Integer(2));
    assert_eq!(table.exists(b"k"), Ok(false));
}

#[test]
fn bytes_grow_at_both_ends() {
    let table = table();
    assert_eq!(table.append(b"k", b"x"), Err(CountError::Missing));
    assert_eq!(table.prepend(b"k", b"x"), Err(CountError::Missing));
    table.set(b"k", 1, Ttl::Never).expect("room");
    assert_eq!(table.append(b"k", b"x"), Err(CountError::WrongType));
    table.set(b"k", "", long(100)).expect("room");
    let mut expected = Vec::new();
    for round in 0..200 {
        let part = pattern(round);
        assert_eq!(table.append(b"k", &part), Ok(expected.len() + round));
        expected.extend_from_slice(&part);
        assert_eq!(table.prepend(b"k", b"<"), Ok(expected.len() + 1));
        expected.insert(0, b'<');
    }
    assert_eq!(table.get(b"k"), Ok(Some(Value::bytes(expected))));
    assert!(matches!(table.ttl(b"k"), Ok(Some(Ttl::After(_)))), "kept");
}

#[test]
fn appends_of_many_threads_are_all_there() {
    let table = table();
    table.set(b"k", "", Ttl::Never).expect("room");
    thread::scope(|scope| {
        for letter in [b"a", b"b", b"c"] {
            let table = &table;
            scope.spawn(move || {
                (0..300).for_each(|_| {
                    table.append(b"k", letter).expect("room");
                })
            });
        }
    });
    let value = table.get(b"k").expect("no error").expect("an entry");
    let bytes = value.as_bytes().expect("bytes");
    for letter in b"abc" {
        assert_eq!(bytes.iter().filter(|byte| *byte == letter).count(), 300);
    }
}

#[test]
fn an_update_sees_and_changes_the_entry() {
    let table = table();
    let seen = table.update(b"k", |entry| (Update::Keep, entry.cloned()));
    assert_eq!(seen, Ok(None));
    assert_eq!(table.update(b"k", |_| (Update::Delete, 1)), Ok(1));
    let set = Update::Set(Value::Integer(4), long(50));
    assert_eq!(table.update(b"k", |_| (set.clone(), 2)), Ok(2));
    let entry = table
        .update(b"k", |entry| (Update::Keep, entry.cloned()))
        .expect("no error");
    assert_eq!(entry.expect("an entry").value, Value::Integer(4));
    assert_eq!(table.update(b"k", |_| (Update::Delete, ())), Ok(()));
    assert!(table.is_empty());
}

#[test]
fn an_update_may_use_the_table() {
    let table = table();
    let result = table.update(b"outer", |_| {
        table.incr(b"inner", 1).expect("room");
        let nested = table.update(b"nested", |_| {
            (Update::Set(Value::Integer(1), Ttl::Never), 7)
        });
        (
            Update::Set(Value::Integer(2), Ttl::Never),
            nested.expect("room"),
        )
    });
    assert_eq!(result, Ok(7));
    assert_eq!(
        table
            .multi_get(&["outer", "inner", "nested"])
            .expect("no error")
            .len(),
        3
    );
    assert_eq!(table.len(), 3);
}

#[test]
fn an_update_runs_again_when_somebody_was_faster() {
    let table = table();
    let mut calls = 0;
    let update = table.update(b"k", |entry| {
        calls += 1;
        if calls < 4 {
            table
                .set(
                    b"k",
                    format!("not that one, but number {calls}").as_str(),
                    Ttl::Never,
                )
                .expect("room");
        }
        (Update::Set(Value::Integer(1), Ttl::Never), entry.is_some())
    });
    assert_eq!((update, calls), (Ok(true), 4));
}

#[test]
fn a_panic_in_an_update_changes_nothing() {
    let table = table();
    table.set(b"k", 1, Ttl::Never).expect("room");
    let panic = catch_unwind(AssertUnwindSafe(|| {
        table.update(b"k", |_| -> (Update, ()) { panic!("on purpose") })
    }));
    assert!(panic.is_err());
    assert_eq!(table.incr(b"k", 1), Ok(2));
    assert_eq!(table.check().problems, []);
}

#[test]
fn updates_of_many_threads_are_all_there() {
    let table = table();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let add = table.update(b"k", |entry| {
                        let old = entry
                            .and_then(|entry| entry.value.as_bytes())
                            .map_or(0, <[u8]>::len);
                        (Update::Set(Value::bytes(pattern(old + 1)), Ttl::Never), ())
                    });
                    add.expect("room");
                }
            });
        }
    });
    assert_eq!(table.get(b"k"), Ok(Some(Value::bytes(pattern(2000)))));
}

#[test]
fn one_thread_gets_what_is_deleted() {
    let table = table();
    for round in 0..200 {
        table.set(b"k", &pattern(round), Ttl::Never).expect("room");
        let got = thread::scope(|scope| {
            let threads =
                [(); 4].map(|()| scope.spawn(|| table.get_and_delete(b"k").expect("no error")));
            threads
                .map(|thread| thread.join().expect("no panic"))
                .into_iter()
                .flatten()
                .count()
        });
        assert_eq!(got, 1, "round {round}");
    }
}

#[test]
fn several_keys_at_once() {
    let table = table();
    table
        .multi_set(
            &[(&b"a"[..], ValueRef::Integer(1)), (b"b", "text".into())],
            Ttl::Never,
        )
        .expect("room");
    let found = table.multi_get(&[b"b", b"c", b"a"]).expect("no error");
    assert_eq!(
        found,
        [Some(Value::bytes(*b"text")), None, Some(Value::Integer(1))]
    );
    assert_eq!(
        table.multi_incr(&[("a", 2), ("n", -1), ("a", 3)]),
        Ok(vec![3, -1, 6])
    );
    assert_eq!(
        table.multi_incr(&[("a", 1), ("b", 1)]),
        Err(CountError::WrongType)
    );
    assert_eq!(
        table.get_number(b"a"),
        Ok(Some(7)),
        "what came before the error is done"
    );
}
