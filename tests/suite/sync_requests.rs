//! How many requests a sync makes: as many as `tests/gate/figures.json` says, and not one more.
//!
//! Requests are what a sync costs and, where a server is far away, what it waits for. They depend on
//! nothing but the code, so they are held exactly: fewer have to be written down as well, by
//! `cargo local gate --write`.

use std::collections::BTreeMap;

use local::gate::figures::{Figures, writes_requests};
use local::vaka::{Route, User};

use crate::works::{Home, Works};

const USERS: usize = 1_000;
const CHANGED: usize = USERS / 100;

#[tokio::test]
async fn a_sync_of_a_thousand_users_makes_the_requests_that_are_written_down_and_no_others() {
    let works = Works::open().await;
    works.vaka.populate(works.device, USERS, 1);
    works.vaka.page_users(Some(100));
    let first = requests(&works).await;
    let unchanged = requests(&works).await;
    works.vaka.change(works.device, CHANGED);
    let changed = requests(&works).await;
    let counted = BTreeMap::from([
        ("first sync of 1,000 users".to_owned(), first),
        ("sync of 1,000 users, none changed".to_owned(), unchanged),
        ("sync of 1,000 users, 10 changed".to_owned(), changed),
    ]);

    let mut figures = Figures::read().expect("the figures");
    if writes_requests() {
        figures.requests = counted;
        figures.write().expect("the figures are written");
    } else {
        assert_eq!(counted, figures.requests, "counted, and written down: cargo local gate --write");
    }
}

/// Whoever is a customer already needs no transaction of his own, and no second one because the first was refused.
#[tokio::test]
async fn users_who_are_customers_already_are_written_in_one_commit_with_all_others() {
    // The commit and the job's end; and what is about to be done, where that is written down first.
    for (home, expected) in [(Home::Embedded, 2), (Home::Rest, 3)] {
        let address = |n| format!("nr{n}@example.com");
        let mut users: Vec<_> =
            (0..8).map(|n| User::named(&format!("Ek, Nr{n}")).with_email(Some(&address(n)))).collect();
        users.extend((8..12).map(|n| User::named(&format!("Ek, Nr{n}")).with_email(None)));
        let works = Works::with_users_in(home, users).await;
        for n in (1..8).step_by(2) {
            works.customer(&format!("Nr{n}"), "Ek", &address(n)).await;
        }
        assert_eq!(transactions(&works).await, expected, "{home:?}: each second user is a customer");

        for link in works.links().await {
            works.remove(&link).await;
        }
        assert_eq!(transactions(&works).await, expected, "{home:?}: all are customers, and no link says so");
        assert_eq!(works.customers().await.len(), 12);
    }
}

/// A transaction takes 100 writes: the job, its report, and two for each new user.
#[tokio::test]
async fn a_commit_is_full_with_49_new_users_and_not_before() {
    for (users, commits) in [(49, 1), (98, 2), (99, 3)] {
        let works = Works::open().await;
        works.vaka.populate(works.device, users, 1);
        assert_eq!(transactions(&works).await, commits + 1, "{users} users, and the job's end");
    }
}

async fn transactions(works: &Works) -> usize {
    works.forget();
    works.completed().await;
    works.proxy.seen().requests("TransactWriteItems")
}

/// What a worker sends while it does a sync, by operation, and how many items it writes.
async fn requests(works: &Works) -> BTreeMap<String, usize> {
    works.proxy.forget();
    works.vaka.forget();
    works.completed().await;
    let seen = works.proxy.seen();
    let mut counted: BTreeMap<_, _> =
        seen.by_operation().into_iter().map(|(operation, times)| (format!("AWS {operation}"), times)).collect();
    counted.insert("AWS items written".to_owned(), seen.writes().count());
    for (route, name) in [(Route::Token, "VAKA token"), (Route::Groups, "VAKA groups"), (Route::Users, "VAKA users")] {
        counted.insert(name.to_owned(), works.vaka.calls(route).len());
    }
    counted
}
