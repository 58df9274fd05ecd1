//! Reading users and groups when all goes well, and when the list itself is odd.

use std::collections::HashSet;
use std::time::Duration;

use local::vaka::{Fault, Route, User};
use shared::ids::DeviceId;
use sync::source::{ApiKey, Endless, GroupId, SourceError};
use uuid::Uuid;

use crate::source_company::{API_KEY, Company, as_read, read_users, time_for};

/// Longer than any reader that goes well.
const ASKED_WITHIN: Duration = Duration::from_secs(60);

/// Returns when this many pages of users have been asked for.
async fn until_asked_for(company: &Company, pages: usize) {
    let asked = async {
        while company.calls(Route::Users).len() < pages {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(ASKED_WITHIN, asked).await.expect("VAKA is asked in time");
}

#[tokio::test]
async fn the_users_of_a_system_are_read_whether_vaka_pages_them_or_not() {
    for (users, largest_page) in [(1_050, None), (1_050, Some(100)), (1_050, Some(37)), (20_000, None)] {
        let company = Company::with_users(users);
        company.vaka.page_users(largest_page);
        assert_eq!(company.read().await.unwrap(), company.listed());
        let calls = company.calls(Route::Users);
        assert_eq!(calls.len(), largest_page.map_or(1, |largest| users.div_ceil(largest)));
        assert!(calls.iter().all(|call| call.query.starts_with("pageSize=100")), "{calls:?}");
    }
}

#[tokio::test]
async fn both_credentials_go_with_every_call_and_one_token_serves_them_all() {
    let company = Company::with_paged_users(1_000);
    let reader = company.reader();
    read_users(&reader, company.device).await.unwrap();
    reader.groups(company.device).await.unwrap();
    for call in company.calls(Route::Users).iter().chain(&company.calls(Route::Groups)) {
        assert_eq!(call.headers["x-api-key"], API_KEY);
        assert!(call.headers["authorization"].to_str().unwrap().starts_with("Bearer "));
    }
    assert_eq!(company.calls(Route::Token).len(), 1);
}

#[tokio::test]
async fn the_groups_of_a_system_are_read_over_all_their_pages() {
    let company = Company::with_users(10_000);
    let reader = company.reader();
    let groups = reader.groups(company.device).await.unwrap();
    assert_eq!(groups.len(), 250);
    assert_eq!(company.calls(Route::Groups).len(), 3);
    let users = read_users(&reader, company.device).await.unwrap();
    assert!(users.iter().filter_map(|user| user.group).all(|group| groups.contains_key(&group)));
}

#[tokio::test]
async fn a_group_gives_its_name_apartment_and_reference() {
    let company = Company::with_users(0);
    let id = Uuid::from_u128(7);
    let apartment_id = Some("1201".to_owned());
    let device_id = *company.device.as_uuid();
    let group = local::vaka::Group { id, name: "Trapphus 1".into(), apartment_id, reference_id: None, device_id };
    company.vaka.set_groups(device_id, vec![group]);
    let groups = company.reader().groups(company.device).await.unwrap();
    let read = &groups[&GroupId::from_uuid(id)];
    assert_eq!(read.name.as_deref(), Some("Trapphus 1"));
    assert_eq!((read.apartment_id.as_deref(), read.reference_id.as_deref()), (Some("1201"), None));
}

#[tokio::test]
async fn each_system_is_read_with_the_key_of_its_own_company() {
    let company = Company::with_users(3);
    let second = company.vaka.add_system(API_KEY);
    company.vaka.populate(second, 5, 2);
    let foreign = company.vaka.add_system("another company's key");
    let client = company.client();
    let reader = client.for_company(ApiKey::parse(API_KEY).unwrap(), time_for(Duration::from_secs(60)));
    assert_eq!(read_users(&reader, company.device).await.unwrap().len(), 3);
    assert_eq!(read_users(&reader, DeviceId::from_uuid(second)).await.unwrap().len(), 5);
    let refused = read_users(&reader, DeviceId::from_uuid(foreign)).await;
    assert!(matches!(refused, Err(SourceError::Forbidden)), "{refused:?}");
}

#[tokio::test]
async fn the_next_pages_are_read_while_the_caller_works_on_the_last() {
    let company = Company::with_paged_users(500);
    let reader = company.reader();
    let mut users = reader.users(company.device);
    assert_eq!(users.next_chunk().await.unwrap().unwrap().len(), 100);
    // Nothing more is taken; the others are asked for all the same.
    until_asked_for(&company, 5).await;
}

#[tokio::test]
async fn a_caller_that_takes_nothing_is_not_read_ahead_of_by_more_than_a_few_pages() {
    let company = Company::with_paged_users(1_000);
    let reader = company.reader();
    let untouched = reader.users(company.device);
    // Four are ready, and one waits to be.
    until_asked_for(&company, 5).await;
    // Ten more pages through the same reader: time enough for the first walk to run away.
    assert_eq!(read_users(&reader, company.device).await.unwrap().len(), 1_000);
    assert_eq!(company.calls(Route::Users).len(), 5 + 10);
    drop(untouched);
}

#[tokio::test]
async fn a_stream_that_is_dropped_asks_for_nothing_more() {
    let company = Company::with_paged_users(1_000);
    let gate = company.vaka.on(Route::Users).nth(2).hold();
    let reader = company.reader();
    let mut users = reader.users(company.device);
    assert!(users.next_chunk().await.unwrap().is_some());
    until_asked_for(&company, 2).await;
    drop(users);
    gate.release();
    assert_eq!(read_users(&reader, company.device).await.unwrap().len(), 1_000);
    assert_eq!(company.calls(Route::Users).len(), 2 + 10);
}

#[tokio::test]
async fn a_stream_that_has_ended_stays_ended_and_one_that_failed_never_ends_well() {
    let company = Company::with_users(2);
    let reader = company.reader();
    let mut users = reader.users(company.device);
    assert_eq!(users.unreadable(), None);
    assert!(users.next_chunk().await.unwrap().is_some());
    assert!(users.next_chunk().await.unwrap().is_none());
    assert!(users.next_chunk().await.unwrap().is_none());
    assert_eq!(users.unreadable(), Some(0));

    company.vaka.on(Route::Users).fault(Fault::Html);
    let mut users = reader.users(company.device);
    assert!(users.next_chunk().await.is_err());
    assert!(matches!(users.next_chunk().await, Err(SourceError::Interrupted)));
    assert_eq!(users.unreadable(), None);
}

/// Fault 26: an empty list. The reader tells what it saw; the doubt is the slice's.
#[tokio::test]
async fn an_empty_list_is_read_as_no_users_at_all() {
    let company = Company::with_users(0);
    assert_eq!(company.read().await.unwrap(), []);
    company.vaka.on(Route::Users).fault(Fault::EmptyList);
    assert_eq!(company.read().await.unwrap(), []);
}

/// Fault 27: the same token for ever.
#[tokio::test]
async fn the_same_continuation_token_twice_ends_the_walk_as_paging_that_does_not_end() {
    let company = Company::with_paged_users(300);
    company.vaka.on(Route::Users).fault(Fault::SameToken);
    let read = company.read().await;
    assert!(matches!(read, Err(SourceError::PagingDoesNotEnd { how: Endless::SameToken })), "{read:?}");
    assert_eq!(company.calls(Route::Users).len(), 2);
}

/// Fault 27: the same token for ever, here in a circle of two.
#[tokio::test]
async fn continuation_tokens_that_go_round_in_a_circle_end_the_walk_too() {
    let company = Company::with_paged_users(0);
    let page = |next: &str| Fault::Body(format!(r#"{{"userAccounts":[],"continuationToken":"{next}"}}"#));
    for (request, token) in ["a", "b", "a", "b"].into_iter().enumerate() {
        company.vaka.on(Route::Users).nth(request as u64 + 1).fault(page(token));
    }
    let read = company.read().await;
    assert!(matches!(read, Err(SourceError::PagingDoesNotEnd { how: Endless::SameToken })), "{read:?}");
    assert_eq!(company.calls(Route::Users).len(), 3);
}

/// Fault 27: always another token, and never the end.
#[tokio::test]
async fn a_walk_of_more_pages_than_any_system_has_ends_at_its_cap() {
    let company = Company::with_users(0);
    company.vaka.on(Route::Groups).fault(Fault::NewToken);
    let read = company.reader().groups(company.device).await;
    assert!(matches!(read, Err(SourceError::PagingDoesNotEnd { how: Endless::TooManyPages })), "{read:?}");
    assert_eq!(company.calls(Route::Groups).len(), 2_000);
}

/// Fault 27: what is read is counted over all pages of a walk.
#[tokio::test]
async fn a_walk_of_more_records_than_any_system_has_ends_however_they_are_paged() {
    const CAP: usize = 200_000;
    // The cap is reached, and passed by one.
    for (pages, ends_well) in [([CAP / 2, CAP / 2], true), ([CAP / 2, CAP / 2 + 1], false)] {
        let company = Company::with_users(0);
        for (page, records) in pages.into_iter().enumerate() {
            let token = if page + 1 < pages.len() { r#""next""# } else { "null" };
            let records = vec!["{}"; records].join(",");
            let body = format!(r#"{{"userGroups":[{records}],"continuationToken":{token}}}"#);
            company.vaka.on(Route::Groups).nth(page as u64 + 1).fault(Fault::Body(body));
        }
        match company.reader().groups(company.device).await {
            Ok(groups) => assert!(ends_well && groups.is_empty()),
            Err(SourceError::PagingDoesNotEnd { how: Endless::TooManyRecords }) => assert!(!ends_well),
            other => panic!("{other:?}"),
        }
        assert_eq!(company.calls(Route::Groups).len(), 2);
    }
}

/// Fault 27: an empty page in the middle.
#[tokio::test]
async fn an_empty_page_in_the_middle_is_not_the_end() {
    let company = Company::with_paged_users(250);
    company.vaka.on(Route::Users).nth(1).fault(Fault::EmptyPage);
    // Another token for the place that the third request asks for.
    let empty = r#"{"userAccounts":[],"continuationToken":"next+page/0100&=?"}"#;
    company.vaka.on(Route::Users).nth(3).fault(Fault::Body(empty.to_owned()));
    assert_eq!(company.read().await.unwrap(), company.listed());
    assert_eq!(company.calls(Route::Users).len(), 5);
}

/// Fault 27: a user on two pages; users that move between pages.
#[tokio::test]
async fn users_that_move_between_pages_come_again_and_nobody_who_stayed_is_lost() {
    let company = Company::with_paged_users(250);
    let before = company.listed();
    let gate = company.vaka.on(Route::Users).nth(2).hold();
    let reader = company.reader();
    let mut stream = reader.users(company.device);
    let mut read = stream.next_chunk().await.unwrap().unwrap();
    // Three arrive at the head of the list, so the last three of page one are on page two as well.
    let mut users: Vec<User> = ["Ny, Ett", "Ny, Två", "Ny, Tre"].map(User::named).to_vec();
    users.extend(company.vaka.users(*company.device.as_uuid()));
    company.vaka.set_users(*company.device.as_uuid(), users);
    gate.release();
    while let Some(chunk) = stream.next_chunk().await.unwrap() {
        read.extend(chunk);
    }
    assert_eq!(read.len(), 253);
    assert_eq!(read[97..100], read[100..103]);
    let ids: HashSet<_> = read.iter().map(|user| user.user_id).collect();
    assert!(before.iter().all(|user| ids.contains(&user.user_id)));
}

/// Fault 30: a user id twice with different data.
#[tokio::test]
async fn a_user_id_twice_with_different_data_is_given_twice_in_the_order_of_the_list() {
    let company = Company::with_users(0);
    let first = User::named("Ek, Alva");
    let again = User { name: "Ek, Birk".to_owned(), ..first.clone() };
    company.vaka.set_users(*company.device.as_uuid(), vec![first.clone(), again.clone()]);
    assert_eq!(company.read().await.unwrap(), [as_read(&first), as_read(&again)]);
}

/// Fault 29: names and e-mails of every kind come as VAKA wrote them.
#[tokio::test]
async fn names_and_emails_of_every_kind_are_handed_on_as_they_are() {
    let company = Company::with_users(0);
    let long = "Å".repeat(10_000);
    let names = [
        "",
        "Ek",
        "Ek, Alva",
        "Ek Alva",
        ",",
        ", Alva",
        "Ek, Alva, Birk",
        &long,
        "Ek 👩‍👩‍👧‍👦, 😀",
        "Ek\0, Alva",
        "\u{c5}str\u{f6}m",
        "A\u{30a}stro\u{308}m",
        "\u{202e}אבג, דהו",
        "Ek,\r\n\tAlva \"quoted\" \\ \u{2028}",
    ];
    let emails = [
        None,
        Some(""),
        Some(" "),
        Some("a@example.com"),
        Some("A@Example.com"),
        Some("not an address"),
        Some("a\0@b"),
    ];
    let users: Vec<_> =
        names.iter().flat_map(|name| emails.iter().map(|email| User::named(name).with_email(*email))).collect();
    company.vaka.set_users(*company.device.as_uuid(), users.clone());
    assert_eq!(company.read().await.unwrap(), users.iter().map(as_read).collect::<Vec<_>>());
}

/// Fault 29: what is not even text.
#[tokio::test]
async fn a_record_that_cannot_be_used_is_counted_and_the_others_are_read() {
    let company = Company::with_users(0);
    let good = Uuid::from_u128(1);
    let body = format!(
        r#"{{"userAccounts":[{{"name":"no id"}},{{"userId":"{good}","name":7,"email":[]}},{{"userId":17}},null]}}"#
    );
    company.vaka.on(Route::Users).fault(Fault::Body(body));
    let reader = company.reader();
    let mut stream = reader.users(company.device);
    let users = stream.next_chunk().await.unwrap().unwrap();
    assert_eq!(users.len(), 1);
    assert_eq!((users[0].name.as_str(), &users[0].email), ("", &None));
    assert!(stream.next_chunk().await.unwrap().is_none());
    assert_eq!(stream.unreadable(), Some(3));
}
