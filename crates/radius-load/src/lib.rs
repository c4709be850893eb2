//! Load for a RADIUS accounting server, on the loopback interface only: life cycles of sessions in a closed or an open
//! loop, bursts, and disorder whose end is known.
//!
//! One thread, which sleeps whenever it has nothing to do: a loader that spins takes the processor from the server that
//! it measures, and from the disk that the server waits for. The time of an answer counts from when its request
//! *should* have been sent, so that a server that stalls is charged for all whom it kept waiting.
#![forbid(unsafe_code)]

pub mod check;
pub mod clock;
pub mod disorder;
pub mod engine;
pub mod figures;
pub mod lane;
pub mod life;
pub mod source;
pub mod sync;
