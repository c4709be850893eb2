//! Gives the shared library its SONAME. The number changes when a program that was linked with an older library would
//! not work with this one.
fn main() {
    if std::env::var_os("CARGO_FEATURE_SONAME").is_some() {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libquipu.so.0");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
