//! Results for people who wait for them: a line for each entrant.
use crate::plan::Event;
use crate::record::{Contest, Growth, MemoryStep, Mix, Outcome, Stop, quantile};

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
        Outcome::Mix(mix) => mix_lines(mix),
        Outcome::Stop(stop) => stop_lines(stop),
        Outcome::Growth(growth) => growth_lines(growth),
        Outcome::Memory(steps) => memory_lines(steps),
        Outcome::Instructions(counts) => {
            let lines = counts
                .iter()
                .map(|each| format!("instructions: {} {}\n", each.operation, each.count));
            lines.collect()
        }
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

fn mix_lines(mix: &Mix) -> String {
    let mut lines = format!("mixed: {}, {} keys\n", mix.workload, mix.keys);
    for point in &mix.points {
        let (millions, [half, p99, p999, max]) = (point.median() / 1e6, point.latency_ns);
        lines += &format!(
            "  {:>2} processes {millions:>8.2} M/s; ns: {half} median, {p99} 99 %, {p999} 99.9 %, {max} longest\n",
            point.processes
        );
    }
    lines + "\n"
}

fn stop_lines(stop: &Stop) -> String {
    let millions = |rounds: &[f64]| quantile(rounds, 0.5) / 1e6;
    format!(
        "stopped: {}: {:.2} M/s beside an idle process, {:.2} M/s beside a stopped one\n\n",
        stop.workload,
        millions(&stop.idle_per_second),
        millions(&stop.stopped_per_second)
    )
}

fn growth_lines(growth: &Growth) -> String {
    format!(
        "growth: to {} keys in {:.2} times the time of a pre-sized table; ns of an insert: {:?}\n\n",
        growth.keys,
        growth.ratio(),
        growth.insert_ns
    )
}

fn memory_lines(steps: &[MemoryStep]) -> String {
    let mut lines = "memory: bytes per entry\n".to_owned();
    for step in steps {
        let each = step.bytes as f64 / step.entries as f64;
        lines += &format!("  {:>10} entries {each:>8.1} B\n", step.entries);
    }
    lines + "\n"
}
