//! Values of bytes, which lie in the arena: small ones and large ones.
use crate::contest::{Entrants, Failure, Settings};
use crate::core::add_limits;
use crate::keys::Keys;
use crate::limit::Lines;
use crate::plan::Plan;
use crate::record::{Outcome, Shape};
use crate::scratch::Scratch;
use crate::worker::KEY_BYTES;
use quipu::Ttl;
use std::hint::black_box;

/// Keys and bytes of a value: at most 1.2 GB of memory together.
const SIZES: [(usize, usize); 7] = [
    (1_000, 64),
    (64_000, 64),
    (1_000_000, 64),
    (1_000, 1_024),
    (64_000, 1_024),
    (1_000_000, 1_024),
    (1_000, 65_536),
];
const QUICK_BYTES_MAX: usize = 70_000_000;

/// All cases of this section.
pub fn plan(plan: &mut Plan, settings: Settings) {
    for (keys, bytes) in SIZES {
        if !settings.quick || keys * bytes <= QUICK_BYTES_MAX {
            plan.add(
                format!("value: {keys} values of {bytes} bytes"),
                move |settings| values(keys, bytes, settings),
            );
        }
    }
}

fn values(keys: usize, bytes: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, KEY_BYTES);
    let value = vec![7_u8; bytes];
    let table = Scratch::new()?;
    for key in keys.iter() {
        table.set(key, &value, Ttl::Never)?;
    }
    let lines = Lines::new(table.bytes_touched())?;
    let mut buffer = vec![0; bytes];
    let mut entrants = Entrants::new();
    add_limits(&mut entrants, &lines, &keys);
    // What the bytes alone cost, from one place in a cache to another.
    entrants.add("copy of the bytes", |turn| {
        for _ in 0..turn.operations {
            black_box(&mut buffer).copy_from_slice(black_box(&value));
        }
        Ok(())
    });
    entrants.add("get", |turn| {
        let mut buffer = Vec::with_capacity(bytes);
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.get_into(key, &mut buffer)?);
        }
        Ok(())
    });
    entrants.add("set", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            table.set(key, black_box(&value), Ttl::Never)?;
        }
        Ok(())
    });
    let shape = Shape {
        section: "value".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        value_bytes: bytes as u64,
        note: String::new(),
    };
    Ok(vec![Outcome::Contest(entrants.run(shape, settings)?)])
}
