//! What the processor can do beyond loads and stores of words: compare bytes by the vector, fetch a line ahead.
//!
//! Nothing here changes what an operation does, only how fast it does it; each has a plain form, which models use.
use crate::layout::TAG_WORDS;

/// A bit per byte of `words` that equals the low byte of `tag`.
#[cfg(all(not(loom), target_arch = "x86_64"))]
#[inline(always)]
#[expect(unsafe_code, reason = "vector instructions")]
pub(crate) fn matching_bytes([a, b, c, d]: [u64; TAG_WORDS], tag: u64) -> u64 {
    use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let tag = tag.to_le_bytes()[0].cast_signed();
    // SAFETY: SSE2 is part of x86-64; registers alone.
    let pattern = unsafe { _mm_set1_epi8(tag) };
    let matches = |low: u64, high: u64| {
        // SAFETY: as above.
        let bytes = unsafe { _mm_set_epi64x(high.cast_signed(), low.cast_signed()) };
        // SAFETY: as above.
        let equal = unsafe { _mm_cmpeq_epi8(bytes, pattern) };
        // SAFETY: as above.
        let bits = unsafe { _mm_movemask_epi8(equal) };
        u64::from(bits.cast_unsigned())
    };
    matches(a, b) | matches(c, d) << 16
}

/// A bit per byte of `words` that equals the low byte of `tag`.
#[cfg(not(all(not(loom), target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn matching_bytes(words: [u64; TAG_WORDS], tag: u64) -> u64 {
    plain_matching_bytes(words, tag)
}

/// An exact zero-byte test on each word xor `tag`.
#[cfg(any(test, loom, not(target_arch = "x86_64")))]
#[inline(always)]
fn plain_matching_bytes(words: [u64; TAG_WORDS], tag: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = tag.wrapping_mul(0x0101_0101_0101_0101);
    let mut matches = 0;
    for (w, word) in words.into_iter().enumerate() {
        let word = word ^ pattern;
        let zero = !((word & LOW).wrapping_add(LOW) | word | LOW);
        matches |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * w);
    }
    matches
}

/// Asks for the line of `place`, which will be read.
#[inline(always)]
#[cfg_attr(
    not(loom),
    expect(unsafe_code, reason = "an instruction without a safe name")
)]
pub(crate) fn prefetch<T>(place: &T) {
    // SAFETY: a hint to the processor; it changes no memory and faults nowhere.
    #[cfg(all(not(loom), target_arch = "x86_64"))]
    unsafe {
        core::arch::asm!("prefetcht0 [{}]", in(reg) core::ptr::from_ref(place), options(nostack, preserves_flags, readonly));
    }
    // SAFETY: as above.
    #[cfg(all(not(loom), target_arch = "aarch64"))]
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) core::ptr::from_ref(place), options(nostack, preserves_flags, readonly));
    }
    #[cfg(loom)]
    let _ = place;
}

/// Asks for the line of `place`, which will be written.
#[inline(always)]
#[cfg_attr(
    not(loom),
    expect(unsafe_code, reason = "an instruction without a safe name")
)]
pub(crate) fn prefetch_to_write<T>(place: &T) {
    // SAFETY: a hint to the processor; it changes no memory and faults nowhere, and is nothing on an older one.
    #[cfg(all(not(loom), target_arch = "x86_64"))]
    unsafe {
        core::arch::asm!("prefetchw [{}]", in(reg) core::ptr::from_ref(place), options(nostack, preserves_flags, readonly));
    }
    // SAFETY: as above.
    #[cfg(all(not(loom), target_arch = "aarch64"))]
    unsafe {
        core::arch::asm!("prfm pstl1keep, [{}]", in(reg) core::ptr::from_ref(place), options(nostack, preserves_flags, readonly));
    }
    #[cfg(loom)]
    let _ = place;
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn bytes_match_exactly_where_they_are_equal() {
        let bytes: [u8; 32] = core::array::from_fn(|i| {
            if i % 3 == 0 {
                0x80
            } else {
                (i as u64 * 9).to_le_bytes()[0]
            }
        });
        let words = core::array::from_fn(|w| crate::key::word_of(&bytes[8 * w..8 * w + 8]));
        for tag in 0..=255_u8 {
            let expected = (0..32).fold(0, |m, i| m | u64::from(bytes[i] == tag) << i);
            assert_eq!(matching_bytes(words, tag.into()), expected, "tag {tag}");
            assert_eq!(
                plain_matching_bytes(words, tag.into()),
                expected,
                "tag {tag}"
            );
        }
    }
}
