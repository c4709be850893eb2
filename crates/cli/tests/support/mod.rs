//! What the tests of the command share: a table of their own, and the command run on it.
#![allow(
    dead_code,
    reason = "each test file is a program of its own and uses a part of this"
)]
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take on a machine that does much else. Nothing is asserted about time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The path or name of a table that does not exist yet; it is removed at the end of the test.
pub(crate) struct Table {
    pub(crate) name: OsString,
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Table {
    /// A path in the directory for temporary files.
    pub(crate) fn new() -> Self {
        Self {
            name: temporary("table").into_os_string(),
        }
    }

    /// A name in /dev/shm.
    pub(crate) fn in_shared_memory() -> Self {
        let path = temporary("table");
        Self {
            name: path.file_name().unwrap().to_os_string(),
        }
    }

    /// Runs `quipu COMMAND TABLE REST...`; `line` is split at blanks, so its arguments have none.
    pub(crate) fn run(&self, line: &str) -> Ended {
        self.run_with(line, b"")
    }

    /// The same with something on the standard input.
    pub(crate) fn run_with(&self, line: &str, input: &[u8]) -> Ended {
        run(self.arguments(line), input)
    }

    /// The same with more arguments, which may have any bytes.
    pub(crate) fn run_also(&self, line: &str, more: &[impl AsRef<OsStr>]) -> Ended {
        let mut arguments = self.arguments(line);
        arguments.extend(more.iter().map(|argument| argument.as_ref().to_os_string()));
        run(arguments, b"")
    }

    /// Starts the command with pipes for its input and output.
    pub(crate) fn start(&self, line: &str) -> Child {
        command(self.arguments(line)).spawn().unwrap()
    }

    /// The number of a key, read by the library.
    pub(crate) fn number(&self, key: &[u8]) -> Option<i64> {
        let table = quipu::TableReader::open(&self.name, quipu::Owner::CallerOrRoot).ok()?;
        table.get_number(key).unwrap()
    }

    fn arguments(&self, line: &str) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        arguments.insert(1, self.name.clone());
        arguments
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // Many tests have removed it, or never made it.
        let _ = quipu::remove(&self.name);
    }
}

impl Ended {
    /// It answered yes with exactly this text.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) {
        assert_eq!(
            (self.code, self.text().as_str(), self.err.as_str()),
            (Some(0), text, "")
        );
    }

    /// It answered yes, and printed this.
    #[track_caller]
    pub(crate) fn yes(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""));
        self.text()
    }

    /// It answered no, and printed no data.
    #[track_caller]
    pub(crate) fn no(self) -> String {
        assert_eq!(
            (self.code, self.text().as_str()),
            (Some(1), ""),
            "{}",
            self.err
        );
        self.err
    }

    /// It failed with words that contain these, and printed no data.
    #[track_caller]
    pub(crate) fn fails(self, words: &str) {
        assert_eq!(
            (self.code, self.text().as_str()),
            (Some(2), ""),
            "{}",
            self.err
        );
        assert!(
            self.err.contains(words),
            "`{words}` is not in: {}",
            self.err
        );
    }

    /// It answered yes; each line is JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Vec<serde_json::Value> {
        self.yes()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("text")
    }
}

/// Runs `quipu` with these arguments.
pub(crate) fn run(arguments: Vec<OsString>, input: &[u8]) -> Ended {
    let mut child = command(arguments).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that reads nothing closes the pipe, which is its good right.
    let writer = thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        code: output.status.code(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).expect("words are text"),
    }
}

/// Runs `quipu` with the words of a line as its arguments.
pub(crate) fn quipu(line: &str) -> Ended {
    run(line.split_whitespace().map(OsString::from).collect(), b"")
}

/// `quipu` with these arguments, and pipes.
pub(crate) fn command(arguments: Vec<OsString>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A path that nobody else uses.
pub(crate) fn temporary(what: &str) -> PathBuf {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    *next += 1;
    let number = *next;
    std::env::temp_dir().join(format!(
        "quipu-cli-test-{}-{number}-{what}",
        std::process::id()
    ))
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
