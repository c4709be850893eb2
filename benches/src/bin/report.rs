//! Measures Quipu, and writes what was found.
//!
//!     cargo run --release -p quipu-benches --bin report
use clap::Parser;
use quipu_benches::contest::{Failure, Settings};
use quipu_benches::plan::Plan;
use quipu_benches::{core, crew, growth, mixed, scratch, stopped, text, worker};

/// Measures Quipu beside the physical limit and its rivals, and writes docs/benchmarks.md
#[derive(Parser)]
struct Args {
    /// Small tables and short turns, to see whether everything works
    #[arg(long)]
    quick: bool,

    /// Only the cases whose title contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some(crew::ROLE) {
        return worker::obey();
    }
    let args = Args::parse();
    scratch::clear_leftovers();
    let settings = if args.quick {
        Settings::quick()
    } else {
        Settings::full()
    };
    let mut plan = Plan::new();
    core::plan(&mut plan, settings);
    mixed::plan(&mut plan, settings);
    stopped::plan(&mut plan);
    growth::plan(&mut plan, settings);
    plan.only(&args.only);
    plan.run(settings, |event| text::print(&event));
    Ok(())
}
