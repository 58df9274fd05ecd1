//! A sync from its message to its end.

use std::time::Duration;

use local::vaka::{Fault, Group, Route, User};
use shared::job::{Counters, FailureCode, Status};
use shared::table::schema::WORKER_LEASE;
use uuid::Uuid;

use crate::works::Works;

/// Longer than a machine stands still that is busy with other tests.
const ASKED_WITHIN: Duration = Duration::from_secs(60);

fn counters(found: u64, created: u64, updated: u64, unchanged: u64, skipped: u64) -> Counters {
    Counters { found, created, updated, unchanged, skipped }
}

#[tokio::test]
async fn everybody_becomes_a_customer_once_and_a_second_sync_writes_nobody() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 500, 1);
    let first = works.completed().await;
    assert_eq!((first.found, first.skipped), (500, 0));
    assert_eq!(works.customers().await.len() as u64, first.created);
    assert_eq!(works.links().await.len(), 500);

    works.proxy.forget();
    assert_eq!(works.completed().await, counters(500, 0, 0, 500, 0));
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.customers_table), 0);
    // Start, end, the lock, and the event: the job's own, and nobody's link.
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.state_table), 4);
}

#[tokio::test]
async fn exactly_those_who_changed_in_vaka_are_written_again() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 300, 2);
    works.completed().await;
    assert_eq!(works.vaka.change(works.device, 7).len(), 7);
    works.proxy.forget();
    assert_eq!(works.completed().await, counters(300, 0, 7, 293, 0));
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.customers_table), 7);
}

/// A lease lasts two minutes, and only a commit renews it.
#[tokio::test]
async fn the_first_users_are_read_while_the_links_are() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 300, 2);
    works.completed().await;
    let links = works.proxy.on("Query").containing("LINK#").first(1).hold_before();
    let users = works.vaka.on(Route::Users).first(1).hold();
    let job = works.accept().await;
    tokio::join!(works.work(job), async {
        links.reached().await;
        tokio::time::timeout(ASKED_WITHIN, users.reached())
            .await
            .expect("users are asked for before the links are there");
        links.release();
        users.release();
    });
    assert_eq!(works.ended(job).await.counters, Some(counters(300, 0, 0, 300, 0)));
}

#[tokio::test]
async fn a_slow_source_of_users_who_have_not_changed_is_walked_in_one_slice_that_shows_where_it_is() {
    const PAGES: u64 = 12;
    let works = Works::open().await;
    works.vaka.populate(works.device, 120, 6);
    works.completed().await;
    works.vaka.page_users(Some(10));
    let job = works.accept().await;
    let pages: Vec<_> = (2..=PAGES).map(|page| works.vaka.on(Route::Users).nth(page).hold()).collect();
    let mut shown = Vec::new();
    let slow = async {
        for page in &pages {
            page.reached().await;
            works.clock.advance(Duration::from_secs(20));
            shown.extend(works.job(job).await.counters);
            page.release();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! { () = works.work(job) => {}, () = slow => {} }
    assert_eq!(works.ended(job).await.counters, Some(counters(120, 0, 0, 120, 0)));
    assert!(shown.iter().any(|shown| (1..120).contains(&shown.found)), "{shown:?}");
}

/// Its groups are read before its first user.
#[tokio::test]
async fn a_system_with_more_groups_than_are_read_within_one_lease_is_walked_in_one_slice() {
    const PAGES: u64 = 12;
    let works = Works::with_users(vec![User::named("Ek, Tuva")]).await;
    let groups = (0..100 * PAGES).map(|n| Group {
        id: Uuid::new_v4(),
        name: format!("Hus {n}"),
        apartment_id: None,
        reference_id: None,
        device_id: works.device,
    });
    works.vaka.set_groups(works.device, groups.collect());
    let job = works.accept().await;
    let pages: Vec<_> = (2..=PAGES).map(|page| works.vaka.on(Route::Groups).nth(page).hold()).collect();
    let slow = async {
        for (turn, page) in pages.iter().enumerate() {
            page.reached().await;
            // The first page cost no time, so nothing has been committed for it.
            let renewed = works.clock.now().after(WORKER_LEASE);
            while turn > 0 && works.job(job).await.lease_expires_at < Some(renewed) {
                tokio::task::yield_now().await;
            }
            works.clock.advance(Duration::from_secs(20));
            page.release();
        }
        std::future::pending::<()>().await;
    };
    let walked = async {
        tokio::select! { () = works.work(job) => {}, () = slow => {} }
    };
    tokio::time::timeout(ASKED_WITHIN, walked).await.expect("the lease is renewed by each page");
    assert_eq!(works.ended(job).await.counters, Some(counters(1, 1, 0, 0, 0)));
}

#[tokio::test]
async fn a_customer_has_what_vaka_says_of_the_user_and_its_group() {
    let group = Uuid::new_v4();
    let user = User::named("Ekmosse, Tuva").with_email(Some(" Tuva@Example.com ")).in_group(group);
    let works = Works::with_users(vec![user]).await;
    let home = Group {
        id: group,
        name: "Hus A".to_owned(),
        apartment_id: Some("1203".to_owned()),
        reference_id: None,
        device_id: works.device,
    };
    works.vaka.set_groups(works.device, vec![home]);
    works.completed().await;
    let customers = works.customers().await;
    let customer = customers.values().next().expect("a customer");
    for (attribute, value) in [
        ("firstname", "Tuva"),
        ("lastname", "Ekmosse"),
        ("email", "Tuva@Example.com"),
        ("group_name", "Hus A"),
        ("apartment_id", "1203"),
    ] {
        assert_eq!(customer.get(attribute).map(String::as_str), Some(value), "{attribute}");
    }
}

#[tokio::test]
async fn several_systems_of_a_company_are_walked_in_one_job() {
    let works = Works::with_users(vec![User::named("Ek Tuva"), User::named("Ek Ivar")]).await;
    works.add_system(vec![User::named("Gran Ylva")]).await;
    assert_eq!(works.completed().await, counters(3, 3, 0, 0, 0));
}

/// Fault 26.
#[tokio::test]
async fn a_source_that_suddenly_lists_nobody_ends_the_job_as_failed_and_changes_nothing() {
    let works = Works::with_users(vec![User::named("Ek Tuva")]).await;
    works.completed().await;
    let before = works.customers().await;
    works.vaka.set_users(works.device, Vec::new());
    let job = works.sync().await;
    assert_eq!(job.status, Status::Failed);
    assert!(job.failure_text.is_some_and(|text| text.contains("no users at all")));
    assert_eq!(works.customers().await, before);
}

/// Fault 26: what the others list holds all the same.
#[tokio::test]
async fn one_system_of_several_that_suddenly_lists_nobody_ends_the_job_as_failed_and_keeps_nobody_back() {
    for emptied in [0, 1] {
        let works = Works::with_users(vec![User::named("Ek, Tuva")]).await;
        let second = works.add_system(vec![User::named("Ek, Ivar")]).await;
        works.completed().await;
        let systems = [works.device, second];
        works.vaka.set_users(systems[emptied], Vec::new());
        let still_there = works.vaka.users(systems[1 - emptied]);
        works.vaka.set_users(systems[1 - emptied], [still_there, vec![User::named("Ny, Elvira")]].concat());
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::NobodyFound)), "{emptied}");
        assert_eq!(works.customers().await.len(), 3, "{emptied}");
        // The administrator takes the system out of the connection.
        works.connect(works.company, &[systems[1 - emptied]], true).await;
        assert_eq!(works.completed().await, counters(2, 0, 0, 2, 0), "{emptied}");
    }
}

/// Fault 26.
#[tokio::test]
async fn a_first_sync_that_finds_nobody_is_completed_with_nobody() {
    let works = Works::open().await;
    assert_eq!(works.completed().await, counters(0, 0, 0, 0, 0));
}

/// Fault 27.
#[tokio::test]
async fn a_user_on_two_pages_and_pages_that_end_early_are_counted_once() {
    let mut users: Vec<_> = (0..250).map(|n| User::named(&format!("Ek Tuva {n}"))).collect();
    users.push(users[3].clone());
    users.push(users[120].clone());
    let works = Works::with_users(users).await;
    works.vaka.page_users(Some(100));
    works.vaka.on(Route::Users).nth(2).fault(Fault::EmptyPage);
    assert_eq!(works.completed().await, counters(250, 250, 0, 0, 0));
}

/// Fault 30.
#[tokio::test]
async fn a_user_id_that_comes_twice_with_other_data_is_one_person() {
    let first = User::named("Ek Tuva");
    let second = User { name: "Gran Ivar".to_owned(), ..first.clone() };
    let works = Works::with_users(vec![first, second]).await;
    assert_eq!(works.completed().await, counters(1, 1, 0, 0, 0));
    assert_eq!(works.customers().await.values().next().map(|customer| customer["lastname"].clone()), Some("Ek".into()));
}

/// Fault 29.
#[tokio::test]
async fn a_record_without_a_usable_name_is_skipped_with_its_reason_and_stops_nobody() {
    let works = Works::with_users(vec![
        User::named(""),
        User::named("Ek Tuva"),
        User::named(&"x".repeat(10_000)),
        User::named("Ek\0 \u{1f3e0}"),
        User::named("Ek Ivar").with_email(Some("not an address")),
    ])
    .await;
    assert_eq!(works.completed().await, counters(5, 3, 0, 0, 2));
    let mut reasons: Vec<_> = works
        .links()
        .await
        .iter()
        .filter_map(|link| link.get("r").and_then(|reason| reason.as_s().ok().cloned()))
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["MissingName", "Rejected"]);
    works.proxy.forget();
    assert_eq!(works.completed().await, counters(5, 0, 0, 3, 2));
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.customers_table), 0);
}

/// Fault 28.
#[tokio::test]
async fn refused_credentials_and_a_wrong_api_key_end_the_job_with_a_text_that_says_what_to_check() {
    let works = Works::with_users(vec![User::named("Ek Tuva")]).await;
    works.put_api_key(works.company, "another-key").await;
    let job = works.sync().await;
    assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::SourceForbidden)));
    let text = job.failure_text.unwrap_or_default();
    assert!(text.contains("API key") && !text.contains("another-key"), "{text}");

    works.put_integrator("another-secret").await;
    let job = works.sync().await;
    assert_eq!(job.failure_code, Some(FailureCode::SignInFailed), "no company can mend that");
    let text = job.failure_text.unwrap_or_default();
    assert!(text.contains("integrator account") && !text.contains("API key"), "{text}");
}

#[tokio::test]
async fn a_connection_that_went_away_or_names_no_system_ends_the_job() {
    let works = Works::open().await;
    for (devices, active) in [(vec![], true), (vec![works.device], false)] {
        let job = works.accept().await;
        works.connect(works.company, &devices, active).await;
        works.work(job).await;
        assert_eq!(works.ended(job).await.status, Status::Failed);
        works.connect(works.company, &[works.device], true).await;
    }
}
