//! One real text, one word a line: the documentation and sources that are on any machine that builds Rust.
//!
//! Nothing is generated and no file is read twice, so that the words are as often, and as rare, as people use them.
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Prose first. What ends in .gz or .dz is unpacked.
const SOURCES: [&str; 8] = [
    "/usr/share/dictd",
    "/usr/lib/bible-kjv-text",
    "/usr/share/perl",
    "/usr/share/doc",
    "/usr/share/info",
    "/usr/share/man",
    "/usr/include",
    "/usr/share/perl5",
];
/// A run of bytes that is longer is no word.
const WORD_BYTES_MAX: usize = 200;
/// A file that is longer is no text that somebody wrote.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Writes words, one a line, until there are so many; returns how many there are.
///
/// # Panics
/// If the machine has not so many, or the disk is full.
pub fn collect(to: &Path, words_least: u64) -> u64 {
    let mut text = Text {
        out: BufWriter::with_capacity(1 << 20, fs::File::create(to).expect("a file for the words")),
        words: 0,
        words_least,
        seen: HashSet::new(),
    };
    for source in sources() {
        text.take_folder(&source).expect("room for the words");
    }
    text.out.flush().expect("room for the words");
    assert!(
        text.words >= words_least,
        "this machine has {} words of text and the test needs {words_least}: install the packages dict-gcide, \
         dict-foldoc, perl-doc and manpages-dev",
        text.words
    );
    text.words
}

fn sources() -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = SOURCES.iter().map(PathBuf::from).collect();
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = env::var_os("CARGO_HOME").map_or(home.join(".cargo"), PathBuf::from);
    sources.push(cargo.join("registry/src"));
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    if let Ok(output) = sysroot {
        let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        sources.push(Path::new(&sysroot).join("share/doc"));
        sources.push(Path::new(&sysroot).join("lib/rustlib/src"));
    }
    sources
}

struct Text {
    out: BufWriter<fs::File>,
    words: u64,
    words_least: u64,
    seen: HashSet<u64>,
}

impl Text {
    /// In the order of the names, so that the text of a machine is the same every time.
    fn take_folder(&mut self, folder: &Path) -> io::Result<()> {
        let Ok(files) = fs::read_dir(folder) else {
            return Ok(());
        };
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.sort();
        for path in paths {
            if self.words >= self.words_least {
                return Ok(());
            }
            let Ok(found) = fs::symlink_metadata(&path) else {
                continue;
            };
            if found.is_dir() {
                self.take_folder(&path)?;
            } else if found.is_file() && found.len() <= FILE_BYTES_MAX {
                self.take_file(&path)?;
            }
        }
        Ok(())
    }

    fn take_file(&mut self, path: &Path) -> io::Result<()> {
        let extension = path.extension().unwrap_or_default();
        let bytes = if extension == "gz" || extension == "dz" {
            unpack(path)
        } else {
            fs::read(path).unwrap_or_default()
        };
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        if bytes.contains(&0) || !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        for word in bytes.split(u8::is_ascii_whitespace) {
            if !word.is_empty() && word.len() <= WORD_BYTES_MAX {
                self.out.write_all(word)?;
                self.out.write_all(b"\n")?;
                self.words += 1;
            }
        }
        Ok(())
    }
}

fn unpack(path: &Path) -> Vec<u8> {
    let output = Command::new("gzip").args(["-dc", "--"]).arg(path).output();
    output.map(|output| output.stdout).unwrap_or_default()
}

/// Cuts a file of lines into so many pieces of about the same length, next to it.
///
/// # Panics
/// If the disk is full.
#[must_use]
pub fn cut(file: &Path, pieces: usize) -> Vec<PathBuf> {
    let bytes = fs::read(file).expect("the words");
    let mut from = 0;
    (1..=pieces)
        .map(|piece| {
            let aim = bytes.len() / pieces * piece;
            let end = match bytes
                .get(aim..)
                .and_then(|rest| rest.iter().position(|b| *b == b'\n'))
            {
                Some(rest) if piece < pieces => aim + rest + 1,
                _ => bytes.len(),
            };
            let path = file.with_extension(format!("piece{piece}"));
            fs::write(&path, &bytes[from..end]).expect("room for a piece");
            from = end;
            path
        })
        .collect()
}
