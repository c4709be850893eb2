//! Sessions of a running server, read by programs in other languages: what `who` says, they say.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu::{Table, Ttl};
use quipu_radiusd::event::ClientId;
use quipu_radiusd::packet::{Composer, Secret, kind};
use quipu_radiusd::store::{Sender, Store, table_options};
use quipu_tests::program::root;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use traffic::{Packet, Traffic};

/// A table of a running server, which is gone with its test.
struct Server(String);

impl Drop for Server {
    fn drop(&mut self) {
        drop(quipu::remove(&self.0));
    }
}

fn receive(store: &Store, source: &str, packet: &[u8], arrival_ms: u64) {
    let packet = Packet {
        arrival_ms,
        lsn: 255 << 56 | arrival_ms,
        bytes: packet.to_vec(),
    };
    let sender = Sender::new(ClientId::of("edge"));
    traffic::replay_from(source, store, &sender, &packet).expect("room");
}

/// A request of a NAS that is named in one way or another.
fn of_nas(status: u32, id: &[u8], nas: Option<(u8, &[u8])>, second: u32) -> Vec<u8> {
    let mut request = Composer::new(1);
    request.push_number(kind::ACCT_STATUS_TYPE, status);
    request.push_number(kind::EVENT_TIMESTAMP, second);
    request.push(kind::USER_NAME, b"\xc3\xa4\xff \"x\"");
    request.push_number(kind::ACCT_INPUT_GIGAWORDS, u32::MAX);
    request.push_number(kind::ACCT_INPUT_OCTETS, second);
    if !id.is_empty() {
        request.push(kind::ACCT_SESSION_ID, id);
    }
    if let Some((kind, value)) = nas {
        request.push(kind, value);
    }
    request.accounting(&Secret::new(b"x")).to_vec()
}

/// Sessions of all kinds and states, of every kind of NAS, and ids that were used again.
fn server(name: &str) -> (Server, Store) {
    let name = format!("quipu-tests-{}-live-{name}", std::process::id());
    let table = Table::create(&name, table_options(Some(32 << 20))).expect("a table");
    let store = Store::new(table, 3600);
    let traffic = Traffic::new(3, 200, 1);
    for Packet {
        bytes, arrival_ms, ..
    } in &traffic.packets
    {
        receive(&store, "192.0.2.1:5", bytes, *arrival_ms);
    }
    for life in traffic::reuse(5, 4).iter().flatten() {
        receive(&store, "192.0.2.1:5", &life.bytes, life.arrival_ms);
    }
    let long = [b'n'; 250];
    let nases: [Option<(u8, &[u8])>; 5] = [
        Some((kind::NAS_IPV6_ADDRESS, &[0xfd; 16])),
        Some((kind::NAS_IDENTIFIER, b"nas")),
        Some((kind::NAS_IDENTIFIER, &long)),
        None,
        Some((kind::NAS_IP_ADDRESS, &[192, 0, 2, 9])),
    ];
    for (at, nas) in nases.into_iter().enumerate() {
        for source in ["198.51.100.1:5", "[2001:db8::7]:5"] {
            // The same NAS twice, but for the one without a name.
            receive(&store, source, &of_nas(1, b"a", nas, 1000), 1_000_000);
            receive(&store, source, &of_nas(3, b"b", nas, 1500), 1_500_000);
            if at % 2 == 0 {
                receive(&store, source, &of_nas(7, b"", nas, 1200), 1_200_000);
            }
        }
    }
    // Without a name again: the restart is of one source alone.
    receive(
        &store,
        "[2001:db8::7]:5",
        &of_nas(8, b"", None, 1300),
        1_300_000,
    );
    (Server(name), store)
}

fn text(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {words}");
    String::from_utf8(output.stdout).expect("text")
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The lines of the decoders, from what `who` says.
fn who(server: &Server) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_quipu-radiusd");
    let json = text(Command::new(program).args(["who", "--all", "--json", "--table", &server.0]));
    let lines: Vec<String> = json.lines().map(line).collect();
    sorted(&lines.join("\n"))
}

fn line(json: &str) -> String {
    let object: Value = serde_json::from_str(json).expect("JSON");
    let state = match object["state"].as_str() {
        Some("open") => 2,
        Some("closed") => 3,
        Some("closed-by-restart") => 4,
        _ => 5,
    };
    let mut line = format!("{} {state}", object["key"].as_str().expect("text"));
    for field in [
        "flags",
        "Acct-Status-Type",
        "Acct-Terminate-Cause",
        "input_octets",
        "output_octets",
        "Acct-Input-Packets",
        "Acct-Output-Packets",
        "Acct-Session-Time",
        "interims",
        "start_ms",
        "last_event_ms",
        "last_arrival_ms",
        "stop_ms",
        "lsn",
        "nas_epoch",
        "earlier",
        "Framed-IP-Address",
        "Acct-Link-Count",
        "Acct-Interim-Interval",
        "counted_ms",
    ] {
        let value = &object[field];
        let shown = value.as_str().map_or(value.to_string(), str::to_owned);
        let _ = write!(line, " {shown}");
    }
    for attribute in object["attributes"].as_array().expect("a list") {
        let octets = attribute["octets"].as_str().expect("text");
        let _ = write!(line, " {}={octets}", attribute["number"]);
    }
    line
}

fn decoders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("decoders")
}

/// Builds something of this tree with cargo, into a folder beside that of this test.
fn build(package: &Path, beside: &str, arguments: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it is in one");
    let target = target.join(beside);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet"])
        .args(arguments)
        .arg("--target-dir")
        .arg(&target)
        .current_dir(package)
        .status();
    assert!(status.expect("cargo").success());
    target
}

/// The library of C, under its name, in a folder that is gone with its test.
struct Library(PathBuf);

impl Library {
    fn new(name: &str) -> Self {
        let arguments = ["--profile", "e2e", "--package", "quipu-capi"];
        let built = build(root(), "", &arguments).join("e2e/libquipu_capi.so");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::copy(built, folder.join("libquipu.so.0")).expect("a copy");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("libquipu.so.0")
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// All live decoders that can run here, by language.
fn readers(server: &Server) -> Vec<(&'static str, Vec<String>)> {
    let library = Library::new(&server.0);
    let program = library.0.join("who");
    let mut cc = Command::new("cc");
    cc.args([
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fsanitize=address,undefined",
    ])
    .args(["-D_GNU_SOURCE", "-I"])
    .arg(root().join("crates/capi/include"))
    .arg(decoders().join("who.c"))
    .arg(library.path())
    .arg(format!("-Wl,-rpath,{}", library.0.display()))
    .arg("-o")
    .arg(&program);
    text(&mut cc);
    let c = text(Command::new(&program).arg(&server.0));
    let python = text(
        Command::new("python3")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(decoders().join("who.py"))
            .arg(library.path())
            .arg(&server.0),
    );
    let mut found = vec![("C", sorted(&c)), ("Python", sorted(&python))];
    if Command::new("php-config")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("PHP: SKIPPED, for there is no php-config");
        return found;
    }
    let target = build(&root().join("crates/php"), "php", &["--release"]);
    let extension = target.join("release/libquipu_php.so");
    let php = text(
        Command::new("php")
            .args(["-n", "-d"])
            .arg(format!("extension={}", extension.display()))
            .arg(decoders().join("radius_record.php"))
            .arg(&server.0),
    );
    found.push(("PHP", sorted(&php)));
    found
}

#[test]
fn other_languages_say_what_who_says() {
    let (server, store) = server("all");
    let expected = who(&server);
    let of_state = |state: &str| {
        let state = format!(" {state} ");
        let lines = expected.iter().filter(|line| {
            let at = line.find(' ').expect("a key");
            line[at..].starts_with(&state)
        });
        lines.count()
    };
    let counts = ["2", "3", "4"].map(of_state);
    assert!(counts.iter().all(|count| *count > 3), "{counts:?}");
    for (language, lines) in readers(&server) {
        assert_eq!(lines, expected, "{language}");
    }
    // What is no session is said to be none.
    let table = store.table();
    let record = table
        .get(&key_of(&expected[0]))
        .expect("readable")
        .expect("there");
    let mut torn = record.as_bytes().expect("bytes").to_vec();
    torn[20] ^= 1;
    table.set(b"s\x01", "x", Ttl::Never).expect("room");
    table
        .set(b"e\x01\0\0\0\x07\0\0\0i\xffshort", &torn[..], Ttl::Never)
        .expect("room");
    table
        .set(b"s\x07\0\0\x004\x01\x02\x03\x04torn", &torn[..], Ttl::Never)
        .expect("room");
    table
        .set(b"s\x07\0\0\x004\x01\x02\x03\x04number", 7, Ttl::Never)
        .expect("room");
    for (language, lines) in readers(&server) {
        let (bad, good): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.ends_with(" bad"));
        assert_eq!(bad.len(), 4, "{language}: {bad:?}");
        assert_eq!(good, expected.iter().collect::<Vec<_>>(), "{language}");
    }
}

fn key_of(line: &str) -> Vec<u8> {
    let hex = line.split(' ').next().expect("a key").as_bytes();
    let pairs = hex.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(pair, 16).expect("digits")
    });
    pairs.collect()
}
