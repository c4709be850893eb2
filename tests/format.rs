//! Tables of every released version of the format open for ever, with exactly what is in them; what is no table of
//! this version and machine is refused with an error that says so.
//!
//! A table in `tests/golden/` is text: the length of the file, then its words that are not zero, as in
//! `0x100 0x5 0x7`: an offset, and the words from there on. `* 3` behind them says that they come three times in a
//! row. Lines that begin with `#` mean nothing. A file of 34 MiB, nearly all of it a hole, takes some 23 KB like
//! this, and a difference can be read. The tables are as a process that was killed left them, before the machine
//! was started again: opening one takes it over from another boot, and recovers the dead.
//!
//! When the format changes, the version does, and `QUIPU_GOLDEN_WRITE=1 cargo test -p quipu-tests --test format`
//! makes the files of the new one. Those of the old versions stay, and `TABLES` names what is expected of each.
#[path = "format/text.rs"]
mod text;

use quipu::{HashId, OnFull, OpenError, Options, Owner, Table, TableReader, Ttl, Value};
use quipu_tests::files::Directory;
use quipu_tests::program::root;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io};
use text::{from_text, to_text};

/// A golden table.
#[derive(Clone, Copy)]
struct Golden {
    /// Its file.
    name: &'static str,
    version: u64,
    hash: HashId,
    on_full: OnFull,
    /// Only tables since version 3.
    wipe: bool,
}

/// The version that tables are made in today.
const VERSION: u64 = 3;
const TABLES: [Golden; 7] = [
    of_version("version-1-xxh3.table", 1, HashId::Xxh3),
    of_version("version-1-siphash.table", 1, HashId::SipHash13),
    of_version("version-2-xxh3.table", 2, HashId::Xxh3),
    of_version("version-2-siphash.table", 2, HashId::SipHash13),
    of_version("version-3-xxh3.table", 3, HashId::Xxh3),
    of_version("version-3-siphash.table", 3, HashId::SipHash13),
    Golden {
        wipe: true,
        ..of_version("version-3-wipe.table", 3, HashId::Xxh3)
    },
];

const fn of_version(name: &'static str, version: u64, hash: HashId) -> Golden {
    let on_full = match hash {
        HashId::Xxh3 => OnFull::Error,
        _ => OnFull::Evict,
    };
    Golden {
        name,
        version,
        hash,
        on_full,
        wipe: false,
    }
}
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The longest ticks, so that a time to live can be longer than this program will be used.
const TICK_MS: u32 = 65_536;

/// Offsets of words of the header (format.md 3.1, 3.2).
mod at {
    pub(crate) const VERSION: u64 = 0x08;
    pub(crate) const MARKS: u64 = 0x10;
    pub(crate) const SIZES: u64 = 0x18;
    pub(crate) const FILE_BYTES: u64 = 0x30;
    pub(crate) const SEED: u64 = 0x80;
    pub(crate) const CREATED: u64 = 0xa0;
    pub(crate) const CHECKSUM: u64 = 0xf8;
    pub(crate) const BOOT: u64 = 0x140;
}

/// So many entries more need buckets beyond those that a table of an old version begins with.
const MORE: i64 = 2000;

/// The key of the striped counter, which tables have since version 2.
const STRIPED: &[u8] = b"striped";

/// What is in the golden tables of a version: one of every kind of value and key, and enough of them for several
/// buckets.
fn entries(version: u64) -> Vec<(Vec<u8>, Value, Ttl)> {
    let bytes = |bytes: Vec<u8>, flags| Value::Bytes { bytes, flags };
    let of = |key: &[u8], value| (key.to_vec(), value, Ttl::Never);
    let mut entries = vec![
        of(b"", Value::bytes(*b"the empty key")),
        of(b"integer", Value::Integer(42)),
        of(b"least integer", Value::Integer(i64::MIN)),
        of(b"float", Value::Float(0.1)),
        of(b"minus infinity", Value::Float(f64::NEG_INFINITY)),
        of(b"minus zero", Value::Float(-0.0)),
        of(b"no bytes", Value::bytes([])),
        of(b"bytes in the cell", Value::bytes(*b"\0\xffseven")),
        of(b"bytes in a block", Value::bytes(*b"eight by")),
        of(b"flags", bytes(b"flagged".to_vec(), 0xdead_beef)),
        of(b"a large block", bytes(b"block---".repeat(4000), 1)),
        of(b"chunks", bytes(b"chunked-".repeat(5000), 2)),
        of(
            b"chunks with a rest",
            Value::bytes(b"Chunked-".repeat(9000)[..70_001].to_vec()),
        ),
        of(
            &[b'k'; 40],
            Value::bytes(*b"the longest key of a cell, or about it"),
        ),
        of(&[b'K'; 300], Value::Integer(300)),
        of(&[0xfe; 65_535], Value::Integer(65_535)),
        (b"ends".to_vec(), Value::Integer(1), Ttl::After(1000 * YEAR)),
        (
            b"ends, too".to_vec(),
            Value::bytes(*b"in a block"),
            Ttl::After(2000 * YEAR),
        ),
    ];
    entries.extend((0..60).map(|n| of(format!("filler {n}").as_bytes(), Value::Integer(n))));
    if version >= 2 {
        entries.push(of(STRIPED, Value::Integer(1000)));
    }
    entries
}

// The files.

fn golden(name: &str) -> PathBuf {
    root().join("tests/golden").join(name)
}

/// The words of a file that are not zero.
fn words_of(path: &Path) -> io::Result<(u64, BTreeMap<u64, u64>)> {
    let bytes = fs::read(path)?;
    let words = bytes
        .chunks_exact(8)
        .enumerate()
        .filter_map(|(index, chunk)| {
            let word = u64::from_le_bytes(chunk.try_into().ok()?);
            (word != 0).then_some((8 * index as u64, word))
        });
    Ok((bytes.len() as u64, words.collect()))
}

/// Builds the file of a golden table. It was made on x86-64; elsewhere its mark of the machine is changed, which is
/// all that differs.
fn build(name: &str, path: &Path) -> BTreeMap<u64, u64> {
    let text = fs::read_to_string(golden(name)).expect("a golden table");
    let (length, mut words) = from_text(&text).expect("the text of a table");
    if cfg!(target_arch = "aarch64") {
        *words.entry(at::MARKS).or_default() += 1 << 32;
        words.insert(at::CHECKSUM, checksum(&words));
    }
    write(path, length, &words);
    words
}

fn write(path: &Path, length: u64, words: &BTreeMap<u64, u64>) {
    let file = File::create(path).expect("a file");
    file.set_len(length).expect("room");
    for (offset, word) in words {
        file.write_all_at(&word.to_le_bytes(), *offset)
            .expect("room");
    }
}

/// CRC-32 of the header (format.md 14).
fn checksum(words: &BTreeMap<u64, u64>) -> u64 {
    let word = |index| words.get(&(8 * index)).copied().unwrap_or(0);
    let mut crc = u32::MAX;
    for byte in (0..at::CHECKSUM / 8).flat_map(|index| word(index).to_le_bytes()) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    u64::from(!crc)
}

// What is expected.

/// Whether a time to live that was given years ago is what is left of it.
fn is_left_of(given: Ttl, left: Ttl) -> bool {
    match (given, left) {
        (Ttl::After(given), Ttl::After(left)) => left <= given + YEAR && left > YEAR,
        (given, left) => given == left,
    }
}

/// Bit for bit, which `==` of floats is not.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// What a scan and reads one by one find are the entries, no more and no fewer.
fn expect_entries(
    Golden { name, version, .. }: Golden,
    scanned: impl Iterator<Item = (Vec<u8>, Value)>,
    get: impl Fn(&[u8]) -> Option<(Value, Ttl)>,
) {
    let mut scanned: BTreeMap<Vec<u8>, Value> = scanned.collect();
    for (key, value, ttl) in entries(version) {
        let shown = String::from_utf8_lossy(&key[..key.len().min(20)]).into_owned();
        let (found, left) = get(&key).unwrap_or_else(|| panic!("{name}: {shown:?} is missing"));
        assert!(is_same(&found, &value), "{name}: {shown:?} is {found:?}");
        assert!(is_left_of(ttl, left), "{name}: {shown:?} has {left:?} left");
        let in_scan = scanned
            .remove(&key)
            .expect("a scan finds what a read finds");
        assert!(
            is_same(&in_scan, &value),
            "{name}: {shown:?} is scanned as {in_scan:?}"
        );
    }
    assert!(scanned.is_empty(), "{name}: nobody stored {scanned:?}");
}

#[test]
fn golden_tables_are_read_for_ever() {
    let directory = Directory::in_memory();
    for golden in TABLES {
        let Golden {
            name,
            hash,
            on_full,
            wipe,
            ..
        } = golden;
        let path = directory.file(name);
        build(name, &path);
        let reader =
            TableReader::open(&path, Owner::CallerOrRoot).expect("a table of another boot");
        let scanned = reader.scan().map(|item| item.expect("an entry"));
        expect_entries(
            golden,
            scanned.map(|(key, entry)| (key, entry.value)),
            |key| {
                let entry = reader.get_entry(key).expect("a read")?;
                Some((entry.value, entry.ttl))
            },
        );
        let stats = reader.stats();
        let found = (stats.hash, stats.on_full, stats.wipe);
        assert_eq!(found, (hash, on_full, wipe), "{name}");
        assert!(stats.buckets > 1, "{name}: {stats:?}");
        let report = reader.check();
        assert!(report.problems.is_empty(), "{name}: {:?}", report.problems);
    }
}

#[test]
fn golden_tables_are_taken_over_and_written() {
    let directory = Directory::in_memory();
    for golden in TABLES {
        let Golden { name, version, .. } = golden;
        let path = directory.file(name);
        build(name, &path);
        let table = Table::open(&path).expect("a table of another boot");
        let expect_all = |table: &Table| {
            let scanned = table.scan().map(|item| item.expect("an entry"));
            expect_entries(
                golden,
                scanned.map(|(key, entry)| (key, entry.value)),
                |key| {
                    let entry = table.get_entry(key).expect("a read")?;
                    Some((entry.value, entry.ttl))
                },
            );
            let report = table.check();
            assert!(report.problems.is_empty(), "{name}: {:?}", report.problems);
        };
        expect_all(&table);
        let (_, words) = words_of(&path).expect("the file");
        assert_ne!(
            words.get(&at::BOOT),
            Some(&1),
            "{name}: it is of this boot now"
        );
        assert_eq!(
            table.stats().processes.len(),
            1,
            "{name}: the dead are gone"
        );

        for n in 0..MORE {
            table
                .set(format!("more {n}").as_bytes(), n, Ttl::Never)
                .expect("a write");
        }
        table.incr(b"integer", 1).expect("a number");
        let mut striped = table.striped(STRIPED).expect("a key");
        striped.add(5).expect("a number, striped or not");
        let before = if version >= 2 { 1000 } else { 0 };
        assert_eq!(striped.get(), Ok(Some(before + 5)), "{name}");
        assert!(table.delete(STRIPED).expect("a write"));
        table
            .set(b"chunks", &[7; 50_000], Ttl::Never)
            .expect("a write");
        assert_eq!(
            table.get_number(b"integer").expect("a number"),
            Some(43),
            "{name}"
        );
        for n in 0..MORE {
            assert!(
                table
                    .delete(format!("more {n}").as_bytes())
                    .expect("a write"),
                "{name}: {n}"
            );
        }
        for (key, value, _) in entries(version).iter().filter(|(key, ..)| key != b"ends") {
            table.set(key, value, Ttl::Keep).expect("a write");
        }
        drop(table);
        expect_all(&Table::open(&path).expect("the same table"));
    }
}

/// What both kinds of handle say of a file that is no table of this version.
fn refusal(path: &Path) -> OpenError {
    match (
        Table::open(path),
        TableReader::open(path, Owner::CallerOrRoot),
    ) {
        (Err(error), Err(of_reader)) => {
            assert_eq!(error.to_string(), of_reader.to_string());
            error
        }
        (table, reader) => panic!("opened: {table:?}, {reader:?}"),
    }
}

/// Every word of the header is changed in turn, and the file cut: each is refused, and the error says why.
#[test]
fn what_is_no_table_of_this_version_is_refused() {
    let directory = Directory::in_memory();
    let path = directory.file("table");
    let words = build(TABLES[0].name, &path);
    let length = words[&at::FILE_BYTES];
    let open = || refusal(&path);
    // With a right and with a wrong checksum: an old program finds a newer version whatever else is there.
    let refused = |offset: u64, flipped: u64, is_sealed: bool| {
        let mut words = words.clone();
        *words.entry(offset).or_default() ^= flipped;
        if is_sealed {
            words.insert(at::CHECKSUM, checksum(&words));
        }
        write(&path, length, &words);
        open()
    };
    for is_sealed in [false, true] {
        assert!(matches!(
            refused(0, 1, is_sealed),
            OpenError::NotATable { .. }
        ));
        assert!(matches!(
            refused(at::VERSION, 6, is_sealed),
            OpenError::FormatVersion {
                expected: VERSION,
                found: 7
            }
        ));
        // The other byte order, the other machine, another cache line.
        for flipped in [0x0505_0505, 3 << 32, 3 << 54] {
            let error = refused(at::MARKS, flipped, is_sealed);
            assert!(matches!(error, OpenError::Architecture { .. }), "{error}");
        }
        for offset in (at::SIZES..at::SEED).step_by(8) {
            let error = refused(offset, 1, is_sealed);
            assert!(matches!(error, OpenError::Damaged), "{offset:#x}: {error}");
        }
        // A reserved word, which a later version may use; in version 2 it is the offset of the stripe groups.
        assert!(matches!(
            refused(at::CREATED + 8, 1, is_sealed),
            OpenError::Damaged
        ));
    }
    assert!(matches!(refused(at::SEED, 1, false), OpenError::Damaged));
    assert!(matches!(
        refused(at::CHECKSUM, 1, false),
        OpenError::Damaged
    ));
}

#[test]
fn what_is_cut_short_is_refused() {
    let directory = Directory::in_memory();
    let path = directory.file("table");
    let words = build(TABLES[0].name, &path);
    let length = words[&at::FILE_BYTES];
    let open = || refusal(&path);
    for bytes_found in [4096, length / 2, length - 1] {
        write(&path, length, &words);
        File::options()
            .write(true)
            .open(&path)
            .expect("ours")
            .set_len(bytes_found)
            .expect("cut");
        let error = open();
        let (expected, found) = (length, bytes_found);
        assert!(
            matches!(error, OpenError::Truncated { bytes_expected, bytes_found }
                if bytes_expected == expected && bytes_found == found),
            "{bytes_found}: {error}"
        );
    }
    for bytes_found in [0, 1, 8, 255] {
        fs::write(&path, &b"QUIPU-T\n".repeat(32)[..bytes_found]).expect("room");
        let error = open();
        let is_right = matches!(
            error,
            OpenError::NotATable { .. } | OpenError::Truncated { .. }
        );
        assert!(is_right, "{bytes_found}: {error}");
    }
}

#[test]
fn a_table_survives_its_text() {
    let mut words = BTreeMap::from([(0, 5), (8, 5), (16, 6), (32, 6), (0x0100_0000, u64::MAX)]);
    words.extend((0..100).map(|index| (4096 + 8 * index, 1 + index % 8)));
    assert_eq!(from_text(&to_text(99, &words)), Some((99, words)));
}

// Making them.

/// Makes the golden tables of the version that this tree writes, if asked.
#[test]
fn golden_tables_are_made_anew_if_asked() {
    // On x86-64 only, see `build`.
    if env::var_os("QUIPU_GOLDEN_WRITE").is_none() || !cfg!(target_arch = "x86_64") {
        println!("skipped: QUIPU_GOLDEN_WRITE is not set, or this is not x86-64");
        return;
    }
    let directory = Directory::in_memory();
    for Golden {
        name,
        hash,
        on_full,
        wipe,
        ..
    } in TABLES.into_iter().filter(|table| table.version == VERSION)
    {
        // One that is there stays what it is: it stands for the programs that wrote it.
        if golden(name).exists() {
            continue;
        }
        let path = directory.file(name);
        let options = Options {
            // A segment for each size of block.
            max_bytes: Some(16 << 20),
            on_full,
            wipe,
            hash,
            tick_ms: TICK_MS,
            ..Options::default()
        };
        let table = Table::create(&path, options).expect("a table");
        for (key, value, ttl) in entries(VERSION) {
            table.set(&key, &value, ttl).expect("room");
        }
        table.set(STRIPED, 0, Ttl::Never).expect("room");
        let mut striped = table.striped(STRIPED).expect("a key");
        for _ in 0..1000 {
            striped.add(1).expect("room");
        }
        // While it is open: the file is as if this process had been killed here.
        let (length, mut words) = words_of(&path).expect("the file");
        words.extend([(at::BOOT, 1), (at::BOOT + 8, 2)]);
        fs::write(golden(name), to_text(length, &words)).expect("room");
    }
}
