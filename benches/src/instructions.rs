//! Instructions of a hot operation, which `scripts/instructions` counts under callgrind and keeps in a file.
use crate::record::{Instructions, Outcome};
use std::fs;
use std::path::Path;

/// The file, from the folder of the project.
pub const FILE: &str = "benches/instructions.txt";

/// The figures that are committed.
#[must_use]
pub fn outcome(file: &Path) -> Outcome {
    match fs::read_to_string(file).ok().and_then(|text| parse(&text)) {
        Some(counts) => Outcome::Instructions(counts),
        None => Outcome::NotMeasured {
            what: "instructions".to_owned(),
            why: format!("{} is missing or has another form", file.display()),
        },
    }
}

/// Lines of an operation and a number; `#` begins a comment.
fn parse(text: &str) -> Option<Vec<Instructions>> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let counts = lines.map(|line| {
        let (operation, count) = line.rsplit_once(' ')?;
        Some(Instructions {
            operation: operation.to_owned(),
            count: count.parse().ok()?,
        })
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_figures_can_be_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let Outcome::Instructions(counts) = outcome(&root.join(FILE)) else {
            panic!("{FILE} cannot be read");
        };
        let names: Vec<&str> = counts.iter().map(|each| each.operation.as_str()).collect();
        assert!(
            names.contains(&"incr") && names.contains(&"get"),
            "{names:?}"
        );
        assert!(counts.iter().all(|each| each.count > 0));
    }

    #[test]
    fn another_form_is_refused() {
        assert!(parse("incr many").is_none());
        assert_eq!(parse("# only words").map(|counts| counts.len()), Some(0));
    }
}
