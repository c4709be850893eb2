//! Keeps the log in order, in a thread of its own: segments ready for use, snapshots, room for others.
use super::control::Control;
use crate::config::Config;
use crate::log::LogFacts;
use std::io;
use std::time::Duration;

/// How long it rests.
const REST: Duration = Duration::from_millis(200);

pub(super) struct Upkeep;

impl Upkeep {
    pub(super) fn new(_facts: &LogFacts, _config: &Config) -> Self {
        Self
    }

    pub(super) fn run(self, control: &Control) -> io::Result<()> {
        while control.rest(REST) {}
        Ok(())
    }
}
