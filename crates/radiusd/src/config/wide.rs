//! 64-bit counters of vendors: by name in the configuration, by number in packets.
use super::check::Checker;
use super::{Config, ConfigError, File, Problem};
use crate::dictionary::{Dictionary, ValueType};
use crate::event::{Direction, WideCounter};
use std::sync::Arc;

/// How many names are suggested for one that is unknown.
const SUGGESTIONS_MAX: usize = 3;
/// How many letters a suggestion may differ in.
const DISTANCE_MAX: usize = 4;

/// A counter as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideName {
    /// The attribute's name in the dictionary.
    pub attribute: String,
    /// Which way it counts.
    pub direction: Direction,
    /// The line that names it.
    pub line: usize,
}

pub(super) fn names(file: &File, checker: &mut Checker<'_>) -> Vec<WideName> {
    let mut names: Vec<WideName> = Vec::new();
    for table in &file.wide_counters {
        let attribute = table.attribute.get_ref();
        let span = table.attribute.span();
        let line = checker.line(span.start);
        if names.iter().any(|name| name.attribute == *attribute) {
            let text = format!("{attribute} is there twice: leave one out");
            checker.complain(span, text);
        }
        names.push(WideName {
            attribute: attribute.clone(),
            direction: table.direction.into(),
            line,
        });
    }
    names
}

impl Config {
    /// Looks the 64-bit counters up, and has all clients read them.
    ///
    /// # Errors
    /// [`ConfigError`] with every name that is not that of a number of a vendor; then nothing has changed.
    pub fn find_wide_counters(&mut self, dictionary: &Dictionary) -> Result<(), ConfigError> {
        let mut counters = Vec::new();
        let mut problems = Vec::new();
        for name in &self.wide_counters {
            match find(name, dictionary) {
                Ok(counter) => counters.push(counter),
                Err(text) => problems.push(Problem {
                    line: name.line,
                    text,
                }),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }
        let counters: Arc<[WideCounter]> = counters.into();
        self.clients.read_wide_counters(&counters);
        Ok(())
    }
}

fn find(name: &WideName, dictionary: &Dictionary) -> Result<WideCounter, String> {
    let attribute = &name.attribute;
    let Some((vendor, kind)) = dictionary.number(attribute) else {
        let near = suggestions(attribute, dictionary);
        return Err(if near.is_empty() {
            format!("there is no attribute {attribute}: set dictionary to a file that has it")
        } else {
            format!(
                "there is no attribute {attribute}: did you mean {}?",
                near.join(" or ")
            )
        });
    };
    if vendor == 0 {
        return Err(format!(
            "{attribute} is no attribute of a vendor: what RADIUS counts itself is always read"
        ));
    }
    let definition = dictionary.attribute(vendor, kind);
    let is_number = definition.is_some_and(|definition| {
        // Some dictionaries have no word for 64 bits.
        matches!(definition.value, ValueType::Number | ValueType::Octets)
    });
    if !is_number {
        return Err(format!(
            "{attribute} is no number: name one that counts octets"
        ));
    }
    Ok(WideCounter {
        vendor,
        format: dictionary.format(vendor),
        kind,
        direction: name.direction,
    })
}

/// The names that are nearest, the nearest first.
fn suggestions<'d>(wrong: &str, dictionary: &'d Dictionary) -> Vec<&'d str> {
    let wrong = wrong.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = dictionary
        .names()
        .map(|name| (distance(&wrong, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .collect();
    near.sort_unstable();
    near.truncate(SUGGESTIONS_MAX);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many letters have to be put in, taken out or replaced (Levenshtein); above [`DISTANCE_MAX`] a bound only.
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > DISTANCE_MAX {
        return DISTANCE_MAX + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
