//! The descriptions held against the code that they describe.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::catalogue::{Described, OPERATIONS, Refusal};
use super::*;
use crate::answer::callback::NotACallback;
use shared::job::Mode;
use shared::table::connection::Replan;

use crate::binding::setting::{CreateSetting, OfCompany, UpdateSetting};
use crate::binding::{BindingError, CancelSync, Fault, GetSync, ListSyncs, ListUsers, StartSync};
use crate::caller::CallerError;
use crate::caller::may::MayNot;
use crate::event::Event;
use crate::failure::Failure;
use crate::route::{self, Allow, Operation};

const HOST: &str = "https://api.example";
const ID: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";

#[test]
fn the_router_finds_each_operation_that_is_described_and_no_other() {
    for operation in &OPERATIONS {
        let path = operation.path().replace("{Id}", ID);
        assert_eq!(route::find(operation.verb, &path).operation.name(), operation.name);
        for verb in [operation.verb, "POST"] {
            let by_name = route::find(verb, &format!("/api/{}", operation.name)).operation;
            assert_eq!(by_name.name(), operation.name, "{verb} by its name");
        }
        let mut verbs = BTreeSet::from(["OPTIONS"]);
        for other in OPERATIONS.iter().filter(|other| other.path() == operation.path()) {
            verbs.insert(other.verb);
            if other.verb == "GET" {
                verbs.insert("HEAD");
            }
        }
        let Operation::Options(Allow(allow)) = route::find("OPTIONS", &path).operation else {
            panic!("{path} has no OPTIONS");
        };
        assert_eq!(allow.split(", ").collect::<BTreeSet<_>>(), verbs, "{path}");
    }
    let routed = [
        Operation::StartSync,
        Operation::ListSyncs,
        Operation::GetSync(None),
        Operation::ListUsers(None),
        Operation::CancelSync(None),
        Operation::GetSetting,
        Operation::CreateSetting,
        Operation::UpdateSetting,
        Operation::DeleteSetting,
        Operation::TestSetting,
        Operation::Describe(Topic::OpenApi),
        Operation::Options(Allow("")),
        Operation::WrongMethod(Allow("")),
        Operation::Unknown,
    ];
    let routed: Vec<_> = routed.iter().filter(|operation| is_an_operation(operation)).map(Operation::name).collect();
    assert_eq!(routed, OPERATIONS.iter().map(|operation| operation.name).collect::<Vec<_>>());
}

/// A new variant is told apart here, and listed above.
fn is_an_operation(operation: &Operation) -> bool {
    match operation {
        Operation::StartSync
        | Operation::ListSyncs
        | Operation::GetSync(_)
        | Operation::ListUsers(_)
        | Operation::CancelSync(_)
        | Operation::GetSetting
        | Operation::CreateSetting
        | Operation::UpdateSetting
        | Operation::DeleteSetting
        | Operation::TestSetting => true,
        Operation::Describe(_) | Operation::Options(_) | Operation::WrongMethod(_) | Operation::Unknown => false,
    }
}

#[test]
fn every_way_to_fail_is_described_with_its_status_its_code_and_its_header() {
    let openapi = openapi();
    let responses =
        |operation: &Described| openapi["paths"][operation.path()][operation.verb.to_lowercase()]["responses"].clone();
    let failures = [
        Failure::Caller(CallerError::Missing),
        Failure::CrossSite,
        Failure::MayNot(MayNot::NoRole),
        Failure::MayNot(MayNot::NoCompany),
        Failure::MayNot(MayNot::NoCompanyNamed),
        Failure::Binding(Fault { field: "Id", fault: "is wrong" }.into()),
        Failure::Binding(BindingError::Malformed("is cut")),
        Failure::Binding(BindingError::TooLarge),
        Failure::Binding(BindingError::MediaType),
        Failure::Callback(NotACallback),
        Failure::SyncRunning(Box::new(sample::running())),
        Failure::JobEnded(Box::new(sample::completed())),
        Failure::NotConnected,
        Failure::Connected,
        Failure::NoSetting,
        Failure::NoSuchJob,
        Failure::NoSuchRoute,
        Failure::WrongMethod(Allow("GET")),
        Failure::OutOfTime,
    ];
    for failure in &failures {
        let problem = failure.problem();
        let status = problem.status.as_str().to_owned();
        let told = OPERATIONS.iter().any(|operation| {
            let response = &responses(operation)[&status];
            let headers = response["headers"].to_string().to_lowercase();
            response["description"].as_str().is_some_and(|text| text.contains(problem.response_status.error_code))
                && problem.header.as_ref().is_none_or(|(name, _)| headers.contains(name))
        });
        assert!(told && is_listed(failure), "{failure:?}");
    }
}

/// A new failure is listed above, and then here. Those of the store look to a client as the last one does.
fn is_listed(failure: &Failure) -> bool {
    match failure {
        Failure::Caller(_)
        | Failure::MayNot(_)
        | Failure::CrossSite
        | Failure::Binding(_)
        | Failure::Callback(_)
        | Failure::SyncRunning(_)
        | Failure::JobEnded(_)
        | Failure::NotConnected
        | Failure::Connected
        | Failure::NoSetting
        | Failure::NoSuchJob
        | Failure::NoSuchRoute
        | Failure::WrongMethod(_)
        | Failure::OutOfTime => true,
        Failure::Store(_) | Failure::Accept(_) | Failure::Test(_) | Failure::NoRandomness => false,
    }
}

#[test]
fn a_body_that_is_read_can_be_malformed_too_large_or_of_an_unknown_type() {
    for operation in &OPERATIONS {
        let about_body = [Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType];
        let told = about_body.iter().filter(|refusal| operation.refusals.contains(refusal)).count();
        assert_eq!(told, if operation.verb == "GET" { 0 } else { about_body.len() }, "{}", operation.name);
    }
}

#[test]
fn each_member_that_is_described_is_bound_and_each_that_is_bound_is_described() {
    // A field more in a struct of `binding` does not compile here.
    let StartSync { company: _, mode: _ } = StartSync { company: None, mode: Mode::Apply };
    let ListSyncs { company: _, status: _ } = ListSyncs { company: None, status: None };
    let of_job = sample::job_id();
    let GetSync { id: _, company: _ } = GetSync { id: of_job, company: None };
    let ListUsers { id: _, company: _, outcome: _, skip: _, take: _ } =
        ListUsers { id: of_job, company: None, outcome: None, skip: 0, take: 0 };
    let CancelSync { id: _, company: _ } = CancelSync { id: of_job, company: None };
    let OfCompany { company: _ } = OfCompany { company: None };
    let UpdateSetting { company: _, api_key: _, devices: _, active: _, schedule: _ } =
        UpdateSetting { company: None, api_key: None, devices: None, active: None, schedule: Replan::Keep };
    let described: Vec<_> = OPERATIONS.iter().map(|operation| (operation.name, members_of(operation))).collect();
    assert_eq!(
        described,
        [
            ("CreateAxemaUserSync", vec!["CompanyId".to_owned(), "DryRun".to_owned()]),
            ("QueryAxemaUserSyncJobs", vec!["CompanyId".to_owned(), "Status".to_owned()]),
            ("GetAxemaUserSyncJob", vec!["Id".to_owned(), "CompanyId".to_owned()]),
            ("QueryAxemaUserSyncUsers", ["Id", "CompanyId", "Outcome", "Skip", "Take"].map(str::to_owned).to_vec(),),
            ("CancelAxemaUserSync", vec!["Id".to_owned(), "CompanyId".to_owned()]),
            ("AxemaSettingQuery", vec!["CompanyId".to_owned()]),
            (
                "CreateAxemaSetting",
                ["CompanyId", "ApiKey", "DeviceIds", "Active", "Schedule"].map(str::to_owned).to_vec()
            ),
            (
                "UpdateAxemaSetting",
                ["CompanyId", "ApiKey", "DeviceIds", "Active", "Schedule"].map(str::to_owned).to_vec()
            ),
            ("DeleteAxemaSetting", vec!["CompanyId".to_owned()]),
            ("TestAxemaSetting", vec!["CompanyId".to_owned()]),
        ]
    );
    for operation in &OPERATIONS {
        for member in members_of(operation) {
            let refused = bind(operation, &member, "no such value");
            assert_eq!(refused.as_deref(), Some(member.as_str()), "{}", operation.name);
        }
    }
}

/// Binds a request with one member in the place where it is described; gives the field that is refused.
fn bind(operation: &Described, member: &str, value: &str) -> Option<String> {
    let in_path = operation.below.contains(&format!("{{{member}}}"));
    let id = if in_path { value } else { ID };
    let (query, body) = match (in_path, operation.has_body()) {
        (true, _) => (String::new(), String::new()),
        (false, true) => {
            let mut body = json!({ "ApiKey": sample::API_KEY, "DeviceIds": ID });
            body[member] = value.into();
            (String::new(), body.to_string())
        }
        (false, false) => (format!("{member}={value}"), String::new()),
    };
    let context = json!({"http": {"method": operation.verb}});
    let request = request(json!({"rawQueryString": query, "body": body, "requestContext": context}));
    let bound = match operation.name {
        "CreateAxemaUserSync" => StartSync::bind(&request).map(|_| ()),
        "QueryAxemaUserSyncJobs" => ListSyncs::bind(&request).map(|_| ()),
        "GetAxemaUserSyncJob" => GetSync::bind(&request, Some(id)).map(|_| ()),
        "QueryAxemaUserSyncUsers" => ListUsers::bind(&request, Some(id)).map(|_| ()),
        "CancelAxemaUserSync" => CancelSync::bind(&request, Some(id)).map(|_| ()),
        "AxemaSettingQuery" | "DeleteAxemaSetting" | "TestAxemaSetting" => OfCompany::bind(&request).map(|_| ()),
        "CreateAxemaSetting" => CreateSetting::bind(&request).map(|_| ()),
        "UpdateAxemaSetting" => UpdateSetting::bind(&request).map(|_| ()),
        other => panic!("{other} is not bound here yet"),
    };
    match bound {
        Err(BindingError::Values(faults)) if faults.len() == 1 => Some(faults[0].field.to_owned()),
        _ => None,
    }
}

#[test]
fn every_language_has_every_member_in_the_order_of_the_contract() {
    let job = [
        "Id",
        "CompanyId",
        "Status",
        "StatusName",
        "UsersFound",
        "UsersCreated",
        "UsersUpdated",
        "ErrorMessage",
        "CreatedDate",
        "UpdatedDate",
    ];
    for (written, class, member) in [
        (typescript::write(&SCHEMAS, HOST), "class AxemaUserSyncJobResponse\n", "public "),
        (csharp::write(&SCHEMAS, HOST), "class AxemaUserSyncJobResponse\n", " get; set;"),
        (python::write(&SCHEMAS, HOST), "class AxemaUserSyncJobResponse:\n", ": Optional["),
    ] {
        let (_, from) = written.split_once(class).unwrap_or_else(|| panic!("{class} is not in\n{written}"));
        let lines: Vec<String> = from
            .lines()
            .filter(|line| line.contains(member) && !line.contains("constructor"))
            .take(job.len())
            .map(|line| line.replace(['_', '?', ':'], " ").to_lowercase())
            .collect();
        for (line, name) in lines.iter().zip(job) {
            let words = snake_words(name);
            assert!(line.contains(&words) || line.contains(&name.to_lowercase()), "{name}: {line}");
        }
        for operation in &OPERATIONS {
            assert!(written.contains(&format!("class {}", operation.name)), "{}\n{written}", operation.name);
            assert!(written.contains(&operation.path()), "{}", operation.name);
        }
    }
}

fn snake_words(name: &str) -> String {
    name.chars().fold(String::new(), |mut words, character| {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
        words
    })
}

#[test]
fn csharp_knows_which_members_may_be_absent() {
    let written = csharp::write(&SCHEMAS, HOST);
    for line in [
        "namespace BokaMera.API.ServiceModel.Dtos\n",
        "    [Route(\"/codelock/axema/usersync/{Id}\", \"GET\")]\n",
        "        : IReturn<AxemaUserSyncJobResponse>, IPost\n",
        "        public virtual Guid Id { get; set; }\n",
        "        public virtual Guid? CompanyId { get; set; }\n",
        "        public virtual AxemaUserSyncStatus? Status { get; set; }\n",
        "        public virtual int Status { get; set; }\n",
        "        public virtual int? UsersFound { get; set; }\n",
        "        public virtual string ErrorMessage { get; set; }\n",
        "        public virtual DateTime CreatedDate { get; set; }\n",
        "        public virtual List<AxemaUserSyncJobResponse> Results { get; set; }\n",
        "    [Route(\"/codelock/axema/settings\", \"PUT\")]\n",
        "        : IReturn<AxemaSettingResponse>, IPut\n",
        "        public virtual List<Guid> DeviceIds { get; set; }\n",
        "        public virtual bool? Active { get; set; }\n",
        "        public virtual DateTime? Created { get; set; }\n",
    ] {
        assert!(written.contains(line), "{line}\n{written}");
    }
}

#[test]
fn a_host_that_is_no_host_does_not_reach_a_comment() {
    for (host, told) in [
        ("api.example:8443", "https://api.example:8443"),
        ("*/ import evil", ""),
        ("a\nb", ""),
        ("\"\"\"", ""),
        ("", ""),
    ] {
        assert_eq!(base_url(&request(json!({"headers": {"Host": host}}))), told, "{host}");
    }
}

#[test]
fn every_reference_in_the_openapi_leads_somewhere() {
    let openapi = openapi();
    let text = openapi.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(openapi.pointer(reference).is_some(), "{reference}");
    }
    assert_eq!(openapi["openapi"], "3.1.1");
}

fn openapi() -> Value {
    serde_json::from_str(&openapi::write(&SCHEMAS)).unwrap_or_default()
}

fn members_of(operation: &Described) -> Vec<String> {
    let dto = SCHEMAS.request(operation);
    dto.iter().flat_map(|dto| dto.members()).map(|member| member.name.clone()).collect()
}

fn request(of_event: Value) -> Request {
    let mut event = json!({"rawPath": "/", "requestContext": {"http": {"method": "GET"}}});
    if let (Some(event), Some(more)) = (event.as_object_mut(), of_event.as_object()) {
        event.extend(more.clone());
    }
    match serde_json::from_value::<Event>(event) {
        Ok(event) => event.into(),
        Err(error) => panic!("{error}"),
    }
}
