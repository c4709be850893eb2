//! What the creator of a table chooses, and whom an opener trusts.
use crate::boundary::{self, Failure, Growing};
use quipu::{HashId, OnFull, Owner, Pages};

/// When there is no room, writes fail with QUIPU_FULL.
pub const QUIPU_ON_FULL_ERROR: u32 = 0;
/// When there is no room, entries that were not used lately go.
pub const QUIPU_ON_FULL_EVICT: u32 = 1;

/// The usual hash function, XXH3 with a secret of the table's own.
pub const QUIPU_HASH_XXH3: u32 = 0;
/// SipHash-1-3, for keys that an attacker chooses.
pub const QUIPU_HASH_SIPHASH13: u32 = 1;

/// A table of the caller or of root.
pub const QUIPU_OWNER_CALLER_OR_ROOT: u32 = 0;
/// A table of the user `owner_uid`.
pub const QUIPU_OWNER_UID: u32 = 1;
/// A table of whomever, also one that everybody may write.
pub const QUIPU_OWNER_ANYONE: u32 = 2;

/// Pages of the size that the file system gives, mapped at their first touch.
pub const QUIPU_PAGES_ON_DEMAND: u32 = 0;
/// The same, mapped now for this process.
pub const QUIPU_PAGES_POPULATED: u32 = 1;
/// Mapped now, and gathered into huge pages where the system can.
pub const QUIPU_PAGES_HUGE: u32 = 2;

/// What the creator of a table chooses, and whom an opener trusts. Set `struct_size` to its size and the rest to zero,
/// which is the default of everything:
///
/// quipu_options options = { .struct_size = sizeof options, .max_bytes = 64 << 20 };
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Options {
    /// sizeof(quipu_options)
    pub struct_size: usize,
    /// The most bytes of memory the table may take, 1 MiB to 1 TiB; what is outside is rounded in. 0: half of what the
    /// file system has free. Memory is taken only as it is needed. Counts for a new table only.
    pub max_bytes: u64,
    /// QUIPU_ON_FULL_ERROR or QUIPU_ON_FULL_EVICT. Counts for a new table only.
    pub on_full: u32,
    /// QUIPU_HASH_XXH3 or QUIPU_HASH_SIPHASH13. Counts for a new table only.
    pub hash: u32,
    /// Milliseconds of a tick of the expiry clock, a power of two from 1 to 65,536; 0: 128. Times to live are rounded
    /// up to ticks, and can be as long as 2^31 of them. Counts for a new table only.
    pub tick_ms: u32,
    /// The permission bits of the file, whatever the umask says; 0: 0600. Counts for a new table only; but with
    /// quipu_open_or_create a mode that lets everybody write (0666) also accepts such a table that exists.
    pub mode: u32,
    /// Not 0: the file gets the group `group`. Counts for a new table only.
    pub has_group: u32,
    /// The number of the group.
    pub group: u32,
    /// Whose table is accepted if it exists: QUIPU_OWNER_CALLER_OR_ROOT, QUIPU_OWNER_UID or QUIPU_OWNER_ANYONE.
    pub owner: u32,
    /// The number of the user, for QUIPU_OWNER_UID.
    pub owner_uid: u32,
    /// Which pages this process uses for what the table has taken so far: QUIPU_PAGES_ON_DEMAND, QUIPU_PAGES_POPULATED
    /// or QUIPU_PAGES_HUGE.
    pub pages: u32,
    /// 1: the bytes of values, and of keys of more than 40 bytes, are made zero as soon as they are deleted, replaced,
    /// expired or evicted; 0: they stay until their memory is used again. Counts for a new table only.
    pub wipe: u32,
}

const _: () = assert!(size_of::<Options>() == 56, "no padding; it only grows");

impl Growing for Options {
    const BYTES_LEAST: usize = 56;
    const ZERO: Self = Self {
        struct_size: size_of::<Self>(),
        max_bytes: 0,
        on_full: QUIPU_ON_FULL_ERROR,
        hash: QUIPU_HASH_XXH3,
        tick_ms: 0,
        mode: 0,
        has_group: 0,
        group: 0,
        owner: QUIPU_OWNER_CALLER_OR_ROOT,
        owner_uid: 0,
        pages: QUIPU_PAGES_ON_DEMAND,
        wipe: 0,
    };
}

impl Options {
    fn checked(&self) -> Result<quipu::Options, Failure> {
        let mut options = quipu::Options {
            max_bytes: (self.max_bytes != 0).then_some(self.max_bytes),
            on_full: match self.on_full {
                QUIPU_ON_FULL_ERROR => OnFull::Error,
                QUIPU_ON_FULL_EVICT => OnFull::Evict,
                _ => return Err(Failure::argument("there is no such `on_full`")),
            },
            hash: match self.hash {
                QUIPU_HASH_XXH3 => HashId::Xxh3,
                QUIPU_HASH_SIPHASH13 => HashId::SipHash13,
                _ => return Err(Failure::argument("there is no such `hash`")),
            },
            wipe: match self.wipe {
                0 => false,
                1 => true,
                _ => return Err(Failure::argument("`wipe` of the options must be 0 or 1")),
            },
            group: (self.has_group != 0).then_some(self.group),
            owner: match self.owner {
                QUIPU_OWNER_CALLER_OR_ROOT => Owner::CallerOrRoot,
                QUIPU_OWNER_UID => Owner::Uid(self.owner_uid),
                QUIPU_OWNER_ANYONE => Owner::Anyone,
                _ => return Err(Failure::argument("there is no such `owner`")),
            },
            pages: pages(self.pages)?,
            ..quipu::Options::default()
        };
        if self.tick_ms != 0 {
            options.tick_ms = self.tick_ms;
        }
        if self.mode & !0o777 != 0 {
            return Err(Failure::argument(
                "`mode` of the options is more than permission bits: write it in octal, as 0660",
            ));
        }
        if self.mode != 0 {
            options.mode = self.mode;
        }
        Ok(options)
    }
}

pub(crate) fn pages(number: u32) -> Result<Pages, Failure> {
    match number {
        QUIPU_PAGES_ON_DEMAND => Ok(Pages::OnDemand),
        QUIPU_PAGES_POPULATED => Ok(Pages::Populated),
        QUIPU_PAGES_HUGE => Ok(Pages::Huge),
        _ => Err(Failure::argument("there is no such kind of pages")),
    }
}

/// The options that a caller passed; NULL: the defaults.
///
/// # Safety
/// The promise at the head of the crate.
pub(crate) unsafe fn options(given: *const Options) -> Result<quipu::Options, Failure> {
    // SAFETY: the caller promises it.
    unsafe { boundary::sized_or_default(given) }?.checked()
}
