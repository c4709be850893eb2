//! Root becomes an account that may do nothing but its work. Children do it, for good; the test looks at them from
//! outside. Without the test harness, which would have a thread of its own in the children.
use nix::unistd::{Gid, Uid, User, setgroups, setresgid, setresuid};
use quipu_radiusd::net::{Incoming, Outgoing, Waiter, open};
use quipu_radiusd::privileges::{Account, PrivilegeError, is_root};
use quipu_tests::child::{self, Child};
use quipu_tests::files::Directory;
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const NOBODY: &str = "nobody";

fn main() {
    child::play(&[
        ("server", |words| end(server, words)),
        ("with_capabilities", |words| end(with_capabilities, words)),
        ("with_a_thread", |words| end(with_a_thread, words)),
        ("somebody_else", |words| end(somebody_else, words)),
    ]);
    nothing_of_root_is_left();
    capabilities_without_root_are_given_up_or_it_is_refused();
    an_account_that_will_not_do_is_explained();
    a_link_in_place_of_a_folder_is_not_followed();
    eprintln!("4 tests of privileges passed");
}

/// A child that has played its role does not go on to the tests.
fn end(role: child::Play, words: &[String]) {
    role(words);
    std::process::exit(0);
}

/// Says why nothing is tested, if this is not root.
fn can_be_tested() -> bool {
    let can = is_root();
    if !can {
        eprintln!("skipped: only root can give up being root");
    }
    can
}

/// A folder that everybody may look into, with a file that is for root alone.
fn folder() -> Directory {
    let folder = Directory::in_memory();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").expect("written");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("ours");
    folder
}

fn is_refused(path: &Path) -> bool {
    fs::read(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// Opens a socket and folders as root, becomes nobody, and then serves one request.
fn server(arguments: &[String]) {
    let [folder, asker] = arguments else {
        panic!("a folder and who asks");
    };
    let folder = Path::new(folder);
    let address = "127.0.0.1:0".parse().expect("an address");
    let listeners = open(&[address], 1, 1 << 20).expect("opened").remove(0);
    // What root has, and nobody must not keep.
    setgroups(&[Gid::from_raw(0), Gid::from_raw(5)]).expect("set");
    let account = Account::find(NOBODY, None).expect("there is one");
    for _ in 0..2 {
        account
            .own(&folder.join("log"))
            .expect("made and given away");
    }
    assert!(!is_refused(&folder.join("secret")), "root may");
    account.become_it().expect("became it");
    account.become_it().expect("is it already");
    assert!(is_refused(&folder.join("secret")));
    fs::write(folder.join("log/file"), "log").expect("its own folder");
    assert!(fs::write(folder.join("file"), "").is_err(), "not its own");

    let asker_socket = UdpSocket::bind(address).expect("bound");
    let port = listeners[0].address.port();
    asker_socket
        .send_to(&port.to_be_bytes(), asker)
        .expect("sent");
    let mut waiter = Waiter::new(&listeners).expect("waiter");
    let mut incoming = Incoming::new(1);
    while incoming.is_empty() {
        waiter.wait(Some(LONG)).expect("waited");
        incoming.receive(&listeners[0]).expect("received");
    }
    let mut outgoing = Outgoing::new(1);
    for datagram in incoming.datagrams() {
        outgoing.push(datagram.envelope, |_| 1);
    }
    assert_eq!(outgoing.send(&listeners), 1);
}

fn nothing_of_root_is_left() {
    if !can_be_tested() {
        return;
    }
    let folder = folder();
    let asker = UdpSocket::bind("127.0.0.1:0").expect("bound");
    asker.set_read_timeout(Some(LONG)).expect("set");
    let here = asker.local_addr().expect("bound");
    let child = Child::start("server", &[&folder.path().display(), &here]);
    let mut port = [0; 2];
    asker.recv(&mut port).expect("the child is ready");

    let status = fs::read_to_string(format!("/proc/{}/status", child.pid())).expect("it runs");
    let line = |name: &str| -> Vec<&str> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.expect("there is one")
            .split_ascii_whitespace()
            .collect()
    };
    let nobody = User::from_name(NOBODY)
        .expect("read")
        .expect("there is one");
    let (user, group) = (nobody.uid.to_string(), nobody.gid.to_string());
    assert_eq!(line("Uid:"), [user.as_str(); 4]);
    assert_eq!(line("Gid:"), [group.as_str(); 4]);
    assert_eq!(line("Groups:"), [group.as_str()]);
    for name in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(line(name), ["0000000000000000"], "{name}");
    }
    assert_eq!(line("NoNewPrivs:"), ["1"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.pid())).expect("it runs");
    let cores = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"));
    let cores: Vec<_> = cores
        .expect("a line")
        .split_ascii_whitespace()
        .take(2)
        .collect();
    assert_eq!(cores, ["0", "0"]);

    let log = fs::metadata(folder.path().join("log")).expect("made");
    assert_eq!(
        (log.uid(), log.gid()),
        (nobody.uid.as_raw(), nobody.gid.as_raw())
    );
    assert_eq!(log.mode() & 0o7777, 0o700);
    // The socket that root has opened serves.
    asker
        .send_to(b"a", ("127.0.0.1", u16::from_be_bytes(port)))
        .expect("sent");
    asker.recv(&mut port).expect("a reply");
    child.finish(LONG);
}

/// Becomes nobody, as systemd would with `User=` and `AmbientCapabilities=`, who may read what is root's.
fn keep_a_capability(secret: &Path) {
    let may_read = CapabilitySet::DAC_OVERRIDE;
    rustix::thread::set_keep_capabilities(true).expect("set");
    let nobody = User::from_name(NOBODY)
        .expect("read")
        .expect("there is one");
    setgroups(&[nobody.gid, Gid::from_raw(5)]).expect("set");
    setresgid(nobody.gid, nobody.gid, nobody.gid).expect("set");
    setresuid(nobody.uid, nobody.uid, nobody.uid).expect("set");
    let sets = CapabilitySets {
        effective: may_read,
        permitted: may_read,
        inheritable: may_read,
    };
    rustix::thread::set_capabilities(None, sets).expect("kept");
    rustix::thread::configure_capability_in_ambient_set(may_read, true).expect("kept");
    assert!(!is_refused(secret), "it may");
}

fn with_capabilities(arguments: &[String]) {
    let secret = Path::new(&arguments[0]);
    keep_a_capability(secret);
    let account = Account::find(NOBODY, None).expect("there is one");
    account.become_it().expect("became it");
    assert!(is_refused(secret));
    let status = fs::read_to_string("/proc/self/status").expect("read");
    assert!(status.contains("\nCapAmb:\t0000000000000000\n"), "{status}");
    assert!(status.contains("\nCapEff:\t0000000000000000\n"), "{status}");
}

fn with_a_thread(arguments: &[String]) {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    keep_a_capability(Path::new(&arguments[0]));
    let thread = std::thread::spawn(move || ended.recv());
    let account = Account::find(NOBODY, None).expect("there is one");
    match account.become_it() {
        Err(PrivilegeError::Kept(line)) => assert!(line.starts_with("Cap"), "{line}"),
        other => panic!("it has a thread that may more: {other:?}"),
    }
    drop(end);
    let _ = thread.join();
}

fn somebody_else(_: &[String]) {
    setresuid(Uid::from_raw(1), Uid::from_raw(1), Uid::from_raw(1)).expect("set");
    let account = Account::find(NOBODY, None).expect("there is one");
    match account.become_it() {
        Err(PrivilegeError::Kept(line)) => assert!(line.starts_with("Uid:"), "{line}"),
        other => panic!("only root can become nobody: {other:?}"),
    }
}

fn capabilities_without_root_are_given_up_or_it_is_refused() {
    if !can_be_tested() {
        return;
    }
    let folder = folder();
    let secret = folder.path().join("secret");
    for role in ["with_capabilities", "with_a_thread", "somebody_else"] {
        Child::start(role, &[&secret.display()]).finish(LONG);
    }
}

fn an_account_that_will_not_do_is_explained() {
    match Account::find("no-such-user", None) {
        Err(PrivilegeError::Unknown(name)) => assert_eq!(name, "no-such-user"),
        other => panic!("{other:?}"),
    }
    match Account::find(NOBODY, Some("no-such-group")) {
        Err(error @ PrivilegeError::Unknown(_)) => {
            assert!(error.to_string().contains("\"no-such-group\""), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        Account::find("root", None),
        Err(PrivilegeError::Root)
    ));
}

fn a_link_in_place_of_a_folder_is_not_followed() {
    if !can_be_tested() {
        return;
    }
    let folder = folder();
    let account = Account::find(NOBODY, None).expect("there is one");
    let target = folder.path().join("of root");
    fs::create_dir(&target).expect("made");
    symlink(&target, folder.path().join("log")).expect("made");
    assert!(account.own(&folder.path().join("log")).is_err());
    assert!(
        account.own(&folder.path().join("secret")).is_err(),
        "a file"
    );
    assert!(account.own(&folder.path().join("no/parent")).is_err());
    assert_eq!(fs::metadata(&target).expect("there").uid(), 0);
}
