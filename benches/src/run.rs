//! A whole run: the cases that need nothing but Quipu, and then those of the rivals, which are built and run as a
//! program of their own.
use crate::contest::{Failure, Settings};
use crate::machine::Machine;
use crate::plan::{Event, Plan};
use crate::record::{Outcome, Run};
use crate::{core, growth, instructions, load, mixed, stopped, values};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RIVALS: &str = "benches/compare/Cargo.toml";
const BINARY: &str = "release/quipu-compare";

/// Measures everything whose title contains `only`, from the folder of the project.
///
/// # Errors
/// If the program of the rivals cannot be run. A case that fails is written down as not measured.
pub fn run(quick: bool, only: &str, mut print: impl FnMut(&Event)) -> Result<Run, Failure> {
    let start = Instant::now();
    let machine = Machine::now();
    let settings = if quick {
        Settings::quick()
    } else {
        Settings::full()
    };
    let mut results = Vec::new();
    let bar = bar();
    let rivals = Rivals::build(&bar)?;
    let mut take = |event: Event| {
        match &event {
            Event::Planned(cases) => bar.inc_length(*cases),
            Event::Began(title) => bar.set_message(title.clone()),
            Event::Ended(_) => bar.inc(1),
        }
        bar.suspend(|| print(&event));
        if let Event::Ended(ended) = event {
            results.extend(ended);
        }
    };
    let mut plan = ours(settings);
    plan.only(only);
    take(Event::Planned(plan.len() as u64));
    plan.run(settings, &mut take);
    rivals.run(quick, only, &mut take)?;
    bar.finish_and_clear();
    results.push(instructions::outcome(Path::new(instructions::FILE)));
    let seconds = start.elapsed().as_secs();
    Ok(Run {
        machine,
        quick,
        seconds,
        results,
    })
}

/// The cases that need nothing but Quipu.
fn ours(settings: Settings) -> Plan {
    let mut plan = Plan::new();
    core::plan(&mut plan, settings);
    values::plan(&mut plan, settings);
    load::plan(&mut plan, settings);
    mixed::plan(&mut plan, settings);
    stopped::plan(&mut plan);
    growth::plan(&mut plan, settings);
    plan
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    // Our own template is valid; if it were not, indicatif's bar would do.
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

/// The program that knows the rivals.
struct Rivals {
    program: std::path::PathBuf,
}

impl Rivals {
    /// Builds it: with all rivals if the compiler can, else without the one that asks for a newer compiler.
    fn build(bar: &ProgressBar) -> Result<Self, Failure> {
        bar.set_message("building the rivals");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "benches/compare/target".into());
        let build = |more: &[&str]| {
            Command::new("cargo")
                .args([
                    "build",
                    "--release",
                    "--quiet",
                    "--manifest-path",
                    RIVALS,
                    "--target-dir",
                ])
                .arg(&target)
                .args(more)
                .status()
        };
        let all = ["--features", "subetha-cxc", "--ignore-rust-version"];
        if !build(&all)?.success() && !build(&[])?.success() {
            return Err("the program of the rivals does not build: see above".into());
        }
        Ok(Self {
            program: Path::new(&target).join(BINARY),
        })
    }

    /// Runs it, and passes on what it tells.
    fn run(&self, quick: bool, only: &str, take: &mut impl FnMut(Event)) -> Result<(), Failure> {
        let mut command = Command::new(&self.program);
        command.args(["--json", "--only", only]);
        if quick {
            command.arg("--quick");
        }
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("no pipe")?;
        for line in BufReader::new(output).lines() {
            take(serde_json::from_str(&line?)?);
        }
        let status = process.wait()?;
        if !status.success() {
            let (what, why) = (
                "the rivals, from some case on".to_owned(),
                status.to_string(),
            );
            take(Event::Ended(vec![Outcome::NotMeasured { what, why }]));
        }
        Ok(())
    }
}
