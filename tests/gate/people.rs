//! Invented people and groups, by number and not by chance.

use shared::ids::{CompanyId, DeviceId, UserId};
use shared::table::link::PersonKey;
use sync::source::page::{Caps, Record, read_page};
use uuid::Uuid;

/// How many people a part is about, where it is about people.
pub const THOUSAND: u64 = 1_000;

/// The company.
pub const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(0x0199_d5c4_a1b2_7c3d_8e4f_5a6b_7c8d_9e0f));

/// Its VAKA system.
pub const DEVICE: DeviceId = DeviceId::from_uuid(Uuid::from_u128(0x2b1e_66f0_3c0d_4f57_9a10_6d2f_8c4e_7b31));

const FIRST_NAMES: [&str; 7] = ["Åsa", "Tuva", "Björn", "Ivar", "Ylva Maria", "Göran", "Li"];
const LAST_NAMES: [&str; 5] = ["Ekmosse", "Granström", "von Björk", "Lövdal", "Asp"];
const PEOPLE_A_GROUP: u64 = 3;

/// Spreads numbers as random ids are spread, so that no map meets them in order.
const fn id(kind: u64, number: u64) -> Uuid {
    let spread = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(spread ^ kind, spread.rotate_left(29) ^ number)
}

/// The user of this number.
pub const fn person(number: u64) -> PersonKey {
    PersonKey { device: DEVICE, user: UserId::from_uuid(id(1, number)) }
}

/// VAKA's page of so many users.
pub fn page_of_users(users: u64) -> String {
    let user = |number: u64| {
        let at = |list: &[&'static str]| list[usize::try_from(number).unwrap_or_default() % list.len()];
        serde_json::json!({
            "userId": person(number).user,
            "name": format!("{}, {}", at(&LAST_NAMES), at(&FIRST_NAMES)),
            // One in eleven has none.
            "email": (!number.is_multiple_of(11)).then(|| format!("person.{number}@example.com")),
            "userGroupId": id(2, number / PEOPLE_A_GROUP),
        })
    };
    page("userAccounts", users, user)
}

/// VAKA's page of the groups that so many users are in.
pub fn page_of_groups(users: u64) -> String {
    let group = |number: u64| {
        serde_json::json!({
            "id": id(2, number),
            "name": format!("Trapphus {}", number % 20),
            "apartmentId": format!("{:04}", 1_000 + number % 400),
            "referenceId": format!("113-{number:05}"),
            "deviceId": DEVICE,
        })
    };
    page("userGroups", users.div_ceil(PEOPLE_A_GROUP), group)
}

fn page(list: &str, records: u64, record: impl Fn(u64) -> serde_json::Value) -> String {
    let records: Vec<_> = (0..records).map(record).collect();
    serde_json::json!({ list: records, "continuationToken": null }).to_string()
}

/// All records of a page.
pub fn read<R: Record>(page: &str) -> Vec<R> {
    const CAPS: Caps = Caps { record_bytes: 1 << 18, body_bytes: 1 << 26, records: 1 << 20 };
    let mut read = Vec::new();
    let end = read_page(page.as_bytes(), CAPS, |records: Vec<R>| {
        read.extend(records);
        std::ops::ControlFlow::Continue(())
    });
    assert!(end.is_ok(), "{end:?}");
    read
}
