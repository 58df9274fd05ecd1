//! The page of a request that failed: what went wrong, and where to go from here.

use maud::{Markup, html};
use shared::job::Job;

use super::View;
use super::frame::Content;
use super::language::Wrong;
use crate::binding::{BindingError, COMPANY_ID};
use crate::caller::CallerError;
use crate::caller::may::MayNot;
use crate::failure::Failure;
use crate::route::{SETTINGS, SYNCS};

/// What a browser sends of what is typed: a Guid in each of the forms that are read.
const GUID: &str = r"\s*\{?[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\}?\s*";

pub(super) fn content(failure: &Failure, view: &View) -> Content {
    let texts = view.language.texts();
    let problem = (texts.problem)(wrong(failure));
    let link = |to: String, text| html! { p { a.link href=(to) { (text) } } };
    let main = html! {
        h1 { (problem.title) }
        p { (problem.text) }
        @match next(failure) {
            Next::Running(job) => (link(view.link_to(job.id), texts.to_running)),
            Next::Ended(job) => (link(view.link_to(job.id), texts.to_ended)),
            Next::Again => (link(view.link_to_try_again(), texts.try_again)),
            Next::Setting => (link(view.link(SETTINGS), texts.setting_title)),
            Next::List => (link(view.link_to_list(), texts.to_list)),
            Next::Company => (company(view)),
            Next::Nowhere => {},
        }
    };
    Content { title: problem.title.to_owned(), refresh_ms: None, main, beside: html! {} }
}

/// Where to go from here.
enum Next<'a> {
    Running(&'a Job),
    Ended(&'a Job),
    Again,
    List,
    Setting,
    Company,
    Nowhere,
}

/// Asks for the company that the token does not say, and leads to its list.
fn company(view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        form method="get" action=(SYNCS) {
            p.field {
                label for="company" { (texts.company) }
                input #company name=(COMPANY_ID) required pattern=(GUID) autocomplete="off" spellcheck="false"
                    aria-describedby="company-hint";
            }
            p.quiet #company-hint { (texts.company_hint) }
            p.actions { button type="submit" { (texts.to_list) } }
        }
    }
}

const fn next(failure: &Failure) -> Next<'_> {
    match failure {
        Failure::SyncRunning(job) => Next::Running(job),
        Failure::JobEnded(job) => Next::Ended(job),
        Failure::Caller(_)
        | Failure::Store(_)
        | Failure::Accept(_)
        | Failure::Test(_)
        | Failure::NoRandomness
        | Failure::OutOfTime => Next::Again,
        Failure::Connected => Next::Setting,
        Failure::MayNot(MayNot::NoCompanyNamed) => Next::Company,
        // The list would be answered in the same way.
        Failure::MayNot(MayNot::NoCompany) => Next::Nowhere,
        Failure::MayNot(MayNot::NoRole)
        | Failure::CrossSite
        | Failure::Binding(_)
        | Failure::Callback(_)
        | Failure::NotConnected
        | Failure::NoSetting
        | Failure::NoSuchJob
        | Failure::NoSuchRoute
        | Failure::WrongMethod(_) => Next::List,
    }
}

const fn wrong(failure: &Failure) -> Wrong {
    match failure {
        Failure::Caller(CallerError::KeysUnavailable(_))
        | Failure::Store(_)
        | Failure::Accept(_)
        | Failure::Test(_)
        | Failure::NoRandomness
        | Failure::OutOfTime => Wrong::Unavailable,
        Failure::Caller(_) => Wrong::SignIn,
        Failure::MayNot(MayNot::NoRole) => Wrong::NoRole,
        Failure::MayNot(MayNot::NoCompanyNamed) => Wrong::NoCompanyNamed,
        Failure::MayNot(MayNot::NoCompany) => Wrong::NoCompany,
        Failure::CrossSite => Wrong::CrossSite,
        Failure::Binding(BindingError::TooLarge) => Wrong::TooLarge,
        Failure::Binding(BindingError::Values(_) | BindingError::Malformed(_) | BindingError::MediaType)
        | Failure::Callback(_) => Wrong::Unreadable,
        Failure::SyncRunning(_) => Wrong::SyncRunning,
        Failure::JobEnded(_) => Wrong::JobEnded,
        Failure::NotConnected => Wrong::NotConnected,
        Failure::Connected => Wrong::Connected,
        Failure::NoSetting => Wrong::NoSetting,
        Failure::NoSuchJob => Wrong::NoSuchJob,
        Failure::NoSuchRoute => Wrong::NoSuchPage,
        Failure::WrongMethod(_) => Wrong::WrongMethod,
    }
}
