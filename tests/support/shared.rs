//! Memory of the tests' own that a test and its children compare notes in, and where they meet.
use crate::files::TableName;
use crate::system;
use memmap2::{MmapOptions, MmapRaw};
use quipu_core::{Ordering, Word};
use std::fs::{self, File, Permissions};
use std::ops::Deref;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::time::Duration;
use std::{hint, thread};

/// Rounds of looking before a process that waits lets others run.
const SPINS: u32 = 2_000;
/// Whoever has not come by then never will.
const WAIT_MS_MAX: u64 = 60_000;

/// Words in a file of shared memory. The creator's drop removes the file.
pub struct Words {
    words: &'static [Word],
    path: PathBuf,
    _name: Option<TableName>,
    // `words` points into it and leaves this type only borrowed from `self`.
    _pages: MmapRaw,
}

impl Words {
    /// So many words, all zero.
    ///
    /// # Panics
    /// If there is no room.
    #[must_use]
    pub fn create(count: usize) -> Self {
        let name = TableName::new();
        let file = File::create_new(name.path()).expect("a fresh file");
        file.set_len(8 * count as u64).expect("room in /dev/shm");
        Self {
            _name: Some(name),
            ..Self::open(file_path(&file))
        }
    }

    /// The words that a test created and whose path it gave to this child.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn open(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let file = File::options().read(true).write(true).open(&path);
        let file = file.expect("the words of the test");
        let pages = MmapOptions::new().map_raw(&file).expect("a mapping");
        Self {
            words: system::words(&pages),
            path,
            _name: None,
            _pages: pages,
        }
    }

    /// Lets the processes of a group use them, too.
    ///
    /// # Panics
    /// If we may not.
    pub fn admit(&self, group: u32) {
        chown(&self.path, None, Some(group)).expect("a group that we may use");
        fs::set_permissions(&self.path, Permissions::from_mode(0o660)).expect("a file of ours");
    }

    /// For a child's [`Self::open`].
    #[must_use]
    pub fn path(&self) -> &str {
        self.path.to_str().expect("a plain path")
    }
}

fn file_path(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::read_link(link).expect("the path of an open file")
}

impl Deref for Words {
    type Target = [Word];

    fn deref(&self) -> &[Word] {
        self.words
    }
}

/// What a word holds.
#[must_use]
pub fn get(word: &Word) -> u64 {
    word.load(Ordering::Acquire)
}

/// Stores into a word, after all that was done before.
pub fn put(word: &Word, value: u64) {
    word.store(value, Ordering::Release);
}

/// Adds to a word; returns what it held.
pub fn add(word: &Word, amount: u64) -> u64 {
    word.add(amount, Ordering::AcqRel)
}

/// Raises a word to a value.
pub fn raise(word: &Word, value: u64) {
    let mut seen = get(word);
    while seen < value {
        match word.cas(seen, value, Ordering::AcqRel) {
            Ok(()) => return,
            Err(now) => seen = now,
        }
    }
}

/// Waits until so many processes have come to this word, the same number each time; they go on at the same instant.
///
/// # Panics
/// If the others do not come in a minute.
pub fn meet(word: &Word, parties: u64) {
    let ticket = add(word, 1);
    let all = (ticket / parties + 1) * parties;
    wait_for("the others", || get(word) >= all);
}

/// Waits until something holds, and looks often.
///
/// # Panics
/// If it does not in a minute.
pub fn wait_for(what: &str, holds: impl FnMut() -> bool) {
    assert!(comes(WAIT_MS_MAX, holds), "{what}: not in {WAIT_MS_MAX} ms");
}

/// Waits until something holds, at most so long; says whether it does.
pub fn comes(ms_max: u64, mut holds: impl FnMut() -> bool) -> bool {
    let end = system::now_ms() + ms_max;
    for round in 0_u32.. {
        if holds() {
            return true;
        }
        match round {
            0..SPINS => hint::spin_loop(),
            _ if round % 64 != 0 => thread::yield_now(),
            _ if system::now_ms() > end => break,
            _ => thread::sleep(Duration::from_micros(200)),
        }
    }
    false
}
