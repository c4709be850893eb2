//! Measures Quipu, and writes what was found.
//!
//!     cargo run --release -p quipu-benches --bin report
use clap::Parser;
use quipu_benches::contest::Failure;
use quipu_benches::record::Run;
use quipu_benches::{crew, report, run, scratch, text, worker};
use std::fs;
use std::path::{Path, PathBuf};

/// Measures Quipu beside the physical limit and its rivals, and writes docs/benchmarks.md
#[derive(Parser)]
struct Args {
    /// Small tables and short turns, to see whether everything works; it writes to target/benchmarks
    #[arg(long)]
    quick: bool,

    /// Only the cases whose title contains this; it prints the figures and writes nothing
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,

    /// Measure nothing: write the report of a run again from its raw figures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "only"])]
    render: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some(crew::ROLE) {
        return worker::obey();
    }
    let args = Args::parse();
    // Paths of the report are relative to the project, wherever it is called.
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?;
    if let Some(raw) = args.render {
        let run: Run = serde_json::from_str(&fs::read_to_string(&raw)?)?;
        return report::write(&run, &raw, Path::new("."));
    }
    scratch::clear_leftovers();
    let only = args.only.as_deref();
    let run = run::run(args.quick, only.unwrap_or_default(), |event| {
        if only.is_some() {
            text::print(event);
        }
    })?;
    if only.is_some() {
        return Ok(());
    }
    // A trial must not replace what was measured.
    let root = Path::new(if args.quick { "target/benchmarks" } else { "." });
    let raw = Path::new("benches/results").join(run.machine.file_name() + ".json");
    fs::create_dir_all(root.join("benches/results"))?;
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join(&raw), serde_json::to_string_pretty(&run)? + "\n")?;
    report::write(&run, &raw, root)?;
    println!(
        "{} and {}",
        root.join(report::DOCUMENT).display(),
        root.join(&raw).display()
    );
    Ok(())
}
