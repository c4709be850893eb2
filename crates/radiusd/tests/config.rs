//! The configuration: what is read, and what is said about each mistake.
use quipu_radiusd::config::{Config, Level, Prefix};
use quipu_radiusd::dictionary::Dictionary;
use quipu_radiusd::event::{ClientId, Direction, Event, EventTime, Policy, TimeSource};
use quipu_radiusd::packet::{Composer, Discard, Packet, Secret, TypedLengths, kind};
use quipu_tests::files::Directory;
use std::io;
use std::net::IpAddr;
use std::path::Path;

fn parse(text: &str) -> Result<Config, String> {
    let read = |path: &Path| match path.to_str() {
        Some("/secret") => Ok(b"from a file\n".to_vec()),
        Some("/empty") => Ok(b"\n".to_vec()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    Config::parse(text, read).map_err(|error| error.to_string())
}

fn with_client(rest: &str) -> String {
    format!(
        "level = \"memory\"\n{rest}\n[[client]]\nname = \"a\"\naddress = \"192.0.2.1\"\nsecret = \"s\"\n"
    )
}

const EXAMPLE: &str = include_str!("../quipu-radiusd.toml");

#[test]
fn the_example_is_right_and_shows_the_defaults() {
    let config = parse(EXAMPLE).expect("the example");
    assert_eq!((config.level, config.workers), (Level::Power, 1));
    assert_eq!(config.listen, ["[::]:1813".parse().expect("an address")]);
    assert_eq!(
        (config.table.as_str(), config.duplicates.as_str()),
        ("radius", "radius-duplicates")
    );
    assert_eq!(
        (config.segment_bytes, config.table_bytes_max),
        (64 << 20, None)
    );
    let client = &config.clients.all()[0];
    assert_eq!(
        (client.policy, client.typed),
        (Policy::Liberal, TypedLengths::Discard)
    );
    assert_eq!(
        (client.skew_ms_max, client.rules.detects_wraps),
        (86_400_000, true)
    );
    // Every setting that is commented out is one, and has the default as its value.
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        let setting = line.strip_prefix("# ").filter(|rest| {
            let name = rest.split(" = ").next().unwrap_or_default();
            rest.contains(" = ") && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
        });
        match setting {
            Some(setting) if !setting.starts_with("secret_file") => text.push_str(setting),
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    assert!(text.contains("\nstale_after_s = 0"), "settings were found");
    let all = parse(&text).expect("the example with all settings");
    assert_eq!(format!("{:?}", all.listen), format!("{:?}", config.listen));
    assert_eq!(
        (all.workers, all.level, all.segment_bytes),
        (1, Level::Power, 64 << 20)
    );
    assert_eq!(
        (all.period_s, all.stale_after_s, all.keep_closed_s),
        (config.period_s, config.stale_after_s, config.keep_closed_s)
    );
    assert_eq!(
        format!("{:?}", all.clients),
        format!("{:?}", config.clients)
    );
}

/// What is written from line 2, the line that is named, and some of the words.
const MISTAKES: &[(&str, usize, &str)] = &[
    ("workers = 0", 2, "choose 1 to 255"),
    (
        "listen = [\"[::]:1813\",\n\"nowhere\"]",
        3,
        "192.0.2.1:1813",
    ),
    (
        "listen = [\"[::]:1813\", \"[::]:1813\"]",
        2,
        "leave one out",
    ),
    ("listen = []", 0, "listen = "),
    ("[log]\nfolder = \"log\"", 3, "give all of its path"),
    (
        "[log]\nfolder = \"/log\"\nsegment_mib = 0",
        4,
        "choose 1 to 4096",
    ),
    ("receive_buffer_mib = 1024", 2, "choose 1 to 1023"),
    ("user = \"\"", 2, "leave the line out"),
    ("group = \"x\"", 2, "name the user"),
    ("log_format = \"xml\"", 2, "json"),
    (
        "[log]\nfolder = \"/log\"\nsnapshot_mib = 0",
        4,
        "choose 1 to 1048576",
    ),
    (
        "[log]\nfolder = \"/log\"\nreaders = [\"a\", \"../b\"]",
        4,
        "letters",
    ),
    (
        "[log]\nfolder = \"/log\"\nreaders = [\"a\", \"a\"]",
        4,
        "leave one out",
    ),
    (
        "[[wide_counter]]\nattribute = \"x\"\ndirection = \"up\"",
        4,
        "input",
    ),
    (
        "[[wide_counter]]\nattribute = \"x\"\ndirection = \"input\"\n[[wide_counter]]\nattribute = \"x\"\n\
         direction = \"input\"",
        6,
        "leave one out",
    ),
    ("[table]\nmax_mib = 0", 3, "choose 1 to 1048576"),
    ("[sessions]\nkeep_closed_s = 7199", 3, "choose 7200 to"),
    ("[table]\nname = \"x\"\nduplicates = \"x\"", 3, "two names"),
    ("[sessions]\nperiod_s = 0", 3, "choose 1 to"),
    ("levels = \"power\"", 2, "unknown field"),
    ("workers = \"many\"", 2, "invalid type"),
    ("workers = ", 2, "example"),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.256\"\nsecret = \"s\"",
        4,
        "192.0.2.0/24",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.0/33\"\nsecret = \"s\"",
        4,
        "/0 to /32",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.1/24\"\nsecret = \"s\"",
        4,
        "set them to 0",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.1/32\"\nsecret = \"s\"",
        8,
        "leave one out",
    ),
    (
        "[[client]]\nname = \"a\"\naddress = \"192.0.2.9\"\nsecret = \"s\"",
        7,
        "another one",
    ),
    (
        "[[client]]\nname = \"\"\naddress = \"192.0.2.9\"\nsecret = \"s\"",
        3,
        "give it one",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.9\"",
        2,
        "secret_file",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.9\"\nsecret = \"\"",
        5,
        "long random",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.9\"\nsecret_file = \"/empty\"",
        5,
        "empty",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.9\"\nsecret_file = \"/none\"",
        5,
        "cannot be read",
    ),
    (
        "[[client]]\nname = \"b\"\naddress = \"192.0.2.9\"\nsecret = \"s\"\npolicy = \"lax\"",
        6,
        "liberal",
    ),
];

#[test]
fn every_mistake_is_named_with_its_line_and_what_to_do() {
    for (text, line, words) in MISTAKES {
        let error = parse(&with_client(text)).expect_err(text);
        assert!(error.contains(words), "{text}: {error}");
        let named = error
            .strip_prefix("line ")
            .and_then(|rest| rest.split(':').next());
        assert_eq!(
            named.map_or(Ok(0), str::parse),
            Ok(*line),
            "{text}: {error}"
        );
    }
    let error = parse("level = \"process\"").expect_err("no log and no client");
    assert!(
        error.contains("there is no log") && error.contains("there is no client"),
        "{error}"
    );
    let error = parse(&with_client("workers = 0\nlisten = [\"x\"]")).expect_err("two mistakes");
    assert_eq!(error.lines().count(), 2, "all mistakes at once: {error}");
}

#[test]
fn the_longest_prefix_counts() {
    let mut text = "level = \"memory\"\n".to_owned();
    for (name, address) in [
        ("all", "0.0.0.0/0"),
        ("net", "192.0.2.0/24"),
        ("host", "192.0.2.7"),
        ("six", "2001:db8::/32"),
        ("six-host", "2001:db8::1"),
    ] {
        text += &format!(
            "[[client]]\nname = \"{name}\"\naddress = \"{address}\"\nsecret_file = \"/secret\"\n"
        );
    }
    let config = parse(&text).expect("good");
    let find = |address: &str| {
        let address: IpAddr = address.parse().expect("an address");
        config
            .clients
            .find(address)
            .map(|client| client.name.as_str())
    };
    assert_eq!(find("192.0.2.7"), Some("host"));
    assert_eq!(find("192.0.2.8"), Some("net"));
    assert_eq!(find("192.0.3.8"), Some("all"));
    assert_eq!(
        find("::ffff:192.0.2.7"),
        Some("host"),
        "as a socket for both gives it"
    );
    assert_eq!(find("2001:db8::1"), Some("six-host"));
    assert_eq!(find("2001:db8::2"), Some("six"));
    assert_eq!(find("2001:db9::2"), None);
    let client = &config.clients.all()[2];
    assert_eq!(client.id, ClientId::of("host"));
    let shown: Prefix = "192.0.2.0/24".parse().expect("a prefix");
    assert_eq!(shown.to_string(), "192.0.2.0/24");
    let debug = format!("{config:?}");
    assert!(!debug.contains("from a file"), "no secret is shown");
}

#[test]
fn packets_of_another_time_are_discarded_if_asked_for() {
    let time = |source| EventTime { ms: 1, source };
    for (setting, discards) in [("", false), ("drop_stale_packets = true", true)] {
        let config = parse(&(with_client("") + setting)).expect("good");
        let client = &config.clients.all()[0];
        assert_eq!(client.admits(&time(TimeSource::Timestamp)), Ok(()));
        assert_eq!(client.admits(&time(TimeSource::Arrival)), Ok(()));
        let expected = if discards {
            Err(Discard::NotFresh)
        } else {
            Ok(())
        };
        assert_eq!(client.admits(&time(TimeSource::Skewed)), expected);
    }
}

const VENDOR: &str = "ATTRIBUTE User-Name 1 string\nVENDOR Redback 2352\nBEGIN-VENDOR Redback\n\
     ATTRIBUTE Acct-Input-Octets-64 128 integer64\nATTRIBUTE Acct-Output-Octets-64 129 integer64\n\
     ATTRIBUTE Some-Name 7 string\nEND-VENDOR Redback\n";

fn with_wide(names: &[&str]) -> String {
    let tables = names.iter().map(|name| {
        let direction = if name.contains("Out") {
            "output"
        } else {
            "input"
        };
        format!("[[wide_counter]]\nattribute = \"{name}\"\ndirection = \"{direction}\"\n")
    });
    with_client(&tables.collect::<String>())
}

fn vendor_dictionary() -> Dictionary {
    let folder = Directory::on_disk();
    let path = folder.file("dictionary");
    std::fs::write(&path, VENDOR).expect("a file");
    Dictionary::load(&path).expect("right")
}

#[test]
fn counters_of_vendors_are_found_by_their_names() {
    let dictionary = vendor_dictionary();
    let text = with_wide(&["acct-input-octets-64", "Acct-Output-Octets-64"]);
    let mut config = parse(&text).expect("right");
    config.find_wide_counters(&dictionary).expect("known");
    let client = &config.clients.all()[0];
    let found = client.sender().reading.wide_counters;
    let found: Vec<_> = found
        .iter()
        .map(|counter| (counter.vendor, counter.kind, counter.direction))
        .collect();
    let (input, output) = (Direction::Input, Direction::Output);
    assert_eq!(found, [(2352, 128, input), (2352, 129, output)]);
    // A packet that carries them.
    let mut request = Composer::new(1);
    request.push_number(kind::ACCT_INPUT_OCTETS, 7);
    let wide = [
        &2352u32.to_be_bytes()[..],
        &[128, 10],
        &(5u64 << 40).to_be_bytes(),
    ]
    .concat();
    request.push(kind::VENDOR_SPECIFIC, &wide);
    let bytes = request.accounting(&Secret::new(b"s"));
    let packet = Packet::parse(bytes, TypedLengths::Discard).expect("good");
    let source = IpAddr::from([192, 0, 2, 1]);
    let event = Event::read(&packet, source, &client.sender().reading).expect("allowed");
    let octets = event.input_octets.expect("counted");
    assert_eq!((octets.value, octets.is_narrow), (5 << 40, false));
}

#[test]
fn counters_that_nobody_knows_are_named_with_what_is_near() {
    let dictionary = vendor_dictionary();
    let text = with_wide(&[
        "Acct-Inptu-Octets-64",
        "User-Name",
        "Some-Name",
        "Nothing-Like-It",
    ]);
    let mut config = parse(&text).expect("right but for the names");
    let error = config.find_wide_counters(&dictionary).expect_err("unknown");
    let found: Vec<(usize, &str)> = error
        .problems
        .iter()
        .map(|problem| (problem.line, problem.text.as_str()))
        .collect();
    let expected = [
        (3, "did you mean Acct-Input-Octets-64?"),
        (6, "no attribute of a vendor"),
        (9, "no number"),
        (12, "set dictionary"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((line, text), (expected_line, words)) in found.iter().zip(expected) {
        assert!(
            *line == expected_line && text.contains(words),
            "{line}: {text}"
        );
    }
    assert!(
        config.clients.all()[0]
            .sender()
            .reading
            .wide_counters
            .is_empty()
    );
}
