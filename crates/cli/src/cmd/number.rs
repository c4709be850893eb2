//! `quipu incr`, `decr`, `take`: numbers, each changed in one atomic step.
use std::io::{self, Write};

use quipu::{Count, CountError, Ttl, Value};

use crate::args::{CreateArgs, JsonArgs, KeyArgs, TableArgs, parse_ttl};
use crate::failure::{Answer, Failure};
use crate::output::{number_value, parse_float, value_line, write_value_json};

/// What `incr` and `decr` take. `decr` describes itself in `args.rs`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    /// How much: a whole number, or with --float any number
    #[arg(
        value_name = "DELTA",
        default_value = "1",
        allow_negative_numbers = true
    )]
    delta: String,

    #[command(flatten)]
    new: NewArgs,

    /// Never below N: stop there
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    floor: Option<i64>,

    /// The number is a floating-point number
    #[arg(long, conflicts_with_all = ["initial", "existing", "ttl", "floor"])]
    float: bool,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// What happens if the key is missing.
#[derive(clap::Args)]
pub(crate) struct NewArgs {
    /// What a missing key starts from, before DELTA
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    initial: i64,

    /// Answer no (exit code 1) if the key is missing, rather than create it
    #[arg(long, conflicts_with_all = ["initial", "ttl"])]
    existing: bool,

    /// Time to live of a new key; that of an existing one stays
    #[arg(long, value_name = "DURATION", value_parser = parse_ttl, default_value = "never")]
    ttl: Ttl,
}

/// Add to a number, and print the result
///
/// A missing key starts at --initial. A result that does not fit in 64 bits, signed, is an error, and then nothing has
/// changed.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu incr hits home 2")]
pub(crate) struct IncrArgs {
    #[command(flatten)]
    number: Args,

    #[command(flatten)]
    extreme: ExtremeArgs,
}

/// The number is compared with, not added to.
#[derive(clap::Args)]
#[group(multiple = false, conflicts_with_all = ["initial", "existing", "ttl", "floor", "float"])]
pub(crate) struct ExtremeArgs {
    /// Do not add: store DELTA if it is larger than the number, or if there is none
    #[arg(long)]
    fetch_max: bool,

    /// Do not add: store DELTA if it is smaller than the number, or if there is none
    #[arg(long)]
    fetch_min: bool,
}

/// Print a number and reset it to zero, in one atomic step
#[derive(clap::Args)]
#[command(after_help = "Example: quipu take hits home")]
pub(crate) struct TakeArgs {
    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    key: KeyArgs,

    #[command(flatten)]
    json: JsonArgs,

    #[command(flatten)]
    create: CreateArgs,
}

/// Adds, or takes the larger or smaller; prints the new number.
pub(crate) fn run_incr(args: IncrArgs, out: &mut impl Write) -> Result<Answer, Failure> {
    let IncrArgs {
        number: args,
        extreme,
    } = args;
    if !extreme.fetch_max && !extreme.fetch_min {
        return change(&args, Some, |delta| delta, out);
    }
    let (key, number) = (args.key.bytes()?, whole(&args.delta)?);
    let table = args.table.open_or_create(&args.create)?;
    let stored = if extreme.fetch_max {
        table.fetch_max(&key, number)
    } else {
        table.fetch_min(&key, number)
    }?;
    print(&args.json, &key, &Value::Integer(stored), out)?;
    Ok(Answer::Yes)
}

/// Subtracts, and prints the new number.
pub(crate) fn run_decr(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    change(&args, i64::checked_neg, |delta| -delta, out)
}

fn change(
    args: &Args,
    signed: impl Fn(i64) -> Option<i64>,
    signed_float: impl Fn(f64) -> f64,
    out: &mut impl Write,
) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    if args.float {
        let delta = signed_float(parse_float(&args.delta).map_err(Failure::new)?);
        let table = args.table.open_or_create(&args.create)?;
        print(
            &args.json,
            &key,
            &Value::Float(table.add_float(&key, delta)?),
            out,
        )?;
        return Ok(Answer::Yes);
    }
    let delta = signed(whole(&args.delta)?).ok_or(CountError::Overflow)?;
    let table = args.table.open_or_create(&args.create)?;
    let count = Count {
        delta,
        initial: (!args.new.existing).then_some(args.new.initial),
        ttl: args.new.ttl,
        floor: args.floor,
    };
    match table.count(&key, count) {
        Ok(number) => {
            print(&args.json, &key, &Value::Integer(number), out)?;
            Ok(Answer::Yes)
        }
        Err(CountError::Missing) => Ok(Answer::No),
        Err(error) => Err(error.into()),
    }
}

/// Prints the number and resets it; no if the key is missing.
pub(crate) fn run_take(args: TakeArgs, out: &mut impl Write) -> Result<Answer, Failure> {
    let key = args.key.bytes()?;
    let Some(number) = args.table.open_or_create(&args.create)?.take(&key)? else {
        return Ok(Answer::No);
    };
    print(&args.json, &key, &number_value(number), out)?;
    Ok(Answer::Yes)
}

fn whole(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| {
        Failure::new(format!(
            "`{text}` is not a whole number of 64 bits, signed (--float for others)"
        ))
    })
}

fn print(json: &JsonArgs, key: &[u8], value: &Value, out: &mut impl Write) -> io::Result<()> {
    if json.json {
        return write_value_json(out, key, value);
    }
    writeln!(out, "{}", value_line(value))
}
