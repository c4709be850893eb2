//! The physical limit: one addition, and one load that the next waits for, on random lines of a mapping as large as
//! the table.
use crate::random::Random;
use memmap2::MmapMut;
use quipu_core::{Ordering, Word};
use std::hint::black_box;
use std::io;

const LINE_BYTES: usize = 64;
const LINE_WORDS: usize = LINE_BYTES / 8;

/// A private copy of nothing but the table's size, in small pages as a table in /dev/shm has them.
#[derive(Debug)]
pub struct Lines {
    mapping: MmapMut,
    count: usize,
}

impl Lines {
    /// A mapping of so many bytes, all of it in memory.
    ///
    /// # Errors
    /// If there is no room.
    pub fn new(bytes: u64) -> io::Result<Self> {
        let count = usize::try_from(bytes)
            .map_err(io::Error::other)?
            .div_ceil(LINE_BYTES)
            .max(1);
        // Shared, because a private mapping may get large pages without asking.
        let file = memory_file()?;
        file.set_len((count * LINE_BYTES) as u64)?;
        // SAFETY: nobody else has the file, so nobody changes it or cuts it off.
        #[expect(unsafe_code, reason = "a table is a mapped file too")]
        let mapping = unsafe { MmapMut::map_mut(&file)? };
        let lines = Self { mapping, count };
        for line in 0..count {
            lines.words()[line * LINE_WORDS].store(0, Ordering::Relaxed);
        }
        Ok(lines)
    }

    #[expect(unsafe_code, reason = "a table is a mapped file too")]
    fn words(&self) -> &[Word] {
        let (start, count) = (self.mapping.as_ptr().cast(), self.mapping.len() / 8);
        // SAFETY: the mapping is page-aligned, so long, and lives as long as the slice; its words are atomic, so they
        // may change behind a shared reference.
        unsafe { std::slice::from_raw_parts(start, count) }
    }

    /// `lock xadd` on random lines.
    pub fn add(&self, seed: u64, operations: usize) {
        let (words, mut random) = (self.words(), Random::new(seed));
        for _ in 0..operations {
            let at = random.below(self.count) * LINE_WORDS;
            black_box(words[at].add(1, Ordering::AcqRel));
        }
    }

    /// `lock xadd` on one line, which stays in the cache.
    pub fn add_to_one(&self, operations: usize) {
        let word = &self.words()[0];
        for _ in 0..operations {
            black_box(word.add(1, Ordering::AcqRel));
        }
    }

    /// Loads from random lines, each of which waits for the one before.
    pub fn load(&self, seed: u64, operations: usize) {
        let (words, mut random) = (self.words(), Random::new(seed));
        let mut last = 0;
        for _ in 0..operations {
            // The top bit is never set, but the processor has to wait for the word to know.
            let at = (random.below(self.count) ^ usize::from(last >> 63 == 1)) * LINE_WORDS;
            last = words[at].load(Ordering::Relaxed);
        }
        black_box(last);
    }
}

#[expect(unsafe_code, reason = "std has no call for it")]
fn memory_file() -> io::Result<std::fs::File> {
    use std::os::fd::FromRawFd;
    // SAFETY: the name is a C string of the program.
    let descriptor = unsafe { libc::memfd_create(c"quipu-benches".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made, and nobody else knows it.
    Ok(unsafe { std::fs::File::from_raw_fd(descriptor) })
}
