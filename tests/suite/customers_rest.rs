//! Customers that are written through BokaMera's API: the rules, whatever it does where its
//! contract is silent.

use std::collections::BTreeSet;

use local::bokamera::{DuplicateEmail, Existing, Ids, List, Manners, OwnAccount, Phone, Route};
use local::vaka::{self, Group, User};
use serde_json::json;
use shared::job::{Counters, Mode, Status};
use shared::outcome::{Outcome, SkipReason};
use uuid::Uuid;

use crate::works::{Home, Works};

fn counters(found: u64, created: u64, updated: u64, unchanged: u64, skipped: u64) -> Counters {
    Counters { found, created, updated, unchanged, skipped }
}

fn person(name: &str, email: &str) -> User {
    User::named(name).with_email(Some(email))
}

fn named(count: usize) -> Vec<User> {
    (0..count).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()
}

async fn works(users: Vec<User>) -> Works {
    Works::with_users_in(Home::Rest, users).await
}

/// Every combination of what the contract leaves open and what changes no outcome.
fn harmless_manners() -> Vec<Manners> {
    let mut all = Vec::new();
    for ids in [Ids::Honoured, Ids::Ignored] {
        for list in [List::Wrapped, List::Bare] {
            for existing in [Existing::Conflict, Existing::BadRequest] {
                for largest_take in [100, 3] {
                    all.push(Manners { ids, list, existing, largest_take, ..Manners::default() });
                }
            }
        }
    }
    all
}

/// The reasons at the company's links.
pub async fn reasons(works: &Works) -> Vec<String> {
    let links = works.links().await;
    let mut reasons: Vec<_> = links.iter().filter_map(|link| link.get("r")?.as_s().ok().cloned()).collect();
    reasons.sort();
    reasons
}

/// The ids that the links lead to, where they are not derived.
async fn linked_ids(works: &Works) -> BTreeSet<String> {
    let links = works.links().await;
    let id = |link: &crate::works::Item| Some(Uuid::from_slice(link.get("c")?.as_b().ok()?.as_ref()).ok()?.to_string());
    links.iter().filter_map(id).collect()
}

#[tokio::test]
async fn counts_and_customers_are_the_same_whatever_the_api_does_where_its_contract_is_silent() {
    for manners in harmless_manners() {
        let tuva = person("Ek, Tuva", "tuva@example.com");
        let others = [person("Gran, Ivar", "home@example.com"), person("Gran, Ylva", "home@example.com")];
        let works = works([&[tuva.clone()][..], &others, &named(7)].concat()).await;
        works.bokamera().behave(manners);
        for n in 0..9 {
            works.customer("Nobody", &format!("Known {n}"), &format!("nobody{n}@example.com")).await;
        }
        let adopted = works.customer("Tuva", "Ek-Gran", "TUVA@example.com").await;
        assert_eq!(works.completed().await, counters(10, 9, 1, 0, 0), "{manners:?}");
        assert_eq!(works.customers().await.len(), 19, "{manners:?}");
        assert_eq!(works.customers().await[&adopted]["lastname"], "Ek", "{manners:?}");

        works.forget();
        assert_eq!(works.completed().await, counters(10, 0, 0, 10, 0), "{manners:?}");
        let asked = works.bokamera_proxy().seen();
        assert!(asked.entries().is_empty(), "nothing has changed, and BokaMera was asked {:?}", asked.by_operation());

        works.vaka.change(works.device, 4);
        assert_eq!(works.completed().await, counters(10, 0, 4, 6, 0), "{manners:?}");
        assert_eq!((works.customers().await.len(), works.customer_writes()), (19, 4), "{manners:?}");
    }
}

#[tokio::test]
async fn an_update_sends_every_member_back_and_changes_those_alone_that_vaka_has() {
    let works = works(vec![person("Ek, Tuva", "tuva@example.com")]).await;
    works.completed().await;
    let company = *works.company.as_uuid();
    let id: Uuid = works.customers().await.keys().next().expect("a customer").parse().expect("a Guid");
    let by_hand = json!({"Street": "Storgatan 1", "Lines": [1, 2.50, null]});
    works.bokamera().correct(company, id, "InvoiceAddress", by_hand.clone());
    works.bokamera().correct(company, id, "Phone", "0700000000");
    works.vaka.change(works.device, 1);
    works.completed().await;
    let customer = &works.bokamera().customers(company)[0];
    assert_eq!(customer["InvoiceAddress"], by_hand);
    assert_eq!(customer["CustomFields"], json!([{"Id": 1, "Value": "kept"}]));
    assert_eq!((&customer["Phone"], &customer["Email"]), (&json!("0700000000"), &json!("tuva@example.com")));
    assert_ne!(customer["Firstname"], json!("Tuva"));
}

#[tokio::test]
async fn every_request_names_the_company_and_carries_token_and_api_key() {
    let works = works(named(3)).await;
    works.completed().await;
    works.vaka.change(works.device, 1);
    works.completed().await;
    for route in [Route::List, Route::Create, Route::Update] {
        let calls = works.bokamera().calls(route);
        assert!(!calls.is_empty());
        for call in calls {
            assert!(call.query.contains(&format!("CompanyId={}", works.company)), "{}", call.query);
            assert!(call.headers["authorization"].to_str().is_ok_and(|value| value.starts_with("Bearer access.")));
            assert_eq!(call.headers["x-api-key"], local::bokamera::API_KEY);
            assert_eq!(call.headers["accept"], "application/json");
        }
    }
}

#[tokio::test]
async fn the_companys_customers_are_read_once_for_all_users_without_a_link() {
    let works = works(named(120)).await;
    works.completed().await;
    let lists = works.bokamera().calls(Route::List);
    assert_eq!(lists.len(), 1, "an empty page is the end: {lists:?}");
    assert_eq!(works.bokamera().calls(Route::Create).len(), 120);
}

#[tokio::test]
async fn a_large_company_is_read_whole_whatever_a_page_can_hold() {
    for largest_take in [100, 37, 1] {
        let works = works(vec![person("Ek, Tuva", "tuva@example.com"), person("Ek, Ivar", "ivar@example.com")]).await;
        works.bokamera().behave(Manners { largest_take, ..Manners::default() });
        let count = if largest_take == 1 { 40 } else { 1_234 };
        for n in 0..count {
            works.customer("Nobody", "Known", &format!("nobody{n}@example.com")).await;
            if n == count / 2 {
                works.customer("tuva", "Ek", "tuva@example.com").await;
            }
        }
        works.customer("ivar", "Ek", "ivar@example.com").await;
        assert_eq!(works.completed().await, counters(2, 0, 2, 0, 0), "{largest_take}");
        assert_eq!(works.customers().await.len(), count + 2);
    }
}

#[tokio::test]
async fn the_same_person_in_two_systems_is_one_customer_under_whatever_id_it_is_given() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let works = works(vec![person("Ek, Tuva", "tuva@example.com")]).await;
        works.bokamera().behave(Manners { ids, ..Manners::default() });
        works.add_system(vec![person("Tuva Ek,", "Tuva@Example.com")]).await;
        assert_eq!(works.completed().await, counters(2, 1, 0, 1, 0));
        let customers = works.customers().await;
        assert_eq!((customers.len(), works.links().await.len()), (1, 2));
        assert!(linked_ids(&works).await.iter().all(|id| customers.contains_key(id)), "{ids:?}: a link leads nowhere");
        works.vaka.change(works.device, 1);
        assert_eq!(works.completed().await, counters(2, 0, 1, 1, 0));
    }
}

#[tokio::test]
async fn a_customer_that_is_refused_is_nobody_that_somebody_else_could_be() {
    let works = works(vec![person("Ek, Tuva", "tuva@example.com")]).await;
    works.add_system(vec![person("Tuva Ek,", "Tuva@Example.com")]).await;
    works.bokamera().behave(Manners { phone: Phone::Required, ..Manners::default() });
    assert_eq!(works.completed().await, counters(2, 0, 0, 0, 2));
    assert_eq!(reasons(&works).await, ["MissingPhone", "MissingPhone"]);
}

#[tokio::test]
async fn a_customer_with_an_account_of_its_own_is_left_alone_and_stops_nobody() {
    for own_account in [OwnAccount::Forbidden, OwnAccount::BadRequest] {
        let works = works([vec![person("Ek, Tuva", "tuva@example.com")], named(5)].concat()).await;
        works.bokamera().behave(Manners { own_account, ..Manners::default() });
        let id = works.customer("Tuva", "Gran", "tuva@example.com").await;
        works.bokamera().give_account(*works.company.as_uuid(), id.parse().expect("a Guid"));
        assert_eq!(works.completed().await, counters(6, 5, 0, 0, 1), "{own_account:?}");
        assert_eq!(reasons(&works).await, ["OwnAccount"]);
        assert_eq!(works.customers().await[&id]["lastname"], "Gran");
        works.forget();
        assert_eq!(works.completed().await, counters(6, 0, 0, 5, 1), "{own_account:?}");
        assert_eq!(works.bokamera_proxy().seen().entries().len(), 0, "it is not asked again for the same data");
    }
}

#[tokio::test]
async fn a_phone_that_is_asked_for_is_a_reason_at_each_user_and_no_failure_of_the_job() {
    let works = works(named(20)).await;
    works.bokamera().behave(Manners { phone: Phone::Required, ..Manners::default() });
    assert_eq!(works.completed().await, counters(20, 0, 0, 0, 20));
    assert_eq!(reasons(&works).await, vec![SkipReason::MissingPhone.code(); 20]);
}

#[tokio::test]
async fn an_address_that_is_refused_as_taken_leaves_one_member_of_the_household_out_and_no_more() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let household = vec![person("Ek, Tuva", "ek@example.com"), person("Ek, Ivar", "ek@example.com")];
        let works = works([household, named(3)].concat()).await;
        works.bokamera().behave(Manners { ids, duplicate_email: DuplicateEmail::Refused, ..Manners::default() });
        assert_eq!(works.completed().await, counters(5, 4, 0, 0, 1), "{ids:?}");
        assert_eq!(reasons(&works).await, ["Rejected"]);
    }
}

#[tokio::test]
async fn a_dry_run_only_reads_and_tells_what_the_real_run_after_it_does() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let works = works([vec![person("Ek, Tuva", "tuva@example.com")], named(60)].concat()).await;
        works.bokamera().behave(Manners { ids, ..Manners::default() });
        works.completed().await;
        let gone = works.customers().await.keys().next().cloned().expect("a customer");
        works.delete(&gone).await;
        works.vaka.change(works.device, 61);
        works.customer("Ivar", "Gran", "ivar@example.com").await;
        let users = [works.vaka.users(works.device), vec![person("Ek, Ivar", "ivar@example.com"), User::named("")]];
        works.vaka.set_users(works.device, users.concat());
        works.add_system(named(55)).await;
        works.forget();
        let links = works.links().await;
        let told = works.sync_to(Mode::DryRun).await;
        assert_eq!((told.status, works.customer_writes()), (Status::Completed, 0), "{:?}", told.failure_text);
        assert_eq!(works.links().await, links);
        let outcomes =
            async |job| -> Vec<_> { works.report(&job).await.iter().map(|row| (row.person, row.outcome)).collect() };
        let (counted, told) = (told.counters, outcomes(told).await);
        let done = works.sync().await;
        assert_eq!((done.counters, outcomes(done).await), (counted, told.clone()), "{ids:?}");
        for outcome in [Outcome::Created, Outcome::Updated, Outcome::Skipped(SkipReason::CustomerDeleted)] {
            assert!(told.iter().any(|(_, told)| *told == outcome), "{outcome:?} was not tried");
        }
    }
}

/// BokaMera's customers have no room for them.
#[tokio::test]
async fn groups_are_not_read_and_a_group_that_is_renamed_undoes_no_correction() {
    let group = Uuid::new_v4();
    let works = Works::with_users_in(Home::Rest, vec![User::named("Ek, Tuva").in_group(group)]).await;
    let named = |name: &str| Group {
        id: group,
        name: name.to_owned(),
        apartment_id: None,
        reference_id: None,
        device_id: works.device,
    };
    works.vaka.set_groups(works.device, vec![named("Hus A")]);
    works.completed().await;
    let id = works.customers().await.into_keys().next().expect("a customer");
    works.correct(&id, "firstname", "Tova").await;
    works.vaka.set_groups(works.device, vec![named("Hus B")]);
    assert_eq!(works.completed().await, Counters { found: 1, unchanged: 1, ..Counters::default() });
    assert_eq!(works.customers().await[&id]["firstname"], "Tova");
    assert!(works.vaka.calls(vaka::Route::Groups).is_empty());
}
