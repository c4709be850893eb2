//! Where the bytes of a value go that is copied out: into a vector, or into room that the caller has.
use alloc::vec::Vec;

/// Takes the bytes of a value, part by part.
pub trait Buffer {
    /// Forgets what was copied: the value has changed meanwhile, and comes again.
    fn clear(&mut self);

    /// Where the next `bytes` bytes go. Empty if they have no room; they count all the same.
    fn append(&mut self, bytes: usize) -> &mut [u8];

    /// How many bytes came since it was cleared.
    fn length(&self) -> usize;
}

/// A vector, whose contents are replaced. It is written as it is, and takes its new length in the end, so one that is
/// used again and again is not filled with zeros first.
#[derive(Debug)]
pub struct Growing<'b> {
    vector: &'b mut Vec<u8>,
    length: usize,
}

impl<'b> Growing<'b> {
    /// Replaces what is in a vector.
    #[inline(always)]
    pub fn new(vector: &'b mut Vec<u8>) -> Self {
        Self { vector, length: 0 }
    }
}

impl Buffer for Growing<'_> {
    #[inline(always)]
    fn clear(&mut self) {
        self.length = 0;
    }

    #[inline(always)]
    fn append(&mut self, bytes: usize) -> &mut [u8] {
        let from = self.length;
        self.length += bytes;
        if self.vector.len() < self.length {
            self.vector.resize(self.length, 0);
        }
        &mut self.vector[from..self.length]
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Growing<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.vector.truncate(self.length);
    }
}

/// Room of a fixed size. Of a value that does not fit only the length is of use.
#[derive(Debug)]
pub struct Fixed<'b> {
    room: &'b mut [u8],
    length: usize,
}

impl<'b> Fixed<'b> {
    /// Writes into `room`.
    #[inline(always)]
    pub fn new(room: &'b mut [u8]) -> Self {
        Self { room, length: 0 }
    }
}

impl Buffer for Fixed<'_> {
    #[inline(always)]
    fn clear(&mut self) {
        self.length = 0;
    }

    #[inline(always)]
    fn append(&mut self, bytes: usize) -> &mut [u8] {
        let from = self.length;
        self.length += bytes;
        self.room.get_mut(from..self.length).unwrap_or_default()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_vector_takes_the_length_of_what_came_last() {
        let mut vector = alloc::vec![9; 5];
        let mut buffer = Growing::new(&mut vector);
        buffer.append(8).fill(1);
        buffer.clear();
        buffer.append(2).fill(2);
        buffer.append(1).fill(3);
        assert_eq!(buffer.length(), 3);
        drop(buffer);
        assert_eq!(vector, [2, 2, 3]);
    }

    #[test]
    fn room_takes_what_fits_and_counts_the_rest() {
        let mut room = [0; 4];
        let mut buffer = Fixed::new(&mut room);
        buffer.append(3).fill(7);
        assert!(buffer.append(2).is_empty());
        assert_eq!(buffer.length(), 5);
        buffer.clear();
        buffer.append(4).fill(8);
        assert_eq!(room, [8; 4]);
    }
}
