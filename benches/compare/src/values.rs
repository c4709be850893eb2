//! Values of 64 bytes: Quipu beside the maps of one process, all of which copy them out into the caller's buffer.
use crate::hash::Xxh3;
use crate::maps::{INLINE, KeyForm};
use quipu::Ttl;
use quipu_benches::contest::{Entrants, Failure, Settings};
use quipu_benches::keys::Keys;
use quipu_benches::plan::Plan;
use quipu_benches::record::{Outcome, Shape};
use quipu_benches::scratch::Scratch;
use std::hint::black_box;

const BYTES: usize = 64;
const VALUE: [u8; BYTES] = [7; BYTES];

/// A form in which a map holds values.
trait ValueForm: AsRef<[u8]> + Clone + Send + Sync + 'static {
    fn own(bytes: &[u8; BYTES]) -> Self;
}

impl ValueForm for Box<[u8]> {
    fn own(bytes: &[u8; BYTES]) -> Self {
        bytes.as_slice().into()
    }
}

impl ValueForm for [u8; BYTES] {
    fn own(bytes: &[u8; BYTES]) -> Self {
        *bytes
    }
}

struct Maps<K: KeyForm, V: ValueForm> {
    papaya: papaya::HashMap<K, V, Xxh3>,
    dashmap: dashmap::DashMap<K, V, Xxh3>,
    scc: scc::HashMap<K, V, Xxh3>,
}

impl<K: KeyForm, V: ValueForm> Maps<K, V> {
    fn new(keys: &Keys) -> Self {
        let maps = Self {
            papaya: papaya::HashMap::with_hasher(Xxh3),
            dashmap: dashmap::DashMap::with_hasher(Xxh3),
            scc: scc::HashMap::with_hasher(Xxh3),
        };
        // One after another, as a program fills one map.
        for key in keys.iter() {
            maps.papaya.pin().insert(K::own(key), V::own(&VALUE));
        }
        for key in keys.iter() {
            maps.dashmap.insert(K::own(key), V::own(&VALUE));
        }
        for key in keys.iter() {
            maps.scc.upsert_sync(K::own(key), V::own(&VALUE));
        }
        maps
    }
}

/// All cases of this section.
pub(crate) fn plan(plan: &mut Plan, settings: Settings) {
    let sizes: &[usize] = if settings.quick {
        &[1_000]
    } else {
        &[1_000, 1_000_000]
    };
    for &keys in sizes {
        plan.add(
            format!("compare: {keys} values of {BYTES} bytes in maps of one process"),
            move |settings| values(keys, settings),
        );
    }
}

fn values(keys: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, INLINE);
    let table = Scratch::new()?;
    for key in keys.iter() {
        table.set(key, &VALUE, Ttl::Never)?;
    }
    let boxed = Maps::<Box<[u8]>, Box<[u8]>>::new(&keys);
    let inline = Maps::<[u8; INLINE], [u8; BYTES]>::new(&keys);
    let mut gets = Entrants::new();
    gets.add("quipu", |turn| {
        let mut buffer = Vec::with_capacity(BYTES);
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.get_into(key, &mut buffer)?);
        }
        Ok(())
    });
    enter_gets(&mut gets, &boxed, &keys);
    enter_gets(&mut gets, &inline, &keys);
    let mut sets = Entrants::new();
    sets.add("quipu", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            table.set(key, black_box(&VALUE), Ttl::Never)?;
        }
        Ok(())
    });
    enter_sets(&mut sets, &boxed, &keys);
    enter_sets(&mut sets, &inline, &keys);
    let shape = |note: &str| Shape {
        section: "compare".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        value_bytes: BYTES as u64,
        note: note.to_owned(),
    };
    let gets = gets.run(shape("get of a value"), settings)?;
    let sets = sets.run(shape("set of a value"), settings)?;
    Ok(vec![Outcome::Contest(gets), Outcome::Contest(sets)])
}

/// Copies a value out.
#[inline(always)]
fn copy(buffer: &mut Vec<u8>, value: &impl AsRef<[u8]>) {
    buffer.clear();
    buffer.extend_from_slice(value.as_ref());
    black_box(&buffer);
}

fn enter_gets<'w, K: KeyForm, V: ValueForm>(
    entrants: &mut Entrants<'w>,
    maps: &'w Maps<K, V>,
    keys: &'w Keys,
) {
    let suffix = K::SUFFIX;
    entrants.add(format!("papaya{suffix}"), |turn| {
        let mut buffer = Vec::with_capacity(BYTES);
        for key in keys.walk(turn.seed, turn.operations) {
            copy(
                &mut buffer,
                maps.papaya
                    .pin()
                    .get(K::lookup(key))
                    .ok_or("a key is missing")?,
            );
        }
        Ok(())
    });
    entrants.add(format!("dashmap{suffix}"), |turn| {
        let mut buffer = Vec::with_capacity(BYTES);
        for key in keys.walk(turn.seed, turn.operations) {
            let value = maps.dashmap.get(K::lookup(key)).ok_or("a key is missing")?;
            copy(&mut buffer, value.value());
        }
        Ok(())
    });
    entrants.add(format!("scc{suffix}"), |turn| {
        let mut buffer = Vec::with_capacity(BYTES);
        for key in keys.walk(turn.seed, turn.operations) {
            let found = maps
                .scc
                .read_sync(K::lookup(key), |_, value| copy(&mut buffer, value));
            found.ok_or("a key is missing")?;
        }
        Ok(())
    });
}

/// A map that replaces a value needs a key of its own each time.
fn enter_sets<'w, K: KeyForm, V: ValueForm>(
    entrants: &mut Entrants<'w>,
    maps: &'w Maps<K, V>,
    keys: &'w Keys,
) {
    let suffix = K::SUFFIX;
    entrants.add(format!("papaya{suffix}"), |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            maps.papaya
                .pin()
                .insert(K::own(key), V::own(black_box(&VALUE)));
        }
        Ok(())
    });
    entrants.add(format!("dashmap{suffix}"), |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            maps.dashmap.insert(K::own(key), V::own(black_box(&VALUE)));
        }
        Ok(())
    });
    entrants.add(format!("scc{suffix}"), |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            maps.scc.upsert_sync(K::own(key), V::own(black_box(&VALUE)));
        }
        Ok(())
    });
}
