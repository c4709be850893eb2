//! What the measurements of Quipu share, and the cases that need nothing but Quipu. Its rivals are in
//! benches/compare, a workspace of its own, so that nobody else builds them.
//!
//! Every figure comes from a contest: its entrants take turns within one run, and what is published is the ratio of
//! their medians. Absolute times belong to one machine and one hour.
pub mod contest;
pub mod core;
pub mod crew;
pub mod growth;
pub mod instructions;
pub mod keys;
pub mod limit;
pub mod load;
pub mod machine;
pub mod mixed;
pub mod plan;
#[path = "../../crates/cli/src/cmd/bench/random.rs"]
mod random;
pub mod record;
pub mod report;
pub mod run;
pub mod scratch;
pub mod stopped;
pub mod text;
pub mod values;
pub mod worker;
