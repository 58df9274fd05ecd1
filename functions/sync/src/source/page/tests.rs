//! The page parser against bodies that are whole, odd, broken, and cut in every way.

use super::*;
use crate::source::{Group, GroupId, VakaUser};
use uuid::Uuid;

const CAPS: Caps = Caps { record_bytes: 10_000, body_bytes: 1_000_000, records: 1_000 };

/// A body that arrives in pieces.
struct InPieces<'a>(Vec<&'a [u8]>);

impl Read for InPieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.0.first().is_some_and(|piece| piece.is_empty()) {
            self.0.remove(0);
        }
        let Some(piece) = self.0.first_mut() else { return Ok(0) };
        let taken = piece.len().min(into.len());
        into[..taken].copy_from_slice(&piece[..taken]);
        *piece = &piece[taken..];
        Ok(taken)
    }
}

fn read<R: Record>(body: impl Read, caps: Caps) -> (Result<PageEnd, PageFault>, Vec<Vec<R>>) {
    let mut batches = Vec::new();
    let end = read_page(body, caps, |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    });
    (end, batches)
}

fn users_of(body: &str) -> (Result<PageEnd, PageFault>, Vec<VakaUser>) {
    let (end, batches) = read(body.as_bytes(), CAPS);
    (end, batches.concat())
}

fn fault_of(body: &str) -> PageFault {
    users_of(body).0.unwrap_err()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A page of users with everything that is hard for a parser that stops anywhere.
fn hard_page() -> String {
    let ids: Vec<_> = (1..=3).map(id).collect();
    format!(
        "\u{feff} {{ \"unknown\": {{\"userAccounts\":[{{\"userId\":\"x\"}}], \"a\\\"]}}\": [1.5e3, true, null]}},\r\n\
         \"userAccounts\" : [ {{\"userId\":\"{}\",\"name\":\"Åström, \\\"Ö\\\" \\ud83d\\ude00 😀 \\u0000\",\"email\":null}},\
         {{\"email\":\"a@b\",\"more\":{{\"userId\":[{{}}]}},\"userId\":\"{}\",\"userGroupId\":\"{}\",\"name\":\"]}},{{\"}} , null ],\
         \"continuationToken\" : \"a\\\"b+/=\\\\\" , \"last\": [] }} \n",
        ids[0], ids[1], ids[2]
    )
}

fn hard_users() -> Vec<VakaUser> {
    let user = |number, name: &str, email: Option<&str>, group: Option<u128>| VakaUser {
        user_id: shared::ids::UserId::from_uuid(id(number)),
        name: name.to_owned(),
        email: email.map(str::to_owned),
        group: group.map(|number| GroupId::from_uuid(id(number))),
    };
    vec![user(1, "Åström, \"Ö\" 😀 😀 \0", None, None), user(2, "]},{", Some("a@b"), Some(3))]
}

fn hard_end() -> PageEnd {
    let bytes = (hard_page().len() - BYTE_ORDER_MARK.len()) as u64;
    PageEnd { next: Some("a\"b+/=\\".to_owned()), bytes, records: 3, unreadable: 1 }
}

#[test]
fn a_page_is_the_same_wherever_its_bytes_are_split() {
    let page = hard_page();
    for at in 0..=page.len() {
        let (head, tail) = page.as_bytes().split_at(at);
        let (end, batches) = read::<VakaUser>(InPieces(vec![head, tail]), CAPS);
        assert_eq!(end, Ok(hard_end()), "split at {at}");
        assert_eq!(batches.concat(), hard_users(), "split at {at}");
    }
}

#[test]
fn a_page_is_the_same_in_pieces_of_any_sizes() {
    let page = hard_page();
    let mut random = fastrand::Rng::with_seed(23);
    for _ in 0..500 {
        let mut rest = page.as_bytes();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(random.usize(0..=rest.len().min(40)));
            pieces.push(piece);
            rest = later;
        }
        let sizes: Vec<_> = pieces.iter().map(|piece| piece.len()).collect();
        let (end, batches) = read::<VakaUser>(InPieces(pieces), CAPS);
        assert_eq!((end, batches.concat()), (Ok(hard_end()), hard_users()), "{sizes:?}");
    }
}

/// Fault 25: the body cut short.
#[test]
fn a_page_cut_short_anywhere_is_never_a_page() {
    let page = hard_page();
    let whole = page.trim_end().len();
    for at in 0..whole {
        let (end, _) = read::<VakaUser>(&page.as_bytes()[..at], CAPS);
        assert_eq!(end, Err(PageFault::CutShort), "cut at {at}");
    }
    let (end, batches) = read::<VakaUser>(&page.as_bytes()[..whole], CAPS);
    assert_eq!((end.is_ok(), batches.concat()), (true, hard_users()));
}

/// Fault 25: 200 with HTML, other JSON, the array missing.
#[test]
fn what_is_not_the_list_is_a_fault_and_never_an_empty_list() {
    const ARRAY: &str = "userAccounts";
    for (body, fault) in [
        ("", PageFault::CutShort),
        (" \r\n", PageFault::CutShort),
        ("<!DOCTYPE html><html></html>", PageFault::NotJson { line: 1, column: 1 }),
        ("{\n  oops", PageFault::NotJson { line: 2, column: 3 }),
        ("null", PageFault::NotAnObject),
        ("[]", PageFault::NotAnObject),
        ("[{\"userAccounts\":[]}]", PageFault::NotAnObject),
        ("\"userAccounts\"", PageFault::NotAnObject),
        ("17", PageFault::NotAnObject),
        ("{}", PageFault::ArrayMissing(ARRAY)),
        (r#"{"continuationToken":null}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"useraccounts":[]}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"userGroups":[]}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"userAccounts":null}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"userAccounts":{}}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"userAccounts":"marked"}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"inner":{"userAccounts":[]}}"#, PageFault::ArrayMissing(ARRAY)),
        (r#"{"userAccounts":[],"userAccounts":[]}"#, PageFault::Twice(ARRAY)),
        (
            r#"{"continuationToken":null,"continuationToken":null,"userAccounts":[]}"#,
            PageFault::Twice("continuationToken"),
        ),
        (r#"{"userAccounts":[],"continuationToken":7}"#, PageFault::TokenNotText),
        (r#"{"userAccounts":[],"continuationToken":{}}"#, PageFault::TokenNotText),
    ] {
        assert_eq!(fault_of(body), fault, "{body}");
    }
    for body in [
        r#"{"userAccounts":[]}{"userAccounts":[]}"#,
        r#"{"userAccounts":[]} trailing"#,
        r#"{"userAccounts":[],}"#,
        r#"{"userAccounts":[{},]}"#,
        r#"{"userAccounts":[{} {}]}"#,
        r#"{"userAccounts":[truth]}"#,
        r#"{"skipped":[truth],"userAccounts":[]}"#,
        "{\"skipped\":\"\n\",\"userAccounts\":[]}",
    ] {
        assert!(matches!(fault_of(body), PageFault::NotJson { .. }), "{body}");
    }
}

#[test]
fn bytes_that_are_no_text_are_not_json() {
    for body in [&b"{\"userAccounts\":[\"\xff\"]}"[..], b"{\"\xff\":1,\"userAccounts\":[]}", b"\x1f\x8b\x08\x00"] {
        let (end, _) = read::<VakaUser>(body, CAPS);
        assert!(matches!(end, Err(PageFault::NotJson { .. })), "{body:?}: {end:?}");
    }
}

#[test]
fn the_last_page_is_told_by_a_token_that_is_null_absent_or_empty() {
    for body in [
        r#"{"userAccounts":[],"continuationToken":null}"#,
        r#"{"userAccounts":[]}"#,
        r#"{"continuationToken":"","userAccounts":[]}"#,
    ] {
        let (end, _) = users_of(body);
        assert_eq!(end, Ok(PageEnd { next: None, bytes: body.len() as u64, records: 0, unreadable: 0 }), "{body}");
    }
    let (end, _) = users_of(r#"{"continuationToken":"next","userAccounts":[]}"#);
    assert_eq!(end.unwrap().next.as_deref(), Some("next"));
}

#[test]
fn one_bad_record_does_not_stop_the_rest() {
    let good = format!(r#"{{"userId":"{}","name":"Good"}}"#, id(9));
    for bad in [
        "null",
        "7",
        "\"text\"",
        "[]",
        "{}",
        r#"{"userId":null,"name":"A"}"#,
        r#"{"userId":7,"name":"A"}"#,
        r#"{"userId":"not a guid","name":"A"}"#,
        r#"{"userId":"00000000-0000-0000-0000-000000000000","name":"A"}"#,
        r#"{"userId":"\ud800","name":"A"}"#,
    ] {
        let (end, users) = users_of(&format!(r#"{{"userAccounts":[{bad},{good}]}}"#));
        assert_eq!(end.map(|end| (end.records, end.unreadable)), Ok((2, 1)), "{bad}");
        assert_eq!(users.len(), 1, "{bad}");
    }
}

#[test]
fn a_member_of_the_wrong_type_counts_as_absent() {
    for odd in ["null", "7", "true", "[1]", r#"{"a":"b"}"#, r#""\ud83d""#, r#""\ude00x""#] {
        let body =
            format!(r#"{{"userAccounts":[{{"userId":"{}","name":{odd},"email":{odd},"userGroupId":{odd}}}]}}"#, id(9));
        let (end, users) = users_of(&body);
        assert_eq!(end.map(|end| end.unreadable), Ok(0), "{odd}");
        assert_eq!((users[0].name.as_str(), &users[0].email, users[0].group), ("", &None, None), "{odd}");
    }
}

#[test]
fn a_blank_email_counts_as_absent_and_any_other_is_kept_as_it_is() {
    for (email, kept) in [("\"\"", None), ("\" \\t\"", None), ("\" A@B.se\"", Some(" A@B.se")), ("\"no\"", Some("no"))]
    {
        let body = format!(r#"{{"userAccounts":[{{"userId":"{}","email":{email}}}]}}"#, id(9));
        assert_eq!(users_of(&body).1[0].email.as_deref(), kept, "{email}");
    }
}

#[test]
fn a_groups_apartment_and_reference_are_read_as_text_or_number() {
    let body = format!(
        r#"{{"userGroups":[{{"id":"{}","name":"Andersson","apartmentId":1201,"referenceId":"A-12","deviceId":"x"}},
            {{"id":"{}","name":" ","apartmentId":null,"referenceId":-1.50}},{{"id":"{}","apartmentId":[1],"referenceId":true}},
            {{"name":"no id"}}],"continuationToken":null}}"#,
        id(1),
        id(2),
        id(3)
    );
    let (end, batches) = read::<(GroupId, Group)>(body.as_bytes(), CAPS);
    assert_eq!(end.map(|end| (end.records, end.unreadable)), Ok((4, 1)));
    let group = |name: Option<&str>, apartment: Option<&str>, reference: Option<&str>| Group {
        name: name.map(Box::from),
        apartment_id: apartment.map(Box::from),
        reference_id: reference.map(Box::from),
    };
    assert_eq!(
        batches.concat(),
        [
            (GroupId::from_uuid(id(1)), group(Some("Andersson"), Some("1201"), Some("A-12"))),
            (GroupId::from_uuid(id(2)), group(None, None, Some("-1.50"))),
            (GroupId::from_uuid(id(3)), group(None, None, None)),
        ]
    );
}

fn page_of(users: u64, name: &str) -> String {
    let records: Vec<_> =
        (1..=users).map(|number| format!(r#"{{"userId":"{}","name":"{name}"}}"#, id(number.into()))).collect();
    format!(r#"{{"userAccounts":[{}]}}"#, records.join(","))
}

#[test]
fn batches_hold_at_most_a_hundred_records_and_few_bytes() {
    let (end, batches) = read::<VakaUser>(page_of(250, "Name").as_bytes(), CAPS);
    assert_eq!(end.map(|end| end.records), Ok(250));
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);

    let long = "N".repeat(200_000);
    let caps = Caps { record_bytes: 300_000, body_bytes: 100_000_000, ..CAPS };
    let (end, batches) = read::<VakaUser>(page_of(12, &long).as_bytes(), caps);
    assert_eq!(end.map(|end| end.records), Ok(12));
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6]);
}

/// Fault 25: 200 MB, 10,000 levels deep.
#[test]
fn what_is_larger_than_it_can_be_is_a_fault() {
    let part = PageFault::PartTooLong;
    let long = "x".repeat(20_000);
    let deep = "[".repeat(20_000);
    assert_eq!(fault_of(&page_of(1, &long)), part);
    assert_eq!(fault_of(&format!(r#"{{"userAccounts":[{deep}"#)), part);
    assert_eq!(fault_of(&format!(r#"{{"{long}":1,"userAccounts":[]}}"#)), part);
    assert_eq!(fault_of(&format!(r#"{{"userAccounts":[],"continuationToken":"{long}"}}"#)), part);
    assert_eq!(fault_of(&page_of(1_001, "Name")), PageFault::TooManyRecords);

    let small = Caps { body_bytes: 1_000, ..CAPS };
    let (end, _) = read::<VakaUser>(page_of(100, "Name").as_bytes(), small);
    assert_eq!(end, Err(PageFault::TooLong));
    let (end, _) = read::<VakaUser>(io::repeat(b' '), CAPS);
    assert_eq!(end, Err(PageFault::TooLong));
}

/// Fault 25: 10,000 levels deep.
#[test]
fn depth_in_what_is_not_read_does_no_harm() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let (end, users) = users_of(&format!(r#"{{"skipped":{deep},"userAccounts":[]}}"#));
    assert_eq!((end.map(|end| end.records), users.len()), (Ok(0), 0));
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let (end, users) =
        users_of(&format!(r#"{{"userAccounts":[{{"userId":"{}","odd":{deep},"name":{deep}}}]}}"#, id(1)));
    assert_eq!((end.map(|end| end.unreadable), users.len()), (Ok(0), 1));
    assert_eq!(fault_of(&deep), PageFault::NotAnObject);
}

#[test]
fn a_large_member_that_is_not_read_is_skipped() {
    let skipped = page_of(900, "Name");
    let (end, users) = users_of(&format!(r#"{{"later":{skipped},"userAccounts":[]}}"#));
    assert_eq!((end.map(|end| end.records), users.len()), (Ok(0), 0));
}

#[test]
fn the_parser_stops_when_nobody_takes_the_records() {
    let mut taken = 0;
    let end = read_page::<VakaUser>(page_of(250, "Name").as_bytes(), CAPS, |batch| {
        taken += batch.len();
        ControlFlow::Break(())
    });
    assert_eq!((end, taken), (Err(PageFault::NobodyListens), 100));
}

#[test]
fn neither_a_user_nor_a_group_nor_a_fault_shows_what_was_read() {
    let (_, users) = users_of(&page_of(1, "marked"));
    let group = Group { name: Some("marked".into()), apartment_id: Some("marked".into()), reference_id: None };
    let faults = [r#"{"userAccounts":"marked"}"#, "marked", r#"["marked"]"#].map(fault_of);
    let shown = format!("{users:?} {group:?} {faults:?} {}", faults.map(|fault| fault.to_string()).join(" "));
    assert!(shown.contains("VakaUser") && !shown.contains("marked"), "{shown}");
}
