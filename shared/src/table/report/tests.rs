use super::*;

const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(7));

fn person(device: u128, user: u128) -> PersonKey {
    PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(device)), user: UserId::from_uuid(Uuid::from_u128(user)) }
}

fn row(person: PersonKey, outcome: Outcome, customer: Linked) -> Row {
    Row { person, outcome, customer, imprint: None }
}

fn skipped(user: u128, reason: SkipReason) -> Row {
    row(person(1, user), Outcome::Skipped(reason), Linked::Nobody)
}

#[test]
fn every_outcome_customer_and_imprint_is_read_as_it_was_written() {
    let customers = [Linked::Derived, Linked::Nobody, Linked::To(CustomerId::from_uuid(Uuid::max()))];
    let name = *b"the name";
    let imprints = [None, Some(Imprint { email: None, name }), Some(Imprint { email: Some(*b"the mail"), name })];
    let mut rows = Vec::new();
    for outcome in VERDICTS {
        for customer in customers {
            for imprint in imprints {
                let user = rows.len() as u128;
                rows.push(Row { imprint, ..row(person(user / 30, user), outcome, customer) });
            }
        }
    }
    assert_eq!(decode(&encode(&rows)), Some(rows));
}

#[test]
fn every_reason_has_its_number() {
    for reason in SkipReason::ALL {
        assert!(VERDICTS.contains(&Outcome::Skipped(reason)), "{reason:?}");
    }
}

#[test]
fn rows_of_several_systems_come_back_grouped_and_none_is_lost() {
    let rows = [(2, 1), (1, 2), (2, 3), (1, 4)].map(|(d, u)| row(person(d, u), Outcome::Created, Linked::Derived));
    let read: Vec<_> = decode(&encode(&rows)).unwrap_or_default().iter().map(|row| row.person).collect();
    assert_eq!(read, [(1, 2), (1, 4), (2, 1), (2, 3)].map(|(d, u)| person(d, u)));
}

#[test]
fn more_rows_than_a_group_counts_make_two_groups() {
    let rows: Vec<_> = (0..70_000).map(|user| skipped(user, SkipReason::MissingName)).collect();
    assert_eq!(decode(&encode(&rows)).map(|read| read == rows), Some(true));
}

#[test]
fn bytes_that_are_no_rows_are_no_rows() {
    let whole = encode(&[row(person(1, 2), Outcome::Created, Linked::To(CustomerId::from_uuid(Uuid::max())))]);
    for cut in 1..whole.len() {
        assert_eq!(decode(&whole[..cut]), None, "cut at {cut}");
    }
    let mut bytes = whole;
    bytes[18] = DERIVED | CUSTOMER;
    assert_eq!(decode(&bytes), None);
}

/// Each number that is not given yet can only be a reason.
#[test]
fn a_reason_that_only_a_later_version_knows_is_read_as_a_refusal() {
    let rows = |reason| [skipped(2, reason), row(person(1, 3), Outcome::Created, Linked::Derived)];
    let mut bytes = encode(&rows(SkipReason::MissingName));
    for unknown in VERDICTS.len()..=usize::from(VERDICT) {
        bytes[18] = u8::try_from(unknown).expect("a nibble");
        assert_eq!(decode(&bytes).as_deref(), Some(&rows(SkipReason::Rejected)[..]), "{unknown}");
    }
}

#[test]
fn a_part_of_as_many_new_users_as_a_commit_takes_is_as_small_as_the_page_says() {
    let rows: Vec<_> = (0..49).map(|user| row(person(1, user), Outcome::Created, Linked::Derived)).collect();
    let part = PartKey { generation: 200, commit: 1 };
    let item = PartItem {
        company: COMPANY,
        item: format!("{}{part}", prefix(&JobId::from_uuid(Uuid::max()))),
        decided: ByteBuf::from(encode(&rows)),
        again: ByteBuf::new(),
        expires_on: 4_105_080_000,
    };
    let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(item).expect("a part");
    let size: usize = item
        .iter()
        .map(|(name, value)| {
            name.len()
                + match value {
                    AttributeValue::S(text) => text.len(),
                    AttributeValue::B(bytes) => bytes.as_ref().len(),
                    // Two digits a byte, and one.
                    AttributeValue::N(number) => number.len().div_ceil(2) + 1,
                    other => unreachable!("a part has no {other:?}"),
                }
        })
        .sum();
    assert_eq!(size, 978);
}

fn part(generation: u64, decided: &[Row], again: &[Row]) -> Part {
    Part { generation, decided: decided.to_vec(), again: again.to_vec() }
}

#[test]
fn each_user_is_listed_once_in_the_order_of_its_key_as_it_was_last_decided() {
    let ambiguous = |user| skipped(user, SkipReason::AmbiguousEmail);
    let updated = row(person(1, 5), Outcome::Updated, Linked::Derived);
    let parts = vec![part(1, &[ambiguous(9)], &[ambiguous(5)]), part(2, &[updated, ambiguous(2)], &[])];
    assert_eq!(listed(parts, Status::Processing, 2), [ambiguous(2), updated, ambiguous(9)]);
}

#[test]
fn a_completed_job_lists_those_left_out_again_whom_its_last_slice_found() {
    let nameless = |user| skipped(user, SkipReason::MissingName);
    let parts = || vec![part(1, &[nameless(1)], &[nameless(2), nameless(3)]), part(2, &[], &[nameless(3)])];
    assert_eq!(listed(parts(), Status::Completed, 2), [nameless(1), nameless(3)]);
    assert_eq!(listed(parts(), Status::Failed, 2), [nameless(1), nameless(2), nameless(3)]);
}

#[test]
fn parts_sort_in_the_order_of_their_commits() {
    let keys =
        [(1, 2), (1, 10), (2, 1), (10, 1)].map(|(generation, commit)| PartKey { generation, commit }.to_string());
    assert!(keys.is_sorted());
}
