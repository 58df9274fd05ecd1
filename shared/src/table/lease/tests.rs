use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;

const NOON: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn lease() -> Lease {
    Lease {
        company: CompanyId::from_uuid(Uuid::from_u128(1)),
        job: JobId::from_uuid(Uuid::from_u128(2)),
        mode: Mode::DryRun,
        generation: 3,
        worker: "a worker".to_owned(),
        expires_at: NOON.after(WORKER_LEASE),
        created_at: NOON,
        shown: Counters::default(),
        slices: 7,
        idle_slices: 2,
        commits: 0,
        decided: false,
    }
}

#[test]
fn a_slice_that_decides_nothing_is_one_more_in_a_row_and_one_that_decides_ends_the_row() {
    assert_eq!(lease().idle_slices(), 3);
    assert_eq!(Lease { decided: true, ..lease() }.idle_slices(), 0);
}

#[test]
fn a_job_is_worked_on_for_a_day() {
    let in_ms = |ms| lease().is_too_old(NOON.after(Duration::from_millis(ms)));
    assert!(!in_ms(24 * 3_600_000 - 1));
    assert!(in_ms(24 * 3_600_000));
}

#[test]
fn a_lease_says_what_it_is_a_lease_of() {
    let lease = lease();
    assert_eq!(
        (lease.company(), lease.job(), lease.mode(), lease.generation(), lease.expires_at(), lease.slices()),
        (lease.company, lease.job, Mode::DryRun, 3, NOON.after(WORKER_LEASE), 7)
    );
}

#[test]
fn each_write_of_each_worker_has_a_token_of_its_own_and_always_the_same() {
    let other = [
        lease(),
        Lease { worker: "another".to_owned(), ..lease() },
        Lease { generation: 4, ..lease() },
        Lease { job: JobId::from_uuid(Uuid::from_u128(5)), ..lease() },
    ];
    let tokens: BTreeSet<_> = other.iter().flat_map(|lease| [lease.token(1), lease.token(2)]).collect();
    assert_eq!(tokens.len(), 2 * other.len());
    assert_eq!(lease().token(1), lease().token(1));
}

#[test]
fn a_commit_of_the_most_writes_fills_a_transaction_with_the_job_and_the_report() {
    let beside = ["the job", "its report"].len();
    assert_eq!(MOST_WRITES + beside, MOST_ACTIONS);
}
