//! The decoders in C and Python read from a table what the Rust one reads: whole records, and hostile bytes.
use quipu::{Options, Table, Ttl, Value, ValueRef};
use quipu_radiusd::packet::{Attributes, Composer, kind};
use quipu_radiusd::record::{
    BadRecord, Cold, HOT_OCTETS, Hot, NasRecord, RECORD_OCTETS_MAX, RecordKind, SessionFlags,
    SessionRecord, State, TOTALS_OCTETS, Totals, value_flags,
};
use quipu_tests::random::Random;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

fn number(random: &mut Random) -> u64 {
    random.word() >> random.below(64)
}

fn small(random: &mut Random) -> u32 {
    u32::try_from(number(random) >> 32).expect("32 bits")
}

fn octet(random: &mut Random) -> u8 {
    random.bytes(1)[0]
}

fn session(random: &mut Random) -> SessionRecord {
    let states = [
        State::Open,
        State::Closed,
        State::ClosedByRestart,
        State::ClosedStale,
    ];
    let mut hot = Hot::new(*random.choose(&states));
    hot.flags = SessionFlags(u16::try_from(random.below(1 << 12)).expect("12 bits"));
    hot.last_status = octet(random);
    hot.terminate_cause = octet(random);
    hot.input_octets = number(random);
    hot.output_octets = number(random);
    hot.input_packets = number(random);
    hot.output_packets = number(random);
    hot.session_time_s = small(random);
    hot.interims = small(random);
    hot.start_ms = random.below(200);
    hot.last_event_ms = number(random);
    hot.last_arrival_ms = number(random);
    hot.stop_ms = number(random);
    hot.lsn = number(random);
    hot.nas_epoch = u32::try_from(random.below(5)).expect("small");
    hot.earlier = small(random);
    hot.framed_ip = Ipv4Addr::from_bits(small(random));
    hot.link_count = small(random);
    hot.interim_interval_s = small(random);
    hot.counted_ms = number(random);
    let mut request = Composer::new(1);
    for _ in 0..random.below(10) {
        let length = random.index(30) + 1;
        let kinds = [
            kind::USER_NAME,
            kind::CLASS,
            kind::CALLING_STATION_ID,
            kind::CONNECT_INFO,
        ];
        request.push(*random.choose(&kinds), &random.bytes(length));
    }
    let secret = quipu_radiusd::packet::Secret::new(b"");
    let mut cold = Cold::new();
    assert!(cold.merge(Attributes::legal(&request.accounting(&secret)[20..]), true));
    SessionRecord { hot, cold }
}

/// What the decoders write for a session.
fn line(record: &SessionRecord, nas: Option<&NasRecord>) -> String {
    let hot = &record.hot;
    let mut line = format!(
        "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
        record.state_now(nas) as u8,
        hot.flags.0,
        hot.last_status,
        hot.terminate_cause,
        hot.input_octets,
        hot.output_octets,
        hot.input_packets,
        hot.output_packets,
        hot.session_time_s,
        hot.interims,
        hot.start_ms,
        hot.last_event_ms,
        hot.last_arrival_ms,
        hot.stop_ms,
        hot.lsn,
        hot.nas_epoch,
        hot.earlier,
        hot.framed_ip,
        hot.link_count,
        hot.interim_interval_s,
        hot.counted_ms,
    );
    for attribute in record.cold.attributes() {
        let _ = write!(line, " {}={}", attribute.kind, hex(attribute.value));
    }
    line
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn run(command: &mut Command, input: &str) -> Vec<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the decoder runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the decoder ends");
    writer
        .join()
        .expect("no panic")
        .expect("it reads everything");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Fills a table, reads it back as any process would, and says what each entry must decode to.
fn from_a_table() -> (String, Vec<String>) {
    let options = Options {
        max_bytes: Some(16 << 20),
        ..Options::default()
    };
    let table = Table::memfd(options).expect("a table");
    let mut random = Random::new(11);
    let mut room = [0; RECORD_OCTETS_MAX];
    for id in 0..400u32 {
        let mut bytes = session(&mut random).encode(&mut room).to_vec();
        // Some are hostile.
        match random.below(6) {
            0 => bytes[random.index(HOT_OCTETS)] ^= 1 << random.below(8),
            1 => bytes.truncate(random.index(bytes.len() + 1)),
            2 => bytes.push(0),
            _ => {}
        }
        let kinds = [RecordKind::Session, RecordKind::Session, RecordKind::Nas];
        let flags = value_flags(if random.one_in(8) { kinds[2] } else { kinds[0] });
        let value = ValueRef::Bytes {
            bytes: &bytes,
            flags,
        };
        table
            .set(&id.to_le_bytes(), value, Ttl::Never)
            .expect("room");
    }
    let nas = NasRecord {
        epoch: 3,
        boot_ms: 100,
        ..NasRecord::default()
    };
    let (mut input, mut expected) = (String::new(), Vec::new());
    for (number, item) in table.scan().enumerate() {
        let (_, entry) = item.expect("readable");
        let Value::Bytes { bytes, flags } = entry.value else {
            panic!("bytes");
        };
        let nas = (number % 3 != 0).then_some(&nas);
        match nas {
            Some(nas) => writeln!(input, "n {} {}", nas.epoch, nas.boot_ms),
            None => writeln!(input, "n"),
        }
        .expect("room");
        writeln!(input, "s {flags} {}", hex(&bytes)).expect("room");
        let decoded = SessionRecord::decode(&bytes);
        expected.push(match decoded {
            Ok(record) if flags == value_flags(RecordKind::Session) => line(&record, nas),
            _ => "bad".to_owned(),
        });
    }
    (input, expected)
}

#[test]
fn c_and_python_read_what_rust_reads() {
    let (input, expected) = from_a_table();
    let bad = expected.iter().filter(|line| *line == "bad").count();
    assert!(
        expected.len() == 400 && bad > 100 && bad < 300,
        "{bad} are bad"
    );
    let decoders = Path::new(env!("CARGO_MANIFEST_DIR")).join("decoders");
    let python = run(
        Command::new("python3").arg(decoders.join("radius_record.py")),
        &input,
    );
    assert_eq!(python, expected, "Python");
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("decode-{}", std::process::id()));
    let built = Command::new("cc")
        .args([
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsanitize=address,undefined",
            "-o",
        ])
        .arg(&program)
        .arg(decoders.join("decode.c"))
        .status();
    assert!(built.expect("a C compiler").success());
    let c = run(&mut Command::new(&program), &input);
    std::fs::remove_file(&program).expect("it was there");
    assert_eq!(c, expected, "C");
}

#[test]
fn a_record_comes_back_as_it_was() {
    let mut random = Random::new(12);
    let mut room = [0xee; RECORD_OCTETS_MAX];
    for _ in 0..1000 {
        let record = session(&mut random);
        assert_eq!(SessionRecord::decode(record.encode(&mut room)), Ok(record));
        let totals = Totals {
            open: -1,
            stops: i64::MAX,
            ..Totals::default()
        };
        assert_eq!(Totals::decode(&totals.encode()), Ok(totals));
    }
}

#[test]
fn hostile_bytes_are_refused() {
    let mut random = Random::new(13);
    let mut room = [0; RECORD_OCTETS_MAX];
    let mut record = session(&mut random);
    while record.cold.as_bytes().len() < 40 {
        record = session(&mut random);
    }
    let bytes = record.encode(&mut room).to_vec();
    for length in 0..bytes.len() {
        assert!(
            SessionRecord::decode(&bytes[..length]).is_err(),
            "{length} octets"
        );
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(SessionRecord::decode(&flipped).is_err(), "bit {bit}");
    }
    // With a right checksum, by the hand of somebody who knows it.
    let forge = |at: usize, octet: u8| {
        let mut forged = bytes.clone();
        forged[at] = octet;
        let sum = crc32c::crc32c_append(crc32c::crc32c(&forged[..124]), &forged[128..]);
        forged[124..128].copy_from_slice(&sum.to_le_bytes());
        SessionRecord::decode(&forged)
    };
    assert_eq!(forge(0, 2), Err(BadRecord::Field("version")));
    assert_eq!(forge(1, 9), Err(BadRecord::Field("state")));
    assert_eq!(forge(3, 0x80), Err(BadRecord::Field("flags")));
    assert_eq!(forge(6, 0), Err(BadRecord::Length));
    assert_eq!(forge(129, 1), Err(BadRecord::Field("attribute")));
    assert_eq!(forge(129, 255), Err(BadRecord::Field("attribute")));
    assert_eq!(
        Totals::decode(&[0; TOTALS_OCTETS - 1]),
        Err(BadRecord::Length)
    );
    let nas = NasRecord {
        epoch: 7,
        last_status: 8,
        boot_ms: 9,
        last_arrival_ms: 10,
        lsn: 11,
    };
    assert_eq!(NasRecord::decode(&nas.encode()), Ok(nas));
    for bit in 0..nas.encode().len() * 8 {
        let mut flipped = nas.encode();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(NasRecord::decode(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn newer_attributes_replace_and_older_ones_fill() {
    let list = |parts: &[(u8, &[u8])]| {
        let mut bytes = Vec::new();
        for (kind, value) in parts {
            bytes.extend_from_slice(&[*kind, u8::try_from(value.len() + 2).expect("short")]);
            bytes.extend_from_slice(value);
        }
        bytes
    };
    let first = list(&[
        (1, b"ada"),
        (25, b"x"),
        (25, b"y"),
        (42, &[0; 4]),
        (30, b""),
    ]);
    let newer = list(&[(25, b"z"), (87, b"eth0"), (1, b"")]);
    let older = list(&[(25, b"old"), (31, b"mac")]);
    let mut cold = Cold::new();
    assert!(cold.merge(Attributes::legal(&first), true));
    assert_eq!(
        cold.as_bytes(),
        list(&[(1, b"ada"), (25, b"x"), (25, b"y")])
    );
    assert!(cold.merge(Attributes::legal(&newer), true));
    assert!(cold.merge(Attributes::legal(&older), false));
    assert_eq!(
        cold.as_bytes(),
        list(&[(1, b"ada"), (25, b"z"), (87, b"eth0"), (31, b"mac")])
    );
    let long = list(&[
        (25, &[7; 253]),
        (25, &[8; 253]),
        (25, &[9; 253]),
        (25, &[1; 253]),
    ]);
    let mut full = Cold::new();
    assert!(full.merge(Attributes::legal(&long), true));
    assert!(
        !full.merge(Attributes::legal(&list(&[(1, b"ada")])), true),
        "no room"
    );
    assert_eq!(full.attributes().count(), 4);
}
