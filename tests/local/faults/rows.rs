//! The faults that the system survives, each in a line.

/// A fault, by its number in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub number: u8,
    /// What goes wrong, and what is to come of it.
    pub statement: &'static str,
}

const fn row(number: u8, statement: &'static str) -> Row {
    Row { number, statement }
}

/// All of them, in the order of their numbers.
pub const ROWS: [Row; 40] = [
    row(1, "A hundred requests of a company at one instant: one is accepted, the others are told its job"),
    row(2, "A crash between the lock and the message: the job moves within three minutes"),
    row(3, "The queue's answer is lost and the message is there twice: still one job"),
    row(4, "The queue takes no message at all: the job has failed, the lock is free, the client gets 503"),
    row(5, "The client loses the connection and asks again: it is told of its own job"),
    row(6, "A write's answer is lost and the SDK repeats it: the write counts as done"),
    row(7, "The table throttles, conflicts or errs: tried again with jitter, then 503 and nothing half done"),
    row(8, "Somebody who is no superadmin names another company: the name is not used"),
    row(9, "The company is not connected: refused, and no lock is taken"),
    row(
        10,
        "A body of any wrong size, form, depth, media type or bytes: a 4xx in the contract's form, nothing written",
    ),
    row(11, "A message comes twice at once, after the job's end, or a week late: worked on once"),
    row(12, "The worker is killed at any of its calls: a later one ends the job with exact counters"),
    row(13, "The function's time ends in mid-walk, or there is none from the start: the job goes on in another slice"),
    row(14, "A message that nobody can read, of a newer version, or about no job: put aside, or done"),
    row(15, "A worker sleeps through its lease and wakes up when others have gone on: it changes nothing"),
    row(16, "A job of more slices than Lambda's own loop guard lets pass: ends exactly"),
    row(17, "Clocks that differ by half a minute, or jump: cost time and no more"),
    row(18, "Every third call to the table fails for a whole run: the outcome is the same"),
    row(19, "Fifty companies at once, one of them huge: the small ones do not wait for it"),
    row(20, "A new version is deployed in mid-run, and meets items of the old one"),
    row(21, "Recovery against recovery, and recovery against a worker that has just renewed: one outcome"),
    row(22, "A restored table holds a lock of old: the company can sync again"),
    row(23, "VAKA asks for a pause in any form, sensible or not: obeyed within bounds"),
    row(24, "VAKA errs, breaks off, drips, or cannot be reached: tried again, then said as it is"),
    row(25, "VAKA answers 200 with something that is not the whole list: an error, never a short list"),
    row(26, "VAKA lists nobody where there was somebody: the job fails; at a first sync it is believed"),
    row(27, "Pages that repeat, are empty or move: everybody is met once, and an endless list ends the job"),
    row(28, "Credentials that expire, are refused or were changed in mid-walk: renewed once, or said what to check"),
    row(29, "Names and addresses of every odd kind: kept as they are, or left out with a reason"),
    row(30, "A user is listed twice with different data: counted once"),
    row(31, "A create was applied though it timed out, or meets an earlier one, or ignores our id: one customer"),
    row(32, "The target refuses one record: left out; more than half: the job fails"),
    row(33, "A customer to be changed is gone: left out, not made again"),
    row(34, "The target is overloaded for minutes, or the token ends: the job waits and goes on"),
    row(35, "The target answers 200 with an error in it, or without an id: not taken as success"),
    row(36, "Somebody makes a customer by hand during the sync: met, not doubled"),
    row(37, "Tokens forged, stale, misdirected, huge, or whose keys cannot be had: refused, at a bounded cost"),
    row(38, "The id of another company's job: answered like one that does not exist"),
    row(39, "Marked personal data and secrets at every entrance: they come out in the customers alone"),
    row(40, "The roles: each function may do what it does and no more"),
];
