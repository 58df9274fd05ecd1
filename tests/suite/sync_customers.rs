//! Who is who: links, adoption by e-mail, corrections by hand, deletions; in either home.

use local::vaka::{Group, User};
use shared::job::{Counters, Mode};
use shared::outcome::SkipReason;
use uuid::Uuid;

use crate::works::{Home, Works};

fn counters(found: u64, created: u64, updated: u64, unchanged: u64, skipped: u64) -> Counters {
    Counters { found, created, updated, unchanged, skipped }
}

fn person(name: &str, email: &str) -> User {
    User::named(name).with_email(Some(email))
}

/// The same test over both homes of customers.
macro_rules! in_both_homes {
    ($($(#[$doc:meta])* async fn $name:ident($home:ident: Home) $body:block)*) => {
        $(
            $(#[$doc])*
            mod $name {
                use super::*;

                async fn holds($home: Home) $body

                #[tokio::test]
                async fn in_the_embedded_table() {
                    holds(Home::Embedded).await;
                }

                #[tokio::test]
                async fn at_bokamera() {
                    holds(Home::Rest).await;
                }
            }
        )*
    };
}

in_both_homes! {
    async fn a_customer_with_the_same_address_and_name_is_adopted_and_not_made_again(home: Home) {
        let works = Works::with_users_in(home, vec![person("Ek, Tuva", "TUVA@example.com")]).await;
        let id = works.customer("Tuva", "Ek", "tuva@example.com ").await;
        assert_eq!(works.completed().await, counters(1, 0, 1, 0, 0));
        let customers = works.customers().await;
        assert_eq!(customers.keys().collect::<Vec<_>>(), [&id]);
        assert_eq!(works.completed().await, counters(1, 0, 0, 1, 0));
    }

    async fn a_customer_with_the_same_address_is_adopted_under_another_name_when_nobody_shares_the_address(home: Home) {
        let works =
            Works::with_users_in(home, vec![person("Gran, Tuva", "tuva@example.com"), person("Ek, Ivar", "ivar@example.com")]).await;
        let id = works.customer("Tuva", "Ek", "tuva@example.com").await;
        assert_eq!(works.completed().await, counters(2, 1, 1, 0, 0));
        assert_eq!(works.customers().await[&id]["lastname"], "Gran");
    }

    async fn a_household_that_shares_an_address_stays_separate_people_in_any_order(home: Home) {
        let (tuva, ivar) = (person("Ek, Tuva", "ek@example.com"), person("Ek, Ivar", "ek@example.com"));
        for users in [vec![tuva.clone(), ivar.clone()], vec![ivar, tuva]] {
            let works = Works::with_users_in(home, users).await;
            let id = works.customer("Ivar", "Ek", "EK@example.com").await;
            assert_eq!(works.completed().await, counters(2, 1, 1, 0, 0));
            let customers = works.customers().await;
            assert_eq!(customers.len(), 2);
            assert_eq!(customers[&id]["firstname"], "Ivar");
        }
    }

    async fn a_new_member_of_a_known_household_is_made_and_takes_nobodys_place(home: Home) {
        let works = Works::with_users_in(home, vec![person("Ek, Tuva", "ek@example.com")]).await;
        works.completed().await;
        let mut users = works.vaka.users(works.device);
        users.push(person("Ek, Ivar", "ek@example.com"));
        works.vaka.set_users(works.device, users);
        assert_eq!(works.completed().await, counters(2, 1, 0, 1, 0));
        assert_eq!(works.customers().await.len(), 2);
    }

    async fn a_household_of_new_members_leaves_the_one_customer_alone_who_has_its_address(home: Home) {
        let users = ["Ek, Tuva", "Ek, Ivar"].map(|name| person(name, "ek@example.com"));
        let works = Works::with_users_in(home, users.into()).await;
        let id = works.customer("Ylva", "Ek", "ek@example.com").await;
        assert_eq!(works.completed().await, counters(2, 2, 0, 0, 0));
        assert_eq!((works.customers().await.len(), &works.customers().await[&id]["firstname"]), (3, &"Ylva".to_owned()));
    }

    async fn the_same_person_in_two_systems_is_one_customer(home: Home) {
        let works = Works::with_users_in(home, vec![person("Ek, Tuva", "tuva@example.com")]).await;
        works.add_system(vec![person("Tuva Ek,", "Tuva@Example.com")]).await;
        assert_eq!(works.completed().await, counters(2, 1, 0, 1, 0));
        assert_eq!((works.customers().await.len(), works.links().await.len()), (1, 2));
    }

    async fn an_address_that_several_strangers_have_is_ambiguous_until_an_administrator_decides(home: Home) {
        let works = Works::with_users_in(home, vec![person("Gran, Ylva", "info@example.com")]).await;
        works.customer("Tuva", "Ek", "info@example.com").await;
        let other = works.customer("Ivar", "Ek", "info@example.com").await;
        assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1));
        assert_eq!(works.links().await[0]["r"].as_s().ok(), Some(&SkipReason::AmbiguousEmail.code().to_owned()));

        works.forget();
        assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1));
        // The job's own, its report's, and its event's.
        assert_eq!(works.proxy.seen().writes_to(&works.fresh.state_table), 6, "the link says so already");

        works.correct(&other, "firstname", "ylva").await;
        works.correct(&other, "lastname", "Gran").await;
        assert_eq!(works.completed().await, counters(1, 0, 1, 0, 0));
    }

    async fn a_correction_by_hand_survives_until_the_persons_data_change_in_vaka(home: Home) {
        let works = Works::with_users_in(home, vec![User::named("Ek, Tuva")]).await;
        works.completed().await;
        let id = works.customers().await.keys().next().cloned().expect("a customer");
        works.correct(&id, "lastname", "Ek-Gran").await;
        works.correct(&id, "phone", "0700000000").await;
        assert_eq!(works.completed().await, counters(1, 0, 0, 1, 0));
        assert_eq!(works.customers().await[&id]["lastname"], "Ek-Gran");

        works.vaka.change(works.device, 1);
        assert_eq!(works.completed().await, counters(1, 0, 1, 0, 0));
        let customer = works.customers().await.remove(&id).expect("the same customer");
        assert_eq!((customer["lastname"].as_str(), customer["phone"].as_str()), ("Ek", "0700000000"));
    }

    async fn a_customer_that_is_deleted_before_its_user_is_linked_to_it_is_made_anew(home: Home) {
        for mode in [Mode::DryRun, Mode::Apply] {
            let works = Works::with_users_in(home, vec![person("Ek, Tuva", "tuva@example.com")]).await;
            let id = works.customer("Tuva", "Ek", "tuva@example.com").await;
            // The customers have been read, and this one is compared with what VAKA has.
            let compared = match home {
                Home::Embedded => works.proxy.on("BatchGetItem").nth(1).hold_before(),
                Home::Rest => works.bokamera_proxy().on("GET /customers").nth(2).hold_before(),
            };
            let (job, ()) = tokio::join!(works.sync_to(mode), async {
                compared.reached().await;
                works.delete(&id).await;
                compared.release();
            });
            assert_eq!(job.counters, Some(counters(1, 1, 0, 0, 0)), "{mode:?}");
            let customers = works.customers().await;
            assert_eq!((customers.len(), customers.contains_key(&id)), (usize::from(mode == Mode::Apply), false));
        }
    }

    async fn a_text_of_a_group_that_is_too_long_to_be_one_is_left_out_and_stops_nobody(home: Home) {
        let group = Uuid::new_v4();
        let users = (0..60).map(|n| User::named(&format!("Ek Tuva {n}")).in_group(group)).collect();
        let works = Works::with_users_in(home, users).await;
        let (name, apartment_id) = ("x".repeat(100_000), Some("1201".to_owned()));
        let long = Group { id: group, name, apartment_id, reference_id: None, device_id: works.device };
        works.vaka.set_groups(works.device, vec![long]);
        assert_eq!(works.completed().await, counters(60, 60, 0, 0, 0));
        assert!(works.customers().await.values().all(|one| one.values().all(|text| text.len() < 100)));
    }

    async fn a_deleted_customer_stays_deleted_whatever_vaka_says(home: Home) {
        let works = Works::with_users_in(home, vec![User::named("Ek, Tuva"), User::named("Ek, Ivar")]).await;
        works.completed().await;
        let tuva = works.customers().await.into_values().find(|customer| customer["firstname"] == "Tuva");
        works.delete(&tuva.expect("a customer")["customer"]).await;
        works.vaka.change(works.device, 2);
        assert_eq!(works.completed().await, counters(2, 0, 1, 0, 1));
        assert_eq!(works.customers().await.len(), 1);
        works.vaka.change(works.device, 2);
        assert_eq!(works.completed().await, counters(2, 0, 1, 0, 1));
        assert_eq!(works.customers().await.len(), 1);
    }

    async fn a_deleted_customer_stays_deleted_although_its_user_had_no_name_for_a_while(home: Home) {
        let user = User::named("Ek, Tuva");
        let works = Works::with_users_in(home, vec![user.clone()]).await;
        works.completed().await;
        works.vaka.set_users(works.device, vec![User { name: String::new(), ..user.clone() }]);
        assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1));
        let id = works.customers().await.keys().next().cloned().expect("a customer");
        works.delete(&id).await;
        works.vaka.set_users(works.device, vec![User { name: "Ek, Ivar".to_owned(), ..user }]);
        assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1));
        assert_eq!(works.customers().await.len(), 0);
    }

    async fn a_person_who_changes_in_two_systems_at_once_is_written_once_in_each_transaction(home: Home) {
        let tuva = person("Ek, Tuva", "tuva@example.com");
        let works = Works::with_users_in(home, vec![tuva.clone()]).await;
        let device = works.add_system(vec![tuva.clone()]).await;
        assert_eq!(works.completed().await, counters(2, 1, 0, 1, 0));
        let renamed = User { name: "Ek-Gran, Tuva".to_owned(), ..tuva };
        works.vaka.set_users(works.device, vec![renamed.clone()]);
        works.vaka.set_users(device, vec![renamed]);
        works.proxy.forget();
        assert_eq!(works.completed().await, counters(2, 0, 2, 0, 0));
        for entry in works.proxy.seen().entries() {
            let mut items: Vec<_> = entry.operation.writes.iter().map(|write| write.item.to_string()).collect();
            items.sort();
            assert!(items.windows(2).all(|pair| pair[0] != pair[1]), "DynamoDB takes no item twice: {items:?}");
        }
    }

    /// Whom a user is found to be does not depend on what happens to be committed.
    async fn a_person_who_takes_on_an_address_is_found_under_it_in_the_same_sync(home: Home) {
        let (tuva, ivar) = (person("Ek, Tuva", "old@example.com"), person("Gran, Ivar", "ivar@example.com"));
        let works = Works::with_users_in(home, vec![tuva.clone(), ivar.clone()]).await;
        works.completed().await;
        let moved = tuva.with_email(Some("new@example.com"));
        // The newcomer makes the index of customers be read, before or after the other one is decided about.
        for users in [vec![person("Ek, Ylva", "ivar@example.com"), moved.clone()], vec![moved]] {
            works.vaka.set_users(works.device, [users, vec![ivar.clone()]].concat());
            works.add_system(vec![person("Tuva Ek,", "new@example.com")]).await;
            works.completed().await;
            let customers = works.customers().await;
            let known = customers.values().filter(|customer| customer["email"] == "new@example.com").count();
            assert_eq!(known, 1, "{customers:?}");
        }
    }

    async fn a_customer_of_the_derived_id_that_is_there_without_its_link_is_met_again(home: Home) {
        let works = Works::with_users_in(home, vec![User::named("Ek, Tuva").with_email(None)]).await;
        works.completed().await;
        for link in works.links().await {
            works.remove(&link).await;
        }
        assert_eq!(works.completed().await, counters(1, 0, 1, 0, 0));
        assert_eq!(works.customers().await.len(), 1);
    }

    /// Fault 29.
    async fn the_two_forms_of_a_letter_and_other_case_are_one_name_and_one_address(home: Home) {
        let works = Works::with_users_in(home, vec![person("EK, A\u{30a}sa", "ASA@example.com")]).await;
        works.customer("Åsa", "Ek", "asa@example.com").await;
        assert_eq!(works.completed().await.created, 0);
    }
}
