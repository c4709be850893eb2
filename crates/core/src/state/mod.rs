//! Packed words as newtypes: raw bits do not leave these files. Format: docs/format.md 4 to 7.
mod block;
mod bucket;
mod cell;
mod owner;
mod stripe;
mod time;

pub(crate) use block::{BlockHeader, BlockRef, BlockState, Role, SegmentState, SegmentWord};
pub(crate) use bucket::{ControlHi, Geom};
pub use cell::Kind;
pub(crate) use cell::{CellHi, Meta, State, tag};
pub use owner::Registration;
pub(crate) use owner::{CellIntent, Owner};
pub(crate) use stripe::{GroupHeader, GroupRef, LaneTag};
pub use time::{Expiry, TICKS_AHEAD_MAX, Ticks};

/// The low `bits` bits.
const fn mask(bits: u32) -> u64 {
    if bits == 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::layout::{EXPIRY_BITS, EXTENT_GRANULES, VERSION_BITS};

    #[test]
    fn the_longest_time_to_live_is_in_the_future_at_every_tick() {
        for now in [
            0,
            1,
            (TICKS_AHEAD_MAX + 1),
            (TICKS_AHEAD_MAX + 1) + 1,
            (TICKS_AHEAD_MAX + 1) + 2,
            (TICKS_AHEAD_MAX + 1) + 3,
            mask(EXPIRY_BITS),
        ] {
            let now = Ticks::new(now);
            let expiry = now.expiry_in(TICKS_AHEAD_MAX).expect("allowed");
            assert!(!expiry.is_past(now) && !expiry.is_never(), "{now:?}");
            assert_eq!(now.expiry_in(TICKS_AHEAD_MAX + 1), None);
        }
    }

    #[test]
    fn the_parts_of_a_packed_word_come_back() {
        let hi = CellHi::new(State::Live, Kind::Float, 12_345, Expiry::from_word(67_890));
        assert_eq!((hi.state(), hi.kind()), (State::Live, Kind::Float));
        assert_eq!(
            (hi.version(), hi.expiry()),
            (12_345, Expiry::from_word(67_890))
        );
        let last = CellHi::new(State::Dead, Kind::Block, mask(VERSION_BITS), Expiry::NEVER);
        assert_eq!(last.version_after(), 1, "0 is skipped");
        assert_eq!(hi.with_state(State::Moving).version(), 12_345);
        let meta = Meta::new(65_535, 4095, 0xdead_beef);
        assert_eq!(
            (meta.key_length(), meta.owner(), meta.hash()),
            (65_535, 4095, 0xdead_beef)
        );
        let intent = CellIntent::new(u64::from(u32::MAX), 30, mask(26));
        assert_eq!(intent.get(), Some((u64::from(u32::MAX), 30, mask(26))));
        let header = BlockHeader::allocated(Role::Index, 17, 4095, mask(30));
        assert_eq!(
            (header.class(), header.owner(), header.generation()),
            (17, 4095, mask(30))
        );
        assert_eq!(
            (header.state(), header.role()),
            (BlockState::Allocated, Role::Index)
        );
        assert_eq!(header.generation_after(), 1, "0 is skipped");
        let segment = SegmentWord(0)
            .to_pool(mask(30))
            .to_formatting(17, 4095)
            .extended();
        assert_eq!(
            (segment.class(), segment.owner(), segment.floor()),
            (17, 4095, mask(30))
        );
        assert_eq!(segment.to_ready().granules(), EXTENT_GRANULES);
        let registration = Registration(0).taken_by(1023).given_back().taken_by(7);
        assert_eq!(
            (registration.process_slot(), registration.generation()),
            (Some(7), 2)
        );
    }
}
