//! Where Quipu loses: found in the figures, so that nobody can forget to say it.
use super::figures::{Figures, is_quipu, takes_any_key};
use crate::record::Contest;

/// The section of the document.
pub(crate) fn section(figures: &Figures<'_>) -> String {
    let mut text = "## Where Quipu loses\n\n\
        Who was faster in the same contest, and how many times. A map of one process can be: it needs no protection\n\
        from processes that die, may use pointers, and its heap may get large pages from the kernel. \"Inline keys\"\n\
        are arrays whose length the compiler knows; all others take keys of any length.\n\n"
        .to_owned();
    let lines: Vec<String> = figures.contests("compare").filter_map(line).collect();
    if lines.is_empty() {
        text += "In this run nobody was.\n\n";
        return text;
    }
    text += "| operation | keys | who was faster, and how many times |\n|---|---|---|\n";
    for line in lines {
        text += &line;
    }
    text += "\nWhat the tables do not show: LMDB and redb can survive a loss of power and keep their keys in order;\n\
        memcached and Redis serve many machines. In the contests with stores and servers Quipu is asked in the same\n\
        way as they are, one key a call.\n\n";
    text
}

fn line(contest: &Contest) -> Option<String> {
    let quipu = contest.median("quipu")?;
    let mut faster: Vec<(f64, &str)> = contest
        .times
        .iter()
        .filter(|times| !is_quipu(&times.name))
        .map(|times| (quipu / times.median(), times.name.as_str()))
        .filter(|(times, _)| *times > 1.0)
        .collect();
    faster.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let (general, inline): (Vec<_>, Vec<_>) = faster
        .into_iter()
        .partition(|(_, name)| takes_any_key(name));
    let all = general.iter().chain(&inline);
    let names: Vec<String> = all
        .map(|(times, name)| format!("{name} ({times:.1})"))
        .collect();
    let shape = &contest.shape;
    (!names.is_empty()).then(|| {
        format!(
            "| {} | {} | {} |\n",
            shape.note,
            shape.keys,
            names.join(", ")
        )
    })
}
