//! The pages that a person with a browser sees.
//!
//! In reading order: [`View`] is what a page knows beside the outcome; `list`, `job`, `report`,
//! `setting` and `problem` write the content, `progress` has the arithmetic of the bar; `frame` puts style,
//! script and the security headers around it; [`language`] has every text, twice.
//!
//! A page stands in the place of the document that the other formats write: status code and
//! headers are theirs, but for a started sync, to which a browser is sent on (303), so that
//! loading anew starts no other.
//!
//! The templates are `maud`: compiled with the code, checked by its types, and escaping whatever
//! is spliced in. `askama` was the rival: its templates are files of their own, which would not
//! fail to compile for a text that a language lacks, and its parser is ten times the dependency.
//!
//! What this module does not do: sign anybody in (a front before the service brings the token),
//! repeat a text of the request (ids, numbers and outcomes are written as they were understood), or
//! load anything from elsewhere.

pub(crate) mod frame;
mod job;
pub mod language;
mod list;
mod problem;
mod progress;
mod report;
mod setting;

use std::array;
use std::time::Duration;

use http::StatusCode;
use maud::{Markup, html};
use shared::clock::Timestamp;
use shared::ids::{CompanyId, JobId};
use shared::job::{Counters, FailureCode, Job, Status};
use tokio::time::timeout;

use self::language::Language;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::COMPANY_ID;
use crate::binding::setting::OfCompany;
use crate::event::Request;
use crate::failure;
use crate::log::chain;
use crate::operations::Trail;
use crate::route::{Operation, SETTINGS, SYNCS};

/// An estimate is worth no longer wait, and Lambda's own limit is not far.
const ESTIMATE_WITHIN: Duration = Duration::from_secs(2);

/// What a page knows beside the outcome.
#[derive(Debug, Clone)]
pub struct View {
    /// The language of whoever looks.
    language: Language,
    /// Whether they may start and cancel.
    may_write: bool,
    /// The company that links have to name, because it is not their own.
    named: Option<CompanyId>,
    /// The page with the form that was posted, since there may be none at the address that it was
    /// posted to; `None` where nothing was posted.
    posted_from: Option<&'static str>,
    /// How many users a sync that completed earlier found.
    expected: Option<u64>,
    /// When they look.
    now: Timestamp,
}

/// A page, and what it changes in the answer that it stands in for.
pub struct Page {
    /// The status code, where it is not that of the other formats.
    pub status: Option<StatusCode>,
    /// Headers that the other formats do not have, or have otherwise.
    pub headers: Vec<(&'static str, String)>,
    /// The document.
    pub text: String,
}

impl View {
    /// Gathers what the page of this outcome needs: one read at most, and none if no sync runs.
    /// Where that read fails the page has no estimate.
    pub(crate) async fn of(
        app: &App,
        request: &Request,
        operation: &Operation,
        outcome: &Outcome,
        trail: &Trail,
    ) -> Self {
        let expected = match outcome {
            Ok(Answer::Job(job)) if job.status == Status::Processing => expected(app, job).await,
            Ok(_) | Err(_) => None,
        };
        Self {
            language: Language::preferred(request.header("accept-language")),
            may_write: trail.may_write(),
            named: match trail.company() {
                Some(_) => trail.company_of_others(),
                // It failed before that was settled, and who named a company is not to lose it.
                None => OfCompany::bind(request).ok().and_then(|given| given.company),
            },
            posted_from: (request.method == "POST").then(|| page_with_form(operation)),
            expected,
            now: app.clock.now(),
        }
    }

    fn link_to_list(&self) -> String {
        self.link(SYNCS)
    }

    /// Where a request that failed is tried again: at its own address, if that can be opened.
    fn link_to_try_again(&self) -> String {
        self.posted_from.map_or_else(String::new, |path| self.link(path))
    }

    fn link_to(&self, job: JobId) -> String {
        self.link(&format!("{SYNCS}/{job}"))
    }

    fn link(&self, path: &str) -> String {
        self.named.map_or_else(|| path.to_owned(), |company| format!("{path}?{COMPANY_ID}={company}"))
    }

    /// A time for programs and for people; a script tells it in the browser's own time zone.
    fn time(&self, at: Timestamp) -> Markup {
        html! { time datetime=(language::iso(at)) { (self.language.date(at)) } }
    }

    /// The names of the counters.
    const fn columns(&self) -> [&'static str; 5] {
        let texts = self.language.texts();
        [texts.found, texts.created, texts.updated, texts.unchanged, texts.skipped]
    }

    /// The counters by name, without numbers where none was counted.
    fn figures(&self, job: &Job) -> [(&'static str, Option<String>); 5] {
        let numbers = job.counters.map_or([None; 5], |counters| {
            let Counters { found, created, updated, unchanged, skipped } = counters;
            [found, created, updated, unchanged, skipped].map(Some)
        });
        let names = self.columns();
        array::from_fn(|at| (names[at], numbers[at].map(|number| self.language.number(number))))
    }

    fn status(&self, job: &Job) -> &'static str {
        let texts = self.language.texts();
        match (job.status, job.failure_code) {
            (Status::Pending, _) => texts.pending,
            (Status::Processing, _) => texts.processing,
            (Status::Completed, _) => texts.completed,
            (Status::Failed, Some(FailureCode::Cancelled)) => texts.cancelled,
            (Status::Failed, _) => texts.failed,
        }
    }

    /// What a dry run has changed, which is nothing; `None` of another sync.
    fn of_dry_run(&self, job: &Job) -> Option<&'static str> {
        let texts = self.language.texts();
        job.mode.is_dry_run().then_some(match job.status {
            Status::Pending | Status::Processing => texts.dry_run_hint,
            Status::Completed => texts.completed_dry_run,
            Status::Failed => texts.failed_dry_run,
        })
    }

    /// The status in words, with a sign beside them.
    fn mark(&self, job: &Job) -> Markup {
        let class = match job.status {
            Status::Pending => "pending",
            Status::Processing => "processing",
            Status::Completed => "completed",
            Status::Failed => "failed",
        };
        html! {
            span.mark.(class) { (self.status(job)) }
            @if job.mode.is_dry_run() { " " span.tag { (self.language.texts().dry_run) } }
        }
    }
}

/// Writes the page of an outcome; there is none of an answer that is one or has headers alone.
pub(crate) fn write(outcome: &Outcome, view: &View) -> Option<Page> {
    let content = match outcome {
        Ok(Answer::Job(job) | Answer::Started(job)) => job::content(job, view),
        Ok(Answer::Jobs(listed)) => list::content(listed, view),
        Ok(Answer::Users(report)) => report::content(report, view),
        Ok(Answer::Setting(setting)) => setting::content(setting, view),
        Ok(Answer::Tested(tested)) => setting::tested(tested, view),
        Ok(Answer::Description(_) | Answer::Options(_)) => return None,
        Err(failure) => problem::content(failure, view),
    };
    let mut page = Page { status: None, headers: frame::headers(view).into(), text: frame::document(view, &content) };
    if let Ok(Answer::Users(report)) = outcome {
        page.headers.extend(report::next_page(report, view));
    }
    if let Ok(Answer::Started(job)) = outcome {
        page.status = Some(failure::SEE_OTHER);
        page.headers.push(("location", view.link_to(job.id)));
    }
    Some(page)
}

/// The page from which a person asks for this.
const fn page_with_form(operation: &Operation) -> &'static str {
    match operation {
        Operation::GetSetting
        | Operation::CreateSetting
        | Operation::UpdateSetting
        | Operation::DeleteSetting
        | Operation::TestSetting => SETTINGS,
        Operation::StartSync
        | Operation::ListSyncs
        | Operation::GetSync(_)
        | Operation::ListUsers(_)
        | Operation::CancelSync(_)
        | Operation::Describe(_)
        | Operation::Options(_)
        | Operation::WrongMethod(_)
        | Operation::Unknown => SYNCS,
    }
}

/// How many users the company's last completed sync before this one found.
async fn expected(app: &App, job: &Job) -> Option<u64> {
    let earlier = timeout(ESTIMATE_WITHIN, app.table.last_completed(job.company, job.id)).await.ok()?;
    let earlier =
        earlier.inspect_err(|error| tracing::warn!(because = chain(error), "a page has no estimate")).ok().flatten()?;
    Some(earlier.counters?.found)
}

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;
