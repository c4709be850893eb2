//! Compiles the glue with the headers of the PHP that `php-config` (or `$PHP_CONFIG`) belongs to.
use std::path::PathBuf;
use std::process::{Command, exit};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=PHP_CONFIG");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_GLUE").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed=glue");
    println!("cargo::rerun-if-changed=../capi/include/quipu.h");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,quipu.so");
    // Our calls of the library are of the one in here, whatever else this process has loaded.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
    let mut build = cc::Build::new();
    for include in php_config("--includes").split_ascii_whitespace() {
        build.include(include.trim_start_matches("-I"));
    }
    build
        .files(sources())
        .include("glue")
        .include("../capi/include")
        .define("ZEND_ENABLE_STATIC_TSRMLS_CACHE", "1")
        .std("gnu11")
        .opt_level(2)
        .warnings(true)
        .flag("-Wno-unused-parameter")
        .flag("-Wno-missing-field-initializers")
        .flag("-Wno-sign-compare")
        .flag("-fvisibility=hidden")
        // Nothing in Rust refers to most of it.
        .link_lib_modifier("+whole-archive")
        .compile("quipu_glue");
}

fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir("glue").unwrap_or_else(|error| refuse(&format!("glue: {error}")));
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    files.sort();
    files
}

fn php_config(argument: &str) -> String {
    let command = env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".to_owned());
    match Command::new(&command).arg(argument).output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        Ok(output) => refuse(&format!("`{command} {argument}` failed: {}", output.status)),
        Err(error) => refuse(&format!(
            "cannot run `{command}`: {error}. It comes with the development files of PHP (on Debian: apt install \
             php-dev); if it has another name, as php-config8.2, say so in the variable PHP_CONFIG."
        )),
    }
}

fn refuse(why: &str) -> ! {
    println!("cargo::error=the PHP extension cannot be built: {why}");
    exit(1);
}
