//! That an endless answer is read in little memory, measured in a process of its own.
//!
//! Memory belongs to a whole process, and the other tests use this one's. So the test starts this
//! same program again for the one reading alone, and that reading looks at its own peak.

use std::env;
use std::fs;
use std::process::Command;

use local::vaka::{Fault, Route};
use sync::source::{Endless, SourceError};

use crate::source_company::Company;

/// The peak of a process that reads one short list is 15 MB. All the users that are read before
/// the walk is left off would take 60 MB more, and their bytes another 25.
const PEAK_KB: u64 = 40_000;

const READING: &str = "source_memory::an_answer_of_200_megabytes_is_left_off_at_more_people_than_any_system_has";

/// Fault 25: 200 MB.
#[test]
fn an_answer_of_200_megabytes_is_read_in_little_memory() {
    let reading = Command::new(env::current_exe().unwrap()).args(["--exact", READING, "--ignored"]).output().unwrap();
    let told = String::from_utf8_lossy(&reading.stdout);
    assert!(reading.status.success(), "{told}");
    assert!(told.contains("1 passed"), "{told}");
}

/// Fault 25: 200 MB.
#[tokio::test]
#[ignore = "runs in a process of its own, which the test above starts"]
async fn an_answer_of_200_megabytes_is_left_off_at_more_people_than_any_system_has() {
    let company = Company::with_users(0);
    company.vaka.on(Route::Users).fault(Fault::Huge { bytes: 200_000_000 });
    let reader = company.reader();
    let mut users = reader.users(company.device);
    let mut read = 0;
    let error = loop {
        match users.next_chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => panic!("{read} users and an end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SourceError::PagingDoesNotEnd { how: Endless::TooManyRecords }), "{error:?}");
    assert_eq!(read, 1_000_000);
    if let Some(peak_kb) = peak_kb() {
        assert!(peak_kb < PEAK_KB, "{peak_kb} kB");
    }
}

/// The most memory that this process has ever held; only Linux tells.
fn peak_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
