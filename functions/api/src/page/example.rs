//! Jobs and views for the tests of this room.

use shared::clock::Timestamp;
use shared::ids::{CompanyId, JobId};
use shared::job::{Counters, FailureCode, Job, Mode, Status};

use super::View;
use super::language::Language;

/// 2026-01-31, noon in UTC.
pub const NOON: Timestamp = Timestamp::from_ms(1_769_860_800_000);

pub fn running() -> Job {
    let counters = Counters { found: 1_300, created: 1_000, updated: 34, unchanged: 100, skipped: 100 };
    Job {
        id: JobId::parse("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f").expect("an id"),
        company: CompanyId::parse("11111111-2222-3333-4444-555555555555").expect("an id"),
        mode: Mode::Apply,
        status: Status::Processing,
        generation: 1,
        counters: Some(counters),
        failure_code: None,
        failure_text: None,
        created_at: NOON,
        updated_at: Timestamp::from_ms(NOON.ms() + 60_000),
        lease_expires_at: None,
        attempts: 0,
    }
}

pub fn pending() -> Job {
    Job { status: Status::Pending, counters: None, ..running() }
}

pub fn completed() -> Job {
    Job { status: Status::Completed, ..running() }
}

pub fn failed(code: Option<FailureCode>, text: Option<&str>) -> Job {
    Job { status: Status::Failed, failure_code: code, failure_text: text.map(str::to_owned), ..running() }
}

pub fn view(language: Language) -> View {
    View {
        language,
        may_write: true,
        named: None,
        posted_from: None,
        expected: Some(10_000),
        now: running().updated_at,
    }
}
