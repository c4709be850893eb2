//! `quipu demo`: the product in a quarter of a minute, on real text, with a proof at the end.
//!
//! Worker processes run `quipu count` on pieces of Quipu's own text, over and over, into one table that does not exist
//! when they start. One of them is killed by SIGKILL in the middle. At the end every count is compared with one that a
//! plain HashMap gives.
pub(crate) mod janitor;
mod proof;
mod text;
mod workers;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use quipu::{Owner, Table, TableReader};

use crate::args::open_failure;
use crate::cmd::top::largest;
use crate::failure::{Answer, Failure};
use janitor::Janitor;
use proof::Proof;
use workers::{Fed, Workers};

/// How many of the largest counts are shown.
const SHOWN: usize = 5;
/// How long a worker may take to start, and to end after its input has ended.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_TERMINAL: Duration = Duration::from_millis(200);
const LOOK_PLAIN: Duration = Duration::from_secs(1);

/// See what Quipu does: several processes count words into one table, one is killed, and the counts are proved
///
/// Needs no arguments and takes less than ten seconds. The table, in /dev/shm, is removed at the end, also after
/// Ctrl-C. Exit code 2 if the proof fails.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu demo")]
pub(crate) struct Args {
    /// How many processes count
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=64))]
    workers: u8,

    /// For how many seconds
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=60))]
    seconds: u8,

    /// What the helper process that removes the table is started with
    #[arg(long, value_name = "TABLE", hide = true)]
    clean_up_after: Option<PathBuf>,
}

/// Runs the demonstration.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    if let Some(table) = args.clean_up_after {
        janitor::wait_and_remove(&table)?;
        return Ok(Answer::Yes);
    }
    let table = PathBuf::from(format!("quipu-demo-{}", std::process::id()));
    let janitor = Janitor::start(&table)?;
    let demo = Demo {
        pieces: text::pieces(usize::from(args.workers)),
        table,
        duration: Duration::from_secs(args.seconds.into()),
    };
    let result = demo.run(out);
    janitor.finish()?;
    result?;
    writeln!(out, "The table is removed. Next: quipu --help")?;
    Ok(Answer::Yes)
}

struct Demo {
    table: PathBuf,
    pieces: Vec<Vec<&'static str>>,
    duration: Duration,
}

impl Demo {
    fn run(&self, out: &mut impl Write) -> Result<(), Failure> {
        let words: usize = self.pieces.iter().map(Vec::len).sum();
        let workers = self.pieces.len();
        writeln!(
            out,
            "{workers} processes, each `quipu count {}`, count the {} words of some files of Quipu,\n\
             over and over, into one table in shared memory. It does not exist yet; no server, no lock.\n",
            self.table.display(),
            HumanCount(words as u64)
        )?;
        out.flush()?;
        let mut workers = Workers::start(&self.table, &self.pieces)?;
        let table = self.wait_for_table(&mut workers)?;
        let killed = self.watch(&table, &mut workers, out)?;
        let fed = workers.finish(killed, Instant::now() + PATIENCE)?;
        self.prove(&table, &fed, out)
    }

    /// The table, as soon as one of the workers has created it.
    fn wait_for_table(&self, workers: &mut Workers) -> Result<TableReader, Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match TableReader::open(&self.table, Owner::CallerOrRoot) {
                Ok(table) => return Ok(table),
                Err(error) if Instant::now() > deadline || workers.any_ended() => {
                    return Err(open_failure(&self.table, &error));
                }
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Shows the counts while they grow, and kills a worker in the middle. The answer is which.
    fn watch(
        &self,
        table: &TableReader,
        workers: &mut Workers,
        out: &mut impl Write,
    ) -> Result<usize, Failure> {
        let victim = self.pieces.len() / 2;
        let start = Instant::now();
        let bar = bar(self.duration);
        let look = if bar.is_hidden() {
            LOOK_PLAIN
        } else {
            LOOK_TERMINAL
        };
        let mut killed = false;
        while start.elapsed() < self.duration {
            let half = self.duration / 2;
            let next = if killed { self.duration } else { half };
            thread::sleep(look.min(next.saturating_sub(start.elapsed())));
            show(table, start.elapsed(), &bar, out)?;
            if !killed && start.elapsed() >= half {
                let pid = workers.kill(victim)?;
                killed = true;
                let line = format!("        SIGKILL for process {pid}: the others go on");
                if bar.is_hidden() {
                    writeln!(out, "{line}")?;
                    out.flush()?;
                } else {
                    bar.println(line);
                }
            }
        }
        bar.finish_and_clear();
        Ok(victim)
    }

    /// Compares every count with its exact bounds, and says so.
    fn prove(&self, table: &TableReader, fed: &[Fed], out: &mut impl Write) -> Result<(), Failure> {
        writeln!(out, "\nAll of the input has ended. The largest counts:")?;
        for (number, word) in largest(table, b"", SHOWN)? {
            let word = String::from_utf8_lossy(&word);
            writeln!(
                out,
                "  {:>13} {word}",
                HumanCount(number.unsigned_abs()).to_string()
            )?;
        }
        let proof = Proof::new(&self.pieces, fed, table)?;
        writeln!(
            out,
            "\nProved, by a plain HashMap over the same input: each of the {} counts lies between the exact one\n\
             without the killed process and the exact one with it. For the {} words that only the living were\n\
             given, it is exact. {} words were counted in all. The killed process was given at most {};\n\
             the {} that it had flushed into the table are there, the rest died with it.",
            HumanCount(proof.keys),
            HumanCount(proof.keys_exact),
            HumanCount(proof.words_counted),
            HumanCount(proof.words_max - proof.words_min),
            HumanCount(proof.words_counted - proof.words_min),
        )?;
        let table = Table::open(&self.table).map_err(|error| open_failure(&self.table, &error))?;
        table.maintain()?;
        let report = table.check();
        if let Some(problem) = report.problems.first() {
            return Err(Failure::new(format!(
                "the table is not sound after the kill: {problem}"
            )));
        }
        writeln!(out, "`quipu check` finds nothing wrong with the table.")?;
        Ok(())
    }
}

fn bar(duration: Duration) -> ProgressBar {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(milliseconds), ProgressDrawTarget::stderr());
    if !io::stdout().is_terminal() {
        // The story goes to a file or a pipe: tell all of it there.
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:60}\n{msg}") {
        bar.set_style(style);
    }
    bar
}

/// Shows how far the counts have come.
fn show(
    table: &TableReader,
    elapsed: Duration,
    bar: &ProgressBar,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let counts = largest(table, b"", usize::MAX)?;
    let total: u64 = counts.iter().map(|(number, _)| number.unsigned_abs()).sum();
    let total = HumanCount(total);
    let shown = counts.iter().take(SHOWN).map(|(number, word)| {
        let word = String::from_utf8_lossy(word);
        (
            HumanCount(number.unsigned_abs()).to_string(),
            word.into_owned(),
        )
    });
    if bar.is_hidden() {
        let shown: Vec<String> = shown
            .map(|(number, word)| format!("{word} {number}"))
            .collect();
        writeln!(
            out,
            "{:5.1} s {total} words: {}",
            elapsed.as_secs_f64(),
            shown.join(", ")
        )?;
        out.flush()?;
        return Ok(());
    }
    let shown: Vec<String> = shown
        .map(|(number, word)| format!("  {number:>13} {word}"))
        .collect();
    bar.set_position(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    bar.set_message(format!("{total} words\n{}", shown.join("\n")));
    Ok(())
}
