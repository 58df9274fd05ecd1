//! What binds to what, as tables.

use shared::ids::{CompanyId, JobId};
use shared::job::{Mode, Status};
use shared::outcome::OutcomeKind;

use super::body::LARGEST_BODY_BYTES;
use super::{BindingError, CancelSync, Fault, GetSync, ListSyncs, ListUsers, MOST_USERS, StartSync, query_parameter};
use crate::event::{Event, Request};

const GUID: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const OTHER: &str = "11111111-2222-3333-4444-555555555555";
const FORM: &str = "application/x-www-form-urlencoded";

/// The one field that is refused.
fn field_of<T>(bound: Result<T, BindingError>) -> Option<&'static str> {
    match bound {
        Err(BindingError::Values(faults)) if faults.len() == 1 => Some(faults[0].field),
        _ => None,
    }
}

#[test]
fn a_company_is_bound_from_json_form_and_query_in_any_case_and_any_guid_form() {
    let n = GUID.replace('-', "").to_uppercase();
    for (media_type, body, query) in [
        (None, format!(r#"{{"CompanyId":"{GUID}"}}"#), String::new()),
        (Some("application/json; charset=utf-8"), format!(r#"{{"companyid":"{n}"}}"#), String::new()),
        (Some("TEXT/JSON"), format!(r#"{{"COMPANYID":" {{{GUID}}} "}}"#), String::new()),
        (
            Some("application/vnd.x+json"),
            format!("\u{feff} {{\"CompanyId\":\"{GUID}\",\"Other\":[1]}} "),
            String::new(),
        ),
        (Some(FORM), format!("companyId={GUID}&x=1&x2=2"), String::new()),
        (Some("application/xml"), format!("<R><companyid>{n}</companyid><Other><a/></Other></R>"), String::new()),
        (
            Some("text/xml; charset=utf-8"),
            format!(
                "\u{feff}<?xml version=\"1.0\"?>\n<a:R xmlns:a='urn:a'>\n <a:CompanyId>\n{GUID}</a:CompanyId>\n</a:R>\n"
            ),
            String::new(),
        ),
        (Some("application/vnd.x+xml"), format!("<R><COMPANYID>{{{GUID}}}</COMPANYID></R>"), String::new()),
        (Some("application/jsv"), format!("{{CompanyId:{GUID}}}"), String::new()),
        (Some("text/jsv"), format!("{{Other:[1,{{a:b}}],companyid:\"{{{GUID}}}\"}}"), String::new()),
        (Some("Application/X-JSV"), format!(" {{ \"CompanyId\" : {n} }} "), String::new()),
        (Some("text/csv"), String::new(), format!("CompanyId=%7B{GUID}%7D")),
        (None, "{}".to_owned(), format!("cOMPANYiD={n}&a=1&a=2")),
        // The query is stronger than the body, and an empty one is absent.
        (None, format!(r#"{{"CompanyId":"{OTHER}"}}"#), format!("CompanyId={GUID}")),
        (None, format!(r#"{{"CompanyId":"{GUID}"}}"#), "CompanyId=".to_owned()),
    ] {
        let bound = StartSync::bind(&post(media_type, &body, &query));
        assert_eq!(bound, Ok(a_sync_of(guid(GUID))), "{media_type:?} {body} {query}");
    }
}

#[test]
fn nothing_null_empty_and_the_guid_of_zeros_count_as_absent() {
    for (media_type, body) in [
        (None, ""),
        (None, " \n"),
        (Some("application/xml"), ""),
        (None, "{}"),
        (None, r#"{"CompanyId":null}"#),
        (None, r#"{"CompanyId":""}"#),
        (None, r#"{"CompanyId":"00000000-0000-0000-0000-000000000000"}"#),
        (None, r#"{"Company":"x","Status":"foo"}"#),
        (Some(FORM), "CompanyId="),
        // A list of something that nobody asked for.
        (Some(FORM), "a=1&a=2"),
        (Some("text/xml"), "<R><A/><a>x</a></R>"),
        (Some("text/xml"), "<R/>"),
        (Some("text/xml"), "<R><CompanyId/></R>"),
        (
            Some("text/xml"),
            "<R xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><CompanyId i:nil='true'>\n</CompanyId></R>",
        ),
        (Some("text/jsv"), "{}"),
        (Some("text/jsv"), "{CompanyId:}"),
        (Some("text/jsv"), "{CompanyId:\"\",Status:foo}"),
    ] {
        assert_eq!(StartSync::bind(&post(media_type, body, "")), Ok(a_sync_of(None)), "{body}");
    }
}

#[test]
fn a_company_that_is_no_guid_is_refused_by_the_fields_name_in_every_media_type() {
    for (media_type, body) in [
        ("text/xml", "<R><CompanyId>x</CompanyId></R>"),
        ("text/xml", "<R><CompanyId><a/></CompanyId></R>"),
        ("text/jsv", "{CompanyId:x}"),
        ("text/jsv", "{CompanyId:null}"),
        ("text/jsv", "{CompanyId:[0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f]}"),
        ("text/xml", "<R><CompanyId/><companyid/></R>"),
        (FORM, "CompanyId=x"),
        (FORM, "CompanyId=&companyid="),
    ] {
        let refused = StartSync::bind(&post(Some(media_type), body, ""));
        assert_eq!(field_of(refused), Some("CompanyId"), "{body}");
    }
    for (body, query) in [
        (r#"{"CompanyId":"x"}"#, ""),
        (r#"{"CompanyId":7}"#, ""),
        (r#"{"CompanyId":true}"#, ""),
        (r#"{"CompanyId":{}}"#, ""),
        (r#"{"CompanyId":["0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f"]}"#, ""),
        (r#"{"CompanyId":"0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f\u0000"}"#, ""),
        ("", "CompanyId=%ff"),
        ("", "companyid=1&CompanyId=2"),
    ] {
        let refused = StartSync::bind(&post(None, body, query));
        assert_eq!(field_of(refused), Some("CompanyId"), "{body} {query}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_malformed() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (media_type, body) in [
        (None, "{"),
        (None, r#"{"CompanyId":"#),
        (None, "null"),
        (None, "[]"),
        (None, "7"),
        (None, r#""x""#),
        (None, "{} x"),
        (None, "{}\0"),
        (None, r#"{"a":1,"A":2}"#),
        (None, r#"{"CompanyId":null,"CompanyId":null}"#),
        (None, deep.as_str()),
        (Some(FORM), "a=\0"),
        (Some("application/xml"), "<R>"),
        (Some("application/xml"), "<R/>\0"),
        (Some("application/xml"), "<!DOCTYPE R><R/>"),
        (Some("application/jsv"), "{"),
        (Some("application/jsv"), "{}\0"),
        (Some("application/jsv"), "{A:1,a:2}"),
        (Some("application/jsv"), "A:1"),
    ] {
        let refused = StartSync::bind(&post(media_type, body, ""));
        assert!(matches!(refused, Err(BindingError::Malformed(_))), "{:.40}: {refused:?}", body);
    }
}

#[test]
fn a_body_that_is_no_utf8_or_no_base64_is_malformed() {
    for coded in ["/////w==", "e30", "e30=\n", "?"] {
        let refused = StartSync::bind(&base64(coded));
        assert!(matches!(refused, Err(BindingError::Malformed(_))), "{coded}: {refused:?}");
    }
    assert_eq!(StartSync::bind(&base64("e30=")), Ok(a_sync_of(None)));
}

#[test]
fn a_body_over_the_limit_is_too_large_in_either_delivery_and_one_at_the_limit_is_not() {
    let at_limit = " ".repeat(LARGEST_BODY_BYTES);
    let over = " ".repeat(LARGEST_BODY_BYTES + 1);
    let code = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    assert_eq!(StartSync::bind(&post(None, &over, "")), Err(BindingError::TooLarge));
    assert_eq!(StartSync::bind(&base64(&code(&over))), Err(BindingError::TooLarge));
    assert_eq!(StartSync::bind(&base64(&"A".repeat(1 << 20))), Err(BindingError::TooLarge));
    assert_eq!(StartSync::bind(&post(None, &at_limit, "")), Ok(a_sync_of(None)));
    assert_eq!(StartSync::bind(&base64(&code(&at_limit))), Ok(a_sync_of(None)));
}

#[test]
fn a_body_of_an_unknown_media_type_is_refused() {
    for media_type in [
        "text/plain",
        "application/octet-stream",
        "multipart/form-data; boundary=x",
        "jason",
        "text/csv",
        "application/soap+xml",
        "image/svg+xml",
        "application/xml+zip",
        "text/jsonl",
    ] {
        assert_eq!(StartSync::bind(&post(Some(media_type), "{}", "")), Err(BindingError::MediaType), "{media_type}");
    }
    for (soap, refused) in [
        ("http://schemas.xmlsoap.org/soap/envelope/", true),
        ("http://www.w3.org/2003/05/soap-envelope", true),
        ("urn:a", false),
    ] {
        for envelope in [
            format!(
                "<?xml version='1.0'?>\n<s:Envelope xmlns:s='{soap}'><s:Body><R><CompanyId>{GUID}</CompanyId></R>\
                 </s:Body></s:Envelope>"
            ),
            format!("<Envelope xmlns='{soap}'><Body/></Envelope>"),
        ] {
            let bound = StartSync::bind(&post(Some("text/xml; charset=utf-8"), &envelope, ""));
            let expected = if refused { Err(BindingError::MediaType) } else { Ok(a_sync_of(None)) };
            assert_eq!(bound, expected, "{envelope}");
        }
    }
}

#[test]
fn a_status_is_bound_by_name_in_any_case_or_by_number() {
    for (query, status) in [
        ("", None),
        ("Status=", None),
        ("status=pending", Some(Status::Pending)),
        ("STATUS=PROCESSING", Some(Status::Processing)),
        ("Status=2", Some(Status::Completed)),
        ("Status=Failed", Some(Status::Failed)),
    ] {
        assert_eq!(ListSyncs::bind(&get(query)), Ok(ListSyncs { company: None, status }), "{query}");
    }
    for query in ["Status=foo", "Status=4", "Status=-1", "Status=1.0", "Status=Pending,Failed", "Status=0&Status=1"] {
        let refused = ListSyncs::bind(&get(query));
        assert_eq!(field_of(refused), Some("Status"), "{query}");
    }
}

#[test]
fn a_dry_run_is_asked_for_by_truth_in_any_form() {
    for (media_type, body, query, mode) in [
        (None, r#"{"DryRun":true}"#, "", Mode::DryRun),
        (None, r#"{"dryrun":"TRUE"}"#, "", Mode::DryRun),
        (None, r#"{"DRYRUN":1}"#, "", Mode::DryRun),
        (None, r#"{"DryRun":1.0}"#, "", Mode::DryRun),
        (Some(FORM), "dryRun=1", "", Mode::DryRun),
        (Some("text/xml"), "<R><CompanyId/><DryRun>true</DryRun></R>", "", Mode::DryRun),
        (Some("text/jsv"), "{DryRun:True}", "", Mode::DryRun),
        (None, "", "DryRun=True", Mode::DryRun),
        (None, r#"{"DryRun":false}"#, "dryrun=true", Mode::DryRun),
        (None, r#"{"DryRun":true}"#, "dryrun=0", Mode::Apply),
        (None, r#"{"DryRun":null}"#, "", Mode::Apply),
        (None, r#"{"DryRun":"False"}"#, "", Mode::Apply),
        (Some(FORM), "DryRun=", "", Mode::Apply),
        (None, r#"{"DryRun":0}"#, "", Mode::Apply),
        (None, "", "", Mode::Apply),
    ] {
        let bound = StartSync::bind(&post(media_type, body, query));
        assert_eq!(bound, Ok(StartSync { company: None, mode }), "{body} {query}");
    }
    for (body, query) in [(r#"{"DryRun":2}"#, ""), (r#"{"DryRun":[true]}"#, ""), ("", "DryRun=yes"), ("", "DryRun=-1")]
    {
        let refused = StartSync::bind(&post(None, body, query));
        assert_eq!(field_of(refused), Some("DryRun"), "{body} {query}");
    }
}

#[test]
fn a_page_of_a_report_is_bound_with_defaults_and_within_bounds() {
    let bound = |query: &str| {
        let users = ListUsers::bind(&get(query), Some(GUID));
        users.map(|users| (users.outcome, users.skip, users.take))
    };
    for (query, expected) in [
        ("", (None, 0, MOST_USERS)),
        ("OUTCOME=skipped&skip=7&TAKE=10000", (Some(OutcomeKind::Skipped), 7, 10_000)),
        ("Skip=2147483647", (None, 2_147_483_647, MOST_USERS)),
        ("Outcome=Created&Take=0", (Some(OutcomeKind::Created), 0, 0)),
        ("outcome=UPDATED&Skip=", (Some(OutcomeKind::Updated), 0, MOST_USERS)),
        ("outcome=unchanged", (Some(OutcomeKind::Unchanged), 0, MOST_USERS)),
    ] {
        assert_eq!(bound(query), Ok(expected), "{query}");
    }
    for (query, field) in [
        ("Outcome=Deleted", "Outcome"),
        ("Outcome=1", "Outcome"),
        ("Skip=-1", "Skip"),
        ("Skip=1.5", "Skip"),
        ("Skip=2147483648", "Skip"),
        ("Skip=99999999999999999999", "Skip"),
        ("Take=all", "Take"),
        ("Take=10001", "Take"),
        ("Take=1&take=1", "Take"),
    ] {
        let refused = bound(query);
        assert_eq!(field_of(refused), Some(field), "{query}");
    }
    let over = Err(Fault { field: "Take", fault: "is over 10000" }.into());
    assert_eq!((bound("Take=10001"), MOST_USERS), (over, 10_000));
}

#[test]
fn the_id_comes_from_the_path_and_only_without_one_from_the_query() {
    let bound = GetSync::bind(&get(&format!("Id={OTHER}&CompanyId={OTHER}")), Some(GUID));
    assert_eq!(bound.ok(), JobId::parse(GUID).ok().map(|id| GetSync { id, company: guid(OTHER) }));
    let refused = GetSync::bind(&get(&format!("Id={GUID}")), Some("latest"));
    assert_eq!(field_of(refused), Some("Id"));
    let bound = CancelSync::bind(&get(&format!("id={GUID}")), None);
    assert_eq!(bound.ok(), JobId::parse(GUID).ok().map(|id| CancelSync { id, company: None }));
    let refused = CancelSync::bind(&get("Id="), None);
    assert_eq!(refused, Err(Fault { field: "Id", fault: "is needed" }.into()));
}

#[test]
fn every_operation_that_is_posted_by_its_name_is_bound_from_the_body_and_the_query_is_stronger() {
    let posted = |query: &str| post(None, &format!(r#"{{"id":"{GUID}","COMPANYID":"{GUID}","Status":2}}"#), query);
    let (job, other) = (JobId::parse(GUID).ok(), JobId::parse(OTHER).ok());
    let bound = GetSync::bind(&posted(&format!("CompanyId={OTHER}")), None);
    assert_eq!(bound.ok(), job.map(|id| GetSync { id, company: guid(OTHER) }));
    let bound = CancelSync::bind(&posted(&format!("Id={OTHER}")), None);
    assert_eq!(bound.ok(), other.map(|id| CancelSync { id, company: guid(GUID) }));
    let listed = |status| Ok(ListSyncs { company: guid(GUID), status: Some(status) });
    assert_eq!(ListSyncs::bind(&posted("")), listed(Status::Completed));
    assert_eq!(ListSyncs::bind(&posted("status=failed")), listed(Status::Failed));
    assert!(matches!(GetSync::bind(&post(None, "{", ""), Some(GUID)), Err(BindingError::Malformed(_))));
}

#[test]
fn a_parameter_of_the_answer_is_found_in_any_case() {
    assert_eq!(query_parameter("a=1&FORMAT=&Format=json", "format").as_deref(), Some("json"));
    assert_eq!(query_parameter("a=1", "format"), None);
}

fn a_sync_of(company: Option<CompanyId>) -> StartSync {
    StartSync { company, mode: Mode::Apply }
}

fn guid(text: &str) -> Option<CompanyId> {
    CompanyId::parse(text).ok()
}

fn post(media_type: Option<&str>, body: &str, query: &str) -> Request {
    let headers = media_type.map_or_else(|| serde_json::json!({}), |value| serde_json::json!({"Content-Type": value}));
    request(serde_json::json!({
        "rawPath": "/", "rawQueryString": query, "headers": headers, "body": body,
        "requestContext": {"http": {"method": "POST"}},
    }))
}

fn base64(coded: &str) -> Request {
    request(serde_json::json!({
        "rawPath": "/", "body": coded, "isBase64Encoded": true,
        "requestContext": {"http": {"method": "POST"}},
    }))
}

fn get(query: &str) -> Request {
    request(serde_json::json!({
        "rawPath": "/", "rawQueryString": query, "requestContext": {"http": {"method": "GET"}},
    }))
}

fn request(event: serde_json::Value) -> Request {
    serde_json::from_value::<Event>(event).expect("an event").into()
}
