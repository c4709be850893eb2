//! A table's file as an enemy sees it: words at offsets, of which any may be changed, before it is opened or after.
use quipu::{OnFull, Options, Table, Ttl, Value, ValueRef};
use quipu_core::layout::control;
use quipu_core::{BUCKET_BYTES, Geometry, IMMUTABLE_WORDS, SEGMENT_BYTES};
use quipu_tests::content;
use quipu_tests::random::Random;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is not within so many bytes of the start of its part was never used.
const PART_BYTES: usize = 64 << 10;
/// Segments that are used.
const SEGMENTS: u64 = 9;
/// Cells and so on that one change concerns at most.
const PLACES_MAX: usize = 64;

/// Striped counters of a table.
const STRIPED: u64 = 4;

/// A table that an honest program made, to be forged.
pub(crate) struct Original {
    geometry: Geometry,
    /// Its bytes, in the parts of the file that are used.
    parts: Vec<(u64, Vec<u8>)>,
}

/// One kind of word, and where there are such.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) offsets: Vec<u64>,
}

/// A copy of the original, in a file of its own.
pub(crate) struct Forgery {
    pub(crate) path: PathBuf,
    file: File,
    /// It is removed on drop.
    is_ours: bool,
}

impl Original {
    /// Makes a small table with every kind of entry in it.
    pub(crate) fn new(directory: &Path, on_full: OnFull) -> Self {
        let path = directory.join("original");
        let options = Options {
            max_bytes: Some(16 << 20),
            tick_ms: 1,
            on_full,
            wipe: on_full == OnFull::Evict,
            ..Options::default()
        };
        let table = Table::create(&path, options).expect("room");
        for number in 0..100 {
            let (key, value, ttl) = entry(number);
            table.set(&key, &value, ttl).expect("room");
        }
        add_striped(&table);
        drop(table);
        let original = Self::of(&File::open(&path).expect("the table"));
        fs::remove_file(&path).expect("the table");
        original
    }

    /// What is in a file now, whose header is honest.
    fn of(file: &File) -> Self {
        let geometry = geometry(file);
        let starts = [
            0,
            geometry.pages_at,
            geometry.participants_at,
            geometry.segments_at,
        ];
        let more = [geometry.hints_at, geometry.stripes_at, geometry.buckets_at];
        let segments = (0..SEGMENTS).map(|i| geometry.arena_at + i * SEGMENT_BYTES);
        let starts = starts.into_iter().chain(more).chain(segments);
        let parts = starts.map(|start| {
            let mut bytes = vec![0; PART_BYTES];
            file.read_exact_at(&mut bytes, start).expect("the table");
            (start, bytes)
        });
        let parts = parts.collect();
        Self { geometry, parts }
    }

    /// A fresh copy.
    pub(crate) fn forge(&self, path: PathBuf) -> Forgery {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path);
        let file = file.expect("room");
        file.set_len(self.geometry.file_bytes).expect("room");
        for (start, bytes) in &self.parts {
            file.write_all_at(bytes, *start).expect("room");
        }
        Forgery {
            path,
            file,
            is_ours: true,
        }
    }

    /// The length of its file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.geometry.file_bytes
    }

    /// Every kind of word that there is.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places = self.control_places();
        let geometry = &self.geometry;
        let rows = [
            ("participant", geometry.participants_at, 128, 0..9),
            ("process slot", geometry.process_slots_at, 64, 0..4),
            ("segment", geometry.segments_at, 64, 0..2),
            ("hint", geometry.hints_at, 2048, 0..2),
            ("line of a stripe group", geometry.stripes_at, 64, 0..2),
            ("bucket", geometry.buckets_at, BUCKET_BYTES, 0..8),
            ("commit bits", geometry.commits_at, 4096, 0..4),
            ("page bits", geometry.pages_at, 4096, 0..4),
        ];
        for (name, start, step, words) in rows {
            for word in words {
                let offsets = (0..PLACES_MAX as u64).map(|i| start + i * step + 8 * word);
                places.push(self.place(name, offsets.collect()));
            }
        }
        for word in 0..8 {
            let cells = (0..8).flat_map(|bucket| {
                (1..32).map(move |cell| {
                    geometry.buckets_at + bucket * BUCKET_BYTES + 64 * cell + 8 * word
                })
            });
            places.push(self.place("cell", cells.collect()));
        }
        // The first words of granules: block headers, lengths, flags, and the first references of an index.
        for word in 0..8 {
            let granules = (0..SEGMENTS).flat_map(|segment| {
                (0..200).map(move |granule| {
                    geometry.arena_at + segment * SEGMENT_BYTES + 64 * granule + 8 * word
                })
            });
            places.push(self.place("granule", granules.collect()));
        }
        places
    }

    fn place(&self, name: &'static str, mut offsets: Vec<u64>) -> Place {
        offsets.retain(|offset| offset + 8 <= self.geometry.file_bytes);
        Place { name, offsets }
    }

    fn control_places(&self) -> Vec<Place> {
        let words = [
            control::GEOM,
            control::BOOT,
            control::EPOCH,
            control::WALL,
            control::EARLY_SPLITS,
            control::EVICT_HAND,
            control::EXPIRE_HAND,
            control::COMMITTED_INDEX,
            control::COMMITTED_ARENA,
            control::SEGMENTS_USED,
            control::CLASS_HINT,
            control::STATISTICS,
            control::WAIT,
        ];
        let of = |word: usize| self.place("header", vec![8 * word as u64]);
        words.into_iter().map(of).collect()
    }

    /// Where anything may be that a program looks at.
    pub(crate) fn anywhere(&self, random: &mut Random) -> u64 {
        let (start, bytes) = random.choose(&self.parts);
        let within = bytes.len() as u64 / 8;
        // Half of the time near the start, where most is in use.
        let within = if random.one_in(2) {
            within.min(256)
        } else {
            within
        };
        start + 8 * random.below(within)
    }
}

fn geometry(file: &File) -> Geometry {
    let mut words = [0; IMMUTABLE_WORDS];
    for (word, at) in words.iter_mut().zip((0..).step_by(8)) {
        *word = read(file, at);
    }
    Geometry::decode(&words).expect("an honest header")
}

fn read(file: &File, at: u64) -> u64 {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, at).expect("within the file");
    u64::from_le_bytes(bytes)
}

impl Forgery {
    /// The forgery of somebody else.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let file = File::options().read(true).write(true).open(path).ok()?;
        let path = path.to_path_buf();
        Some(Self {
            path,
            file,
            is_ours: false,
        })
    }

    /// Where its parts are.
    pub(crate) fn layout(&self) -> Original {
        Original::of(&self.file)
    }

    /// A word of it.
    pub(crate) fn get(&self, at: u64) -> u64 {
        read(&self.file, at)
    }

    /// Changes a word; whoever has mapped the file sees it at once.
    pub(crate) fn put(&self, at: u64, value: u64) {
        self.file
            .write_all_at(&value.to_le_bytes(), at)
            .expect("within the file");
    }

    /// Changes a word in one of the ways that make programs fail.
    pub(crate) fn damage(&self, at: u64, random: &mut Random) {
        let word = self.get(at);
        let value = match random.below(10) {
            0 => 0,
            1 => u64::MAX,
            2 => random.word(),
            3 => word.wrapping_add(1),
            4 => word.wrapping_sub(1),
            5 => word.rotate_left(8),
            _ => word ^ 1 << random.below(64),
        };
        self.put(at, value);
    }
}

impl Drop for Forgery {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the striped counters of a table.
pub(crate) fn add_striped(table: &Table) {
    for number in 0..STRIPED {
        let mut striped = table.striped(&striped_key(number)).expect("a short key");
        striped.add(5).expect("room");
    }
}

/// The key of one of them.
pub(crate) fn striped_key(number: u64) -> Vec<u8> {
    format!("striped {}", number % STRIPED).into_bytes()
}

/// The entry with a number: each kind of key, value and time to live comes up.
pub(crate) fn entry(number: u64) -> (Vec<u8>, Value, Ttl) {
    let mut key = format!("key {number}").into_bytes();
    if number.is_multiple_of(7) {
        key.extend(content::make(number, 0, 300));
    }
    let bytes = |length| Value::Bytes {
        bytes: content::make(number, 0, length),
        flags: u32::from(number.is_multiple_of(2)),
    };
    let value = match number % 10 {
        0..3 => Value::Integer(number.cast_signed()),
        3 => Value::Float(0.5),
        4 => Value::bytes(*b"short"),
        5 => bytes(0),
        6 => bytes(1000),
        7 if number == 57 => bytes(100_000),
        _ => bytes(usize::try_from(number).unwrap_or(0)),
    };
    let ttl = match number % 9 {
        0 => Ttl::After(Duration::from_millis(number)),
        1 => Ttl::After(Duration::from_secs(1000)),
        _ => Ttl::Never,
    };
    (key, value, ttl)
}

/// A borrowed value.
pub(crate) fn by_ref(value: &Value) -> ValueRef<'_> {
    ValueRef::from(value)
}
