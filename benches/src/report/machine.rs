//! What a reader must know before the figures.
use crate::record::{Outcome, Run};
use crate::worker::SAMPLED;
use std::path::Path;

/// The head of the document.
pub(crate) fn introduction(run: &Run, raw: &Path) -> String {
    let machine = &run.machine;
    let mut text = "# Benchmarks\n\n".to_owned();
    if run.quick {
        text += "**A trial run: small tables and short turns. Its figures mean nothing.**\n\n";
    }
    let kind = if machine.virtual_machine {
        "virtual"
    } else {
        "real"
    };
    text += &format!(
        "| | |\n|---|---|\n| processor | {}, {} of them, {kind} |\n| memory | {:.0} GiB, pages of {} bytes |\n\
         | /dev/shm | {} |\n| large pages for the heap of a program | {} |\n| system | Linux {}, {} |\n\
         | commit | {} |\n| date | {}, in {} minutes; load average before it: {} |\n| rivals | {} |\n\
         | raw figures of every round | [{raw}](../{raw}) |\n\n",
        machine.processor,
        machine.processors,
        machine.memory_bytes as f64 / f64::from(1 << 30),
        machine.page_bytes,
        machine.shared_memory,
        machine.large_pages,
        machine.kernel,
        machine.compiler,
        machine.commit,
        machine.date,
        run.seconds.div_ceil(60),
        machine.load,
        machine.rivals.join(", "),
        raw = raw.display(),
    );
    text += &format!(
        "To measure on your machine: `scripts/bench`. All of it is written by one command, from one run; nothing is\n\
         added by hand.\n\n\
         Entrants of a contest take turns, and each round begins with another one; a turn comes to every key once if\n\
         that takes less than half a second. A figure is the median of the rounds, with the middle half of them in\n\
         brackets: believe the ratios, not the nanoseconds. Keys come from an array in random order, which is another\n\
         one than that in which they were inserted, or maps that keep keys and values in boxes of their own would\n\
         find them side by side; and it is so long that no branch predictor learns it. A table is in /dev/shm, and\n\
         whole calls are measured, with hashing. Of the operations of several processes one in {SAMPLED} is\n\
         timed, which adds the reading of the clock (20 to 50 ns) to its time.\n\n"
    );
    text + &not_measured(run)
}

fn not_measured(run: &Run) -> String {
    let missing = run.results.iter().filter_map(|result| match result {
        Outcome::NotMeasured { what, why } => Some(format!("- {what}: {why}\n")),
        _ => None,
    });
    let lines: String = missing.collect();
    if lines.is_empty() {
        lines
    } else {
        format!("Not measured in this run:\n\n{lines}\n")
    }
}
