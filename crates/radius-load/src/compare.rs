//! Disorder, and whether a server made sense of it.
use crate::args::{Common, OrderArgs};
use crate::{is_good, print, text};
use quipu_radius_load::check::{Verdict, check};
use quipu_radius_load::disorder::{Disorder, Expected, Sums, Truth, name_of_nas};
use quipu_radius_load::engine::{Engine, Pace, Until};
use quipu_radius_load::figures::Figures;
use quipu_radiusd::record::Totals;
use quipu_radiusd::store::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;

/// What a truth is as a file.
#[derive(Serialize, Deserialize)]
struct Written {
    client: String,
    begin_ms: u64,
    totals: Value,
    users: BTreeMap<String, Value>,
    nases: BTreeMap<String, Value>,
    sessions: Vec<Expected>,
}

#[derive(Serialize)]
struct Result {
    events: usize,
    packets: usize,
    given_up: u64,
    totals: Value,
    figures: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

pub(crate) fn disorder(
    common: &Common,
    order: &OrderArgs,
    outstanding: u32,
    truth: Option<&Path>,
    table: Option<&Path>,
) -> io::Result<bool> {
    let mut source = Disorder::new(order.order());
    let pace = Pace::Closed(usize::try_from(outstanding).unwrap_or(usize::MAX));
    let until = Until {
        requests: u64::MAX,
        ns: u64::MAX,
        mark_ns: u64::MAX,
    };
    let figures = Engine::new(common.settings(), &mut source)?.run(pace, until)?;
    if let Some(path) = truth {
        write(path, source.truth())?;
    }
    let verdict = table
        .map(|table| compare(table, source.truth()))
        .transpose()?;
    let (events, packets) = source.counts();
    let is_right = verdict
        .as_ref()
        .is_none_or(|verdict| verdict.differences == 0);
    let result = Result {
        events,
        packets,
        given_up: source.given_up,
        totals: totals(&source.truth().sums().client),
        figures,
        verdict,
    };
    print(common.json, &result, || {
        let mut words = format!(
            "{events} events, {packets} packets\n{}",
            text::figures(&result.figures)
        );
        if let Some(verdict) = &result.verdict {
            words = format!("{words}\n{}", text::verdict(verdict));
        }
        words
    })?;
    Ok(is_good(&result.figures) && is_right)
}

pub(crate) fn check_file(table: &Path, truth: &Path, json: bool) -> io::Result<bool> {
    let written: Written = serde_json::from_reader(BufReader::new(File::open(truth)?))?;
    let truth = Truth {
        client: written.client,
        begin_ms: written.begin_ms,
        sessions: written.sessions,
    };
    let verdict = compare(table, &truth)?;
    print(json, &verdict, || text::verdict(&verdict))?;
    Ok(verdict.differences == 0)
}

fn compare(table: &Path, truth: &Truth) -> io::Result<Verdict> {
    let table = quipu::Table::open(table).map_err(io::Error::other)?;
    // The length of periods does not matter for what is compared.
    check(&Store::new(table, 3600), truth).map_err(io::Error::other)
}

fn write(path: &Path, truth: &Truth) -> io::Result<()> {
    let Sums {
        client,
        users,
        nases,
    } = truth.sums();
    let written = Written {
        client: truth.client.clone(),
        begin_ms: truth.begin_ms,
        totals: totals(&client),
        users: users
            .iter()
            .map(|(user, sum)| (user.clone(), totals(sum)))
            .collect(),
        nases: nases
            .iter()
            .map(|(nas, sum)| (name_of_nas(*nas), totals(sum)))
            .collect(),
        sessions: truth.sessions.clone(),
    };
    serde_json::to_writer(BufWriter::new(File::create(path)?), &written)?;
    Ok(())
}

fn totals(totals: &Totals) -> Value {
    json!({
        "input_octets": totals.input_octets,
        "output_octets": totals.output_octets,
        "input_packets": totals.input_packets,
        "output_packets": totals.output_packets,
        "session_time_s": totals.session_time_s,
        "sessions": totals.sessions,
        "open": totals.open,
        "stops": totals.stops,
    })
}
