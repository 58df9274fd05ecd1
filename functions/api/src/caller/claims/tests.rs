//! Which claims are in force, and what stands where, as tables.

use serde_json::{Value, json};

use super::*;

const NOW_S: i64 = 1_800_000_000;
const GUID: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

#[test]
fn a_token_is_in_force_from_nbf_to_exp_with_thirty_seconds_at_either_end() {
    for (token, expected) in [
        (json!({"exp": NOW_S + 1}), "ok"),
        (json!({"exp": NOW_S - 29}), "ok"),
        (json!({"exp": NOW_S - 30}), "expired"),
        (json!({"exp": 0}), "expired"),
        (json!({"exp": -1}), "expired"),
        (json!({}), "expired"),
        (json!({"exp": 1e300}), "ok"),
        (json!({"exp": -1e300}), "expired"),
        (json!({"exp": NOW_S as f64 + 0.5}), "ok"),
        (json!({"exp": "1900000000"}), "malformed"),
        (json!({"exp": null}), "malformed"),
        (json!({"exp": NOW_S + 60, "nbf": NOW_S + 30}), "ok"),
        (json!({"exp": NOW_S + 60, "nbf": NOW_S + 31}), "not yet"),
        (json!({"exp": NOW_S + 60, "nbf": 1e300}), "not yet"),
        (json!({"exp": NOW_S + 60, "nbf": true}), "malformed"),
    ] {
        let judged = match claims(token.clone(), false).judge(now(), &[]) {
            Ok(()) => "ok",
            Err(CallerError::Expired) => "expired",
            Err(CallerError::NotYetValid) => "not yet",
            Err(CallerError::Malformed(_)) => "malformed",
            Err(_) => "something else",
        };
        assert_eq!(judged, expected, "{token}");
    }
}

#[test]
fn a_configured_audience_must_be_in_aud_or_azp() {
    let ours = ["api".to_owned(), "web".to_owned()];
    for (token, fits) in [
        (json!({"aud": "api"}), true),
        (json!({"aud": ["account", "web"]}), true),
        (json!({"aud": "account", "azp": "web"}), true),
        (json!({"aud": "API"}), false),
        (json!({"aud": ["account"]}), false),
        (json!({"aud": {"api": true}}), false),
        (json!({}), false),
    ] {
        let mut token = token;
        token["exp"] = json!(NOW_S + 60);
        let judged = claims(token.clone(), false).judge(now(), &ours);
        assert_eq!(judged.is_ok(), fits, "{token}");
        assert!(fits || matches!(judged, Err(CallerError::Audience)), "{token}");
        assert!(claims(token, false).judge(now(), &[]).is_ok());
    }
}

#[test]
fn only_an_access_token_is_taken() {
    for (token, by_header, fits) in [
        (json!({"typ": "Bearer"}), false, true),
        (json!({"typ": "Bearer", "nonce": "n"}), false, true),
        (json!({}), false, true),
        (json!({"nonce": "n"}), true, true),
        (json!({"typ": "ID"}), false, false),
        (json!({"typ": "ID"}), true, false),
        (json!({"typ": "Refresh"}), false, false),
        (json!({"typ": "Offline"}), false, false),
        (json!({"typ": "DPoP"}), false, false),
        (json!({"typ": 1}), false, false),
        (json!({"at_hash": "h"}), false, false),
        (json!({"c_hash": "h"}), false, false),
        (json!({"nonce": "n"}), false, false),
    ] {
        let mut token = token;
        token["exp"] = json!(NOW_S + 60);
        let judged = claims(token.clone(), by_header).judge(now(), &[]);
        assert_eq!(judged.is_ok(), fits, "{token}");
        assert!(fits || matches!(judged, Err(CallerError::NotAnAccessToken)), "{token}");
    }
}

#[test]
fn texts_are_found_at_every_path_alone_or_in_a_list() {
    let token = json!({
        "realm_access": {"roles": ["a", 7, "b"]},
        "resource_access": {"one": {"roles": ["c"]}, "t.w.o": {"roles": "d"}, "three": [], "four": {"roles": {"e": 1}}},
        "https://id.example/roles": ["f"],
    });
    for (paths, expected) in [
        (vec!["realm_access.roles", "resource_access.*.roles"], "abcd"),
        (vec!["https://id.example/roles"], "f"),
        (vec!["resource_access.one.roles"], "c"),
        (vec!["realm_access", "nowhere.roles", "realm_access.roles.0", "resource_access.three.roles"], ""),
        (vec!["*.roles"], "ab"),
    ] {
        let parsed: Vec<ClaimPath> = paths.iter().filter_map(|path| ClaimPath::parse(path)).collect();
        assert_eq!(claims(token.clone(), false).texts(&parsed).collect::<String>(), expected, "{paths:?}");
    }
}

#[test]
fn the_company_is_one_guid_alone_or_the_only_one_of_a_list() {
    for (value, found) in [
        (json!(GUID), true),
        (json!([GUID]), true),
        (json!(GUID.to_uppercase()), true),
        (json!([GUID, GUID]), false),
        (json!(NOBODY), false),
        (json!([NOBODY]), false),
        (json!([NOBODY, GUID]), false),
        (json!([]), false),
        (json!("acme"), false),
        (json!(7), false),
        (json!(null), false),
    ] {
        let company =
            ClaimPath::parse("company_id").and_then(|path| claims(json!({"company_id": value}), false).company(&path));
        assert_eq!(company, CompanyId::parse(GUID).ok().filter(|_| found), "{value}");
    }
}

#[test]
fn a_path_with_an_empty_step_is_no_path() {
    for text in ["", ".", "a.", ".a", "a..b"] {
        assert_eq!(ClaimPath::parse(text), None, "{text}");
    }
}

fn claims(token: Value, by_header: bool) -> Claims {
    Claims::new(token.as_object().cloned().unwrap_or_default(), by_header)
}

fn now() -> Timestamp {
    Timestamp::from_ms(NOW_S * 1_000)
}
