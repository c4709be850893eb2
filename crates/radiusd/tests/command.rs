//! The commands, as operators run them: `check-config` and `who`, against real tables.
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu::Table;
use quipu_radiusd::config::load;
use quipu_radiusd::event::ClientId;
use quipu_radiusd::packet::kind;
use quipu_radiusd::store::{Sender, Store, table_options};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use traffic::{Packet, packet, status};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quipu-radiusd"))
        .args(arguments)
        .output()
        .expect("the program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// A file that is gone with its test.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, content).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

const CLIENT: &str = "[[client]]\nname = \"edge\"\naddress = \"192.0.2.0/24\"\nsecret = \"hush\"\n";

#[test]
fn every_problem_is_named_with_its_line() {
    let file = File::new(
        "wrong.toml",
        &format!(
            "level = \"memory\"\nworkers = 0\nreceive_buffer_mib = 0\n{CLIENT}secret_file = \"/x\"\n"
        ),
    );
    let output = run(&["check-config", "--config", file.path()]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, at) in lines.iter().zip([2, 3, 4]) {
        assert!(
            line.starts_with(&format!("{}:{at}: ", file.path())),
            "{line}"
        );
    }
    assert!(output.stdout.is_empty());
    let output = run(&["check-config", "--config", "/nowhere/to/be.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere/to/be.toml"));
}

#[test]
fn what_is_shown_is_in_force_without_secrets() {
    let dictionary = File::new(
        "dictionary",
        "ATTRIBUTE User-Name 1 string\nVENDOR Redback 2352\nBEGIN-VENDOR Redback\n\
         ATTRIBUTE Acct-Input-Octets-64 128 integer64\nATTRIBUTE Acct-Name 7 string\nEND-VENDOR Redback\n",
    );
    let content = format!(
        "listen = [\"127.0.0.1:1813\", \"[::1]:1813\"]\nlevel = \"process\"\nuser = \"nobody\"\n\
         log_format = \"json\"\ndictionary = \"{}\"\n[log]\nfolder = \"/var/log/a \\\"b\\\"\"\n\
         readers = [\"sql\", \"detail\"]\n[table]\nmax_mib = 77\n[[wide_counter]]\n\
         attribute = \"Acct-Input-Octets-64\"\ndirection = \"input\"\n{CLIENT}policy = \"strict\"\n\
         detect_wraps = false\nmax_clock_skew_s = 60\n",
        dictionary.path()
    );
    let file = File::new("right.toml", &content);
    let output = run(&["check-config", "--config", file.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).ends_with(": right, clients: 1\n"));
    let output = run(&["check-config", "--show", "--config", file.path()]);
    let shown = text(&output.stdout);
    assert!(!shown.contains("hush"), "{shown}");
    // What is shown is a configuration, and means the same.
    let again = File::new("shown.toml", &shown);
    let output = run(&["check-config", "--show", "--config", again.path()]);
    assert_eq!(text(&output.stdout), shown);
    let (one, other) = (
        load(&file.0).expect("right"),
        load(&again.0).expect("right"),
    );
    let settings = |loaded: &quipu_radiusd::config::Loaded| {
        let mut config = loaded.config.clone();
        config
            .wide_counters
            .iter_mut()
            .for_each(|wide| wide.line = 0);
        format!("{config:?}")
    };
    assert_eq!(settings(&one), settings(&other));
}

/// A table of a running server, which is gone with its test.
struct Server {
    name: String,
    store: Store,
}

impl Server {
    fn new(name: &str) -> Self {
        let name = format!("quipu-tests-{}-command-{name}", std::process::id());
        let table = Table::create(&name, table_options(Some(16 << 20))).expect("a table");
        let store = Store::new(table, 3600);
        store
            .name_client(ClientId::of("edge"), "edge")
            .expect("room");
        Self { name, store }
    }

    fn receive(&self, client: &str, packet: &Packet) {
        let sender = Sender::new(ClientId::of(client));
        let lsn = 5;
        let packet = Packet {
            lsn,
            ..packet.clone()
        };
        traffic::replay(&self.store, &sender, &packet).expect("room");
    }

    fn who(&self, arguments: &[&str]) -> Vec<Value> {
        let all = [&["who", "--json", "--table", &self.name], arguments].concat();
        let output = run(&all);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let text = text(&output.stdout);
        let objects = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        objects.collect()
    }

    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        let objects = self.who(arguments);
        let ids = objects
            .iter()
            .map(|object| object["Acct-Session-Id"].as_str());
        let mut ids: Vec<String> = ids.map(|id| id.expect("text").to_owned()).collect();
        ids.sort();
        ids
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(quipu::remove(&self.name));
    }
}

const ADA: (u8, &[u8]) = (kind::USER_NAME, b"ada");

#[test]
fn who_is_online() {
    let server = Server::new("who");
    let address: (u8, &[u8]) = (kind::FRAMED_IP_ADDRESS, &[10, 0, 0, 1]);
    let bob: (u8, &[u8]) = (kind::USER_NAME, b"bob\xff");
    let named: (u8, &[u8]) = (
        kind::NAS_IPV6_ADDRESS,
        &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    );
    let class: (u8, &[u8]) = (kind::CLASS, b"\x01\x02");
    server.receive("edge", &packet(1, 100_000, b"1", &[ADA, address, class]));
    server.receive("edge", &packet(1, 101_000, b"2", &[bob]));
    server.receive("other", &packet(1, 102_000, b"3", &[ADA, named]));
    server.receive("edge", &packet(1, 103_000, b"4", &[ADA]));
    server.receive("edge", &packet(2, 104_000, b"4", &[ADA]));
    assert_eq!(server.ids(&[]), ["1", "2", "3"]);
    assert_eq!(server.ids(&["--all"]), ["1", "2", "3", "4"]);
    assert_eq!(server.ids(&["--user", "ada"]), ["1", "3"]);
    assert_eq!(server.ids(&["--client", "edge"]), ["1", "2"]);
    assert_eq!(server.ids(&["--nas", "192.0.2.1"]), ["1", "2"]);
    assert_eq!(server.ids(&["--nas", "fd00::1", "--user", "ada"]), ["3"]);
    assert_eq!(
        server.ids(&["--nas", "fd00::1", "--client", "edge"]),
        [""; 0]
    );
    let one = &server.who(&["--user", "ada", "--client", "edge"])[0];
    assert_eq!(
        (&one["client"], &one["state"]),
        (&"edge".into(), &"open".into())
    );
    assert_eq!(one["nas_attribute"], "NAS-IP-Address");
    assert_eq!(
        (&one["Framed-IP-Address"], &one["lsn"]),
        (&"10.0.0.1".into(), &5.into())
    );
    assert_eq!(
        (&one["start_ms"], &one["flag_names"][0]),
        (&100_000.into(), &"start-seen".into())
    );
    let attributes = one["attributes"].as_array().expect("a list");
    let ada =
        serde_json::json!({"number": 1, "name": "User-Name", "value": "ada", "octets": "616461"});
    let class =
        serde_json::json!({"number": 25, "name": "Class", "value": "0x0102", "octets": "0102"});
    assert!(
        attributes.contains(&ada) && attributes.contains(&class),
        "{attributes:?}"
    );
    // A restart closes at once, for the NAS alone that has started.
    server.receive("edge", &status(7, 200_000));
    assert_eq!(server.ids(&[]), ["3"]);
    let states = server.who(&["--all", "--client", "edge"]);
    let over = states
        .iter()
        .filter(|one| one["state"] == "closed-by-restart");
    assert_eq!(over.count(), 2);
    assert_eq!(
        server.who(&[])[0]["client"],
        Value::Null,
        "nobody has told the name"
    );
}

#[test]
fn people_see_columns_and_no_escapes() {
    let server = Server::new("people");
    let sly: (u8, &[u8]) = (kind::USER_NAME, b"\x1b[2Jno body\n");
    server.receive("edge", &packet(1, 100_000, b"1", &[sly]));
    let output = run(&["who", "--table", &server.name]);
    let text = text(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    let columns = |line: &str| line.split_whitespace().count();
    assert_eq!((columns(lines[0]), columns(lines[1])), (10, 10));
    assert!(
        lines[1].starts_with(r"\u{1b}[2Jno\u{20}body\u{a} "),
        "{text}"
    );
    let output = run(&["who", "--table", "quipu-tests-there-is-none"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(output.stderr.starts_with(b"quipu-radiusd who: "));
}

#[test]
fn an_entry_that_is_no_session_is_an_error_and_not_left_out() {
    let server = Server::new("bad");
    server.receive("edge", &packet(1, 100_000, b"1", &[ADA]));
    let table = server.store.table();
    table
        .set(b"s\x01", "nonsense", quipu::Ttl::Never)
        .expect("room");
    let output = run(&["who", "--table", &server.name]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("rebuild"),
        "{}",
        text(&output.stderr)
    );
}
