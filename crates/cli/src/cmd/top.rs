//! `quipu top`: the largest numbers of a table, from one scan and a heap of N.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::io::Write;

use quipu::{ReadError, TableReader, Value};

use crate::args::{EscapedArgs, JsonArgs, TableArgs};
use crate::bytes::escape;
use crate::failure::{Answer, Failure};
use crate::output::write_value_json;

/// Print the keys with the largest whole numbers, as `uniq -c | sort -rn` prints counts
///
/// Largest first; equal numbers are in the order of their keys. Other values are passed over.
#[derive(clap::Args)]
#[command(after_help = "Example: quipu top hits -n 20")]
pub(crate) struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// How many
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    number: usize,

    /// Only keys that begin so
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: OsString,

    #[command(flatten)]
    escaped: EscapedArgs,

    #[command(flatten)]
    json: JsonArgs,
}

/// Prints the largest.
pub(crate) fn run(args: Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let prefix = args.escaped.bytes(&args.prefix)?;
    for (number, key) in largest(&args.table.read()?, &prefix, args.number)? {
        if args.json.json {
            write_value_json(out, &key, &Value::Integer(number))?;
        } else {
            writeln!(out, "{number:7} {}", escape(&key))?;
        }
    }
    Ok(Answer::Yes)
}

/// The largest numbers with their keys, largest first, equal ones by key.
pub(crate) fn largest(
    table: &TableReader,
    prefix: &[u8],
    count_max: usize,
) -> Result<Vec<(i64, Vec<u8>)>, ReadError> {
    let mut largest = Largest::new(count_max);
    for item in table.scan_prefix(prefix) {
        let (key, entry) = item?;
        if let Value::Integer(number) = entry.value {
            largest.offer(key, number);
        }
    }
    Ok(largest.into_vec())
}

/// The largest of what was offered so far.
struct Largest {
    count_max: usize,
    /// The one to give up comes first: the smallest number, and of equal ones the last key.
    heap: BinaryHeap<(Reverse<i64>, Vec<u8>)>,
}

impl Largest {
    fn new(count_max: usize) -> Self {
        Self {
            count_max,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, key: Vec<u8>, number: i64) {
        self.heap.push((Reverse(number), key));
        if self.heap.len() > self.count_max {
            self.heap.pop();
        }
    }

    fn into_vec(self) -> Vec<(i64, Vec<u8>)> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|(Reverse(number), key)| (number, key))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(count_max: usize, offers: &[(&str, i64)]) -> Vec<(i64, String)> {
        let mut largest = Largest::new(count_max);
        for (key, number) in offers {
            largest.offer(key.as_bytes().to_vec(), *number);
        }
        let text = |key| String::from_utf8(key).unwrap();
        largest
            .into_vec()
            .into_iter()
            .map(|(number, key)| (number, text(key)))
            .collect()
    }

    #[test]
    fn equal_numbers_are_ranked_by_key() {
        let offers = [("c", 1), ("b", 2), ("a", 1), ("d", 2), ("e", -5)];
        assert_eq!(
            top(3, &offers),
            [(2, "b".into()), (2, "d".into()), (1, "a".into())]
        );
        assert_eq!(top(9, &offers).len(), 5);
        assert_eq!(top(0, &offers), []);
    }
}
