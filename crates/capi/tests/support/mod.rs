//! What the tests of the C library share: where the library is, and how programs are compiled with it.
#![allow(dead_code, reason = "each test program uses a part of it")]
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::{env, fs};

/// What a C program asks for besides the static library, as quipu.pc says it.
const SYSTEM_LIBRARIES: [&str; 4] = ["-lgcc_s", "-lpthread", "-ldl", "-lm"];

pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A library that cargo built with this test.
pub(crate) fn library(ending: &str) -> PathBuf {
    let program = env::current_exe().expect("this program");
    let path = program.with_file_name(format!("libquipu_capi.{ending}"));
    assert!(path.exists(), "no {}", path.display());
    path
}

/// A number that no other test of this process has.
fn next() -> u32 {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let mut next = NEXT.lock().expect("no test panics here");
    *next += 1;
    *next
}

/// A name in /dev/shm that is free, and free again afterwards.
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn new() -> Self {
        Self(format!("quipu-capi-test-{}-{}", std::process::id(), next()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = fs::remove_file(Path::new("/dev/shm").join(&self.0));
    }
}

/// A directory that goes away.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let name = format!("quipu-capi-test-{}-{}", std::process::id(), next());
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).expect("a fresh directory");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// With the shared library in it, under its name.
    pub(crate) fn with_library() -> Self {
        let directory = Self::new();
        let name = directory.path().join("libquipu.so.0");
        fs::copy(library("so"), name).expect("a copy");
        directory
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a program is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// With the shared library.
    Shared,
    /// With the static library.
    Static,
    /// With the static library, and what finds mistakes with memory.
    Sanitized,
}

/// The C programs of the tests, by name.
pub(crate) fn source(name: &str) -> PathBuf {
    folder().join("tests/c").join(name)
}

/// Compiles a C program into a directory; every warning is an error.
pub(crate) fn compile(source: &Path, directory: &Directory, build: Build) -> PathBuf {
    let stem = source.file_stem().expect("a name").to_string_lossy();
    let program = directory.path().join(stem.as_ref());
    let mut gcc = Command::new("gcc");
    // _DEFAULT_SOURCE: for what POSIX has and C has not (fork, nanosleep).
    gcc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-g", "-O1", "-D_DEFAULT_SOURCE", "-pthread"])
        .arg("-I")
        .arg(folder().join("include"))
        .arg(source)
        .arg("-o")
        .arg(&program);
    match build {
        Build::Shared => {
            gcc.arg(directory.path().join("libquipu.so.0"));
            gcc.arg(format!("-Wl,-rpath,{}", directory.path().display()));
        }
        Build::Static => {
            gcc.arg(library("a")).args(SYSTEM_LIBRARIES);
        }
        Build::Sanitized => {
            gcc.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
            gcc.arg(library("a")).args(SYSTEM_LIBRARIES);
        }
    }
    succeed(&mut gcc);
    program
}

/// Runs a command, and shows what it said if it fails.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the command");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a program with a fresh name for a table.
pub(crate) fn run(program: &Path) {
    let name = Name::new();
    succeed(Command::new(program).arg(name.as_str()));
}

/// The functions that the header declares.
pub(crate) fn functions() -> Vec<String> {
    let header = fs::read_to_string(folder().join("include/quipu.h")).expect("the header");
    let mut found = Vec::new();
    for line in header.lines() {
        let is_declaration = ["quipu_status ", "void ", "const char *", "size_t "]
            .iter()
            .any(|start| line.starts_with(start));
        let name = line
            .split(['(', ' ', '*'])
            .find(|word| word.starts_with("quipu_") && *word != "quipu_status");
        if let Some(name) = name.filter(|_| is_declaration && line.contains('(')) {
            found.push(name.to_owned());
        }
    }
    found
}
