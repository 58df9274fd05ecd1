//! Leaves the tables for unwinding out of an optimized function.
//!
//! They are a tenth of it, and nothing reads them: a panic ends the process there, and says where it happened
//! without them. What is lost is a backtrace, which Lambda does not ask for. (The compiler's own switch
//! for that, `force-unwind-tables`, can be given to a target and not to a profile, and tests unwind.)

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../without_unwind_tables.ld");
    if told("PROFILE") == "release" && told("CARGO_CFG_TARGET_OS") == "linux" {
        let folder = told("CARGO_MANIFEST_DIR");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/../without_unwind_tables.ld");
    }
}

#[expect(clippy::disallowed_methods, reason = "by the environment cargo tells a build script what it builds")]
fn told(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
