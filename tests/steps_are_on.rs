//! Built only by `cargo steps`, so that a lost `--cfg quipu_steps` fails instead of killing nobody.
#[cfg(not(quipu_steps))]
compile_error!("steps are off: unset RUSTFLAGS, which overrides the flags of the alias");

#[cfg(quipu_steps)]
fn main() {}
