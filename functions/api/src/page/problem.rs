//! The page of a request that failed: what went wrong, and where to go from here.

use maud::html;
use shared::job::Job;

use super::View;
use super::frame::Content;
use super::language::Wrong;
use crate::binding::BindingError;
use crate::caller::CallerError;
use crate::caller::may::MayNot;
use crate::failure::Failure;
use crate::route::SETTINGS;

pub(super) fn content(failure: &Failure, view: &View) -> Content {
    let texts = view.language.texts();
    let problem = (texts.problem)(wrong(failure));
    let main = html! {
        h1 { (problem.title) }
        p { (problem.text) }
        p {
            @match next(failure) {
                Next::Running(job) => a.link href=(view.link_to(job.id)) { (texts.to_running) },
                Next::Ended(job) => a.link href=(view.link_to(job.id)) { (texts.to_ended) },
                Next::Again => a.link href="" { (texts.try_again) },
                Next::Setting => a.link href=(view.link(SETTINGS)) { (texts.setting_title) },
                Next::List => a.link href=(view.link_to_list()) { (texts.to_list) },
                Next::Nowhere => {},
            }
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
    Nowhere,
}

fn next(failure: &Failure) -> Next<'_> {
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

fn wrong(failure: &Failure) -> Wrong {
    match failure {
        Failure::Caller(CallerError::KeysUnavailable(_))
        | Failure::Store(_)
        | Failure::Accept(_)
        | Failure::Test(_)
        | Failure::NoRandomness
        | Failure::OutOfTime => Wrong::Unavailable,
        Failure::Caller(_) => Wrong::SignIn,
        Failure::MayNot(MayNot::NoRole) => Wrong::NoRole,
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
