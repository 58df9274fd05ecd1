//! What a request is answered with, in the format that was asked for.
//!
//! [`wire`] has the members of the contract, [`format`](mod@format) the formats and how one is chosen, one
//! file per format how it is written (from the `tree` of a document, which serde makes),
//! [`case`] how a client has the names written otherwise, [`callback`] what JSONP allows.
//!
//! What this module does not do: decide. An [`Outcome`] comes in, a [`Reply`] goes out.

pub mod callback;
pub mod case;
mod csv;
pub mod format;
mod json;
mod jsonl;
mod jsv;
#[cfg(test)]
mod random;
pub mod report;
mod tree;
pub mod wire;
pub(crate) mod xml;

use std::collections::BTreeMap;

use http::StatusCode;
use shared::job::{Job, Status};
use shared::table::connection::Setting;

use self::callback::{Callback, NotACallback};
use self::case::Case;
use self::format::Format;
use self::report::Report;
use self::wire::setting::{AxemaSettingResponse, AxemaSettingTestResponse, Tested};
use self::wire::{
    AxemaUserSyncJobResponse, AxemaUserSyncUsersResponse, Document, ErrorResponse, JobsErrorResponse,
    QueryAxemaUserSyncJobsResponse,
};
use crate::binding::query_parameter;
use crate::describe::Description;
use crate::event::{Reply, Request};
use crate::failure::{self, Failure};
use crate::page::Page;
use crate::route::{Allow, Operation, Route};

/// A browser hands CSV to a spreadsheet, as it does ServiceStack's, and does not show it as text.
const CSV_FILE: &str = "attachment; filename=\"usersync.csv\"";

/// What came of a request.
pub type Outcome = Result<Answer, Failure>;

/// An answer to a request that went well.
#[derive(Debug)]
pub enum Answer {
    /// One job.
    Job(Box<Job>),
    /// One job, which this request has begun.
    Started(Box<Job>),
    /// A company's jobs.
    Jobs(Listed),
    /// A page of a job's report.
    Users(Box<Report>),
    /// A company's connection: as it is, or as it was before it was removed.
    Setting(Box<Setting>),
    /// What a test of the connection found out.
    Tested(Box<Tested>),
    /// The service itself, described.
    Description(Description),
    /// The methods of a route.
    Options(Allow),
}

/// A company's jobs, the newest first and [`MOST_LISTED`](shared::table::jobs::MOST_LISTED) at most.
#[derive(Debug)]
pub struct Listed {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Where they all stand, if only such were asked for.
    pub status: Option<Status>,
}

/// The form that the client wants its answer in.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    format: Format,
    case: Option<Case>,
    callback: Option<Callback>,
    failure: FailureType,
    without_body: bool,
}

/// The type that a failure is answered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailureType {
    /// Where the operation's own answer has no member for it.
    ErrorResponse,
    /// The answer of `QueryAxemaUserSyncJobs`, which has one.
    Jobs,
}

impl Form {
    /// Reads the form from the request. A callback that is refused leaves the form without one,
    /// so that the refusal itself can be answered.
    pub fn wanted(request: &Request, route: &Route) -> (Self, Result<(), NotACallback>) {
        let named = query_parameter(&request.query, "format").or_else(|| route.format.clone());
        let format = Format::choose(route.suffix.as_deref(), named.as_deref(), request.header("accept"));
        let (callback, verdict) = match query_parameter(&request.query, "callback").map(|text| Callback::parse(&text)) {
            None => (None, Ok(())),
            Some(Ok(callback)) => (Some(callback), Ok(())),
            Some(Err(refused)) => (None, Err(refused)),
        };
        let case = query_parameter(&request.query, "jsconfig").and_then(|settings| Case::wanted(&settings));
        let failure = match route.operation {
            Operation::ListSyncs => FailureType::Jobs,
            _ => FailureType::ErrorResponse,
        };
        (Self { format, case, callback, failure, without_body: request.method == "HEAD" }, verdict)
    }

    /// Writes the outcome.
    #[must_use]
    pub fn reply(&self, outcome: &Outcome) -> Reply {
        match outcome {
            Ok(Answer::Job(job) | Answer::Started(job)) => {
                self.document(failure::OK, &Document::Job(AxemaUserSyncJobResponse::from(&**job)), None)
            }
            Ok(Answer::Jobs(listed)) => {
                let results = listed.jobs.iter().map(AxemaUserSyncJobResponse::from).collect();
                let jobs = QueryAxemaUserSyncJobsResponse { results, response_status: None };
                self.document(failure::OK, &Document::Jobs(jobs), None)
            }
            Ok(Answer::Users(report)) => {
                let link = report.next_page(self.format).map(|link| ("link", link));
                self.document(failure::OK, &Document::Users(AxemaUserSyncUsersResponse::from(&**report)), link)
            }
            Ok(Answer::Setting(setting)) => {
                self.document(failure::OK, &Document::Setting(AxemaSettingResponse::from(&**setting)), None)
            }
            Ok(Answer::Tested(tested)) => {
                self.document(failure::OK, &Document::Tested(AxemaSettingTestResponse::from(&**tested)), None)
            }
            Ok(Answer::Description(description)) => self.description(description),
            Ok(Answer::Options(Allow(methods))) => bare(failure::NO_CONTENT, Some(("allow", (*methods).to_owned()))),
            Err(failure) => {
                let problem = failure.problem();
                let response_status = problem.response_status;
                let document = match self.failure {
                    FailureType::ErrorResponse => Document::Problem(ErrorResponse { response_status }),
                    FailureType::Jobs => Document::JobsProblem(JobsErrorResponse { results: None, response_status }),
                };
                self.document(problem.status, &document, problem.header)
            }
        }
    }

    /// A description is for everybody and the same until the next deployment.
    fn description(&self, description: &Description) -> Reply {
        let mut reply = bare(failure::OK, Some(("cache-control", "public, max-age=300".to_owned())));
        reply.headers.insert("content-type", description.content_type.to_owned());
        reply.headers.extend(description.headers.iter().cloned());
        if !self.without_body {
            reply.body.clone_from(&description.text);
        }
        reply
    }

    /// Whether a person wants it, and so a page and not the bare document.
    #[must_use]
    pub fn is_page(&self) -> bool {
        self.format == Format::Html
    }

    /// Whether it is a script, which a page of any site can include and so read.
    #[must_use]
    pub fn is_script(&self) -> bool {
        self.callback.is_some() && self.format == Format::Json
    }

    /// Puts a page in the place of the document.
    pub fn show(&self, page: Option<Page>, reply: &mut Reply) {
        let Some(page) = page else { return };
        if let Some(status) = page.status {
            reply.status_code = status.as_u16();
        }
        reply.headers.extend(page.headers);
        if !self.without_body {
            reply.body = page.text;
        }
    }

    fn document(&self, status: StatusCode, document: &Document, header: Option<(&'static str, String)>) -> Reply {
        let mut reply = bare(status, header);
        let text = match self.case {
            Some(case) => case.write(self.format, document),
            None => self.format.write(document),
        };
        let (content_type, body) = match &self.callback {
            Some(callback) if self.format == Format::Json => (callback::CONTENT_TYPE.to_owned(), callback.wrap(&text)),
            Some(_) | None => (self.format.content_type(), text),
        };
        reply.headers.insert("content-type", content_type);
        if self.format == Format::Csv && status == failure::OK {
            reply.headers.insert("content-disposition", CSV_FILE.to_owned());
        }
        if !self.without_body {
            reply.body = body;
        }
        reply
    }
}

/// A reply without a body. A browser must not guess its type, and nobody may keep it: a job's
/// counters move.
fn bare(status: StatusCode, header: Option<(&'static str, String)>) -> Reply {
    let mut headers = BTreeMap::from([
        ("vary", "Accept".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ]);
    headers.extend(header);
    Reply { status_code: status.as_u16(), headers, body: String::new(), is_base64_encoded: false }
}
