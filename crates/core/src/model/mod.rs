//! loom models of the shipped source: every interleaving of a few operations, up to a bound of preemptions.
//!
//! A model names a situation and lists its outcomes exactly, over every order in which its threads can be
//! spawned (loom 0.7 explores less for a thread that loads before it stores, issues 166 and 392). It fails if an
//! outcome is missing, if one is new, or if it explored fewer interleavings than it did when it was written: an
//! emptied model does not pass. What the models can and cannot show is in docs/correctness.md.
//!
//! `QUIPU_MODEL_BOUND` overrides the preemption bound of all models; the floor then does not count.
mod arena;
mod block;
mod crash;
mod evict;
pub(crate) mod fuse;
mod insert;
mod recovery;
mod split;
mod store;
mod stripe;
mod sweep;
mod update;
mod upkeep;
mod wipe;

use loom::thread;
use std::boxed::Box;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64 as Plain, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::vec::Vec;
use std::{eprintln, format};

pub(crate) use store::{Store, Table, key};

/// How a model is run.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Preemptions of `scripts/test`, and of `scripts/models`.
    pub(crate) preemptions: (usize, usize),
    /// Fewer interleavings than this, at the first bound, and the model has been emptied.
    pub(crate) least: u64,
}

/// One thread of a model: what it does to the table, and what it reports.
pub(crate) type Actor<T> = fn(&mut Table<'_>) -> T;

/// Runs `actors` on a fresh table, one thread each, in every spawn order, and returns what all of them reported
/// together with what `look` saw afterwards.
pub(crate) fn outcomes<T, L, const N: usize>(
    name: &str,
    bounds: Bounds,
    make: fn() -> Store,
    actors: [Actor<T>; N],
    look: fn(&mut Table<'_>) -> L,
) -> BTreeSet<([T; N], L)>
where
    T: Ord + Clone + Debug + Send + 'static,
    L: Ord + Clone + Debug + Send + 'static,
{
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let mut executions = 0;
    for order in orders(N) {
        let sink = seen.clone();
        executions += explore(bounds, move || {
            let store = loom::sync::Arc::new(make());
            let reports = run(&store, &order, &actors);
            let after = store.with(9, look);
            sink.lock().expect("no panic").insert((reports, after));
        });
    }
    report(name, bounds, executions);
    std::mem::take(&mut *seen.lock().expect("no panic"))
}

/// Spawns all actors but the last of `order`, which runs on the model's own thread.
fn run<T: Send + 'static, const N: usize>(
    store: &loom::sync::Arc<Store>,
    order: &[usize],
    actors: &[Actor<T>; N],
) -> [T; N] {
    let (last, spawned) = order.split_last().expect("an actor");
    let handles: Vec<_> = spawned
        .iter()
        .map(|&n| {
            let (store, actor) = (store.clone(), actors[n]);
            (n, thread::spawn(move || store.with(n as u64 + 1, actor)))
        })
        .collect();
    let own = store.with(*last as u64 + 1, actors[*last]);
    let mut reports: Vec<(usize, T)> = handles
        .into_iter()
        .map(|(n, handle)| (n, handle.join().expect("no panic")))
        .collect();
    reports.push((*last, own));
    reports.sort_by_key(|(n, _)| *n);
    let reports: Vec<T> = reports.into_iter().map(|(_, report)| report).collect();
    reports
        .try_into()
        .unwrap_or_else(|_| unreachable!("one report for each actor"))
}

/// Explores a model; returns the number of interleavings.
pub(crate) fn explore(bounds: Bounds, model: impl Fn() + Sync + Send + 'static) -> u64 {
    let count = Arc::new(Plain::new(0));
    let counter = count.clone();
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.preemption_bound = Some(bound(bounds));
    builder.check(move || {
        counter.fetch_add(1, Relaxed);
        model();
    });
    count.load(Relaxed)
}

/// The bound in force: that of the quick run, of `QUIPU_MODEL_FULL=1`, or `QUIPU_MODEL_BOUND`.
fn bound(bounds: Bounds) -> usize {
    let (quick, full) = bounds.preemptions;
    match (
        std::env::var("QUIPU_MODEL_BOUND"),
        std::env::var("QUIPU_MODEL_FULL"),
    ) {
        (Ok(bound), _) => bound.parse().expect("QUIPU_MODEL_BOUND is a number"),
        (_, Ok(_)) => full,
        _ => quick,
    }
}

/// Prints what a model explored, and fails if that is less than it was.
pub(crate) fn report(name: &str, bounds: Bounds, executions: u64) {
    eprintln!(
        "model {name}: {executions} interleavings at bound {}",
        bound(bounds)
    );
    let lowered = std::env::var("QUIPU_MODEL_BOUND").is_ok();
    assert!(
        lowered || executions >= bounds.least,
        "{name} explored {executions} interleavings, not the {} it is known to have",
        bounds.least
    );
}

/// Every order of `n` threads.
fn orders(n: usize) -> Vec<Box<[usize]>> {
    if n == 0 {
        return std::vec![Box::default()];
    }
    let mut all = Vec::new();
    for shorter in orders(n - 1) {
        for at in 0..n {
            let mut order = shorter.to_vec();
            order.insert(at, n - 1);
            all.push(order.into_boxed_slice());
        }
    }
    all
}

/// Fails with both sets if the outcomes are not exactly the expected ones.
pub(crate) fn exactly<T: Ord + Debug>(seen: BTreeSet<T>, expected: impl IntoIterator<Item = T>) {
    let expected: BTreeSet<T> = expected.into_iter().collect();
    let new: Vec<_> = seen
        .difference(&expected)
        .map(|x| format!("{x:?}"))
        .collect();
    let missing: Vec<_> = expected
        .difference(&seen)
        .map(|x| format!("{x:?}"))
        .collect();
    assert!(
        new.is_empty() && missing.is_empty(),
        "outcomes that must not be: {new:#?}\noutcomes that were never seen: {missing:#?}"
    );
}
