//! The command `quipu`, built from this tree.
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program `quipu` (release), which is built first if need be.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn quipu() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build)
}

/// Cargo does nothing if the program is up to date: only it can tell.
fn build() -> PathBuf {
    let target = target_directory();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "quipu-cli"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root())
        .status()
        .expect("cargo");
    assert!(status.success(), "quipu-cli does not build");
    target.join("release/quipu")
}

/// The root of the workspace.
///
/// # Panics
/// Never: this package is in a folder of it.
#[must_use]
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the workspace")
}

/// This program is TARGET/PROFILE/deps/NAME.
fn target_directory() -> PathBuf {
    let program = env::current_exe().expect("this program");
    let target = program.ancestors().nth(3).expect("a target directory");
    target.to_path_buf()
}
