//! The process that lives on: what it does on the same key, and how it judges what it finds.
use super::case::{Case, Content, Others};
use quipu::{CountError, Table, Ttl, Value, WriteError};
use std::fs;

/// Which operation the survivor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    GetThenSet,
    GetAndDelete,
    Incr,
    Add,
    Replace,
}

pub(super) const WAYS: [Way; 5] = [
    Way::GetThenSet,
    Way::GetAndDelete,
    Way::Incr,
    Way::Add,
    Way::Replace,
];

const MINE: &str = "mine";
const AMOUNT: i64 = 1 << 40;

/// An entry as it was prepared.
pub(super) type Entry = (Vec<u8>, Value);

/// Everything that the survivor has to find, after so many have died.
pub(super) fn survive(
    case: &Case,
    table: &Table,
    entries: &[Entry],
    outcomes: &[Content],
    way: Way,
) -> Result<(), String> {
    let left = act(case, table, outcomes, way).map_err(|error| format!("{way:?}: {error}"))?;
    sound(table, "with the dead").map(drop)?;
    others(case, table, entries)?;
    table
        .maintain()
        .map_err(|error| format!("maintain: {error:?}"))?;
    let stats = table.stats();
    if (stats.processes.len(), stats.participants) != (1, 2) {
        return Err(format!("somebody was not recovered: {:?}", stats.processes));
    }
    let there = get(table, &case.key)?;
    if there != left {
        return Err(format!("{left:?} became {there:?} by maintain"));
    }
    sound(table, "alone")?;
    if case.options.wipe {
        wiped(case, table, &left)?;
    }
    others(case, table, entries)?;
    table.clear().map_err(|error| format!("clear: {error:?}"))?;
    let report = sound(table, "cleared")?;
    if (report.entries, report.blocks) != (0, 0) {
        return Err(format!("cleared, but: {report:?}"));
    }
    Ok(())
}

/// The survivor's own operation: it must see one of the outcomes. Returns what it left.
fn act(case: &Case, table: &Table, outcomes: &[Content], way: Way) -> Result<Content, String> {
    let key = case.key.as_slice();
    let allowed = |seen: Content| {
        if outcomes.contains(&seen) {
            Ok(seen)
        } else {
            Err(format!("saw {}, not one of {outcomes:.200?}", shown(&seen)))
        }
    };
    let mine = Value::bytes(MINE);
    let write = |error: WriteError| match error {
        WriteError::Full(_) if case.is_tight => None,
        other => Some(format!("{other:?}")),
    };
    let refused = |error: WriteError| match write(error) {
        None => allowed(get(table, key)?),
        Some(error) => Err(error),
    };
    match way {
        Way::GetThenSet => {
            allowed(get(table, key)?)?;
            match table.set(key, MINE, Ttl::Never) {
                Ok(()) => Ok(Some(mine)),
                Err(error) => refused(error),
            }
        }
        Way::GetAndDelete => {
            let entry = table
                .get_and_delete(key)
                .map_err(|error| format!("{error:?}"))?;
            allowed(entry.map(|entry| entry.value))?;
            Ok(None)
        }
        Way::Incr => match table.incr(key, AMOUNT) {
            Ok(AMOUNT) if !outcomes.contains(&Some(Value::Integer(0))) => {
                allowed(None).map(|_| Some(Value::Integer(AMOUNT)))
            }
            Ok(sum) => {
                allowed(Some(Value::Integer(sum - AMOUNT))).map(|_| Some(Value::Integer(sum)))
            }
            Err(CountError::WrongType) => allowed(get(table, key)?),
            Err(CountError::Write(error)) => refused(error),
            Err(error) => Err(format!("{error:?}")),
        },
        Way::Add => match table.add(key, MINE, Ttl::Never) {
            Ok(true) => allowed(None).map(|_| Some(mine)),
            Ok(false) => allowed(get(table, key)?),
            Err(error) => refused(error),
        },
        Way::Replace => {
            let long = Value::bytes([b'm'; 70]);
            match table.get_and_set(key, &long, Ttl::Never) {
                Ok(old) => allowed(old.map(|entry| entry.value)).map(|_| Some(long)),
                Err(error) => refused(error),
            }
        }
    }
}

fn get(table: &Table, key: &[u8]) -> Result<Content, String> {
    table.get(key).map_err(|error| format!("get: {error:?}"))
}

/// A value for a text, not too long.
fn shown(content: &Content) -> String {
    format!("{content:.200?}").chars().take(300).collect()
}

fn sound(table: &Table, when: &str) -> Result<quipu::Report, String> {
    let report = table.check();
    if report.problems.is_empty() && report.busy == 0 {
        Ok(report)
    } else {
        let first: Vec<_> = report.problems.iter().take(5).collect();
        Err(format!("{when}: check: {first:?}, {} busy", report.busy))
    }
}

/// No bytes of a value or a long key are in the file that no entry has.
fn wiped(case: &Case, table: &Table, left: &Content) -> Result<(), String> {
    const PAGE: usize = 4096;
    let path = table.path().ok_or("a table with a name")?;
    let file = fs::read(path).map_err(|error| error.to_string())?;
    let pages = file.chunks(PAGE).filter(|page| **page != [0; PAGE]);
    let file: Vec<u8> = pages.flatten().copied().collect();
    let holds = |bytes: &[u8]| file.windows(bytes.len()).any(|window| window == bytes);
    let own = left.as_ref().and_then(Value::as_bytes).unwrap_or_default();
    for fill in *b"ocndf" {
        if own.first() != Some(&fill) && holds(&[fill; 7]) {
            let fill = char::from(fill);
            return Err(format!("bytes {fill:?} are there, with {}", shown(left)));
        }
    }
    if left.is_none() && case.key.len() > 40 && holds(&case.key[..40]) {
        return Err("the long key is there".to_owned());
    }
    Ok(())
}

/// Every other entry is as it was.
fn others(case: &Case, table: &Table, entries: &[Entry]) -> Result<(), String> {
    for (key, value) in entries {
        match get(table, key)? {
            None if case.others == Others::MayGo => {}
            Some(there) if there == *value => {}
            other => {
                let key = key.escape_ascii();
                return Err(format!("another key, {key}, holds {}", shown(&other)));
            }
        }
    }
    if let Some((key, value)) = &case.may_have {
        let there = get(table, key)?;
        if there.as_ref().is_some_and(|there| there != value) {
            return Err(format!("what the first left holds {}", shown(&there)));
        }
    }
    Ok(())
}
