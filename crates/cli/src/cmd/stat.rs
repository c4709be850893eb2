//! `quipu stat`: the figures of a table.
use std::io::{self, Write};

use quipu::{HashId, OnFull, Pages, Process, ProcessState, Stats};
use serde_json::{Value as Json, json};

use crate::args::{JsonArgs, TableArgs};
use crate::failure::{Answer, Failure};
use crate::output::Object;
use crate::units::{format_size, format_time, unix_milliseconds};

/// Print the figures of a table: entries, sizes, growth, attached processes
#[derive(clap::Args)]
#[command(after_help = "Example: quipu stat hits")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// First gather its memory into huge pages of 2 MiB, as far as the system has them; in shared memory they are there
    /// for all of its users from then on
    #[arg(long)]
    huge_pages: bool,

    #[command(flatten)]
    json: JsonArgs,
}

/// Prints the figures.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    if args.huge_pages
        && let Some(refused) = args.table.open()?.use_pages(Pages::Huge).refused
    {
        eprintln!("quipu stat: not all of it could be gathered into huge pages: {refused}");
    }
    let stats = args.table.read()?.stats();
    if args.json.json {
        print_json(&stats, out)?;
    } else {
        print_text(&stats, out)?;
    }
    Ok(Answer::Yes)
}

/// Every figure that is a plain number, by its name in JSON.
fn numbers(stats: &Stats) -> [(&'static str, u64); 17] {
    [
        ("entries", stats.entries),
        ("buckets", stats.buckets),
        ("level", stats.level.into()),
        ("depth_max", stats.depth_max.into()),
        ("bytes_max", stats.bytes_max),
        ("bytes_committed", stats.bytes_committed),
        ("bytes_index", stats.bytes_index),
        ("bytes_arena", stats.bytes_arena),
        ("bytes_huge", stats.bytes_huge),
        ("segments", stats.segments),
        ("segments_free", stats.segments_free),
        ("participants", stats.participants),
        ("splits", stats.splits),
        ("expired", stats.expired),
        ("evicted", stats.evicted),
        ("recovered", stats.recovered),
        ("full", stats.full),
    ]
}

fn print_json(stats: &Stats, out: &mut impl Write) -> io::Result<()> {
    let mut object = Object::begin(out)?;
    for (name, number) in numbers(stats) {
        object.field(name, number)?;
    }
    object.text("on_full", on_full(stats))?;
    object.field("wipe", stats.wipe)?;
    object.text("hash", hash(stats))?;
    object.field("tick_ms", stats.tick_ms)?;
    object.field("created_ms", unix_milliseconds(stats.created))?;
    object.field("removed", stats.removed)?;
    object.field("recovery", stats.recovery)?;
    object.field(
        "processes",
        stats.processes.iter().map(process_json).collect::<Vec<_>>(),
    )?;
    object.end()
}

fn process_json(process: &Process) -> Json {
    json!({
        "slot": process.slot,
        "pid": process.pid,
        "started": process.started,
        "namespace": process.namespace,
        "state": state(process),
        "participants": process.participants,
    })
}

fn print_text(stats: &Stats, out: &mut impl Write) -> io::Result<()> {
    for (name, number) in numbers(stats) {
        if name.starts_with("bytes") {
            writeln!(out, "{name:16} {number} ({})", format_size(number))?;
        } else {
            writeln!(out, "{name:16} {number}")?;
        }
    }
    writeln!(out, "{:16} {}", "on_full", on_full(stats))?;
    writeln!(out, "{:16} {}", "wipe", yes_or_no(stats.wipe))?;
    writeln!(out, "{:16} {}", "hash", hash(stats))?;
    writeln!(out, "{:16} {}ms", "tick", stats.tick_ms)?;
    writeln!(out, "{:16} {}", "created", format_time(stats.created))?;
    writeln!(out, "{:16} {}", "removed", yes_or_no(stats.removed))?;
    writeln!(out, "{:16} {}", "recovery", yes_or_no(stats.recovery))?;
    for process in &stats.processes {
        let Process {
            slot,
            pid,
            participants,
            ..
        } = process;
        let state = state(process);
        writeln!(
            out,
            "{:16} {pid} {state}, {participants} participants, slot {slot}",
            "process"
        )?;
    }
    Ok(())
}

fn on_full(stats: &Stats) -> &'static str {
    match stats.on_full {
        OnFull::Error => "error",
        OnFull::Evict => "evict",
    }
}

fn hash(stats: &Stats) -> &'static str {
    match stats.hash {
        HashId::Xxh3 => "xxh3",
        HashId::SipHash13 => "siphash",
    }
}

fn state(process: &Process) -> &'static str {
    match process.state {
        ProcessState::Alive => "alive",
        ProcessState::Stopped => "stopped",
        ProcessState::Dead => "dead",
        ProcessState::Unknown => "unknown",
    }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
