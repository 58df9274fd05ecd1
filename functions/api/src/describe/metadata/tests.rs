//! The pages: whole, still, and with samples that the service itself reads.

use serde_json::json;
use shared::table::connection::Replan;

use super::*;
use crate::binding::setting::{CreateSetting, OfCompany, UpdateSetting};
use crate::binding::{CancelSync, GetSync, ListSyncs, ListUsers, StartSync};
use crate::describe::{SCHEMAS, sample};
use crate::event::{Event, Request};
use crate::route;

fn pages() -> Vec<String> {
    let of_operations = OPERATIONS
        .iter()
        .flat_map(|described| Format::OF_DOCUMENTS.map(|format| operation(described, format, "api.example", &SCHEMAS)));
    of_operations.chain([index()]).map(|content| Description::from(content).text).collect()
}

#[test]
fn the_index_leads_to_every_operation_in_every_format() {
    let index = Description::from(index()).text;
    for operation in &OPERATIONS {
        for format in Format::OF_DOCUMENTS {
            let link = format!("href=\"/{}/metadata?op={}\"", format.name(), operation.name);
            assert!(index.contains(&link), "{link}");
        }
    }
}

#[test]
fn a_page_has_the_members_the_roles_and_the_errors_of_its_operation() {
    for described in &OPERATIONS {
        let page = Description::from(operation(described, Format::Xml, "api.example", &SCHEMAS)).text;
        let members = SCHEMAS.request(described);
        let members = members.iter().flat_map(|dto| dto.members()).map(|member| member.name.as_str());
        let refusals: Vec<_> = described.all_refusals().map(|refusal| refusal.failure().problem()).collect();
        let codes = refusals.iter().map(|problem| problem.response_status.error_code);
        for told in members.chain(codes).chain(["superadmin", "Guid", described.verb, described.answer_name]) {
            assert!(page.contains(told), "{} does not tell of {told}", described.name);
        }
    }
}

#[test]
fn a_page_loads_runs_and_styles_nothing_of_its_own() {
    for page in pages() {
        for forbidden in ["<script", " style=", "javascript:", "=\"http", "=\"//", "<img", "<iframe"] {
            assert!(!page.contains(forbidden), "{forbidden} in {page}");
        }
        let attribute = page.split('<').any(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(" on")));
        assert!(!attribute, "{page}");
    }
}

#[test]
fn the_sample_requests_are_routed_and_bound_by_the_real_readers() {
    for described in &OPERATIONS {
        for format in Format::OF_DOCUMENTS {
            let (target, body) = target_and_body(described, format);
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let (media_type, text) = body.unwrap_or(("application/json", String::new()));
            let event = json!({
                "rawPath": path, "rawQueryString": query, "body": text, "headers": {"Content-Type": media_type},
                "requestContext": {"http": {"method": described.verb}},
            });
            let request: Request = serde_json::from_value::<Event>(event).expect("an event").into();
            assert_eq!(route::find(described.verb, path).operation.name(), described.name);
            let id = sample::job_id().to_string();
            let company = match described.name {
                "CreateAxemaUserSync" => StartSync::bind(&request).map(|bound| bound.company),
                "QueryAxemaUserSyncJobs" => ListSyncs::bind(&request).map(|bound| bound.company),
                "GetAxemaUserSyncJob" => GetSync::bind(&request, Some(&id)).map(|bound| bound.company),
                "QueryAxemaUserSyncUsers" => ListUsers::bind(&request, Some(&id)).map(|bound| bound.company),
                "CancelAxemaUserSync" => CancelSync::bind(&request, Some(&id)).map(|bound| bound.company),
                "AxemaSettingQuery" | "DeleteAxemaSetting" | "TestAxemaSetting" => {
                    OfCompany::bind(&request).map(|bound| bound.company)
                }
                "CreateAxemaSetting" => CreateSetting::bind(&request).map(|bound| {
                    assert_eq!((bound.devices, bound.api_key.reveal()), (vec![sample::device()], sample::API_KEY));
                    assert_eq!(bound.schedule.map(|schedule| schedule.to_string()).as_deref(), Some(sample::SCHEDULE));
                    bound.company
                }),
                "UpdateAxemaSetting" => UpdateSetting::bind(&request).map(|bound| {
                    assert_eq!((bound.devices, bound.active), (Some(vec![sample::device()]), Some(true)));
                    assert!(
                        matches!(bound.schedule, Replan::Set(schedule) if schedule.to_string() == sample::SCHEDULE)
                    );
                    bound.company
                }),
                other => panic!("{other} is not bound here yet"),
            };
            assert_eq!(company, Ok(Some(sample::company())), "{} in {}", described.name, format.name());
        }
    }
}

#[test]
fn what_is_shown_is_escaped() {
    let page = Description::from(operation(&OPERATIONS[0], Format::Xml, "a&b<c", &SCHEMAS)).text;
    assert!(page.contains("&lt;CreateAxemaUserSync") && page.contains("Host: a&amp;b&lt;c"), "{page}");
}
