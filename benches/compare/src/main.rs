//! Quipu beside its rivals: the same work, in one run, taking turns.
//!
//!     cargo run --release --manifest-path benches/compare/Cargo.toml -- --only "1000 counters"
mod counters;
mod files;
mod global_lock;
mod hash;
mod maps;
mod servers;
mod store;
#[cfg(feature = "subetha-cxc")]
mod subetha;
mod values;

use clap::Parser;
use quipu_benches::contest::Settings;
use quipu_benches::plan::{Event, Plan};
use quipu_benches::{scratch, text};

/// Measures Quipu beside its rivals
#[derive(Parser)]
struct Args {
    /// Small tables and short turns, to see whether everything works
    #[arg(long)]
    quick: bool,

    /// Only the cases whose title contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,

    /// Print every event as a line of JSON
    #[arg(long)]
    json: bool,
}

fn main() {
    let args = Args::parse();
    scratch::clear_leftovers();
    let settings = if args.quick {
        Settings::quick()
    } else {
        Settings::full()
    };
    let mut plan = Plan::new();
    counters::plan(&mut plan, settings);
    values::plan(&mut plan, settings);
    files::plan(&mut plan, settings);
    global_lock::plan(&mut plan);
    servers::plan(&mut plan);
    plan.only(&args.only);
    let tell = |event: Event| {
        if args.json {
            println!("{}", serde_json::to_string(&event).expect("plain data"));
        } else {
            text::print(&event);
        }
    };
    tell(Event::Planned(plan.len() as u64));
    plan.run(settings, tell);
}
