//! How full the buckets are, and what that costs: the same table at several sizes within one doubling, from just
//! after a growth to just before the next.
use crate::contest::{Entrants, Failure, Settings};
use crate::keys::Keys;
use crate::limit::Lines;
use crate::plan::Plan;
use crate::record::{Outcome, Shape};
use crate::scratch::Scratch;
use crate::worker::KEY_BYTES;
use std::hint::black_box;

const STEPS: u32 = 6;

/// All cases of this section.
pub fn plan(plan: &mut Plan, settings: Settings) {
    let first = if settings.quick { 16_000 } else { 1_000_000 };
    for step in 0..STEPS {
        let times = 2.0_f64.powf(f64::from(step) / f64::from(STEPS));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count"
        )]
        let keys = (f64::from(first) * times) as usize;
        plan.add(format!("load: {keys} counters"), move |settings| {
            at(keys, settings)
        });
    }
}

fn at(keys: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, KEY_BYTES);
    let table = Scratch::of_counters(&keys)?;
    let lines = Lines::new(table.bytes_touched())?;
    let mut entrants = Entrants::new();
    entrants.add("dependent load", |turn| {
        lines.load(turn.seed, turn.operations);
        Ok(())
    });
    entrants.add("incr", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.incr(key, 1)?);
        }
        Ok(())
    });
    entrants.add("get", |turn| {
        for key in keys.walk(turn.seed, turn.operations) {
            black_box(table.get_number(key)?);
        }
        Ok(())
    });
    let shape = Shape {
        section: "load".to_owned(),
        keys: keys.count() as u64,
        key_bytes: keys.length() as u64,
        value_bytes: 0,
        note: format!("{:.2} of the cells used", table.cells_used()),
    };
    Ok(vec![Outcome::Contest(entrants.run(shape, settings)?)])
}
