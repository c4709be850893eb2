//! The files for systemd, judged by its own tools, and socket activation and messages as it does them. No systemd needs
//! to run; what needs its tools is skipped without them.
use quipu_radiusd::net::{Incoming, Outgoing, Waiter, adopt, handed_over};
use quipu_radiusd::notify::{Phase, ask_for_time, tell, tell_status};
use quipu_tests::child::{self, Child};
use quipu_tests::files::Directory;
use std::fs;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

#[test]
fn child() {
    child::play(&[("server", server)]);
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("systemd")
        .join(name)
}

/// Runs a tool of systemd; `None`, with a message: there is none.
fn tool(name: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(name).args(arguments).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no {name} (Debian: systemd)");
            None
        }
        output => Some(output.expect("it runs")),
    }
}

/// The units with a program that is there; the texts are changed by `edit`.
fn units(edit: impl Fn(String) -> String) -> (Directory, [String; 2]) {
    let folder = Directory::on_disk();
    let paths = ["quipu-radiusd.service", "quipu-radiusd.socket"].map(|name| {
        let text = fs::read_to_string(file(name)).expect("a unit");
        let text = edit(text.replace("/usr/bin/quipu-radiusd", "/bin/true"));
        fs::write(folder.file(name), text).expect("written");
        folder.file(name).display().to_string()
    });
    (folder, paths)
}

/// What systemd says about units in this folder.
fn complaints(folder: &Directory, output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let here = folder.path().display().to_string();
    let ours = said
        .lines()
        .filter(|line| line.contains(&here) || line.contains("quipu"));
    ours.map(str::to_owned).collect()
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let (folder, [service, socket]) = units(|text| text);
    let Some(output) = tool("systemd-analyze", &["verify", &service, &socket]) else {
        return;
    };
    assert_eq!(complaints(&folder, &output), Vec::<String>::new());
    assert!(output.status.success());
    // It would have: a setting that does not exist.
    let (folder, [service, socket]) = units(|text| text.replace("ProtectSystem=", "ProtectSytem="));
    let output = tool("systemd-analyze", &["verify", &service, &socket]).expect("it is there");
    assert_eq!(complaints(&folder, &output).len(), 1);
}

#[test]
fn the_sandbox_is_tight() {
    // Exposure in tenths, from 0 to 100, as systemd 252 and later judge it.
    let judge = |service: &str| {
        tool(
            "systemd-analyze",
            &["security", "--offline=true", "--threshold=20", service],
        )
    };
    let (_folder, [service, _]) = units(|text| text);
    let Some(output) = judge(&service) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let (_folder, [service, _]) = units(|text| text.replace("CapabilityBoundingSet=", "#"));
    assert!(!judge(&service).expect("it is there").status.success());
}

#[test]
fn a_stop_does_not_remove_the_tables() {
    let text = fs::read_to_string(file("quipu-radiusd.service")).expect("a unit");
    let settings: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(settings.contains(&"RemoveIPC=no"));
    for hides_the_tables in [
        "DynamicUser=",
        "TemporaryFileSystem=",
        "RootDirectory=",
        "InaccessiblePaths=",
    ] {
        assert!(
            !settings
                .iter()
                .any(|line| line.starts_with(hides_the_tables))
        );
    }
}

#[test]
fn account_and_folders_are_made() {
    let folder = Directory::on_disk();
    fs::create_dir_all(folder.file("etc/quipu-radiusd")).expect("made");
    fs::create_dir_all(folder.file("var/lib")).expect("made");
    let secret = folder.file("etc/quipu-radiusd/edge.secret");
    fs::write(&secret, "secret").expect("written");
    let root = format!("--root={}", folder.path().display());
    let sysusers = file("quipu-radiusd.sysusers.conf").display().to_string();
    let tmpfiles = file("quipu-radiusd.tmpfiles.conf").display().to_string();
    if fs::metadata(&secret).expect("there").uid() != 0 {
        eprintln!("skipped: only root can give files away");
        return;
    }
    let Some(output) = tool("systemd-sysusers", &[&root, &sysusers]) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let users = fs::read_to_string(folder.file("etc/passwd")).expect("made");
    let user = users
        .lines()
        .find(|line| line.starts_with("quipu-radiusd:x:"));
    let number: u32 = user
        .and_then(|line| line.split(':').nth(2)?.parse().ok())
        .expect("the account");
    let Some(output) = tool("systemd-tmpfiles", &[&root, "--create", &tmpfiles]) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let state = fs::metadata(folder.file("var/lib/quipu-radiusd")).expect("made");
    assert_eq!((state.uid(), state.mode() & 0o7777), (number, 0o700));
    let secret = fs::metadata(secret).expect("there");
    assert_eq!((secret.uid(), secret.gid()), (0, number));
    assert_eq!(secret.mode() & 0o7777, 0o640);
}

/// Serves one request at the socket that it was started with, and tells what it does.
fn server(_: &[String]) {
    let sockets = handed_over().expect("a socket");
    assert_eq!(sockets.len(), 1);
    assert!(handed_over().expect("no error").is_empty(), "only once");
    assert!(
        rustix::io::fcntl_getfd(&sockets[0])
            .expect("open")
            .contains(rustix::io::FdFlags::CLOEXEC)
    );
    let listeners = adopt(sockets, 1, 0).expect("adopted").remove(0);
    ask_for_time(Duration::from_secs(60)).expect("told");
    tell(Phase::Ready).expect("told");
    tell_status("all is well\nREADY=0").expect("told");
    tell(Phase::Reloading).expect("told");
    let mut waiter = Waiter::new(&listeners).expect("waiter");
    let mut incoming = Incoming::new(1);
    while incoming.is_empty() {
        waiter.wait(Some(LONG)).expect("waited");
        incoming.receive(&listeners[0]).expect("received");
    }
    let mut outgoing = Outgoing::new(1);
    for datagram in incoming.datagrams() {
        outgoing.push(datagram.envelope, |_| 3);
    }
    assert_eq!(outgoing.send(&listeners), 1);
    tell(Phase::Stopping).expect("told");
}

#[test]
fn a_socket_of_systemd_is_served_and_systemd_is_told() {
    let folder = Directory::on_disk();
    let manager = UnixDatagram::bind(folder.file("notify")).expect("bound");
    manager.set_read_timeout(Some(LONG)).expect("set");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let asked = socket.local_addr().expect("bound");
    let client = UdpSocket::bind("127.0.0.1:0").expect("bound");
    client.set_read_timeout(Some(LONG)).expect("set");
    // It waits in the socket before anybody serves it, as when systemd starts the server for it.
    client.send_to(b"a", asked).expect("sent");
    // The shell puts the socket where systemd would, and says whose it is.
    let role = child::command("server", &[]);
    let mut command = Command::new("/bin/sh");
    command
        .args([
            "-c",
            r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&0 0</dev/null"#,
            "sh",
        ])
        .arg(role.get_program())
        .args(role.get_args())
        .envs(
            role.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("NOTIFY_SOCKET", folder.file("notify"))
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stdout(Stdio::null());
    let child = Child::run(&mut command);
    let (length, source) = client.recv_from(&mut [0; 10]).expect("a reply");
    assert_eq!((length, source), (3, asked));
    let mut told = Vec::new();
    for _ in 0..5 {
        let mut message = [0; 200];
        let length = manager.recv(&mut message).expect("it is told");
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        told.push(message.trim_end().to_owned());
    }
    assert_eq!(
        told[..3],
        [
            "EXTEND_TIMEOUT_USEC=60000000",
            "READY=1",
            "STATUS=all is well"
        ]
    );
    let time = told[3]
        .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
        .expect("the time of the reload");
    assert!(time.parse::<u64>().is_ok_and(|time| time > 0), "{time}");
    assert_eq!(told[4..], ["STOPPING=1"]);
    child.finish(LONG);
}

#[test]
fn without_systemd_nobody_is_told_and_nothing_is_handed_over() {
    if std::env::var_os("NOTIFY_SOCKET").is_some() {
        eprintln!("skipped: systemd has started this test");
        return;
    }
    for phase in [Phase::Ready, Phase::Reloading, Phase::Stopping] {
        tell(phase).expect("nobody to tell");
    }
    assert!(handed_over().expect("no error").is_empty());
}
