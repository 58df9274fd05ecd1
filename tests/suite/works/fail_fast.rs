//! Whoever wants to know only whether all tests pass need not wait for the rest: with `FAIL_FAST` in the environment the
//! first test that fails ends the program. libtest has no switch for that.

use std::io::{Write, stderr};
use std::sync::Once;
use std::{env, panic, process};

/// As libtest ends where a test has failed.
const FAILED: i32 = 101;

/// Has the next panic end the program, where that was asked for.
pub fn if_asked() {
    static SET: Once = Once::new();
    if env::var_os("FAIL_FAST").is_none() {
        return;
    }
    SET.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            // Past libtest, which would keep it until the test has ended. Nobody may be there to hear it.
            let _ = writeln!(stderr(), "{panic}");
            process::exit(FAILED);
        }));
    });
}
