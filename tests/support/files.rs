//! Tables and directories that go away with their test.
use quipu::Options;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fs, thread};

/// A name that no other test has.
fn fresh() -> String {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let mut next = NEXT.lock().expect("nothing panics here");
    *next += 1;
    format!("quipu-tests-{}-{next}", std::process::id())
}

/// Whether a failed test leaves its files for people to look at (`QUIPU_KEEP=1`).
fn keeps() -> bool {
    thread::panicking() && env::var_os("QUIPU_KEEP").is_some()
}

/// The name of a table in /dev/shm that does not exist; it is removed on drop.
#[derive(Debug)]
pub struct TableName(String);

impl TableName {
    /// A fresh name.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        Self(fresh())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the table is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new("/dev/shm").join(&self.0)
    }
}

impl AsRef<Path> for TableName {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl Drop for TableName {
    fn drop(&mut self) {
        if !keeps() {
            let _ = fs::remove_file(self.path());
        }
    }
}

/// An empty directory; it is removed on drop, with all that is in it.
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// On the disk, or wherever temporary files are.
    #[must_use]
    pub fn on_disk() -> Self {
        Self::under(&env::temp_dir())
    }

    /// In shared memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::under(Path::new("/dev/shm"))
    }

    fn under(parent: &Path) -> Self {
        let path = parent.join(fresh());
        fs::create_dir(&path).expect("a fresh directory");
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of the files in it.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).expect("the directory is there");
        files
            .map(|file| file.expect("a file").file_name().display().to_string())
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !keeps() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Options for a table of so many MiB.
#[must_use]
pub fn mib(size: u64) -> Options {
    Options {
        max_bytes: Some(size << 20),
        ..Options::default()
    }
}
