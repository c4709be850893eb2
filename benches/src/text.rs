//! Results for people who wait for them: a line for each entrant.
use crate::plan::Event;
use crate::record::{Contest, Outcome};

/// Prints what an event says.
pub fn print(event: &Event) {
    if let Event::Ended(results) = event {
        for result in results {
            print!("{}", outcome(result));
        }
    }
}

/// A result as lines.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Contest(contest) => contest_lines(contest),
        Outcome::NotMeasured { what, why } => format!("{what}: not measured: {why}\n\n"),
    }
}

fn contest_lines(contest: &Contest) -> String {
    let shape = &contest.shape;
    let mut lines = format!(
        "{}: {} keys of {} bytes",
        shape.section, shape.keys, shape.key_bytes
    );
    if shape.value_bytes > 0 {
        lines += &format!(", values of {} bytes", shape.value_bytes);
    }
    lines += &format!(" ({})\n", shape.note);
    for times in &contest.times {
        let (low, high) = times.quartiles();
        let (name, median) = (&times.name, times.median());
        lines += &format!("  {name:<32} {median:>12.1} ns  ({low:.1} to {high:.1})\n");
    }
    lines + "\n"
}
