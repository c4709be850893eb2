//! What is in the place of a table and is none, or is not for us: a typed error, which says what to do about it.
use quipu::{Coded, OpenError, Options, Owner, Table, TableReader};
use quipu_tests::child::Child;
use quipu_tests::files::{Directory, mib};
use quipu_tests::shared::{Words, get, put, wait_for};
use quipu_tests::system::{become_user, is_root};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
/// Offsets of format.md 3.1 and 3.2.
const VERSION: u64 = 8;
const MARKS: u64 = 16;
const CHECKSUM: u64 = 31 * 8;
const BOOT: u64 = 0x140;
/// Users that nothing else here is.
const STRANGER: u32 = 12_345;
const US: u32 = 12_346;

type Spoil = fn(&Path);

fn put_word(path: &Path, at: u64, word: u64) {
    let file = File::options().write(true).open(path).expect("the table");
    file.write_all_at(&word.to_le_bytes(), at).expect("room");
}

fn shorten(path: &Path, length: u64) {
    let file = File::options().write(true).open(path).expect("the table");
    file.set_len(length).expect("it may be cut off");
}

/// What happened to the table, the code of the error, and what its text must tell people to do.
const FAULTS: [(&str, Spoil, &str, &str); 12] = [
    (
        "gone",
        |path| fs::remove_file(path).expect("it was there"),
        "TABLE_NOT_FOUND",
        "quipu create",
    ),
    (
        "empty",
        |path| shorten(path, 0),
        "NOT_A_TABLE",
        "check the name",
    ),
    (
        "another file",
        |path| fs::write(path, [7; 9000]).expect("room"),
        "NOT_A_TABLE",
        "check the name",
    ),
    (
        "a directory",
        replace_by_directory,
        "NOT_A_TABLE",
        "check the name",
    ),
    (
        "a symbolic link",
        replace_by_link,
        "SYMLINK",
        "use the path it leads to",
    ),
    (
        "cut off",
        |path| shorten(path, 70_000),
        "TRUNCATED",
        "remove it and create it again",
    ),
    (
        "cut off in its header",
        |path| shorten(path, 100),
        "TRUNCATED",
        "remove it and create it again",
    ),
    (
        "another version",
        |path| put_word(path, VERSION, 77),
        "FORMAT_VERSION",
        "`quipu dump` of that one",
    ),
    (
        "another machine",
        |path| put_word(path, MARKS, 0x40_0002_0403_0201),
        "ARCHITECTURE",
        "dump it there",
    ),
    (
        "a wrong checksum",
        |path| put_word(path, CHECKSUM, 1),
        "DAMAGED",
        "remove the file and create it again",
    ),
    (
        "everybody's",
        |path| set_mode(path, 0o666),
        "MODE",
        "chmod o-w",
    ),
    ("a pipe", replace_by_pipe, "NOT_A_TABLE", "check the name"),
];

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
}

fn replace_by_directory(path: &Path) {
    fs::remove_file(path).expect("it was there");
    fs::create_dir(path).expect("room");
}

fn replace_by_link(path: &Path) {
    let other = path.with_extension("other");
    fs::rename(path, &other).expect("room");
    symlink(other, path).expect("room");
}

fn replace_by_pipe(path: &Path) {
    fs::remove_file(path).expect("it was there");
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("the command mkfifo").success());
}

/// The same error for everybody who opens it, with a remedy in its text.
fn assert_refused(what: &str, path: &Path, code: &str, remedy: &str) {
    let errors = [
        Table::open(path).err(),
        TableReader::open(path, Owner::CallerOrRoot).err(),
    ];
    for error in errors {
        let error = error.unwrap_or_else(|| panic!("{what}: it was opened"));
        assert_eq!(error.code().name, code, "{what}: {error}");
        assert!(
            error.to_string().contains(remedy),
            "{what}: no word of what to do in: {error}"
        );
    }
}

#[test]
fn what_is_no_table_for_us_is_refused_with_a_remedy() {
    for (what, spoil, code, remedy) in FAULTS {
        let directory = Directory::in_memory();
        let path = directory.file("table");
        drop(Table::create(&path, mib(4)).expect("a table"));
        assert!(Table::open(&path).is_ok());
        spoil(&path);
        assert_refused(what, &path, code, remedy);
    }
}

#[test]
fn a_table_of_another_boot_that_is_in_use_is_refused_with_a_remedy() {
    let directory = Directory::in_memory();
    let path = directory.file("table");
    let words = Words::create(8);
    drop(Table::create(&path, mib(4)).expect("a table"));
    let keeper = Child::start("keeper of another boot", &[&path.display(), &words.path()]);
    wait_for("its user", || get(&words[0]) == 1);
    put_word(&path, BOOT, 1);
    let error = Table::open(&path).expect_err("of another boot, and in use");
    assert!(matches!(error, OpenError::OtherBoot { .. }), "{error}");
    assert!(
        error.to_string().contains("let its other users close it"),
        "{error}"
    );
    put(&words[1], 1);
    keeper.finish(LONG);
    assert_eq!(
        Table::open(&path).expect("nobody uses it").get_number(b"n"),
        Ok(Some(1))
    );
}

/// Uses the table until it is told to close it.
pub(crate) fn keeper(arguments: &[String]) {
    let [path, words] = arguments else {
        panic!("a keeper has two arguments");
    };
    let words = Words::open(words);
    let table = Table::open(path).expect("the table");
    table.incr(b"n", 1).expect("room");
    put(&words[0], 1);
    wait_for("the end", || get(&words[1]) == 1);
}

#[test]
fn a_strangers_table_is_refused_with_a_remedy() {
    if !is_root() {
        println!("skipped: only root may give a file away, and be somebody else");
        return;
    }
    let directory = Directory::in_memory();
    set_mode(directory.path(), 0o755);
    let path = directory.file("table");
    let readable = Options {
        mode: 0o644,
        ..mib(4)
    };
    drop(Table::create(&path, readable).expect("a table"));
    chown(&path, Some(STRANGER), None).expect("root may give it away");
    // For root, and for a user who is neither the owner nor root.
    assert_refused("a stranger's", &path, "OWNER", "Owner::Uid(12345)");
    Child::start("other user", &[&path.display()]).finish(LONG);
}

/// Neither root nor the owner.
pub(crate) fn other_user(arguments: &[String]) {
    let [path] = arguments else {
        panic!("it has one argument");
    };
    let path = Path::new(path);
    become_user(US, US).expect("root may be anybody");
    let error = TableReader::open(path, Owner::CallerOrRoot).expect_err("a stranger's");
    assert!(
        matches!(error, OpenError::Owner { uid: STRANGER }),
        "{error}"
    );
    assert!(
        TableReader::open(path, Owner::Uid(STRANGER)).is_ok(),
        "who asks for it may read"
    );
    let error = Table::open_owned_by(path, Owner::Uid(STRANGER)).expect_err("not to write");
    let words = error.to_string();
    assert!(
        words.contains("Permission denied") && words.contains("table"),
        "{words}"
    );
}
