//! To come: the report.
fn main() {}
