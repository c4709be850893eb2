//! House rules that a compiler does not know: where `unsafe` may be, that every ordering names its partner, how long
//! functions and files may be, and that the numbers of docs/format.md are those of the code.
use quipu_core::layout;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The only files of the libraries and the command that may contain `unsafe`. Those of crates/capi are the functions that
/// C calls: what they believe of their caller, they believe in `boundary.rs`.
const UNSAFE_FILES: [&str; 20] = [
    "crates/capi/src/batch.rs",
    "crates/capi/src/boundary.rs",
    "crates/capi/src/count.rs",
    "crates/capi/src/counter.rs",
    "crates/capi/src/end.rs",
    "crates/capi/src/list.rs",
    "crates/capi/src/open.rs",
    "crates/capi/src/options.rs",
    "crates/capi/src/pages.rs",
    "crates/capi/src/read.rs",
    "crates/capi/src/scan.rs",
    "crates/capi/src/stats.rs",
    "crates/capi/src/status.rs",
    "crates/capi/src/write.rs",
    "crates/core/src/processor.rs",
    "crates/core/src/sync/pair.rs",
    "crates/map/src/mapping.rs",
    "crates/map/src/signal.rs",
    "crates/map/src/sys.rs",
    "crates/radiusd/src/net/system.rs",
];
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;

struct Source {
    /// From the root of the project.
    name: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below some folders that end in one of the endings.
fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), endings, &mut found);
    }
    assert!(!found.is_empty(), "no files in {folders:?}");
    found
}

fn walk(path: &Path, endings: &[&str], found: &mut Vec<Source>) {
    if path.is_dir() {
        if path.file_name().is_some_and(|name| name == "target") {
            return;
        }
        let entries = fs::read_dir(path).expect("readable");
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            walk(&path, endings, found);
        }
    } else if endings
        .iter()
        .any(|ending| path.to_string_lossy().ends_with(ending))
    {
        let name = path.strip_prefix(root()).unwrap_or(path);
        found.push(Source {
            name: name.to_string_lossy().into_owned(),
            text: fs::read_to_string(path).expect("text"),
        });
    }
}

fn library() -> Vec<Source> {
    sources(
        &[
            "crates/core/src",
            "crates/map/src",
            "crates/cli/src",
            "crates/capi/src",
            "crates/radiusd/src",
            "crates/radius-load/src",
        ],
        &[".rs"],
    )
}

fn everything() -> Vec<Source> {
    sources(
        &["crates", "tests", "benches", "fuzz/fuzz_targets"],
        &[".rs"],
    )
}

/// The line without what follows `//`.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[test]
fn unsafe_code_is_in_few_named_files() {
    let offenders: Vec<String> = library()
        .into_iter()
        .filter(|source| !UNSAFE_FILES.contains(&source.name.as_str()))
        .filter(|source| {
            let mut lines = source.text.lines().map(code);
            lines.any(|line| {
                line.contains("unsafe {")
                    || line.contains("unsafe fn")
                    || line.contains("unsafe extern")
            })
        })
        .map(|source| source.name)
        .collect();
    assert_eq!(offenders, Vec::<String>::new());
}

/// A tag in brackets after the name of an ordering, as in `// Release [publish]: ...`.
fn tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with("//"))
    {
        for ordering in ["Acquire [", "Release [", "Relaxed [", "AcqRel ["] {
            for (at, _) in line.match_indices(ordering) {
                let rest = &line[at + ordering.len()..];
                tags.extend(rest.split_once(']').map(|(tag, _)| tag.to_owned()));
            }
        }
    }
    tags
}

#[test]
fn every_ordering_names_a_partner() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources(&["crates/core/src", "crates/map/src"], &[".rs"]) {
        for tag in tags(&source.text) {
            *count.entry(tag).or_default() += 1;
        }
    }
    assert!(count.len() >= 8, "the tags were found: {count:?}");
    let alone: Vec<_> = count
        .into_iter()
        .filter(|(_, places)| *places < 2)
        .collect();
    assert_eq!(alone, [], "tags without a partner");
}

#[test]
fn files_are_short() {
    let long: Vec<_> = everything()
        .into_iter()
        .map(|source| (source.text.lines().count(), source.name))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    assert_eq!(long, []);
}

/// Functions as rustfmt lays them out: from `fn` to the closing brace of the same indentation.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        let is_function = start.split(' ').take(5).any(|word| word == "fn");
        if !is_function || start.starts_with("//") || start.ends_with('}') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - start.len()]);
        let length = lines[at..].iter().position(|line| *line == end);
        found.push((start.to_owned(), length.unwrap_or_default()));
    }
    found
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for source in everything() {
        for (function, lines) in functions(&source.text) {
            if lines > FUNCTION_LINES_MAX {
                long.push(format!("{}: {function} {lines}", source.name));
            }
        }
    }
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn text_is_ascii() {
    let mut texts = sources(
        &["crates", "tests", "benches", "docs", "fuzz"],
        &[".rs", ".md", ".toml", ".py"],
    );
    texts.extend(sources(
        &["README.md", "ARCHITECTURE.md", "CHANGELOG.md"],
        &[".md"],
    ));
    texts.extend(sources(
        &["scripts", ".ci"],
        &[
            "test",
            "full",
            "fuzz",
            "models",
            "mutants",
            "common",
            "run",
            "torture",
            "bench",
            "bench-radius",
            "soak-radius",
            "instructions",
            "test-c",
            "install-c",
        ],
    ));
    let offenders: Vec<_> = texts
        .into_iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            let other: Vec<_> = lines
                .filter(|(_, line)| !line.is_ascii())
                .map(|(number, _)| format!("{}:{}", source.name, number + 1))
                .collect();
            other
        })
        .collect();
    assert_eq!(offenders, Vec::<String>::new());
}

/// Paths in backquotes or links that begin with a folder of the project.
#[test]
fn documents_name_no_dead_path() {
    let mut documents = sources(&["docs"], &[".md"]);
    documents.extend(sources(
        &["README.md", "ARCHITECTURE.md", "CHANGELOG.md"],
        &[".md"],
    ));
    let mut dead = Vec::new();
    for document in documents {
        for word in document
            .text
            .split(|c: char| c.is_whitespace() || "`()[],;:".contains(c))
        {
            let path = word.trim_end_matches(['.', '/']);
            let is_ours = [
                "crates/", "docs/", "tests/", "scripts/", "benches/", "fuzz/",
            ]
            .iter()
            .any(|folder| path.starts_with(folder));
            if is_ours && !path.contains(['*', '<', '{']) && !root().join(path).exists() {
                dead.push(format!("{}: {path}", document.name));
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
}

/// The values of `layout.rs` by name.
fn constants() -> Vec<(&'static str, String)> {
    macro_rules! named {
        ($($name:ident)*) => { vec![$((stringify!($name), layout::$name.to_string())),*] };
    }
    macro_rules! control {
        ($($name:ident)*) => {
            vec![$((concat!("control::", stringify!($name)), layout::control::$name.to_string())),*]
        };
    }
    let classes = layout::CLASS_GRANULES.iter().map(usize::to_string);
    let mut constants = named!(CELLS TAG_WORDS KEY_PAIRS INLINE_BYTES_MAX GRANULE_WORDS SEGMENT_GRANULES
        SEGMENT_EXTENTS VALUE_GRANULES_MAX VALUE_BYTES_MAX COUNTERS SEGMENT_RESERVED WAIT_WORDS STRIPE_GROUPS LANES
        LANE_RESERVED VERSION_BITS
        EXPIRY_BITS CONTROL_VERSION_BITS KEY_LENGTH_BITS OWNER_BITS META_HASH_BITS REGISTRATION_BITS GRANULE_BITS
        GENERATION_BITS STRIPE_GROUP_BITS STRIPE_GENERATION_BITS KEY_WORDS KEY_INLINE_BYTES_MAX KEY_BYTES_MAX BLOCK_HEADER_WORDS HINT_WORDS EXTENT_GRANULES
        SEGMENT_WORDS BLOCK_PAYLOAD_WORDS_MAX BLOCK_BYTES_MAX CHUNKS_MAX DEPTH_MAX ROUNDS_MAX);
    constants.extend(
        control!(GEOM BOOT EPOCH WALL UPKEEP EARLY_SPLITS EVICT_HAND EXPIRE_HAND COMMITTED_INDEX
        COMMITTED_ARENA SEGMENTS_USED CLASS_HINT STATISTICS WAIT WORDS),
    );
    constants.push(("CLASS_GRANULES", classes.collect::<Vec<_>>().join(", ")));
    constants
}

#[test]
fn the_numbers_of_the_format_are_those_of_the_code() {
    let text = fs::read_to_string(root().join("docs/format.md")).expect("the document");
    let (_, table) = text.split_once("## 12. Constants").expect("the section");
    let (table, _) = table.split_once("geometry.rs").expect("the second table");
    let rows: BTreeMap<&str, &str> = table
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .strip_suffix(" |")?
                .split_once(" | ")
        })
        .filter(|(name, _)| *name != "name")
        .collect();
    let constants = constants();
    for (name, value) in &constants {
        assert_eq!(rows.get(name), Some(&value.as_str()), "{name}");
    }
    assert_eq!(rows.len(), constants.len(), "every row is a constant");
}
