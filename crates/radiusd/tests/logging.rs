//! What the server says, read by the one who reads it; and that bad packets cannot make it say more.
use quipu_radiusd::config::LogFormat;
use quipu_radiusd::logging::{QUIET_MS, Throttle, start};
use quipu_tests::child;
use std::process::Stdio;

#[test]
fn child() {
    child::play(&[
        ("text", |_| say(LogFormat::Text)),
        ("json", |_| say(LogFormat::Json)),
    ]);
}

/// What a user could be called who wants to write the log.
const HOSTILE: &str = "ada\n2026-01-01 ERROR \x1b[2Jall is lost";

fn say(format: LogFormat) {
    start(format, tracing::Level::INFO).expect("the first time");
    assert!(start(format, tracing::Level::INFO).is_err(), "the second");
    tracing::warn!(client = "edge", held_back = 3, user = ?HOSTILE, "discarded");
    tracing::info!("ready");
    tracing::debug!("not asked for");
}

/// The lines of a child, without those of the test harness.
fn lines(role: &str, journal: bool) -> Vec<String> {
    let mut command = child::command(role, &[]);
    command.env_remove("JOURNAL_STREAM").stderr(Stdio::piped());
    if journal {
        command.env("JOURNAL_STREAM", "8:1");
    }
    let output = command.spawn().and_then(|child| child.wait_with_output());
    let output = output.expect("it ran");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn text_is_one_line_for_each_event() {
    let lines = lines("text", false);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (time, rest) = lines[0].split_once(' ').expect("a time");
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    for part in [
        "WARN discarded",
        r#"client="edge""#,
        "held_back=3",
        r"user=",
        "all is lost",
    ] {
        assert!(rest.contains(part), "{part} in {rest}");
    }
    assert!(lines[1].ends_with("INFO ready"), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains('\x1b')), "{lines:?}");
}

#[test]
fn the_journal_gets_no_second_time() {
    let lines = lines("text", true);
    assert!(
        lines[0].trim_start().starts_with("WARN discarded"),
        "{lines:?}"
    );
}

#[test]
fn json_is_one_object_for_each_event() {
    let lines = lines("json", true);
    let objects: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(objects.len(), 2);
    let discarded = &objects[0];
    assert_eq!(discarded["level"], "WARN");
    assert_eq!(discarded["message"], "discarded");
    assert_eq!(discarded["client"], "edge");
    assert_eq!(discarded["held_back"], 3);
    assert!(
        discarded["user"]
            .as_str()
            .is_some_and(|user| user.contains("all is lost"))
    );
    assert!(discarded["timestamp"].is_string());
    assert_eq!(objects[1]["message"], "ready");
}

#[test]
fn one_line_of_a_kind_each_second_says_how_many_there_were() {
    let mut throttle = Throttle::default();
    assert_eq!(throttle.admit("bad", 5000), Some(0));
    for now_ms in [5000, 5001, 5000 + QUIET_MS - 1] {
        assert_eq!(throttle.admit("bad", now_ms), None);
    }
    assert_eq!(throttle.admit("worse", 5001), Some(0), "another kind");
    assert_eq!(throttle.admit("bad", 5000 + QUIET_MS), Some(3));
    assert_eq!(throttle.admit("bad", 5000 + 2 * QUIET_MS), Some(0));
    // A clock that goes back holds nothing back for ever, and lets nothing through.
    assert_eq!(throttle.admit("bad", 0), None);
}

#[test]
fn what_was_held_back_is_reported_although_nothing_follows() {
    let mut throttle = Throttle::default();
    for kind in ["silent", "bad", "bad", "bad"] {
        throttle.admit(kind, 1000);
    }
    let mut reported = Vec::new();
    for now_ms in [1000, 999 + QUIET_MS, 1000 + QUIET_MS, 1000 + 2 * QUIET_MS] {
        throttle.overdue(now_ms, |kind, count| reported.push((now_ms, kind, count)));
    }
    assert_eq!(reported, [(1000 + QUIET_MS, "bad", 2)]);
    assert_eq!(
        throttle.admit("bad", 1000 + 2 * QUIET_MS),
        Some(0),
        "forgotten"
    );
    // The report counts as a line.
    throttle.admit("bad", 1000 + 2 * QUIET_MS);
    throttle.overdue(1000 + 3 * QUIET_MS, |_, count| assert_eq!(count, 1));
    assert_eq!(throttle.admit("bad", 1001 + 3 * QUIET_MS), None);
}
