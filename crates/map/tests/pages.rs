//! Pages that are mapped early, and huge ones: the table holds and takes what it did before, for every process.
mod support;

use quipu::{Options, Owner, Pages, PagesReport, Table, TableReader, Ttl};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use support::{Name, Running, mib, part, pattern, rerun, table, until};

const HUGE_PAGE_BYTES: usize = 2 << 20;
/// Numbers, and values of 4 KiB: they need several huge pages of the index and of the arena.
const NUMBERS: u64 = 60_000;
const VALUES: u64 = 2_000;

/// Puts entries into a table, each of which is another.
fn fill(table: &Table, round: u64) {
    for i in 0..NUMBERS {
        let key = format!("number:{round}:{i}");
        table.incr(key.as_bytes(), number(i)).expect("room");
    }
    for i in 0..VALUES {
        let key = format!("value:{round}:{i}");
        let value = pattern(length(i));
        table
            .set(key.as_bytes(), &value[..], Ttl::Never)
            .expect("room");
    }
}

/// Finds what `fill` put there.
fn verify(table: &Table, round: u64) {
    for i in 0..NUMBERS {
        let key = format!("number:{round}:{i}");
        assert_eq!(table.get_number(key.as_bytes()), Ok(Some(number(i))));
    }
    for i in 0..VALUES {
        let key = format!("value:{round}:{i}");
        let value = table.get(key.as_bytes()).expect("whole").expect("there");
        assert_eq!(value.as_bytes(), Some(&pattern(length(i))[..]));
    }
    assert_eq!(table.check().problems, []);
}

fn number(i: u64) -> i64 {
    i64::try_from(i * 7 + 1).expect("small")
}

fn length(i: u64) -> usize {
    usize::try_from(4096 - i % 50).expect("small")
}

/// Bytes of memory that the file system counts for a file.
fn bytes_taken(path: &Path) -> u64 {
    fs::metadata(path).expect("it is there").blocks() * 512
}

/// Whether this system has no huge pages for tables, or has none left just now; prints why.
fn has_no_huge_pages(report: &PagesReport) -> bool {
    let settings = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
    let settings = fs::read_to_string(settings).unwrap_or("[deny]".to_owned());
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("/proc");
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let version: (u32, u32) = (number(), number());
    // There are none just now; or what would be in one is in use.
    let errors = [libc::ENOMEM, libc::EAGAIN, libc::EBUSY].map(Some);
    let refused = report.refused.as_ref();
    let has_none = version < (6, 1)
        || settings.contains("[deny]")
        || refused.is_some_and(|error| errors.contains(&error.raw_os_error()));
    if has_none {
        println!("skipped, no huge pages: Linux {release}, {settings}, {refused:?}");
    }
    has_none
}

/// Where this process has mapped a file for writing, and bytes of that which are mapped to memory.
fn mapped(path: &Path) -> (usize, u64) {
    let inode = fs::metadata(path).expect("it is there").ino().to_string();
    let list = fs::read_to_string("/proc/self/smaps").expect("/proc");
    let (mut is_it, mut start, mut kib) = (false, usize::MAX, 0);
    for line in list.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if let Some((from, _)) = words[0].split_once('-') {
            is_it = words[1] == "rw-s" && words[4] == inode;
            if is_it {
                let from = usize::from_str_radix(from, 16).expect("an address");
                start = start.min(from);
            }
        } else if is_it && words[0] == "Rss:" {
            kib += words[1].parse::<u64>().expect("a number");
        }
    }
    (start, kib * 1024)
}

#[test]
fn every_kind_of_page_keeps_what_the_table_holds_and_takes() {
    let name = Name::new();
    let table = Table::create(&name, mib(64)).expect("a table");
    fill(&table, 0);
    let taken = bytes_taken(&name.path());
    let figures = table.stats();
    assert_eq!(figures.bytes_huge, 0, "nobody has asked yet");
    for pages in [Pages::OnDemand, Pages::Populated, Pages::Huge] {
        let report = table.use_pages(pages);
        assert_eq!(report.bytes_committed, taken, "{report:?}");
        assert_eq!(bytes_taken(&name.path()), taken, "{report:?}");
        let wanted = if pages == Pages::OnDemand { 0 } else { taken };
        assert_eq!(report.bytes_populated, wanted, "{report:?}");
        assert!(report.bytes_huge <= taken, "{report:?}");
        if pages == Pages::Huge && !has_no_huge_pages(&report) {
            assert!(report.bytes_huge > 0, "{report:?}");
            assert!(report.refused.is_none(), "{report:?}");
        }
        let after = table.stats();
        assert_eq!(after.bytes_huge, report.bytes_huge);
        assert_eq!(after.bytes_committed, figures.bytes_committed);
        verify(&table, 0);
    }
    let before = bytes_taken(&name.path());
    fill(&table, 1);
    let report = table.use_pages(Pages::Huge);
    assert!(report.bytes_committed > before, "it has grown: {report:?}");
    assert_eq!(bytes_taken(&name.path()), report.bytes_committed);
    verify(&table, 0);
    verify(&table, 1);
}

#[test]
fn a_table_begins_where_a_huge_page_can() {
    let names: Vec<Name> = (0..8).map(|_| Name::new()).collect();
    let tables: Vec<Table> = names
        .iter()
        .map(|name| Table::create(name, mib(1)).expect("a table"))
        .collect();
    for name in &names {
        let (start, _) = mapped(&name.path());
        assert!(start.is_multiple_of(HUGE_PAGE_BYTES), "{start:#x}");
    }
    drop(tables);
}

#[test]
fn huge_pages_are_there_for_every_user_and_stay() {
    let name = Name::new();
    let table = Table::create(&name, mib(64)).expect("a table");
    fill(&table, 0);
    let taken = bytes_taken(&name.path());
    let reader = TableReader::open(&name, Owner::CallerOrRoot).expect("a reader");
    assert_eq!(reader.stats().bytes_huge, 0);
    // A process that ends, and asks for them as it opens the table.
    Running::start(rerun("huge", name.as_str())).finish();
    assert_eq!(bytes_taken(&name.path()), taken);
    let report = table.use_pages(Pages::OnDemand);
    if !has_no_huge_pages(&table.use_pages(Pages::Huge)) {
        assert!(report.bytes_huge > 0, "{report:?}");
        assert_eq!(reader.stats().bytes_huge, report.bytes_huge);
    }
    verify(&table, 0);
}

#[test]
fn a_table_that_exists_is_populated_as_it_is_opened() {
    let name = Name::new();
    let table = Table::create(&name, mib(64)).expect("a table");
    fill(&table, 0);
    Running::start(rerun("on demand", name.as_str())).finish();
    Running::start(rerun("populated", name.as_str())).finish();
    verify(&table, 0);
}

#[test]
fn counts_stay_exact_while_pages_are_gathered() {
    let name = Name::new();
    let table = Table::create(&name, mib(256)).expect("a table");
    fill(&table, 0);
    let child = Running::start(rerun("count", name.as_str()));
    until("the child counts", || {
        table.get_number(b"mine").expect("get").is_some()
    });
    for round in 1..4 {
        table.use_pages(Pages::Huge);
        // Memory for the next time.
        fill(&table, round);
    }
    table.set(b"stop", 1, Ttl::Never).expect("room");
    child.finish();
    for round in 0..4 {
        verify(&table, round);
    }
    assert_eq!(table.get_number(b"mine"), table.get_number(b"done"));
}

#[test]
fn a_memory_file_is_populated_as_it_is_made() {
    let small = table();
    let report = small.use_pages(Pages::Populated);
    assert_eq!(report.bytes_populated, report.bytes_committed);
    assert_eq!(report.bytes_huge, 0, "nothing of it is 2 MiB long");
    let options = Options {
        pages: Pages::Huge,
        ..mib(16)
    };
    let table = Table::memfd(options).expect("a memory file");
    assert_eq!(table.incr(b"n", 1), Ok(1));
}

#[test]
fn a_file_that_was_cut_off_has_no_pages() {
    let name = Name::new();
    // Without the guard a touch of it is SIGBUS.
    Running::start(rerun("cut", name.as_str())).finish();
    assert_eq!(bytes_taken(&name.path()), 0, "nothing came back");
}

#[test]
fn child() {
    let Some((part, name)) = part() else { return };
    let open = |pages| Table::open_or_create(&name, Options { pages, ..mib(64) }).expect("a table");
    let path = Path::new("/dev/shm").join(&name);
    match part.as_str() {
        "huge" => {
            let table = open(Pages::Huge);
            let is_huge = table.stats().bytes_huge > 0;
            assert!(is_huge || has_no_huge_pages(&table.use_pages(Pages::Huge)));
        }
        "on demand" => {
            let _table = open(Pages::OnDemand);
            assert!(mapped(&path).1 < bytes_taken(&path));
        }
        "populated" => {
            let _table = open(Pages::Populated);
            assert_eq!(mapped(&path).1, bytes_taken(&path));
        }
        "cut" => {
            let table = open(Pages::OnDemand);
            let file = fs::File::options().write(true).open(&path);
            file.expect("ours").set_len(0).expect("shorter");
            let report = table.use_pages(Pages::Huge);
            assert_eq!(report.bytes_committed, 0, "{report:?}");
            // The end of a handle, or of a thread that wrote, touches the table.
            std::process::exit(0);
        }
        "count" => {
            let table = open(Pages::OnDemand);
            let mut done = 0;
            while !table.exists(b"stop").expect("a read") {
                done += 1;
                assert_eq!(table.incr(b"mine", 1), Ok(done));
            }
            table.set(b"done", done, Ttl::Never).expect("room");
        }
        _ => unreachable!("{part}"),
    }
}

#[test]
fn a_counter_takes_little_more_than_its_buckets() {
    let name = Name::new();
    let table = Table::create(&name, mib(64)).expect("a table");
    let (mut bytes_each, mut looks) = (0.0, 0.0);
    for i in 0..131_072_u64 {
        table
            .incr(format!("counter:{i:012}").as_bytes(), 1)
            .expect("room");
        if i >= 65_536 && (i + 1).is_multiple_of(4096) {
            let (taken, stats) = (bytes_taken(&name.path()), table.stats());
            assert_eq!(taken, stats.bytes_committed, "{stats:?}");
            bytes_each += taken as f64 / stats.entries as f64;
            looks += 1.0;
        }
    }
    // 110 and the fixed part; committed by chunks of 64 KiB, the buckets alone would take 139.
    let mean = bytes_each / looks;
    println!("{mean:.1} bytes a counter");
    assert!(mean < 122.0, "{mean} bytes a counter");
    assert_eq!(table.check().problems, []);
}
