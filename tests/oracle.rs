//! Random operations against a plain map: every operation of the API, all kinds of values, times to live, tables
//! that evict and tables that do not, reopened in between, by several handles and a reader.
//!
//! The clock here is the real one: a short time to live may have ended or not until it must have. The clock that a
//! test sets is in `crates/core/src/oracle.rs`, below the API. Where an entry may go by itself, because its time may
//! be over or because the table evicts, an operation may answer as if it was there or as if it was not; but what is
//! there is right in any case.
//!
//! proptest makes a sequence that fails as short as it can, prints it, and writes its seed to
//! `proptest-regressions/oracle.txt`, which every later run tries first. `PROPTEST_CASES` sets how many are tried.
#[path = "oracle/both.rs"]
mod both;
#[path = "oracle/model.rs"]
mod model;
#[path = "oracle/plan.rs"]
mod plan;
#[path = "oracle/step.rs"]
mod step;

use both::Both;
use plan::{STEPS_MAX, steps};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use quipu::{HashId, OnFull};

fn config(cases: u32) -> ProptestConfig {
    let regressions = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/proptest-regressions/oracle.txt"
    );
    ProptestConfig {
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(cases),
        max_shrink_iters: 4000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn a_table_is_a_map(steps in steps(STEPS_MAX), is_sip in any::<bool>()) {
        let hash = if is_sip { HashId::SipHash13 } else { HashId::Xxh3 };
        Both::new(hash, OnFull::Error, 64).run(&steps);
    }

    /// Of 8 MiB, with values to 200 KiB in it: some writes find no room, and change nothing.
    #[test]
    fn a_table_that_is_full_is_a_map(steps in steps(STEPS_MAX)) {
        Both::new(HashId::Xxh3, OnFull::Error, 8).run(&steps);
    }

    #[test]
    fn what_is_in_a_table_that_evicts_is_right(steps in steps(STEPS_MAX), size_mib in 4..12_u64) {
        Both::new(HashId::Xxh3, OnFull::Evict, size_mib).run(&steps);
    }
}
