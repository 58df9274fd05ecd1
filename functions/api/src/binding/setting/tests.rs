use serde_json::json;

use super::*;
use crate::event::Event;

const ONE: &str = "e1000000-0000-4000-8000-000000000001";
const TWO: &str = "e1000000-0000-4000-8000-000000000002";
const FORM: &str = "application/x-www-form-urlencoded";

fn put(media_type: &str, body: &str, query: &str) -> Request {
    let event = json!({
        "rawPath": "/", "rawQueryString": query, "headers": {"Content-Type": media_type}, "body": body,
        "requestContext": {"http": {"method": "PUT"}},
    });
    serde_json::from_value::<Event>(event).expect("an event").into()
}

fn devices_of(media_type: &str, body: &str, query: &str) -> Result<Option<Vec<String>>, BindingError> {
    let bound = UpdateSetting::bind(&put(media_type, body, query))?;
    Ok(bound.devices.map(|devices| devices.iter().map(ToString::to_string).collect()))
}

fn fields(refused: Result<impl std::fmt::Debug, BindingError>) -> Vec<&'static str> {
    match refused {
        Err(BindingError::Values(faults)) => faults.iter().map(|fault| fault.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_of_systems_is_read_in_every_form_that_a_client_gives_it() {
    let arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
    for (media_type, body, query) in [
        ("application/json", json!({"DeviceIds": [ONE, TWO]}).to_string(), String::new()),
        ("application/json", json!({"deviceids": [TWO.to_uppercase(), ONE, TWO]}).to_string(), String::new()),
        ("application/json", json!({"DeviceIds": format!("{ONE},{TWO}")}).to_string(), String::new()),
        ("text/jsv", format!("{{DeviceIds:[{ONE},{TWO}]}}"), String::new()),
        (
            "application/xml",
            format!("<R xmlns:a='{arrays}'><DeviceIds><a:guid>{ONE}</a:guid><a:guid>{TWO}</a:guid></DeviceIds></R>"),
            String::new(),
        ),
        ("application/xml", format!("<R><DeviceIds>{ONE}</DeviceIds><DeviceIds>{TWO}</DeviceIds></R>"), String::new()),
        (FORM, format!("DeviceIds={ONE}&DeviceIds={TWO}"), String::new()),
        (FORM, format!("DeviceIds={ONE}%2C{TWO}"), String::new()),
        (FORM, format!("DeviceIds=%5B{ONE},{TWO}%5D"), String::new()),
        ("application/json", json!({"DeviceIds": []}).to_string(), format!("DeviceIds={ONE}, {TWO}")),
    ] {
        let bound = devices_of(media_type, &body, &query);
        let mut sorted = bound.expect("a list").expect("systems");
        sorted.sort();
        assert_eq!(sorted, [ONE, TWO], "{body} {query}");
    }
}

#[test]
fn nothing_given_is_no_list_and_a_list_of_nothing_is_refused() {
    for (media_type, body) in [
        ("application/json", "{}"),
        ("application/json", r#"{"DeviceIds":null}"#),
        ("application/json", r#"{"DeviceIds":" "}"#),
        ("application/xml", "<R><DeviceIds/></R>"),
        (FORM, "DeviceIds=&DeviceIds="),
    ] {
        assert_eq!(devices_of(media_type, body, ""), Ok(None), "{body}");
    }
    let many: Vec<String> =
        (1..=MOST_DEVICES as u128 + 1).map(|device| uuid::Uuid::from_u128(device).to_string()).collect();
    for body in [
        json!({"DeviceIds": []}),
        json!({"DeviceIds": "[]"}),
        json!({"DeviceIds": ","}),
        json!({"DeviceIds": [""]}),
        json!({"DeviceIds": ["x"]}),
        json!({"DeviceIds": [ONE, null]}),
        json!({"DeviceIds": [7]}),
        json!({"DeviceIds": 7}),
        json!({"DeviceIds": true}),
        json!({"DeviceIds": {"a": ONE}}),
        json!({"DeviceIds": [[ONE]]}),
        json!({"DeviceIds": ["00000000-0000-0000-0000-000000000000"]}),
        json!({"DeviceIds": many}),
    ] {
        assert_eq!(
            fields(UpdateSetting::bind(&put("application/json", &body.to_string(), ""))),
            [DEVICE_IDS],
            "{body}"
        );
    }
}

#[test]
fn one_refusal_names_every_member_that_is_wrong_and_shows_no_key() {
    let body =
        json!({"CompanyId": "x", "ApiKey": "marked key", "DeviceIds": ["x"], "Active": "perhaps", "Schedule": "now"})
            .to_string();
    let all = ["CompanyId", "ApiKey", "DeviceIds", "Active", "Schedule"];
    let (update, create) = (
        UpdateSetting::bind(&put("application/json", &body, "")),
        CreateSetting::bind(&put("application/json", &body, "")),
    );
    assert!(!format!("{update:?} {create:?}").contains("marked"));
    assert_eq!((fields(update), fields(create)), (all.to_vec(), all.to_vec()));
    let nothing = put("application/json", "", "");
    assert_eq!(fields(CreateSetting::bind(&nothing)), ["ApiKey", "DeviceIds"]);
    let unchanged = UpdateSetting { company: None, api_key: None, devices: None, active: None, schedule: Replan::Keep };
    assert_eq!(UpdateSetting::bind(&nothing), Ok(unchanged));
}

#[test]
fn a_connection_that_says_nothing_of_it_is_in_use() {
    for (active, bound) in [(json!(null), true), (json!(false), false), (json!("True"), true), (json!(0), false)] {
        let body = json!({"ApiKey": " k ", "DeviceIds": ONE, "Active": active}).to_string();
        let setting = CreateSetting::bind(&put("application/json", &body, "")).expect("a connection");
        assert_eq!((setting.active, setting.api_key.reveal()), (bound, "k"), "{active}");
    }
}
