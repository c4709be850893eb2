//! Runs cases in a process of its own with one thread, which forks a child or two for every step.
use super::case::{Act, Case};
use super::image::Image;
use super::player::{Ended, Player, join, second};
use super::survivor::{Entry, WAYS, Way, survive};
use quipu::{Table, Ttl};
use quipu_tests::files::TableName;
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Duration;

/// More steps than any operation here has.
const STEPS_MAX: u64 = 20_000;
/// Longer operations are long because they fill or cut memory word by word.
const SHORT_STEPS: u64 = 40;
/// From here on some of them are not killed at every step.
const LATE: u64 = 300;

/// What a case came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sum {
    /// The most steps that the operation had.
    steps: u64,
    /// Children that died at a step.
    killed: u64,
}

/// A case with its prepared table.
struct Stage<'c> {
    case: &'c Case,
    image: Image,
    entries: Vec<Entry>,
    name: TableName,
}

/// Runs the cases whose numbers come on standard input, and reports on standard output.
pub(super) fn work(cases: &[Case]) {
    for line in io::stdin().lock().lines() {
        let number: usize = line.expect("the boss").parse().expect("a number");
        match Stage::new(&cases[number]).and_then(|stage| stage.run()) {
            Ok(Sum { steps, killed }) => say(&format!("done {steps} {killed}")),
            Err(error) => say(&format!("fail {}", error.replace('\n', " "))),
        }
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").expect("the boss");
    out.flush().expect("the boss");
}

impl<'c> Stage<'c> {
    fn new(case: &'c Case) -> Result<Self, String> {
        let name = TableName::new();
        let table = Table::create(&name, case.options.clone())
            .map_err(|error| format!("preparing: {error:?}"))?;
        let entries = (case.prepare)(&table);
        let report = table.check();
        drop(table);
        if !report.problems.is_empty() {
            return Err(format!("prepared: {:?}", report.problems));
        }
        let image = Image::take(&name.path());
        Ok(Self {
            case,
            image,
            entries,
            name,
        })
    }

    /// Every step of the operation, after every step of the child before.
    fn run(&self) -> Result<Sum, String> {
        let mut sum = Sum::default();
        let Some(before) = &self.case.before else {
            self.every_step(None, &mut sum)?;
            return Ok(sum);
        };
        for first in (0..STEPS_MAX).step_by(usize::try_from(before.stride).unwrap_or(1)) {
            let was_killed = self.every_step(Some(first), &mut sum)?;
            if !was_killed {
                return Ok(sum);
            }
        }
        Err("the child before never ends".to_owned())
    }

    /// Returns whether the child before came to its step.
    fn every_step(&self, first: Option<u64>, sum: &mut Sum) -> Result<bool, String> {
        let mut was_killed = false;
        let late = (LATE..STEPS_MAX).step_by(self.case.stride_late);
        for at in (0..LATE).chain(late) {
            say(&format!("at {first:?} {at}"));
            let mut steps_taken = None;
            for way in ways(first, at) {
                let here = |error| format!("first {first:?}, step {at}: {error}");
                let (before, ended) = self.once(first, at, *way).map_err(here)?;
                was_killed |= before;
                match ended {
                    Ended::Killed => sum.killed += 1,
                    Ended::Done { steps, .. } => steps_taken = Some(steps),
                }
            }
            if let Some(steps) = steps_taken {
                sum.steps = sum.steps.max(steps);
                return Ok(was_killed);
            }
        }
        Err("the operation never ends".to_owned())
    }

    /// One run: the children, then the survivor. Returns whether the child before was killed, and how the other
    /// ended.
    fn once(&self, first: Option<u64>, at: u64, way: Way) -> Result<(bool, Ended), String> {
        let (case, path) = (self.case, self.name.path());
        self.image.restore(&path);
        // They are forked while this process has no table open, and attach after it.
        let mut player = Player::start(&case.act, &path, &case.options, at);
        let mut before = case
            .before
            .as_ref()
            .zip(first)
            .map(|(before, first)| Player::start(&before.act, &path, &case.options, first));
        let table = join(&path);
        if case.is_waited_for {
            wait_for(&table, &case.key)?;
        }
        player.attach()?;
        let mut was_killed = false;
        if let Some(mut before) = before.take() {
            before.attach()?;
            was_killed = before.finish()? == Ended::Killed;
        }
        let ended = player.finish()?;
        let (is_done, was_refused) = match &ended {
            Ended::Killed => (false, false),
            Ended::Done { result, .. } => (true, self.judge(result)?),
        };
        let outcomes = case.outcomes(is_done, was_refused);
        survive(case, &table, &self.entries, &outcomes, way)?;
        drop(table);
        if matches!(case.act, Act::Create) {
            self.created(is_done)?;
        }
        Ok((was_killed, ended))
    }

    /// Whether an operation was refused for want of room. Other refusals than those that the operation's own
    /// condition explains are failures.
    fn judge(&self, result: &str) -> Result<bool, String> {
        let is_full = result.contains("Full(");
        let bad = ["Busy", "Corrupt", "Removed", "Io", "NoSpace"];
        if (is_full && !self.case.is_tight) || bad.iter().any(|bad| result.contains(bad)) {
            return Err(format!("the operation answered {result}"));
        }
        Ok(is_full)
    }

    /// A table whose creator died is there whole or not at all, and nothing else is left in its directory.
    fn created(&self, is_done: bool) -> Result<(), String> {
        let path = second(&self.name.path());
        let was_there = path.exists();
        if is_done && !was_there {
            return Err("a table that was created is not there".to_owned());
        }
        let table = Table::open_or_create(&path, self.case.options.clone())
            .map_err(|error| format!("opening the new table: {error:?}"))?;
        let written = table.set(b"key", 1, Ttl::Never);
        written.map_err(|error| format!("writing the new table: {error:?}"))?;
        table.maintain().map_err(|error| format!("{error:?}"))?;
        let problems = table.check().problems;
        drop(table);
        fs::remove_file(&path).map_err(|error| error.to_string())?;
        let own = self.name.as_str();
        let left: Vec<_> = fs::read_dir("/dev/shm")
            .map_err(|error| error.to_string())?
            .filter_map(|file| Some(file.ok()?.file_name().display().to_string()))
            .filter(|name| name.contains(own) && name != own)
            .collect();
        if problems.is_empty() && left.is_empty() {
            Ok(())
        } else {
            Err(format!("{problems:?} in the new table, {left:?} left"))
        }
    }
}

/// What the survivor does: everything in turn where that is quick, and one thing after the other elsewhere.
fn ways(first: Option<u64>, at: u64) -> &'static [Way] {
    match first {
        None if at < SHORT_STEPS => &WAYS,
        _ => {
            let round = at + first.unwrap_or(0);
            let one = usize::try_from(round).unwrap_or(0) % WAYS.len();
            &WAYS[one..=one]
        }
    }
}

/// Leaves a note that somebody waits for a key.
fn wait_for(table: &Table, key: &[u8]) -> Result<(), String> {
    let token = table.get_entry(key).ok().flatten().map(|entry| entry.token);
    match table.wait(key, token, Duration::ZERO) {
        Ok(false) => Ok(()),
        other => Err(format!("wait: {other:?}")),
    }
}
