//! All figures, section by section.
use super::figures::Figures;
use super::rows::number;
use super::targets::stopped_ratio;
use crate::record::{Contest, Mix, Outcome, Times, quantile};

/// The sections of the document after the charts.
pub(crate) fn sections(figures: &Figures<'_>) -> String {
    let mut text = String::new();
    text += "## One process, counters\n\nNanoseconds an operation; a batch counts per key.\n\n";
    text += &contests(figures, "core");
    text += "## One process, values of bytes\n\nNanoseconds an operation.\n\n";
    text += &contests(figures, "value");
    text += "## From one growth to the next\n\nNanoseconds an operation.\n\n";
    text += &contests(figures, "load");
    text += "## Beside others\n\nNanoseconds an operation, and in the last column how many times that of Quipu.\n\n";
    for contest in figures.contests("compare") {
        text += &rivals(contest);
    }
    text += &mixed(figures);
    text += &stopped(figures);
    text += &growth(figures);
    text += &instructions(figures);
    text
}

/// A median and its quartiles.
fn cell(times: &Times) -> String {
    let (low, high) = times.quartiles();
    format!(
        "{} ({} to {})",
        number(times.median()),
        number(low),
        number(high)
    )
}

fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Contests that have the same entrants as one table: an entrant a row, a contest a column.
fn contests(figures: &Figures<'_>, section: &str) -> String {
    let mut text = String::new();
    let mut rest: Vec<&Contest> = figures.contests(section).collect();
    while let Some(first) = rest.first().map(|contest| contest.shape.clone()) {
        let same = |contest: &&Contest| {
            contest.shape.key_bytes == first.key_bytes
                && contest.shape.value_bytes == first.value_bytes
        };
        let (group, others): (Vec<&Contest>, Vec<&Contest>) = rest.into_iter().partition(same);
        text += &table(&group);
        rest = others;
    }
    text
}

fn table(group: &[&Contest]) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let mut head = format!("| keys of {} bytes", first.shape.key_bytes);
    if first.shape.value_bytes > 0 {
        head += &format!(", values of {}", grouped(first.shape.value_bytes));
    }
    for contest in group {
        let note = if contest.shape.note.is_empty() {
            String::new()
        } else {
            format!("; {}", contest.shape.note)
        };
        head += &format!(" | {} keys{note}", grouped(contest.shape.keys));
    }
    let mut text = format!("{head} |\n|{}\n", "---|".repeat(group.len() + 1));
    for times in &first.times {
        let of = |contest: &&Contest| {
            let same = contest.times.iter().find(|other| other.name == times.name);
            same.map_or("-".to_owned(), cell)
        };
        let cells: Vec<String> = group.iter().map(of).collect();
        text += &format!("| {} | {} |\n", times.name, cells.join(" | "));
    }
    text + "\n"
}

fn rivals(contest: &Contest) -> String {
    let shape = &contest.shape;
    let mut text = format!(
        "| {}: {} keys of {} bytes",
        shape.note,
        grouped(shape.keys),
        shape.key_bytes
    );
    if shape.value_bytes > 0 {
        text += &format!(", values of {}", shape.value_bytes);
    }
    text += " | ns | times Quipu's |\n|---|---|---|\n";
    let quipu = contest.median("quipu").unwrap_or(f64::NAN);
    for times in &contest.times {
        text += &format!(
            "| {} | {} | {} |\n",
            times.name,
            cell(times),
            number(times.median() / quipu)
        );
    }
    text + "\n"
}

fn mixed(figures: &Figures<'_>) -> String {
    let mut text = "## Several processes\n\n\
        Millions of operations a second of all processes together, and in brackets how many times those of one;\n\
        `set` is of 8 bytes.\n\n| workload | keys"
        .to_owned();
    let processes: Vec<u64> = figures
        .mixes()
        .next()
        .into_iter()
        .flat_map(|mix| &mix.points)
        .map(|point| point.processes)
        .collect();
    for count in &processes {
        text += &format!(" | {count}");
    }
    text += &format!(" |\n|{}\n", "---|".repeat(processes.len() + 2));
    for mix in figures.mixes() {
        text += &format!(
            "| {} | {} | {} |\n",
            mix.workload,
            grouped(mix.keys),
            throughput(mix)
        );
    }
    text += "\nNanoseconds of single operations: median / 99 % / 99.9 % / the longest. With more processes than\n\
        processors the longest contain turns that others had.\n\n| workload";
    for count in &processes {
        text += &format!(" | {count}");
    }
    text += &format!(" |\n|{}\n", "---|".repeat(processes.len() + 1));
    for mix in figures.mixes() {
        let cell = |point: &crate::record::MixPoint| {
            let [half, p99, p999, longest] = point.latency_ns.map(grouped);
            format!("{half} / {p99} / {p999} / {longest}")
        };
        let cells: Vec<String> = mix.points.iter().map(cell).collect();
        text += &format!("| {} | {} |\n", mix.workload, cells.join(" | "));
    }
    text + "\n"
}

fn throughput(mix: &Mix) -> String {
    let cell = |point: &crate::record::MixPoint| {
        let times = mix.scaling(point.processes).unwrap_or(f64::NAN);
        format!("{:.2} ({times:.2})", point.median() / 1e6)
    };
    mix.points.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

fn stopped(figures: &Figures<'_>) -> String {
    let mut text = "## One process stopped\n\n\
        One of two processes gets SIGSTOP in the middle of its work; what the other does meanwhile, in millions of\n\
        operations a second, against what it does while the first has nothing to do.\n\n\
        | workload | beside an idle process | beside a stopped one | ratio |\n|---|---|---|---|\n"
        .to_owned();
    for stop in figures.stops() {
        let cell = |rounds: &[f64]| {
            let at = |share| quantile(rounds, share) / 1e6;
            format!("{:.2} ({:.2} to {:.2})", at(0.5), at(0.25), at(0.75))
        };
        let (idle, stopped) = (cell(&stop.idle_per_second), cell(&stop.stopped_per_second));
        text += &format!(
            "| {} | {idle} | {stopped} | {:.2} |\n",
            stop.workload,
            stopped_ratio(stop)
        );
    }
    text + "\n"
}

fn growth(figures: &Figures<'_>) -> String {
    let mut text = "## Growth and memory\n\n".to_owned();
    if let Some(growth) = figures.growth() {
        let cell = |rounds: &[f64]| {
            let at = |share| quantile(rounds, share);
            format!("{:.2} s ({:.2} to {:.2})", at(0.5), at(0.25), at(0.75))
        };
        text += &format!(
            "From one bucket to {} counters with keys of 20 bytes: {}. The same keys into a table that had them once\n\
             and was cleared, so that it has its size and its memory: {}. Ratio {:.2}.\n\n",
            grouped(growth.keys),
            cell(&growth.growing_seconds),
            cell(&growth.sized_seconds),
            growth.ratio()
        );
        let [half, p95, p99, p999, p9999, longest] = growth.insert_ns.map(grouped);
        text += &format!(
            "Nanoseconds of an insert while it grows, every one timed: median {half}, 95 % {p95}, 99 % {p99}, 99.9 %\n\
             {p999}, 99.99 % {p9999}, the longest {longest}.\n\n"
        );
    }
    if let Some(steps) = figures.memory() {
        text += "| counters | bytes of memory | bytes per counter |\n|---|---|---|\n";
        for step in steps
            .iter()
            .filter(|step| step.entries >= 1_000_000 || step.entries == 1_000)
        {
            let each = step.bytes as f64 / step.entries as f64;
            text += &format!(
                "| {} | {} | {each:.1} |\n",
                grouped(step.entries),
                grouped(step.bytes)
            );
        }
        text += "\n";
    }
    text
}

fn instructions(figures: &Figures<'_>) -> String {
    let mut text = "## Instructions\n\n\
        Of one hot call with hashing, 1,000 keys of 20 bytes, counted by callgrind, which gives the same number every\n\
        time; kept in benches/instructions.txt, and `scripts/instructions` fails if the code takes over 5 % more.\n\n\
        | operation | instructions |\n|---|---|\n"
        .to_owned();
    for result in &figures.0.results {
        if let Outcome::Instructions(counts) = result {
            for each in counts {
                text += &format!("| {} | {} |\n", each.operation, each.count);
            }
        }
    }
    text
}
