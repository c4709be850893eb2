//! Rows of what was aimed at and what was measured.

/// A figure with the bound that it should keep.
pub(crate) struct Part {
    what: &'static str,
    value: Option<f64>,
    bound: Bound,
}

#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Above(f64),
    Below(f64),
    AtMost(f64),
    AtLeast(f64),
}

pub(crate) struct Row {
    what: &'static str,
    parts: Vec<Part>,
}

impl Bound {
    fn keeps(self, value: f64) -> bool {
        match self {
            Self::Above(bound) => value > bound,
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Above(bound) => format!("above {bound}"),
            Self::Below(bound) => format!("below {bound}"),
            Self::AtMost(bound) => format!("at most {bound}"),
            Self::AtLeast(bound) => format!("at least {bound}"),
        }
    }
}

impl Row {
    fn cells(&self) -> String {
        let join =
            |part: fn(&Part) -> String| self.parts.iter().map(part).collect::<Vec<_>>().join("; ");
        let targets = join(|part| join_words(part.what, &part.bound.text()));
        let values = join(|part| {
            join_words(
                part.what,
                &part.value.map_or("not measured".to_owned(), number),
            )
        });
        let missed = self
            .parts
            .iter()
            .any(|part| part.value.is_some_and(|value| !part.bound.keeps(value)));
        let unknown = self.parts.iter().any(|part| part.value.is_none());
        let verdict = match (missed, unknown) {
            (true, _) => "**MISSED**",
            (false, true) => "not all measured",
            (false, false) => "met",
        };
        format!("{} | {targets} | {values} | {verdict} |", self.what)
    }
}

fn join_words(what: &str, value: &str) -> String {
    if what.is_empty() {
        value.to_owned()
    } else {
        format!("{what} {value}")
    }
}

/// A ratio with as many digits as mean something.
pub(crate) fn number(value: f64) -> String {
    match value {
        _ if value < 10.0 => format!("{value:.2}"),
        _ if value < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

pub(crate) fn part(what: &'static str, value: Option<f64>, bound: Bound) -> Part {
    Part { what, value, bound }
}

pub(crate) fn row(what: &'static str, parts: Vec<Part>) -> Row {
    Row { what, parts }
}

/// The rows as a table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = "| | what | target | measured | |\n|---|---|---|---|---|\n".to_owned();
    for (number, row) in rows.iter().enumerate() {
        text += &format!("| {} | {}\n", number + 1, row.cells());
    }
    text
}
