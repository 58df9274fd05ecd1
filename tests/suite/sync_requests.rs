//! How many requests a sync makes: as many as `tests/gate/figures.json` says, and not one more.
//!
//! Requests are what a sync costs and, where a server is far away, what it waits for. They depend on
//! nothing but the code, so they are held exactly: fewer have to be written down as well, by
//! `cargo local gate --write`.

use std::collections::BTreeMap;

use local::gate::figures::{Figures, writes_requests};
use local::vaka::Route;

use crate::works::Works;

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
