//! What a command takes in: the value on its command line or standard input.
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use quipu::Value;

use crate::failure::Failure;
use crate::output::parse_float;

/// One byte more than the largest value: enough to be refused, not enough to fill the memory.
const READ_BYTES_MAX: u64 = (64 << 20) + 1;

/// The value of a command that stores one.
#[derive(Args)]
pub(crate) struct ValueArgs {
    /// The value: any bytes; `-` reads it from the standard input
    #[arg(
        value_name = "VALUE",
        allow_negative_numbers = true,
        required_unless_present = "stdin"
    )]
    value: Option<OsString>,

    /// Read the value from the standard input, to its end, exactly
    #[arg(long, conflicts_with = "value")]
    stdin: bool,

    /// The value is a whole number of 64 bits, signed: a counter
    #[arg(long, conflicts_with = "float")]
    int: bool,

    /// The value is a floating-point number of 64 bits
    #[arg(long)]
    float: bool,

    /// User flags to store with bytes: a number of 32 bits
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with_all = ["int", "float"])]
    flags: u32,
}

impl ValueArgs {
    /// The value that was asked for.
    pub(crate) fn value(&self) -> Result<Value, Failure> {
        let bytes = match &self.value {
            Some(value) if value != "-" => value.as_bytes().to_vec(),
            _ => read_standard_input()?,
        };
        if self.int {
            return parse_number(&bytes, "a whole number of 64 bits, signed", |text| {
                text.parse().ok()
            })
            .map(Value::Integer);
        }
        if self.float {
            return parse_number(&bytes, "a floating-point number", |text| {
                parse_float(text).ok()
            })
            .map(Value::Float);
        }
        Ok(Value::Bytes {
            bytes,
            flags: self.flags,
        })
    }
}

fn read_standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(READ_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format!("standard input: {error}")))?;
    Ok(bytes)
}

/// A number as `echo` writes it: white space around it does not count.
fn parse_number<N>(
    bytes: &[u8],
    what: &str,
    parse: impl Fn(&str) -> Option<N>,
) -> Result<N, Failure> {
    let text = String::from_utf8_lossy(bytes);
    parse(text.trim()).ok_or_else(|| Failure::new(format!("`{}` is not {what}", text.trim())))
}
