//! What the flags of a value say about its bytes, so that programs in different languages understand each other
//! (docs/format.md, 5.4).
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use quipu::*;
//! # let table = Table::memfd(Options { max_bytes: Some(4 << 20), ..Options::default() })?;
//! let list = ValueRef::Bytes { bytes: b"[1, 2, 3]", flags: tag::JSON };
//! table.set(b"list", list, Ttl::Never)?;
//! # Ok(()) }
//! ```

/// Bytes as they are.
pub const RAW: u32 = 0;
/// Nothing: null, None, nil. No bytes.
pub const NULL: u32 = 0x5150_0001;
/// A truth value: one byte, 0 or 1.
pub const BOOLEAN: u32 = 0x5150_0002;
/// Text in JSON, in UTF-8.
pub const JSON: u32 = 0x5150_0003;
/// What PHP's `serialize` made. `unserialize` makes objects of its reader's classes: pass `allowed_classes`.
pub const PHP: u32 = 0x5150_0004;
/// What igbinary, an extension of PHP, made. As [`PHP`].
pub const IGBINARY: u32 = 0x5150_0005;
/// MessagePack. Reserved: nothing of Quipu writes it.
pub const MSGPACK: u32 = 0x5150_0006;
/// What Python's pickle made. Reserved: nothing of Quipu writes it, and to read it is to run what its writer wrote.
pub const PICKLE: u32 = 0x5150_0007;
