//! What the tests share: names and directories that go away, and children that are this same program.
#![allow(dead_code, reason = "each test program uses a part of it")]
use quipu::{Options, Table};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// A number that no other test of this process has.
fn next() -> u32 {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let mut next = NEXT.lock().expect("no test panics here");
    *next += 1;
    *next
}

/// A name in /dev/shm that is free, and free again afterwards.
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn new() -> Self {
        Self(format!("quipu-test-{}-{}", std::process::id(), next()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn path(&self) -> PathBuf {
        Path::new("/dev/shm").join(&self.0)
    }
}

impl AsRef<Path> for Name {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path());
    }
}

/// A directory that goes away.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("quipu-test-{}-{}", std::process::id(), next()));
        fs::create_dir(&path).expect("a fresh directory");
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).expect("it exists");
        files
            .map(|file| file.expect("an entry").file_name().display().to_string())
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Options for a table of so many MiB.
pub(crate) fn mib(size: u64) -> Options {
    Options {
        max_bytes: Some(size << 20),
        ..Options::default()
    }
}

/// A table without a name.
pub(crate) fn table() -> Table {
    Table::memfd(mib(16)).expect("a memory file")
}

/// Bytes in which no part is like another, mostly.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for (i, chunk) in bytes.chunks_mut(8).enumerate() {
        let word = (i as u64 + length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
    bytes
}

/// This program again, in the part of its test `child` that has this name.
pub(crate) fn rerun(part: &str, argument: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .stdout(Stdio::null())
        .env("QUIPU_PART", part)
        .env("QUIPU_ARGUMENT", argument);
    command
}

/// The part and the argument, in a child.
pub(crate) fn part() -> Option<(String, String)> {
    let part = env::var("QUIPU_PART").ok()?;
    Some((part, env::var("QUIPU_ARGUMENT").unwrap_or_default()))
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not in 30 seconds");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A child that dies with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.spawn().expect("a child"))
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("the command kill").success());
    }

    /// Kills it, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.0.kill().expect("it lives");
        self.0.wait().expect("it is ours");
    }

    /// Waits for it to end well.
    pub(crate) fn finish(mut self) {
        assert!(self.0.wait().expect("it is ours").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
