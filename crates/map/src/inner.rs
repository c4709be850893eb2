//! What all handles of a table in this process share: the file, the mapping, the clock.
use crate::clock::Clock;
use crate::error::OpenError;
use crate::file::TableFile;
use crate::hash::Hasher;
use crate::mapping::{Access, Mapping};
use crate::{registry, space, sys};
use quipu_core::{
    Geometry, HEADER_BYTES, Host, IMMUTABLE_WORDS, Key, MAGIC, Mark, Memory, OnFull, OutOfSpace,
    ReadError, Ticks, Word, layout::control,
};
use std::fs::File;
use std::ops::Deref;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// An open table file and its mapping.
pub(crate) struct Opened {
    pub(crate) file: TableFile,
    /// Where it was found; `None` for one that came as a descriptor.
    pub(crate) path: Option<PathBuf>,
    pub(crate) mapping: Mapping,
}

impl Opened {
    /// Validates the header of a file and maps it.
    pub(crate) fn new(
        file: File,
        path: Option<PathBuf>,
        access: Access,
    ) -> Result<Self, OpenError> {
        let shown = shown(path.as_deref());
        let geometry = read_geometry(&file, shown)?;
        let mapping = Mapping::new(&file, shown, geometry, access)?;
        let file = TableFile::new(file).map_err(|error| OpenError::of(shown, error))?;
        Ok(Self {
            file,
            path,
            mapping,
        })
    }

    /// Looks whether the file is as long as it was mapped; if not, every operation from now on says so.
    pub(crate) fn look_at_length(&self) {
        if let Ok((_, length)) = self.file.get_with_length() {
            self.note_length(length);
        }
    }

    fn note_length(&self, length: u64) {
        if length < self.mapping.memory().geometry.file_bytes {
            self.mapping.mark_cut();
        }
    }

    /// The path for an error text.
    pub(crate) fn shown(&self) -> PathBuf {
        shown(self.path.as_deref()).to_path_buf()
    }
}

/// A path for an error text.
pub(crate) fn shown(path: Option<&Path>) -> &Path {
    path.unwrap_or(Path::new("(descriptor)"))
}

/// Reads and checks the header, with calls that cannot fault.
pub(crate) fn read_geometry(file: &File, path: &Path) -> Result<Geometry, OpenError> {
    let of = |error| OpenError::of(path, error);
    let not_a_table = || OpenError::NotATable {
        path: path.to_path_buf(),
    };
    let details = file.metadata().map_err(of)?;
    if !details.is_file() || details.len() < 8 {
        return Err(not_a_table());
    }
    let mut magic = [0; 8];
    file.read_exact_at(&mut magic, 0).map_err(of)?;
    if u64::from_le_bytes(magic) != MAGIC {
        return Err(not_a_table());
    }
    if details.len() < HEADER_BYTES {
        let bytes_found = details.len();
        return Err(OpenError::Truncated {
            bytes_expected: HEADER_BYTES,
            bytes_found,
        });
    }
    let mut bytes = [0; 8 * IMMUTABLE_WORDS];
    file.read_exact_at(&mut bytes, 0).map_err(of)?;
    let mut words = [0; IMMUTABLE_WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut whole = [0; 8];
        whole.copy_from_slice(bytes);
        *word = u64::from_le_bytes(whole);
    }
    Ok(Geometry::decode(&words)?)
}

/// A table as it is read: what a handle and a read-only handle have in common.
pub(crate) struct View {
    pub(crate) opened: Opened,
    pub(crate) hasher: Hasher,
    pub(crate) clock: Clock,
    /// Whether reads leave a trace for the clock hand.
    pub(crate) mark: Mark,
}

impl View {
    pub(crate) fn new(opened: Opened, clock: Clock, mark: Mark) -> Self {
        let hasher = Hasher::new(&opened.mapping.memory().geometry.choices);
        Self {
            opened,
            hasher,
            clock,
            mark,
        }
    }

    #[inline(always)]
    pub(crate) fn memory(&self) -> &Memory<'_> {
        self.opened.mapping.memory()
    }

    /// The tick it is.
    #[inline]
    pub(crate) fn now(&self) -> Ticks {
        self.clock.now(self.memory())
    }

    /// A key that is ready to be looked up.
    #[inline(always)]
    pub(crate) fn key<'k>(&self, bytes: &'k [u8]) -> Result<Key<'k>, ReadError> {
        self.hasher.key(bytes).ok_or(ReadError::KeyTooLong)
    }
}

/// A table that this process is attached to. One for each file, however often it is opened.
pub(crate) struct Inner {
    /// Its number in this process.
    pub(crate) id: u64,
    /// The generation of this process, or 0 if it was forked since, see `registry.rs`.
    pub(crate) generation: &'static Word,
    view: View,
    /// How much it is best to commit at a time.
    commit_bytes: u64,
}

impl Inner {
    pub(crate) fn new(id: u64, opened: Opened) -> Self {
        let memory = opened.mapping.memory();
        let mark = match memory.geometry.choices.on_full {
            OnFull::Evict => Mark::Used,
            OnFull::Error => Mark::Nothing,
        };
        let clock = Clock::new(memory);
        let commit_bytes = space::commit_bytes(opened.file.get().ok());
        let view = View::new(opened, clock, mark);
        Self {
            id,
            generation: registry::generation_word(),
            view,
            commit_bytes,
        }
    }
}

impl Deref for Inner {
    type Target = View;

    #[inline(always)]
    fn deref(&self) -> &View {
        &self.view
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        registry::forget(self);
    }
}

impl Host for Inner {
    #[inline]
    fn now(&self) -> Ticks {
        self.view.now()
    }

    fn commit(&self, offset: u64, bytes: u64) -> Result<(), OutOfSpace> {
        let Opened { file, path, .. } = &self.opened;
        let done = match file.get_with_length() {
            Ok((file, length)) => {
                // Memory beyond the end of a file that was cut off is of no use.
                self.opened.note_length(length);
                space::allocate(file, offset, bytes)
            }
            Err(_) => file
                .reopen(path.as_deref())
                .and_then(|file| space::allocate(&file, offset, bytes)),
        };
        done.map_err(|_| OutOfSpace)
    }

    fn commit_bytes(&self) -> u64 {
        self.commit_bytes
    }

    fn wake(&self, word: usize) {
        if let Some(word) = self.memory().control.get(control::WAIT + word) {
            sys::futex_wake(word);
        }
    }
}
