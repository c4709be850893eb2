//! `incr` and `get` of a counter beside the physical limit: one `lock xadd`, and one dependent load, on a random
//! 64-byte line of a mapping of the same size as the table. All in one process and one run, the measures taking
//! turns, medians of the rounds.
//!
//!     cargo bench -p quipu-benches --bench limit
use quipu_benches::contest::Settings;
use quipu_benches::plan::Plan;
use quipu_benches::{core, text};

fn main() {
    let settings = Settings::full();
    let mut plan = Plan::new();
    core::plan(&mut plan, settings);
    plan.only("keys of 20 bytes");
    plan.run(settings, |event| text::print(&event));
}
