//! Signals, sent by one process to another.
use quipu_radiusd::signals::{Request, Signals};
use quipu_tests::child::{self, Child};
use quipu_tests::files::Directory;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

#[test]
fn child() {
    child::play(&[("server", server), ("sleeper", sleeper)]);
}

/// Tells of each request, and ends by that to stop.
fn server(arguments: &[String]) {
    let signals = Signals::catch().expect("caught");
    let boss = UnixDatagram::unbound().expect("a socket");
    let tell = |word: &str| {
        boss.send_to(word.as_bytes(), &arguments[0]).expect("told");
    };
    tell("ready");
    assert_eq!(signals.wait(Duration::ZERO).expect("waited"), None);
    tell("still there");
    loop {
        match signals.wait(LONG).expect("waited") {
            Some(Request::Reload) => tell("reload"),
            Some(Request::Stop) => break,
            None => panic!("no signal came"),
        }
    }
    assert_eq!(
        signals.wait(LONG).expect("waited"),
        Some(Request::Stop),
        "and stays so"
    );
    tell("stop");
}

/// Is asked for much before it looks.
fn sleeper(arguments: &[String]) {
    let signals = Signals::catch().expect("caught");
    let boss = UnixDatagram::bind(format!("{}.sleeper", arguments[0])).expect("bound");
    boss.set_read_timeout(Some(LONG)).expect("set");
    boss.send_to(b"ready", &arguments[0]).expect("told");
    // A signal may end the wait, too.
    let is_signal = |error: std::io::Error| error.kind() == ErrorKind::Interrupted;
    while boss.recv(&mut [0; 8]).is_err_and(is_signal) {}
    assert_eq!(signals.wait(LONG).expect("waited"), Some(Request::Reload));
    // What is left in the pipe wakes, and asks for nothing; but each thread may still be handling one.
    let short = Duration::from_millis(20);
    let more = (0..100).take_while(|_| signals.wait(short).expect("waited").is_some());
    assert!(more.count() < 10);
}

fn hear(boss: &UnixDatagram) -> String {
    let mut word = [0; 20];
    let length = boss.recv(&mut word).expect("a word");
    String::from_utf8_lossy(&word[..length]).into_owned()
}

fn boss(path: &Path) -> UnixDatagram {
    let boss = UnixDatagram::bind(path).expect("bound");
    boss.set_read_timeout(Some(LONG)).expect("set");
    boss
}

#[test]
fn reloads_and_the_end_are_asked_for() {
    for last in [libc::SIGTERM, libc::SIGINT] {
        let folder = Directory::on_disk();
        let path = folder.file("boss");
        let boss = boss(&path);
        let child = Child::start("server", &[&path.display()]);
        assert_eq!(hear(&boss), "ready");
        assert_eq!(hear(&boss), "still there");
        for _ in 0..100 {
            child.signal(libc::SIGHUP);
            assert_eq!(hear(&boss), "reload");
        }
        child.signal(last);
        assert_eq!(hear(&boss), "stop");
        child.finish(LONG);
    }
}

#[test]
fn many_requests_before_anybody_looks_are_few() {
    let folder = Directory::on_disk();
    let path = folder.file("boss");
    let boss = boss(&path);
    let child = Child::start("sleeper", &[&path.display()]);
    assert_eq!(hear(&boss), "ready");
    // More than the pipe has room for: a full one must stop nobody.
    for _ in 0..2000 {
        child.signal(libc::SIGHUP);
    }
    boss.send_to(b"look", format!("{}.sleeper", path.display()))
        .expect("told");
    child.finish(LONG);
}
