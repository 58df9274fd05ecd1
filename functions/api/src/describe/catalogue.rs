//! The operations, each described once: what is written about them anywhere is written from here.
//!
//! The members of a request are the fields of its struct in `requests`. A member that the path
//! names is in the path; the others are in the body of a POST or PUT, and in the query of everything
//! else. The body of a DELETE is read too and not described: OpenAPI advises against it.
//! Roles come from the right that the operation asks for, status and error codes from
//! [`Failure::problem`].
//!
//! What this module does not do: bind or route. Tests hold it against what does.

mod setting;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use shared::job::Job;

use super::requests::{
    CancelAxemaUserSync, CreateAxemaUserSync, GetAxemaUserSyncJob, QueryAxemaUserSyncJobs, QueryAxemaUserSyncUsers,
    Request,
};
use super::sample;
use crate::answer::callback::NotACallback;
use crate::answer::format::Format;
use crate::answer::wire::{
    AxemaUserSyncJobResponse, AxemaUserSyncUsersResponse, Document, ErrorResponse, QueryAxemaUserSyncJobsResponse,
};
use crate::binding::{BindingError, Fault};
use crate::caller::CallerError;
use crate::caller::may::{MayNot, Right};
use crate::failure::Failure;
use crate::route::{Allow, SYNCS};

/// The namespace of BokaMera's DTOs.
pub(crate) const NAMESPACE: &str = "BokaMera.API.ServiceModel.Dtos";

/// One operation.
pub(crate) struct Described {
    /// The name of the operation and of its request DTO.
    pub name: &'static str,
    /// The one verb that it is called with.
    pub verb: &'static str,
    /// What its path begins with.
    pub root: &'static str,
    /// What follows in its path; a member in braces stands for its value.
    pub below: &'static str,
    /// What the caller must be allowed.
    pub right: Right,
    /// One line.
    pub summary: &'static str,
    /// What a client should know besides.
    pub notes: &'static str,
    /// The schema of the request.
    pub request: fn(&mut SchemaGenerator) -> Schema,
    /// The members of a sample request.
    pub sample_request: fn() -> Value,
    /// A sample request in a format, if requests are read in it.
    pub sample_body: fn(Format) -> Option<String>,
    /// The name of the answer's DTO.
    pub answer_name: &'static str,
    /// The schema of the answer.
    pub answer: fn(&mut SchemaGenerator) -> Schema,
    /// A sample answer.
    pub sample_answer: fn() -> Document,
    /// Whether the answer is a page of more.
    pub has_pages: bool,
    /// How it is refused, beside the ways that every operation is.
    pub refusals: &'static [Refusal],
}

/// One way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No or a bad token.
    Unauthorized,
    /// No fitting role.
    Forbidden,
    /// A change that another website had a browser ask for.
    CrossSite,
    /// A value that does not fit its member, or no company to do it for.
    Unbound,
    /// A callback that is no JavaScript identifier path.
    Callback,
    /// A body that cannot be read.
    Malformed,
    /// A body that is too large.
    TooLarge,
    /// A body in no media type that is read.
    MediaType,
    /// The company's lock is held.
    SyncRunning,
    /// The job to be cancelled has ended.
    JobEnded,
    /// The company has a connection already.
    Connected,
    /// The company has no connection at all.
    NoSetting,
    /// The company is not connected.
    NotConnected,
    /// There is no such job.
    NoSuchJob,
    /// The path has other methods.
    WrongMethod,
    /// The store, the queue or the issuer's keys are out of reach.
    Unavailable,
}

/// What every operation may be refused for.
pub(crate) const ALWAYS: [Refusal; 7] = [
    Refusal::Unbound,
    Refusal::Callback,
    Refusal::Unauthorized,
    Refusal::Forbidden,
    Refusal::CrossSite,
    Refusal::WrongMethod,
    Refusal::Unavailable,
];

/// All of them, in the order in which they are told of.
pub(crate) static OPERATIONS: [Described; 10] = [
    Described {
        name: "CreateAxemaUserSync",
        verb: "POST",
        root: SYNCS,
        below: "",
        right: Right::Write,
        summary: "Starts a sync of the company's Axema VAKA users",
        notes: "The sync runs in the background and may take several minutes. Only one sync can run at a time per \
                company: while one is Pending or Processing, this is answered 409 with its address.",
        request: of::<CreateAxemaUserSync>,
        sample_request: sample_of::<CreateAxemaUserSync>,
        sample_body: written::<CreateAxemaUserSync>,
        answer_name: "AxemaUserSyncJobResponse",
        answer: of::<AxemaUserSyncJobResponse>,
        sample_answer: || job(&sample::accepted()),
        has_pages: false,
        refusals: &[
            Refusal::Malformed,
            Refusal::TooLarge,
            Refusal::MediaType,
            Refusal::SyncRunning,
            Refusal::NotConnected,
        ],
    },
    Described {
        name: "QueryAxemaUserSyncJobs",
        verb: "GET",
        root: SYNCS,
        below: "",
        right: Right::Read,
        summary: "Lists the syncs of a company, the newest first",
        notes: "",
        request: of::<QueryAxemaUserSyncJobs>,
        sample_request: sample_of::<QueryAxemaUserSyncJobs>,
        sample_body: written::<QueryAxemaUserSyncJobs>,
        answer_name: "QueryAxemaUserSyncJobsResponse",
        answer: of::<QueryAxemaUserSyncJobsResponse>,
        sample_answer: || jobs(&[sample::running(), sample::completed()]),
        has_pages: false,
        refusals: &[],
    },
    Described {
        name: "GetAxemaUserSyncJob",
        verb: "GET",
        root: SYNCS,
        below: "/{Id}",
        right: Right::Read,
        summary: "Gets one sync, with its progress",
        notes: "The counters move while the sync runs.",
        request: of::<GetAxemaUserSyncJob>,
        sample_request: sample_of::<GetAxemaUserSyncJob>,
        sample_body: written::<GetAxemaUserSyncJob>,
        answer_name: "AxemaUserSyncJobResponse",
        answer: of::<AxemaUserSyncJobResponse>,
        sample_answer: || job(&sample::running()),
        has_pages: false,
        refusals: &[Refusal::NoSuchJob],
    },
    Described {
        name: "QueryAxemaUserSyncUsers",
        verb: "GET",
        root: SYNCS,
        below: "/{Id}/users",
        right: Right::Read,
        summary: "Lists the users that a sync decided about or left out, with what became of each",
        notes: "While the sync runs, it is what is done so far. Users for whom there was nothing to do are counted in \
                UsersUnchanged and not listed, except where a customer was there already and is linked now. Records of \
                VAKA that name no user are counted in UsersSkipped and not listed. Where there is more, the header Link \
                leads to the next page.",
        request: of::<QueryAxemaUserSyncUsers>,
        sample_request: sample_of::<QueryAxemaUserSyncUsers>,
        sample_body: written::<QueryAxemaUserSyncUsers>,
        answer_name: "AxemaUserSyncUsersResponse",
        answer: of::<AxemaUserSyncUsersResponse>,
        sample_answer: || Document::Users((&sample::report()).into()),
        has_pages: true,
        refusals: &[Refusal::NoSuchJob],
    },
    Described {
        name: "CancelAxemaUserSync",
        verb: "DELETE",
        root: SYNCS,
        below: "/{Id}",
        right: Right::Write,
        summary: "Ends a sync that is Pending or Processing, as Failed",
        notes: "What the sync has done so far is kept. A sync that has ended is answered 409.",
        request: of::<CancelAxemaUserSync>,
        sample_request: sample_of::<CancelAxemaUserSync>,
        sample_body: written::<CancelAxemaUserSync>,
        answer_name: "AxemaUserSyncJobResponse",
        answer: of::<AxemaUserSyncJobResponse>,
        sample_answer: || job(&sample::cancelled()),
        has_pages: false,
        refusals: &[Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType, Refusal::NoSuchJob, Refusal::JobEnded],
    },
    setting::QUERY,
    setting::CREATE,
    setting::UPDATE,
    setting::DELETE,
    setting::TEST,
];

/// The answer of every refusal.
pub(crate) fn refused(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<ErrorResponse>()
}

fn sample_of<T: Request>() -> Value {
    serde_json::to_value(T::sample()).unwrap_or_default()
}

fn written<T: Request>(format: Format) -> Option<String> {
    format.write_request(&T::sample())
}

fn job(job: &Job) -> Document {
    Document::Job(job.into())
}

fn jobs(jobs: &[Job]) -> Document {
    let results = jobs.iter().map(AxemaUserSyncJobResponse::from).collect();
    Document::Jobs(QueryAxemaUserSyncJobsResponse { results, response_status: None })
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Described {
    /// The path with its members in braces.
    pub fn path(&self) -> String {
        format!("{}{}", self.root, self.below)
    }

    /// Whether its members are in a body.
    pub fn has_body(&self) -> bool {
        matches!(self.verb, "POST" | "PUT")
    }

    /// Whether it starts a sync.
    pub fn starts(&self) -> bool {
        self.root == SYNCS && self.verb == "POST"
    }

    /// Whether a member is in the path.
    pub fn is_in_path(&self, member: &str) -> bool {
        self.below.contains(&format!("{{{member}}}"))
    }

    /// Every way in which it is refused.
    pub fn all_refusals(&self) -> impl Iterator<Item = Refusal> {
        ALWAYS.into_iter().chain(self.refusals.iter().copied())
    }
}

impl Refusal {
    /// A failure of this kind, which says what the client is told.
    pub fn failure(self) -> Failure {
        match self {
            Self::Unauthorized => CallerError::Missing.into(),
            Self::Forbidden => MayNot::NoRole.into(),
            Self::CrossSite => Failure::CrossSite,
            Self::Unbound => BindingError::from(Fault { field: "CompanyId", fault: "is not a Guid" }).into(),
            Self::Callback => NotACallback.into(),
            Self::Malformed => BindingError::Malformed("is not a JSON object").into(),
            Self::TooLarge => BindingError::TooLarge.into(),
            Self::MediaType => BindingError::MediaType.into(),
            Self::SyncRunning => Failure::SyncRunning(Box::new(sample::running())),
            Self::JobEnded => Failure::JobEnded(Box::new(sample::completed())),
            Self::Connected => Failure::Connected,
            Self::NoSetting => Failure::NoSetting,
            Self::NotConnected => Failure::NotConnected,
            Self::NoSuchJob => Failure::NoSuchJob,
            Self::WrongMethod => Failure::WrongMethod(Allow("GET, HEAD, OPTIONS")),
            Self::Unavailable => Failure::OutOfTime,
        }
    }

    /// When it happens, in a few words.
    pub const fn when(self) -> &'static str {
        match self {
            Self::Unauthorized => "There is no token, or it is not good",
            Self::Forbidden => "The token has none of the roles",
            Self::CrossSite => {
                "Another website had a browser ask for it, to change something or to read it as a script (callback)"
            }
            Self::Unbound => "A value does not fit its member, or there is no company to do it for",
            Self::Callback => "The callback is no path of JavaScript identifiers",
            Self::Malformed => "The body cannot be read",
            Self::TooLarge => "The body is over 64 KiB",
            Self::MediaType => "The body is in a media type that is not read",
            Self::SyncRunning => "A sync of the company is Pending or Processing; Location is its address",
            Self::JobEnded => "The sync has ended already",
            Self::Connected => "The company has a connection already; Location is its address",
            Self::NoSetting => "The company has no connection to Axema",
            Self::NotConnected => "The company has no active connection to Axema",
            Self::NoSuchJob => "The company has no such sync",
            Self::WrongMethod => "The path has other methods, which Allow lists",
            Self::Unavailable => {
                "The store, the queue, the issuer's keys or another part of the service cannot be reached"
            }
        }
    }
}
