//! The header that is committed is the one that cbindgen makes of the source.
use std::fs;
use std::path::Path;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> String {
    let config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).expect("the settings");
    let bindings = cbindgen::generate_with_config(folder(), config).expect("a header");
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).expect("text")
}

#[test]
fn the_header_is_up_to_date() {
    let path = folder().join("include/quipu.h");
    let text = generated();
    if std::env::var_os("QUIPU_UPDATE").is_some() {
        fs::write(&path, &text).expect("writable");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "include/quipu.h differs from the source: QUIPU_UPDATE=1 cargo test -p quipu-capi --test header"
    );
}
