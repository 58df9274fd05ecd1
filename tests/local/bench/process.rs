//! What a process has used so far: processor time and the most memory it held, from Linux's `/proc`.
//!
//! Two sources tell the processor time, and either can say too little: the scheduler's own count is
//! exact and forgets threads that have ended; the process's is cut to hundredths of a second and
//! forgets nothing. The larger one is given.

use std::time::Duration;
use std::{fs, io};

/// Linux counts processor time for programs in hundredths of a second, whatever it ticks by.
const TICKS_A_SECOND: u64 = 100;

/// Processor time of a process, its threads and the children that it has waited for.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn processor_time(process: u32) -> io::Result<Duration> {
    let mut scheduled_ns = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between the two reads.
        if let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) {
            scheduled_ns += text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        }
    }
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold blanks.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(4).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    let ticked = Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND);
    Ok(Duration::from_nanos(scheduled_ns).max(ticked))
}

/// The most memory that the process has held so far, in bytes.
///
/// # Errors
/// As [`processor_time`].
pub fn peak_memory(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|number| number.trim().parse().ok());
    kilobytes.map(|kilobytes: u64| kilobytes * 1_024).ok_or_else(|| io::Error::other("no VmHWM in /proc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let before = processor_time(std::process::id()).expect("a time");
        let mut kept = Vec::new();
        while processor_time(std::process::id()).expect("a time") < before + Duration::from_millis(2) {
            kept.push(vec![1_u8; 4_096]);
        }
        assert!(peak_memory(std::process::id()).expect("a size") > 1_000_000);
    }
}
