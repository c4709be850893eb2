//! What docs/c.md shows works, and it names every function and status.
mod support;

use std::fs;
use std::process::Command;
use support::{Build, Directory, Name, compile, folder, functions, succeed};

fn document() -> String {
    fs::read_to_string(folder().join("../../docs/c.md")).expect("the document")
}

/// The blocks in a language.
fn blocks(language: &str) -> Vec<String> {
    let text = document();
    let start = format!("```{language}\n");
    text.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| format!("{block}\n"))
        .collect()
}

/// The complete programs among them, as files.
fn programs(directory: &Directory) -> Vec<std::path::PathBuf> {
    let programs: Vec<String> = blocks("c")
        .into_iter()
        .filter(|block| block.contains("int main("))
        .collect();
    let paths = (0..).zip(&programs).map(|(number, text)| {
        let path = directory.path().join(format!("example{number}.c"));
        fs::write(&path, text).expect("writable");
        path
    });
    paths.collect()
}

fn expected(hits: u32) -> [String; 3] {
    let start = format!("{hits} hits\nsession of ada, ");
    [
        start,
        "it is grace's now\n".into(),
        "key session:42\n".into(),
    ]
}

#[test]
fn the_example_works_however_it_is_built() {
    for build in [Build::Shared, Build::Static, Build::Sanitized] {
        let directory = Directory::with_library();
        let sources = programs(&directory);
        assert_eq!(sources.len(), 1);
        let program = compile(&sources[0], &directory, build);
        let name = Name::new();
        let mut command = Command::new(&program);
        command.arg(name.as_str());
        for hits in 1..3 {
            let said = String::from_utf8(succeed(&mut command).stdout).expect("text");
            for part in expected(hits) {
                assert!(said.contains(&part), "no {part:?} in {said}");
            }
        }
        if build == Build::Shared {
            let mut valgrind = Command::new("valgrind");
            valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]);
            succeed(valgrind.arg(&program).arg(name.as_str()));
        }
    }
}

#[test]
fn the_example_in_python_works() {
    let directory = Directory::with_library();
    let name = Name::new();
    let library = directory.path().join("libquipu.so.0");
    let text = blocks("python").concat();
    let text = text
        .replace("libquipu.so.0", &library.display().to_string())
        .replace("b\"hits\"", &format!("b\"{}\"", name.as_str()));
    let mut python = Command::new("python3");
    let said = succeed(python.arg("-c").arg(text)).stdout;
    assert_eq!(String::from_utf8(said).expect("text"), "1\n");
}

#[test]
fn every_function_and_status_is_named() {
    let text = document();
    let missing: Vec<String> = functions()
        .into_iter()
        .filter(|name| !text.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    for code in quipu::CODES.iter().filter(|code| code.status < 40) {
        let name = format!("`QUIPU_{}`", code.name);
        assert!(text.contains(&name), "{name}");
    }
}

/// A header that a C++ compiler takes too, and one of C99.
#[test]
fn the_header_is_good_for_cpp_and_c99() {
    let header = folder().join("include/quipu.h");
    for (language, standard) in [("c++", "-std=c++11"), ("c", "-std=c99")] {
        let mut compiler = Command::new(if language == "c" { "gcc" } else { "g++" });
        compiler
            .args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(["-Wno-unused-function", standard, "-x", language]);
        succeed(compiler.arg(&header));
    }
}
