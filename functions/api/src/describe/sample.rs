//! Invented syncs, for everything that shows one.

use shared::clock::Timestamp;
use shared::connection_test::{DeviceReport, Finding, TestReport};
use shared::ids::{CompanyId, DeviceId, JobId, UserId};
use shared::job::{Counters, Failure, Job, Mode, Status};
use shared::outcome::{Outcome, SkipReason};
use shared::table::connection::Setting;
use shared::table::link::{Linked, PersonKey};
use shared::table::report::Row;
use uuid::Uuid;

use crate::answer::report::Report;
use crate::answer::wire::setting::Tested;
use crate::binding::ListUsers;

/// The sync of every sample: 0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f.
const JOB: Uuid = Uuid::from_u128(0x0199_d5c4_a1b2_7c3d_8e4f_5a6b_7c8d_9e0f);

/// The company of every sample: 7f3d2c1b-0a9e-4d8c-b7a6-958473625140.
const COMPANY: Uuid = Uuid::from_u128(0x7f3d_2c1b_0a9e_4d8c_b7a6_9584_7362_5140);

/// The system, user and customer of samples: e1000000-…, e2000000-…, e3000000-….
const DEVICE: u128 = 0xe100_0000_0000_4000_8000_0000_0000_0001;
const USER: u128 = 0xe200_0000_0000_4000_8000_0000_0000_0001;

/// The API key of samples, which opens nothing.
pub(crate) const API_KEY: &str = "an-api-key-of-vaka-online";

/// The schedule of samples.
pub(crate) const SCHEDULE: &str = "daily@03:30 Europe/Stockholm";

/// 2026-01-31T12:00:00Z.
const ACCEPTED_AT: Timestamp = Timestamp::from_ms(1_769_860_800_000);

/// The sync of every sample.
pub(crate) const fn job_id() -> JobId {
    JobId::from_uuid(JOB)
}

/// The company of every sample.
pub(crate) const fn company() -> CompanyId {
    CompanyId::from_uuid(COMPANY)
}

/// A sync that nobody has begun yet.
pub(crate) fn accepted() -> Job {
    job(Status::Pending, None)
}

/// A sync that is under way.
pub(crate) fn running() -> Job {
    job(Status::Processing, Some(Counters { found: 250, created: 12, updated: 7, unchanged: 228, skipped: 3 }))
}

/// A sync that has ended well.
pub(crate) fn completed() -> Job {
    job(Status::Completed, Some(Counters { found: 1200, created: 40, updated: 15, unchanged: 1140, skipped: 5 }))
}

/// A sync that was cancelled while it was under way.
pub(crate) fn cancelled() -> Job {
    let failure = Failure::cancelled();
    let running = running();
    Job { status: Status::Failed, failure_code: Some(failure.code), failure_text: Some(failure.text), ..running }
}

/// The first page of a report.
pub(crate) fn report() -> Report {
    let row = |user: u128, outcome, customer| {
        let person = PersonKey { device: device(), user: UserId::from_uuid(Uuid::from_u128(USER + user)) };
        Row { person, outcome, customer, imprint: None }
    };
    let rows = vec![
        row(0, Outcome::Created, Linked::Derived),
        row(1, Outcome::Skipped(SkipReason::AmbiguousEmail), Linked::Nobody),
    ];
    let wanted = ListUsers { id: job_id(), company: None, outcome: None, skip: 0, take: 2 };
    Report { job: completed(), rows, total: 60, wanted }
}

/// A connection in use.
pub(crate) fn setting() -> Setting {
    Setting {
        company: company(),
        devices: vec![device()],
        has_api_key: true,
        active: true,
        schedule: SCHEDULE.parse().ok(),
        created_at: Some(ACCEPTED_AT),
        updated_at: Some(ACCEPTED_AT),
    }
}

/// A test of a connection that works but for one system.
pub(crate) fn tested() -> Tested {
    let other = DeviceId::from_uuid(Uuid::from_u128(DEVICE + 1));
    let devices = vec![
        DeviceReport { device: device(), finding: Finding::Works, users: Some(1200) },
        DeviceReport { device: other, finding: Finding::DeviceUnknown, users: None },
    ];
    Tested { company: company(), report: TestReport { sign_in: Finding::Works, api_key: Finding::Works, devices } }
}

/// The system of every sample.
pub(crate) const fn device() -> DeviceId {
    DeviceId::from_uuid(Uuid::from_u128(DEVICE))
}

fn job(status: Status, counters: Option<Counters>) -> Job {
    Job {
        id: job_id(),
        company: company(),
        mode: Mode::Apply,
        status,
        generation: 1,
        counters,
        failure_code: None,
        failure_text: None,
        created_at: ACCEPTED_AT,
        updated_at: Timestamp::from_ms(ACCEPTED_AT.ms() + 90_000),
        lease_expires_at: None,
        attempts: 0,
    }
}
