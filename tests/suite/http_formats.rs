//! The formats, through the door: every kind of answer, in every format, chosen in every way,
//! read by parsers that are not ours, and compared with the same answer in JSON.

mod reading;

use std::time::Duration;

use api::answer::format::Format;
use serde_json::json;
use shared::ids::JobId;
use shared::job::Failure;

use self::reading::{in_json, read};
use crate::http_door::{Answered, Ask, Door, READ, SUPERADMIN, SYNCS, WRITE, company};

const UNKNOWN: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";

/// Name, a media type that asks for it, and what is answered.
const FORMATS: [(&str, &str, &str); 6] = [
    ("json", "application/json", "application/json; charset=utf-8"),
    ("xml", "application/xml", "application/xml; charset=utf-8"),
    ("xml", "text/xml", "application/xml; charset=utf-8"),
    ("csv", "text/csv", "text/csv; charset=utf-8"),
    ("jsv", "application/jsv", "text/jsv; charset=utf-8"),
    ("jsonl", "application/x-ndjson", "text/jsonl; charset=utf-8"),
];

/// The request with the format chosen in each way.
fn ways(request: &Ask, name: &str, media_type: &str) -> [Ask; 3] {
    [
        request.clone().suffix(name),
        request.clone().and_query(&format!("format={name}")),
        request.clone().header("Accept", media_type),
    ]
}

/// Asks in every format and way, and holds each answer against the one in JSON.
async fn says_the_same_in_every_format(door: &Door, case: &str, status: u64, request: &Ask) {
    let plain = door.ask(request).await;
    assert_eq!(plain.status, status, "{case}: {}", plain.text);
    for (name, media_type, content_type) in FORMATS {
        for (way, request) in ways(request, name, media_type).iter().enumerate() {
            let answered = door.ask(request).await;
            assert_eq!(answered.header("content-type"), Some(content_type), "{case}, {name}, way {way}");
            assert_eq!(answered.status, status, "{case}, {name}, way {way}: {}", answered.text);
            assert_eq!(other_headers(&answered), other_headers(&plain), "{case}, {name}, way {way}");
            assert_eq!(read(name, &answered.text), in_json(name, &plain.text), "{case}, {name}: {}", answered.text);
        }
    }
}

/// All but those that belong to the format.
fn other_headers(answered: &Answered) -> serde_json::Value {
    let mut headers = answered.headers.clone();
    for name in ["content-type", "content-disposition"] {
        headers.as_object_mut().expect("headers").remove(name);
    }
    headers
}

/// A company with a failed job, and after it one that waits.
async fn two_jobs(door: &Door) -> (shared::ids::CompanyId, JobId, JobId) {
    let own = door.connected().await;
    let failed = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    door.table.abandon(own, failed, &Failure::not_handed_off(), door.clock.now()).await.expect("the job ends");
    door.clock.advance(Duration::from_secs(60));
    let waiting = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    (own, failed, waiting)
}

#[test]
fn every_format_for_programs_is_held_here() {
    for name in Format::ALL.map(Format::name).into_iter().filter(|name| *name != "html") {
        assert!(FORMATS.iter().any(|(held, ..)| *held == name), "{name}");
    }
}

#[tokio::test]
async fn an_answer_says_the_same_in_every_format_however_the_format_is_chosen() {
    let door = Door::open().await;
    let (own, failed, waiting) = two_jobs(&door).await;
    let reader = door.token(&[READ], Some(own));
    let of_nothing = door.token(&[READ], Some(company()));
    for (case, request) in [
        ("a job without counters", Ask::job(&waiting.to_string()).bearer(&reader)),
        ("a failed job", Ask::job(&failed.to_string()).bearer(&reader)),
        ("several jobs", Ask::get(SYNCS).bearer(&reader)),
        ("one job", Ask::get(SYNCS).query("Status=Failed").bearer(&reader)),
        ("no jobs", Ask::get(SYNCS).bearer(&of_nothing)),
        ("an empty report", Ask::job(&format!("{failed}/users")).bearer(&reader)),
    ] {
        says_the_same_in_every_format(&door, case, 200, &request).await;
    }
}

#[tokio::test]
async fn a_failure_says_the_same_in_every_format_however_the_format_is_chosen() {
    let door = Door::open().await;
    let (own, ..) = two_jobs(&door).await;
    let (reader, writer) = (door.token(&[READ], Some(own)), door.token(&[WRITE], Some(own)));
    let unconnected = door.token(&[WRITE], Some(company()));
    for (case, status, request) in [
        ("no token", 401, Ask::get(SYNCS)),
        ("no role", 403, Ask::get(SYNCS).bearer(&door.token(&["waiter"], Some(own)))),
        ("a bad value", 400, Ask::get(SYNCS).query("Status=foo").bearer(&reader)),
        ("no company", 400, Ask::get(SYNCS).bearer(&door.token(&[READ], None))),
        ("a bad body", 400, Ask::post().text("{").bearer(&writer)),
        ("no such job", 404, Ask::job(UNKNOWN).bearer(&reader)),
        ("no such route", 404, Ask::get("/codelock/axema")),
        ("a wrong method", 405, Ask::new("PUT", SYNCS)),
        ("a running sync", 409, Ask::post().bearer(&writer)),
        ("no connection", 409, Ask::post().bearer(&unconnected)),
        ("a large body", 413, Ask::post().text(&" ".repeat(64 * 1024 + 1)).bearer(&writer)),
        ("an unknown media type", 415, Ask::post().header("Content-Type", "text/plain").text("x").bearer(&writer)),
    ] {
        says_the_same_in_every_format(&door, case, status, &request).await;
    }
}

#[tokio::test]
async fn a_service_that_is_out_of_reach_says_so_in_every_format() {
    let door = Door::with(|settings| settings.answer_within = Duration::ZERO).await;
    let request = Ask::get(SYNCS).bearer(&door.token(&[READ], Some(company())));
    says_the_same_in_every_format(&door, "out of time", 503, &request).await;
}

#[tokio::test]
async fn a_sync_is_started_and_cancelled_in_every_format() {
    let door = Door::open().await;
    for (name, media_type, _) in FORMATS {
        for (way, post) in ways(&Ask::post(), name, media_type).into_iter().enumerate() {
            let own = door.connected().await;
            let writer = door.token(&[WRITE], Some(own));
            let started = door.ask(&post.bearer(&writer)).await;
            let job = door.jobs_of(own).await[0]["Id"].as_str().expect("an id").to_owned();
            let found = door.ask(&Ask::job(&job).bearer(&writer)).await;
            assert_eq!(read(name, &started.text), in_json(name, &found.text), "{name}, way {way}");

            let cancel = Ask::new("DELETE", &format!("{SYNCS}/{job}"));
            let cancelled = door.ask(&ways(&cancel, name, media_type)[way].clone().bearer(&writer)).await;
            let found = door.ask(&Ask::job(&job).bearer(&writer)).await;
            assert_eq!(read(name, &cancelled.text), in_json(name, &found.text), "{name}, way {way}");
        }
    }
}

#[tokio::test]
async fn a_job_is_written_letter_by_letter_as_service_stack_would() {
    let door = Door::open().await;
    let (own, failed, waiting) = two_jobs(&door).await;
    let reader = door.token(&[READ], Some(own));
    let text = async |name: &str, path: &str| door.ask(&Ask::get(path).suffix(name).bearer(&reader)).await.text;
    let path = format!("{SYNCS}/{waiting}");
    let (at, before) = ("2100-01-31T12:01:00.0000000Z", "2100-01-31T12:00:00.0000000Z");
    let message = Failure::not_handed_off().text;
    let dtos = "http://schemas.datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos";
    let root = format!(r#"xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{dtos}""#);
    let waiting_members = format!(
        "<CompanyId>{own}</CompanyId><CreatedDate>{at}</CreatedDate><ErrorMessage i:nil=\"true\" /><Id>{waiting}</Id>\
         <Status>0</Status><StatusName>Pending</StatusName><UpdatedDate>{at}</UpdatedDate>\
         <UsersCreated i:nil=\"true\" /><UsersFound i:nil=\"true\" /><UsersUpdated i:nil=\"true\" />"
    );
    let failed_members = format!(
        "<CompanyId>{own}</CompanyId><CreatedDate>{before}</CreatedDate><ErrorMessage>{message}</ErrorMessage>\
         <Id>{failed}</Id><Status>3</Status><StatusName>Failed</StatusName><UpdatedDate>{before}</UpdatedDate>\
         <UsersCreated i:nil=\"true\" /><UsersFound i:nil=\"true\" /><UsersUpdated i:nil=\"true\" />"
    );
    let declaration = r#"<?xml version="1.0" encoding="utf-8"?>"#;
    let one = "AxemaUserSyncJobResponse";
    assert_eq!(text("xml", &path).await, format!("{declaration}<{one} {root}>{waiting_members}</{one}>"));
    let list = "QueryAxemaUserSyncJobsResponse";
    assert_eq!(
        text("xml", SYNCS).await,
        format!(
            "{declaration}<{list} {root}><ResponseStatus i:nil=\"true\" /><Results><{one}>{waiting_members}</{one}>\
             <{one}>{failed_members}</{one}></Results></{list}>"
        )
    );
    let names =
        "Id,CompanyId,Status,StatusName,UsersFound,UsersCreated,UsersUpdated,ErrorMessage,CreatedDate,UpdatedDate";
    assert_eq!(text("csv", &path).await, format!("{names}\r\n{waiting},{own},0,Pending,,,,,{at},{at}\r\n"));
    let jsv = format!("{{Id:{waiting},CompanyId:{own},Status:0,StatusName:Pending,CreatedDate:{at},UpdatedDate:{at}}}");
    assert_eq!(text("jsv", &path).await, jsv);
    let listed = text("jsv", SYNCS).await;
    assert!(listed.starts_with(&format!("{{Results:[{jsv},{{Id:{failed},")), "{listed}");
    let lines: Vec<_> = text("jsonl", SYNCS).await.lines().map(str::to_owned).collect();
    assert_eq!(lines, [text("json", &path).await, text("json", &format!("{SYNCS}/{failed}")).await]);
}

#[tokio::test]
async fn a_list_without_jobs_is_still_a_document_of_its_format() {
    let door = Door::open().await;
    let reader = door.token(&[READ], Some(company()));
    for (name, expected) in [
        ("json", r#"{"Results":[]}"#),
        ("jsv", "{Results:[]}"),
        ("jsonl", ""),
        (
            "csv",
            "Id,CompanyId,Status,StatusName,UsersFound,UsersCreated,UsersUpdated,ErrorMessage,CreatedDate,UpdatedDate\r\n",
        ),
    ] {
        let answered = door.ask(&Ask::get(SYNCS).suffix(name).bearer(&reader)).await;
        assert_eq!(answered.text, expected);
    }
    let xml = door.ask(&Ask::get(SYNCS).suffix("xml").bearer(&reader)).await.text;
    assert!(xml.contains("<Results />"), "{xml}");
}

#[tokio::test]
async fn a_conflict_is_written_letter_by_letter_as_service_stack_would() {
    let door = Door::open().await;
    let (own, _, waiting) = two_jobs(&door).await;
    let writer = door.token(&[WRITE], Some(own));
    let text = async |name: &str| door.ask(&Ask::post().suffix(name).bearer(&writer)).await.text;
    let message = "A sync is already running for this company. Only one can run at a time.";
    let arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
    let entry = |key: &str, value: &str| {
        let (open, close) = ("<d3p1:KeyValueOfstringstring>", "</d3p1:KeyValueOfstringstring>");
        format!("{open}<d3p1:Key>{key}</d3p1:Key><d3p1:Value>{value}</d3p1:Value>{close}")
    };
    assert_eq!(
        text("xml").await,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><ErrorResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns=\"http://schemas.servicestack.net/types\"><ResponseStatus><ErrorCode>Conflict</ErrorCode>\
             <Message>{message}</Message><Errors /><Meta xmlns:d3p1=\"{arrays}\">{}{}</Meta></ResponseStatus>\
             </ErrorResponse>",
            entry("JobId", &waiting.to_string()),
            entry("Status", "Pending"),
        )
    );
    let meta = format!("{{JobId:{waiting},Status:Pending}}");
    assert_eq!(text("csv").await, format!("ErrorCode,Message,Errors,Meta\r\nConflict,{message},,\"{meta}\"\r\n"));
    let jsv = format!("{{ResponseStatus:{{ErrorCode:Conflict,Message:{message},Errors:[],Meta:{meta}}}}}");
    assert_eq!(text("jsv").await, jsv);
    assert_eq!(text("jsonl").await, text("json").await + "\n");
}

/// ServiceStack's client for .NET reads a failure as the operation's own type, if that has a member for it.
#[tokio::test]
async fn a_failure_in_xml_is_of_the_type_that_a_dotnet_client_reads_it_as() {
    let door = Door::open().await;
    for (request, root) in [
        (Ask::get(SYNCS), "QueryAxemaUserSyncJobsResponse"),
        (Ask::post(), "ErrorResponse"),
        (Ask::job(UNKNOWN), "ErrorResponse"),
        (Ask::new("PUT", SYNCS), "ErrorResponse"),
        (Ask::get("/codelock/axema"), "ErrorResponse"),
    ] {
        let text = door.ask(&request.suffix("xml")).await.text;
        assert!(text.ends_with(&format!("</{root}>")), "{text}");
    }
    let text = door.ask(&Ask::get(SYNCS).suffix("xml")).await.text;
    let status = "<ResponseStatus xmlns:d2p1=\"http://schemas.servicestack.net/types\"><d2p1:ErrorCode>Unauthorized</d2p1:ErrorCode>";
    assert!(text.contains(status) && text.contains("<Results i:nil=\"true\" />"), "{text}");
}

#[tokio::test]
async fn csv_is_a_file_for_a_spreadsheet_and_a_failure_is_none() {
    let door = Door::open().await;
    let csv = Ask::get(SYNCS).suffix("csv");
    let answered = door.ask(&csv.clone().bearer(&door.token(&[READ], Some(company())))).await;
    assert_eq!(answered.header("content-disposition"), Some("attachment; filename=\"usersync.csv\""));
    assert_eq!(door.ask(&csv).await.header("content-disposition"), None);
}

#[tokio::test]
async fn a_callback_wraps_json_and_no_other_format() {
    let door = Door::open().await;
    let reader = door.token(&[READ], Some(company()));
    for (name, _, content_type) in FORMATS {
        let request = Ask::get(SYNCS).query("callback=show").bearer(&reader);
        let answered = door.ask(&request.suffix(name)).await;
        let wrapped = answered.text.starts_with("show(");
        let expected = if name == "json" { "application/javascript" } else { content_type };
        assert_eq!((wrapped, answered.header("content-type")), (name == "json", Some(expected)), "{name}");
    }
}

#[tokio::test]
async fn a_company_is_named_in_a_body_of_every_format() {
    let door = Door::open().await;
    let superadmin = door.token(&[SUPERADMIN], Some(company()));
    for media_type in [
        "application/json",
        "application/xml",
        "text/xml; charset=utf-8",
        "application/vnd.bokamera+xml",
        "application/jsv",
        "text/jsv",
        "application/x-www-form-urlencoded",
    ] {
        let other = door.connected().await;
        let body = match media_type {
            json if json.contains("json") => json!({"CompanyId": other}).to_string(),
            xml if xml.contains("xml") => format!(
                "<CreateAxemaUserSync xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://schemas.\
                 datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos\"><CompanyId>{other}</CompanyId>\
                 </CreateAxemaUserSync>"
            ),
            jsv if jsv.contains("jsv") => format!("{{CompanyId:{other}}}"),
            _ => format!("CompanyId={other}"),
        };
        let request = Ask::post().header("Content-Type", media_type).bearer(&superadmin);
        for request in [request.clone().text(&body), request.bytes(body.as_bytes())] {
            let answered = door.ask(&request).await;
            let job = door.jobs_of(other).await[0]["Id"].clone();
            if answered.status == 200 {
                assert_eq!((answered.json()["CompanyId"].clone(), json!(answered.job())), (json!(other), job));
            } else {
                // In base64, as the second: the company's sync runs already.
                assert_eq!((answered.status, &answered.json()["ResponseStatus"]["Meta"]["JobId"]), (409, &job));
            }
        }
        assert_eq!(door.jobs_of(other).await.len(), 1, "{media_type}");
    }
}
