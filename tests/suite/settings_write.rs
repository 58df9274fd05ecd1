//! `POST`, `PUT` and `GET /codelock/axema/settings` at the door: what is written, and what is not
//! when a request is refused.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::ids::CompanyId;
use shared::table::connection::Connection;

use crate::http_door::{Ask, Door, READ, SETTINGS, SUPERADMIN, WRITE, company};

pub const ONE: &str = "e1000000-0000-4000-8000-000000000001";
pub const TWO: &str = "e1000000-0000-4000-8000-000000000002";
/// Marked, so that it can be looked for where it must not be.
pub const KEY: &str = "marked-key-7f3a";

const NOON: &str = "2100-01-31T12:00:00.0000000Z";

pub fn wanted() -> Value {
    json!({"ApiKey": KEY, "DeviceIds": [ONE, TWO]})
}

pub fn create(body: &Value) -> Ask {
    Ask::new("POST", SETTINGS).json(body)
}

pub fn update(body: &Value) -> Ask {
    Ask::new("PUT", SETTINGS).json(body)
}

/// What the secrets table has about the company.
pub async fn secrets(door: &Door, company: CompanyId) -> Option<HashMap<String, AttributeValue>> {
    let get = door.fresh.endpoint.dynamodb().get_item().table_name(&door.fresh.secrets_table).consistent_read(true);
    get.key("owner", AttributeValue::S(company.to_string())).send().await.expect("an answer").item
}

pub fn api_key(secrets: &Option<HashMap<String, AttributeValue>>) -> Option<String> {
    secrets.as_ref()?.get("api_key")?.as_s().ok().cloned()
}

pub fn fingerprint_key(secrets: &Option<HashMap<String, AttributeValue>>) -> Vec<u8> {
    let key = secrets.as_ref().and_then(|item| item.get("fingerprint_key")?.as_b().ok().cloned());
    key.expect("a fingerprint key").into_inner()
}

#[tokio::test]
async fn a_company_is_connected_and_its_key_is_stored_and_never_given_back() {
    let door = Door::open().await;
    let own = company();
    let (writer, reader) = (door.token(&[WRITE], Some(own)), door.token(&[READ], Some(own)));
    let absent = door.ask(&Ask::get(SETTINGS).bearer(&reader)).await;
    assert_eq!((absent.status, absent.error_code().as_str()), (404, "NotFound"));
    let created = door.ask(&create(&wanted()).bearer(&writer)).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let setting = json!({
        "CompanyId": own.to_string(), "HasApiKey": true, "DeviceIds": [ONE, TWO], "Active": true,
        "Created": NOON, "Updated": NOON,
    });
    assert_eq!(created.json(), setting);
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&reader)).await.json(), setting);
    let stored = secrets(&door, own).await;
    assert_eq!(api_key(&stored).as_deref(), Some(KEY));
    assert_eq!(fingerprint_key(&stored).len(), 32);
    for format in ["json", "xml", "csv", "jsv", "jsonl", "html"] {
        let shown = door.ask(&Ask::get(SETTINGS).suffix(format).bearer(&writer)).await;
        assert!(shown.status == 200 && !shown.text.contains("marked"), "{format}: {}", shown.text);
    }
    assert_eq!(door.ask(&Ask::post().bearer(&writer)).await.status, 200, "a sync can start");
}

#[tokio::test]
async fn a_connection_has_a_schedule_until_it_is_given_none() {
    const DAILY: &str = "daily@03:30 Europe/Stockholm";
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let due = async || {
        let tomorrow = Timestamp::from_ms(door.clock.now().ms() + 24 * 3600 * 1000);
        let due = door.table.due_syncs(tomorrow).await.expect("an answer");
        due.iter().filter(|due| due.company == own).map(|due| due.due_at.ms()).collect::<Vec<_>>()
    };
    let mut body = wanted();
    body["Schedule"] = json!("Daily@03:30");
    let created = door.ask(&create(&body).bearer(&writer)).await;
    assert_eq!((created.status, &created.json()["Schedule"]), (200, &json!(DAILY)), "{}", created.text);
    let first = due().await;
    assert_eq!(first.len(), 1);
    for (change, schedule) in [
        (json!({"Active": true}), json!(DAILY)),
        (json!({"Schedule": ""}), json!(DAILY)),
        (json!({"Schedule": "daily@04:30"}), json!("daily@04:30 Europe/Stockholm")),
        (json!({"Schedule": "None"}), Value::Null),
        (json!({"Schedule": "none"}), Value::Null),
        (json!({"Schedule": DAILY}), json!(DAILY)),
    ] {
        let changed = door.ask(&update(&change).bearer(&writer)).await;
        assert_eq!((changed.status, &changed.json()["Schedule"]), (200, &schedule), "{change}: {}", changed.text);
        assert_eq!(due().await.is_empty(), schedule.is_null(), "{change}");
    }
    assert_eq!(due().await, first);
    for wrong in [json!("03:30"), json!("noon@03:30"), json!("daily@25:00"), json!("daily@03:30 Mars"), json!(5)] {
        let refused = door.ask(&update(&json!({ "Schedule": wrong })).bearer(&writer)).await;
        assert_eq!((refused.status, refused.field().as_str()), (400, "Schedule"), "{wrong}");
    }
    assert_eq!(due().await, first);
    // The same again, a minute after the time and before the clock has run: it is still due.
    let overdue = u64::try_from(first[0] - door.clock.now().ms()).expect("a time to come") + 60_000;
    door.clock.advance(Duration::from_millis(overdue));
    let writer = door.token(&[WRITE], Some(own));
    let again = door.ask(&update(&json!({"Schedule": DAILY})).bearer(&writer)).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(due().await, first);
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_keeps_neither_syncs_nor_administrators_out() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    door.ask(&create(&wanted()).bearer(&writer)).await;
    let change = door.fresh.endpoint.dynamodb().update_item().table_name(&door.fresh.state_table);
    let change = change.key("company", AttributeValue::S(own.to_string()));
    let change = change.key("item", AttributeValue::S("CONNECTION".to_owned()));
    let change = change.update_expression("SET schedule = :of_tomorrow");
    let of_tomorrow = AttributeValue::S("yearly@03:30".to_owned());
    change.expression_attribute_values(":of_tomorrow", of_tomorrow).send().await.expect("a change");
    let shown = door.ask(&Ask::get(SETTINGS).bearer(&writer)).await;
    assert_eq!((shown.status, &shown.json()["Schedule"]), (200, &Value::Null), "{}", shown.text);
    assert!(matches!(door.table.connection(own).await, Ok(Connection::Active(devices)) if devices.len() == 2));
    let removed = door.ask(&Ask::new("DELETE", SETTINGS).bearer(&writer)).await;
    assert_eq!(removed.status, 200, "{}", removed.text);
}

#[tokio::test]
async fn an_api_key_in_an_address_is_not_taken() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let in_address = create(&json!({"DeviceIds": [ONE]})).query("ApiKey=a-key").bearer(&writer);
    let refused = door.ask(&in_address).await;
    assert_eq!((refused.status, refused.field().as_str()), (400, "ApiKey"));
    assert_eq!(secrets(&door, own).await, None);
}

#[tokio::test]
async fn two_companies_never_get_the_same_fingerprint_key() {
    let door = Door::open().await;
    let mut keys = Vec::new();
    for own in [company(), company()] {
        door.ask(&create(&wanted()).bearer(&door.token(&[WRITE], Some(own)))).await;
        keys.push(fingerprint_key(&secrets(&door, own).await));
    }
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_company_that_is_connected_is_not_connected_again_and_keeps_its_key() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let first = door.ask(&create(&wanted()).bearer(&writer)).await;
    let before = secrets(&door, own).await;
    let second = door.ask(&create(&json!({"ApiKey": "another", "DeviceIds": [TWO]})).bearer(&writer)).await;
    assert_eq!((second.status, second.error_code().as_str()), (409, "Conflict"));
    assert_eq!(second.header("location"), Some(SETTINGS));
    let named = json!({"ApiKey": "another", "DeviceIds": [TWO], "CompanyId": own});
    let third = door.ask(&create(&named).bearer(&door.token(&[SUPERADMIN], Some(company())))).await;
    assert_eq!(third.header("location"), Some(&*format!("{SETTINGS}?CompanyId={own}")));
    assert_eq!(secrets(&door, own).await, before);
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.json(), first.json());
}

#[tokio::test]
async fn of_many_who_connect_a_company_at_once_one_does_and_its_key_is_the_one_that_is_stored() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let asks: Vec<_> = (0..20)
        .map(|nth| create(&json!({"ApiKey": format!("key-{nth}"), "DeviceIds": [ONE]})).bearer(&writer))
        .collect();
    let answers = join_all(asks.iter().map(|ask| door.ask(ask))).await;
    let well: Vec<_> = (0..20).filter(|nth| answers[*nth].status == 200).collect();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((well.len(), refused), (1, 19));
    assert_eq!(api_key(&secrets(&door, own).await), Some(format!("key-{}", well[0])));
}

#[tokio::test]
async fn one_answer_names_every_member_that_is_wrong_and_nothing_is_written() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let body = json!({"CompanyId": "x", "ApiKey": "marked key", "DeviceIds": [ONE, "x"], "Active": "perhaps"});
    for (ask, fields) in [
        (create(&body), vec!["CompanyId", "ApiKey", "DeviceIds", "Active"]),
        (update(&body), vec!["CompanyId", "ApiKey", "DeviceIds", "Active"]),
        (create(&json!({})), vec!["ApiKey", "DeviceIds"]),
        (create(&json!({"ApiKey": "", "DeviceIds": []})), vec!["ApiKey", "DeviceIds"]),
        (update(&json!({"DeviceIds": []})), vec!["DeviceIds"]),
    ] {
        let refused = door.ask(&ask.bearer(&writer)).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (400, "SerializationException"));
        let errors = refused.json()["ResponseStatus"]["Errors"].clone();
        let named: Vec<_> = errors.as_array().into_iter().flatten().map(|error| error["FieldName"].clone()).collect();
        assert_eq!(named, fields, "{}", refused.text);
        assert!(!refused.text.contains("marked"), "{}", refused.text);
    }
    assert_eq!(door.items().await, Vec::<String>::new());
    assert_eq!(secrets(&door, own).await, None);
}

#[tokio::test]
async fn what_is_given_is_changed_and_what_is_left_out_stays() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let mut expected = door.ask(&create(&wanted()).bearer(&writer)).await.json();
    let before = secrets(&door, own).await;
    for (minute, change) in [
        (1, json!({"DeviceIds": [TWO]})),
        (2, json!({"Active": false})),
        (3, json!({"ApiKey": "another-key"})),
        (4, json!({"Active": true, "DeviceIds": [ONE]})),
        (5, json!({})),
    ] {
        door.clock.advance(Duration::from_secs(60));
        let writer = door.token(&[WRITE], Some(own));
        for member in ["DeviceIds", "Active"] {
            if let Some(value) = change.get(member) {
                expected[member] = value.clone();
            }
        }
        expected["Updated"] = json!(NOON.replace("12:00", &format!("12:0{minute}")));
        assert_eq!(door.ask(&update(&change).bearer(&writer)).await.json(), expected, "{change}");
        let now = secrets(&door, own).await;
        assert_eq!(fingerprint_key(&now), fingerprint_key(&before), "{change}");
        assert_eq!(api_key(&now).as_deref(), Some(if minute < 3 { KEY } else { "another-key" }), "{change}");
    }
}

#[tokio::test]
async fn nothing_is_changed_or_removed_where_there_is_nothing() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    for ask in [
        update(&wanted()),
        update(&json!({"Active": false})),
        update(&json!({})),
        Ask::new("DELETE", SETTINGS),
        Ask::new("POST", &format!("{SETTINGS}/test")),
    ] {
        let refused = door.ask(&ask.bearer(&writer)).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (404, "NotFound"));
    }
    assert_eq!(door.items().await, Vec::<String>::new());
    assert_eq!(secrets(&door, own).await, None);
}

#[tokio::test]
async fn who_may_read_syncs_may_see_the_connection_and_who_may_start_them_may_change_it() {
    let door = Door::open().await;
    let (own, other) = (company(), company());
    for asked in [own, other] {
        door.ask(&create(&wanted()).bearer(&door.token(&[WRITE], Some(asked)))).await;
    }
    let asks = [
        Ask::get(SETTINGS),
        update(&json!({})),
        create(&wanted()),
        Ask::new("POST", &format!("{SETTINGS}/test")),
        Ask::new("DELETE", SETTINGS),
    ];
    for (role, allowed) in [(READ, 1), ("administrator", 0)] {
        let token = door.token(&[role], Some(own));
        for (nth, ask) in asks.iter().enumerate() {
            let answered = door.ask(&ask.clone().bearer(&token)).await;
            assert_eq!(answered.status, if nth < allowed { 200 } else { 403 }, "{role} {nth}");
        }
    }
    for ask in &asks {
        assert_eq!(door.ask(ask).await.status, 401);
    }
    let named = |token: String| Ask::get(SETTINGS).query(&format!("CompanyId={other}")).bearer(&token);
    let of_others = door.ask(&named(door.token(&[SUPERADMIN], Some(own)))).await;
    assert_eq!(of_others.json()["CompanyId"], other.to_string());
    let ignored = door.ask(&named(door.token(&[WRITE], Some(own)))).await;
    assert_eq!(ignored.json()["CompanyId"], own.to_string());
}

#[tokio::test]
async fn only_a_superadmin_connects_changes_and_disconnects_another_company() {
    let door = Door::open().await;
    for (role, reaches_other) in [(WRITE, false), (SUPERADMIN, true)] {
        let (own, other) = (company(), company());
        let token = door.token(&[role], Some(own));
        let of_other = |ask: Ask| ask.query(&format!("CompanyId={other}")).bearer(&token);
        let (reached, left) = if reaches_other { (other, own) } else { (own, other) };
        for (ask, devices) in [
            (create(&wanted()), vec![ONE, TWO]),
            (update(&json!({"DeviceIds": [ONE], "ApiKey": "another"})), vec![ONE]),
            (Ask::new("DELETE", SETTINGS), vec![ONE]),
        ] {
            let answered = door.ask(&of_other(ask)).await;
            assert_eq!(answered.status, 200, "{role}: {}", answered.text);
            assert_eq!(answered.json()["CompanyId"], reached.to_string());
            assert_eq!(answered.json()["DeviceIds"], json!(devices));
            assert!(door.table.setting(left).await.expect("an answer").is_none(), "{role}");
            assert_eq!(secrets(&door, left).await, None, "{role}");
        }
        assert!(door.table.setting(reached).await.expect("an answer").is_none(), "{role}");
    }
}

#[tokio::test]
async fn a_removal_is_of_the_company_that_its_body_names_and_of_nobody_where_the_body_cannot_be_read() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let door = Door::open().await;
    let own = company();
    let superadmin = door.token(&[SUPERADMIN], Some(own));
    let of = |company: CompanyId| create(&wanted()).query(&format!("CompanyId={company}")).bearer(&superadmin);
    let remove = || Ask::new("DELETE", SETTINGS).bearer(&superadmin);
    let key_of = async |company| api_key(&secrets(&door, company).await);
    assert_eq!(door.ask(&of(own)).await.status, 200);
    let (in_json, in_form, in_query) = (company(), company(), company());
    for (other, ask) in [
        (in_json, remove().json(&json!({"companyId": in_json}))),
        (in_form, remove().header("Content-Type", FORM).text(&format!("CompanyId={in_form}"))),
        (in_query, remove().json(&json!({"CompanyId": own})).query(&format!("CompanyId={in_query}"))),
    ] {
        assert_eq!(door.ask(&of(other)).await.status, 200);
        let removed = door.ask(&ask).await;
        assert_eq!((removed.status, &removed.json()["CompanyId"]), (200, &json!(other)), "{}", removed.text);
        assert_eq!((key_of(other).await, key_of(own).await.as_deref()), (None, Some(KEY)));
    }
    let large = format!(r#"{{"CompanyId":"{own}","Padding":"{}"}}"#, " ".repeat(64 * 1024));
    for (ask, status, code) in [
        (remove().json(&json!({"CompanyId": "acme"})), 400, "SerializationException"),
        (remove().text(r#"{"CompanyId":"0199d5c4"#), 400, "SerializationException"),
        (remove().text(&large), 413, "RequestEntityTooLarge"),
        (remove().header("Content-Type", "text/plain").text("{}"), 415, "UnsupportedMediaType"),
    ] {
        let refused = door.ask(&ask).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (status, code));
    }
    assert_eq!(key_of(own).await.as_deref(), Some(KEY));
    for (body, status) in [("", 200), ("{}", 404)] {
        assert_eq!(door.ask(&remove().text(body)).await.status, status, "{body}");
    }
    assert_eq!(key_of(own).await, None);
}

#[tokio::test]
async fn a_change_on_another_sites_word_is_refused() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    for ask in [
        create(&wanted()),
        update(&wanted()),
        Ask::new("DELETE", SETTINGS),
        Ask::new("POST", &format!("{SETTINGS}/test")),
    ] {
        let refused = door.ask(&ask.bearer(&writer).header("Sec-Fetch-Site", "cross-site")).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (403, "Forbidden"));
    }
    assert_eq!(secrets(&door, own).await, None);
}

#[tokio::test]
async fn a_store_that_fails_leaves_neither_half_and_an_answer_that_is_lost_is_taken_as_success() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    door.proxy.on("TransactWriteItems").refuse();
    let refused = door.ask(&create(&wanted()).bearer(&writer)).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (503, "ServiceUnavailable"));
    assert!(refused.header("retry-after").is_some());
    door.proxy.calm();
    assert_eq!(door.items().await, Vec::<String>::new());
    assert_eq!(secrets(&door, own).await, None);
    door.proxy.on("TransactWriteItems").nth(1).lose_answer();
    let created = door.ask(&create(&wanted()).bearer(&writer)).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(api_key(&secrets(&door, own).await).as_deref(), Some(KEY));
}
