//! From the raw figures of a run to docs/benchmarks.md and its charts. It measures nothing, so a report can be
//! rendered again from its file.
mod charts;
mod figures;
mod losses;
mod machine;
mod php;
mod rows;
mod tables;
mod targets;

use crate::contest::Failure;
use crate::record::Run;
use figures::Figures;
use std::fs;
use std::path::Path;

/// Where the report goes, from the folder of the project.
pub const DOCUMENT: &str = "docs/benchmarks.md";
const CHARTS: &str = "docs/img";

/// Writes the document and the charts of a run whose raw figures are in `raw`, all from the folder of the project.
///
/// # Errors
/// If a file cannot be written.
pub fn write(run: &Run, raw: &Path, root: &Path) -> Result<(), Failure> {
    let figures = Figures(run);
    let folder = root.join(CHARTS);
    fs::create_dir_all(&folder)?;
    let charts = charts::draw(&figures, &folder)?;
    let mut text = document(&figures, raw, &charts);
    if let Some(php) = php::Php::read(root)? {
        text += &php.section();
    }
    fs::write(root.join(DOCUMENT), text)?;
    Ok(())
}

/// The text of the document.
fn document(figures: &Figures<'_>, raw: &Path, charts: &[charts::Chart]) -> String {
    let mut text = machine::introduction(figures.0, raw);
    text += &targets::section(figures);
    text += &losses::section(figures);
    text += &charts::section(charts);
    text += &tables::sections(figures);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::record::{Contest, Outcome, Shape, Times};

    fn times(name: &str, median: f64) -> Times {
        Times {
            name: name.to_owned(),
            rounds_ns: vec![median * 0.9, median, median * 1.1],
        }
    }

    fn run(times: Vec<Times>) -> Run {
        let shape = Shape {
            section: "compare".to_owned(),
            keys: 1_000,
            key_bytes: 20,
            value_bytes: 0,
            note: "incr".to_owned(),
        };
        let results = vec![Outcome::Contest(Contest { shape, times })];
        Run {
            machine: Machine::now(),
            quick: false,
            seconds: 1,
            results,
        }
    }

    fn text(run: &Run) -> String {
        document(&Figures(run), Path::new("benches/results/run.json"), &[])
    }

    #[test]
    fn a_target_is_met_or_missed_by_the_fastest_rival() {
        let slow = run(vec![
            times("quipu", 30.0),
            times("papaya", 25.0),
            times("scc", 40.0),
        ]);
        let fast = run(vec![
            times("quipu", 20.0),
            times("papaya", 25.0),
            times("scc", 40.0),
        ]);
        let row = |text: &str| {
            let line = text.lines().find(|line| line.starts_with("| 1 |"));
            line.expect("the first target").to_owned()
        };
        let (missed, met) = (row(&text(&slow)), row(&text(&fast)));
        assert!(
            missed.contains("1.20") && missed.contains("MISSED"),
            "{missed}"
        );
        assert!(met.contains("0.80") && met.contains("met"), "{met}");
    }

    #[test]
    fn who_is_faster_is_named() {
        let lost = text(&run(vec![
            times("quipu", 30.0),
            times("papaya", 15.0),
            times("scc", 40.0),
        ]));
        let (_, losses) = lost
            .split_once("## Where Quipu loses")
            .expect("the section");
        let (losses, _) = losses.split_once("\n## ").expect("the next one");
        assert!(
            losses.contains("papaya (2.0)") && !losses.contains("scc ("),
            "{losses}"
        );
    }

    #[test]
    fn what_was_not_measured_is_said() {
        let empty = text(&run(Vec::new()));
        assert!(
            empty
                .lines()
                .filter(|line| line.contains("not measured"))
                .count()
                >= 9,
            "{empty}"
        );
    }
}
