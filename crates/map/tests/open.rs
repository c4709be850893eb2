//! Every way in which opening a table is refused.
mod support;

use quipu::{Coded, OpenError, Options, Owner, Table, TableReader};
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Directory, Name, Running, mib, part, rerun};

/// What this program does in a process of its own.
#[test]
fn child() {
    let Some((_, name)) = part() else { return };
    let error = Table::open(&name).expect_err("more than this process may map");
    assert!(matches!(error, OpenError::AddressSpace { .. }), "{error}");
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("a file");
}

fn error_of(path: &Path) -> OpenError {
    let reader = TableReader::open(path, Owner::CallerOrRoot).expect_err("no reader either");
    let table = Table::open(path).expect_err("no table");
    assert_eq!(reader.code(), table.code(), "{reader} and {table}");
    assert!(
        table.to_string().contains(':') || table.to_string().len() > 20,
        "it says what to do: {table}"
    );
    table
}

/// A copy of the header of a table, changed, in a file of the same length.
fn changed(directory: &Directory, change: impl FnOnce(&File)) -> PathBuf {
    let path = directory.file("table");
    let _ = fs::remove_file(&path);
    Table::create(&path, mib(1)).expect("a table");
    change(
        &OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("the file"),
    );
    path
}

#[test]
fn what_is_not_there_is_not_found() {
    let directory = Directory::new();
    assert!(matches!(
        error_of(&directory.file("none")),
        OpenError::NotFound { .. }
    ));
    assert!(matches!(
        error_of(&directory.file("none/none")),
        OpenError::NotFound { .. }
    ));
    let created = Table::create(directory.file("none/none"), mib(1));
    assert!(matches!(created, Err(OpenError::NotFound { .. })));
    let created = Table::open_or_create(directory.file("none/none"), mib(1));
    assert!(matches!(created, Err(OpenError::NotFound { .. })));
    assert!(matches!(
        quipu::remove(directory.file("none")),
        Err(OpenError::NotFound { .. })
    ));
}

#[test]
fn what_is_no_name_is_refused_by_all() {
    let long = "n".repeat(201);
    for name in ["", ".", "..", "/", "/tmp/", "a\0b", "/tmp/..", &long] {
        let bad = |error: OpenError| {
            assert!(
                matches!(error, OpenError::BadName { .. }),
                "{name:?}: {error}"
            )
        };
        bad(Table::open(name).expect_err("no name"));
        bad(Table::create(name, mib(1)).expect_err("no name"));
        bad(Table::open_or_create(name, mib(1)).expect_err("no name"));
        bad(TableReader::open(name, Owner::Anyone).expect_err("no name"));
        bad(quipu::remove(name).expect_err("no name"));
        bad(quipu::free_bytes(name).expect_err("no name"));
    }
}

#[test]
fn what_is_no_table_is_refused_and_left_alone() {
    let directory = Directory::new();
    let file = |name: &str| directory.file(name);
    write(&file("empty"), b"");
    write(&file("short"), b"QUIPU");
    write(&file("other"), &[7; 100_000]);
    fs::create_dir(file("directory")).expect("a directory");
    let _socket = UnixListener::bind(file("socket")).expect("a socket");
    let made = Command::new("mkfifo")
        .arg(file("pipe"))
        .status()
        .expect("the command mkfifo");
    assert!(made.success());
    for name in ["empty", "short", "other", "directory", "socket", "pipe"] {
        let error = error_of(&file(name));
        assert!(
            matches!(error, OpenError::NotATable { .. }),
            "{name}: {error}"
        );
        let error = quipu::remove(file(name)).expect_err("not ours to remove");
        assert!(
            matches!(error, OpenError::NotATable { .. }),
            "{name}: {error}"
        );
        let error = Table::create(file(name), mib(1)).expect_err("it exists");
        assert!(matches!(error, OpenError::Exists { .. }), "{name}: {error}");
        assert!(Table::open_or_create(file(name), mib(1)).is_err());
        assert!(file(name).exists());
    }
}

#[test]
fn a_symbolic_link_is_refused() {
    let directory = Directory::new();
    Table::create(directory.file("table"), mib(1)).expect("a table");
    symlink(directory.file("table"), directory.file("link")).expect("a link");
    symlink(directory.file("nothing"), directory.file("dangling")).expect("a link");
    for name in ["link", "dangling"] {
        let link = directory.file(name);
        assert!(matches!(error_of(&link), OpenError::Symlink { .. }));
        assert!(matches!(
            Table::open_or_create(&link, mib(1)),
            Err(OpenError::Symlink { .. })
        ));
        assert!(matches!(
            Table::create(&link, mib(1)),
            Err(OpenError::Exists { .. })
        ));
        assert!(matches!(
            quipu::remove(&link),
            Err(OpenError::Symlink { .. })
        ));
    }
    assert!(
        !directory.file("nothing").exists(),
        "nothing was made through a link"
    );
}

#[test]
fn a_header_that_is_not_ours_is_refused_and_can_be_removed() {
    let directory = Directory::new();
    let word = |index: u64, value: u64| {
        move |file: &File| {
            file.write_all_at(&value.to_le_bytes(), index * 8)
                .expect("written")
        }
    };
    let path = changed(&directory, word(0, 1));
    assert!(matches!(error_of(&path), OpenError::NotATable { .. }));
    let path = changed(&directory, word(1, 77));
    assert!(matches!(
        error_of(&path),
        OpenError::FormatVersion {
            expected: 3,
            found: 77
        }
    ));
    assert!(quipu::remove(&path).is_ok() && !path.exists());
    let path = changed(&directory, word(2, 77));
    assert!(matches!(
        error_of(&path),
        OpenError::Architecture { found: 77, .. }
    ));
    assert!(quipu::remove(&path).is_ok() && !path.exists());
    // The size, an offset, a mask of zero, the checksum.
    for index in [4, 5, 6, 8, 14, 18, 31] {
        let path = changed(&directory, word(index, 0));
        assert!(
            matches!(error_of(&path), OpenError::Damaged),
            "word {index}"
        );
        assert!(quipu::remove(&path).is_ok() && !path.exists());
    }
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let directory = Directory::new();
    for bytes in [100, 4095, 4096, 100_000] {
        let path = changed(&directory, |file| file.set_len(bytes).expect("cut off"));
        let error = error_of(&path);
        let OpenError::Truncated {
            bytes_expected,
            bytes_found,
        } = error
        else {
            panic!("{bytes}: {error}");
        };
        assert!(bytes_found == bytes && bytes_expected > bytes);
        assert!(quipu::remove(&path).is_ok() && !path.exists());
    }
}

#[test]
fn every_flipped_bit_of_the_header_is_refused() {
    let directory = Directory::new();
    let path = directory.file("table");
    Table::create(&path, mib(1)).expect("a table");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .expect("the file");
    for at in 0..256 {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).expect("read");
        file.write_all_at(&[byte[0] ^ 4], at).expect("written");
        assert!(Table::open(&path).is_err(), "byte {at}");
        file.write_all_at(&byte, at).expect("written");
    }
    assert!(Table::open(&path).is_ok());
}

#[test]
fn a_strangers_table_is_refused_unless_asked_for() {
    let directory = Directory::new();
    let path = directory.file("table");
    Table::create(&path, mib(1)).expect("a table");
    let own = fs::metadata(&path).expect("the file").uid();
    assert!(Table::open_owned_by(&path, Owner::Uid(own)).is_ok());
    let error = Table::open_owned_by(&path, Owner::Uid(own + 1)).expect_err("not its owner");
    assert!(matches!(error, OpenError::Owner { uid } if uid == own));
    assert!(TableReader::open(&path, Owner::Uid(own + 1)).is_err());
    // Only root may give a file away.
    if chown(&path, Some(12_345), None).is_ok() {
        assert!(matches!(error_of(&path), OpenError::Owner { uid: 12_345 }));
        let other = Options {
            owner: Owner::Uid(12_345),
            ..mib(1)
        };
        assert!(Table::open_or_create(&path, other).is_ok());
        assert!(Table::open_owned_by(&path, Owner::Anyone).is_ok());
    }
}

#[test]
fn a_table_that_everybody_may_write_is_refused_unless_asked_for() {
    let directory = Directory::new();
    let path = directory.file("table");
    let open = Options {
        mode: 0o666,
        ..mib(1)
    };
    Table::create(&path, open.clone()).expect("a table");
    assert_eq!(
        fs::metadata(&path).expect("the file").permissions().mode() & 0o777,
        0o666,
        "whatever the umask"
    );
    assert!(matches!(error_of(&path), OpenError::Mode { mode: 0o666 }));
    assert!(Table::open_or_create(&path, open).is_ok());
    assert!(Table::open_owned_by(&path, Owner::Anyone).is_ok());
    fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("ours");
    assert!(Table::open(&path).is_ok());
}

#[test]
fn a_process_without_the_address_space_is_told_so() {
    let name = Name::new();
    Table::create(&name, mib(64 << 10)).expect("a table of up to 64 GiB");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 8000000; exec \"$@\"", "sh"]);
    let plain = rerun("too large", name.as_str());
    limited.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    Running::start(limited).finish();
}
