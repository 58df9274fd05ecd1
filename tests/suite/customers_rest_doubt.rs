//! Users of whom nobody knows whether a customer was made, when they are met again, or are met no more.

use local::bokamera::{Fault, Ids, Manners, Route};
use local::proxy::Which;
use local::vaka::User;
use shared::job::Status;

use crate::customers_rest_faults::counters;
use crate::works::{Home, Works};

/// Who is in doubt is still who the address says: the one that somebody has made by hand meanwhile.
#[tokio::test]
async fn who_could_not_be_made_and_was_made_by_hand_under_another_name_is_not_made_again() {
    for shared in [false, true] {
        let user = User::named("Ek, Tuva").with_email(Some("tuva@example.com"));
        let mut users = vec![user];
        users.extend(shared.then(|| User::named("Ek, Elvira").with_email(Some("tuva@example.com"))));
        let works = Works::with_users_in(Home::Rest, users).await;
        works.bokamera().on(Route::Create).fault(Fault::status(503));
        works.bokamera().on(Route::List).which(Which::From(2)).fault(Fault::status(403));
        assert_eq!(works.sync().await.status, Status::Failed);
        works.bokamera().calm();
        let by_hand = works.customer("Tuva", "Ek-Gran", "tuva@example.com").await;
        let counted = works.completed().await;
        if shared {
            assert_eq!(counted, counters(2, 2, 0, 0, 0), "a household's members are separate people");
        } else {
            assert_eq!(counted, counters(1, 0, 1, 0, 0));
            assert_eq!(works.customers().await.into_keys().collect::<Vec<_>>(), [by_hand]);
        }
    }
}

/// Where it cannot be told any more who somebody in doubt is, the doubt is settled by that.
#[tokio::test]
async fn who_could_not_be_made_and_is_ambiguous_now_is_left_out_and_not_looked_for_again() {
    let works =
        Works::with_users_in(Home::Rest, vec![User::named("Ek, Tuva").with_email(Some("tuva@example.com"))]).await;
    works.bokamera().on(Route::Create).fault(Fault::status(503));
    works.bokamera().on(Route::List).which(Which::From(2)).fault(Fault::status(403));
    assert_eq!(works.sync().await.status, Status::Failed);
    works.bokamera().calm();
    works.customer("Ivar", "Gran", "tuva@example.com").await;
    works.customer("Alva", "Gran", "tuva@example.com").await;
    assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1));
    let link = works.links().await.remove(0);
    assert_eq!(link["o"].as_s().map(String::as_str), Ok("S"), "it is a link, and what was written down is gone");
}

/// What was written down for somebody who has left VAKA is looked for once, and not by every sync from then on.
#[tokio::test]
async fn what_may_have_been_made_for_users_who_are_gone_is_settled_and_they_may_come_back() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let users = ["Ek, Tuva", "Ek, Alva", "Ek, Ivar"].map(|name| User::named(name).with_email(None));
        let works = Works::with_users_in(Home::Rest, users.to_vec()).await;
        works.bokamera().behave(Manners { ids, ..Manners::default() });
        works.bokamera().on(Route::Create).nth(1).fault(Fault::LoseAnswer);
        works.bokamera().on(Route::Create).which(Which::From(2)).fault(Fault::status(503));
        works.bokamera().on(Route::List).which(Which::From(3)).fault(Fault::status(403));
        assert_eq!(works.sync().await.status, Status::Failed);
        works.bokamera().calm();
        works.vaka.set_users(works.device, vec![users[2].clone()]);
        assert_eq!(works.completed().await, counters(1, 1, 0, 0, 0), "{ids:?}");
        works.bokamera().forget();
        assert_eq!(works.completed().await, counters(1, 0, 0, 1, 0), "{ids:?}");
        assert!(works.bokamera().calls(Route::List).is_empty(), "{ids:?}: nobody is looked for any more");

        works.vaka.set_users(works.device, users.to_vec());
        let back = works.completed().await;
        assert_eq!((back.found, back.skipped, works.customers().await.len()), (3, 0, 3), "{ids:?}");
    }
}
