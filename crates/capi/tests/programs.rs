//! C programs that use every function, each built in three ways and run under valgrind too. They are in tests/c.
mod support;

use std::fs;
use std::process::Command;
use support::{Build, Directory, Name, compile, functions, run, source, succeed};

const PROGRAMS: [&str; 8] = [
    "arguments.c",
    "cut.c",
    "ends.c",
    "numbers.c",
    "open.c",
    "several.c",
    "tend.c",
    "values.c",
];

fn every_program(build: Build, run: impl Fn(&std::path::Path)) {
    let directory = Directory::with_library();
    for name in PROGRAMS {
        run(&compile(&source(name), &directory, build));
    }
}

#[test]
fn programs_pass_with_the_shared_library() {
    every_program(Build::Shared, run);
}

#[test]
fn programs_pass_with_the_static_library() {
    every_program(Build::Static, run);
}

/// Also finds handles that are not closed, which nobody could do without the address sanitizer.
#[test]
fn programs_pass_under_the_sanitizers() {
    every_program(Build::Sanitized, run);
}

#[test]
fn programs_pass_under_valgrind() {
    every_program(Build::Shared, |program| {
        let name = Name::new();
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
            // For cut.c: a handler of SIGBUS returns to the instruction that failed, with its registers.
            .arg("--vex-iropt-register-updates=allregs-at-each-insn")
            // "Possible" are what the C library keeps of ended threads.
            .args(["--show-leak-kinds=definite,indirect"])
            .args(["--errors-for-leak-kinds=definite,indirect"])
            .arg(program)
            .arg(name.as_str());
        succeed(&mut valgrind);
    });
}

#[test]
fn every_function_is_called_by_a_program() {
    let mut text = String::new();
    for name in PROGRAMS {
        text += &fs::read_to_string(source(name)).expect("the program");
    }
    let functions = functions();
    assert!(functions.len() > 60, "{functions:?}");
    let missing: Vec<&String> = functions
        .iter()
        .filter(|name| !text.contains(&format!("{name}(")))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
}
