//! The page of one sync: where it stands, how far it has come, how it ended.
//!
//! The element with `role="status"` holds the status and the quarter that has been passed, and
//! nothing that changes more often: a screen reader says it whenever it changes.

use maud::{Markup, html};
use shared::job::{FailureCode, Job, Status};

use super::View;
use super::frame::Content;
use super::progress::Progress;
use super::report;

/// A running sync commits a chunk about as often.
const REFRESH_MS: u32 = 1_000;

pub(super) fn content(job: &Job, view: &View) -> Content {
    let texts = view.language.texts();
    let active = job.status.is_active();
    let cancellable = active && view.may_write;
    let cancelled = job.failure_code == Some(FailureCode::Cancelled);
    let progress = match (&job.counters, job.status) {
        (Some(counters), Status::Processing) => Some(Progress::of(job, counters, view.expected, view.now)),
        (Some(_) | None, Status::Pending | Status::Processing | Status::Completed | Status::Failed) => None,
    };
    let main = html! {
        nav aria-label=(texts.all_syncs) { a href=(view.link_to_list()) { (texts.all_syncs) } }
        h1 { (texts.job_title) " " (view.time(job.created_at)) }
        p.state role="status" {
            (view.mark(job))
            @match progress.map_or(0, |progress| progress.quarter()) {
                0 => {},
                passed => { ", " (texts.quarters[passed]) },
            }
        }
        @if let Some(hint) = view.of_dry_run(job).filter(|_| active) { p { (hint) } }
        @match job.status {
            Status::Pending => p.card #outcome { (texts.pending_hint) },
            Status::Processing => div.card #outcome { (bar(progress, view)) },
            Status::Completed => div.card.completed #outcome { (completed(job, view)) },
            Status::Failed => div.card #outcome .failed[!cancelled] { (failed(job, view)) },
        }
        @if job.counters.is_some() {
            (numbers(job, view))
        }
        (times(job, view))
        @if cancellable {
            p.actions { button.grave type="button" data-cancel hidden { (texts.cancel) } }
        }
    };
    let title = format!("{} – {}", view.status(job), texts.job_title);
    let beside = if cancellable {
        confirm(job, view)
    } else {
        html! {}
    };
    Content { title, refresh_ms: active.then_some(REFRESH_MS), main, beside }
}

fn bar(progress: Option<Progress>, view: &View) -> Markup {
    let texts = view.language.texts();
    let number = |number| view.language.number(number);
    html! {
        @match progress {
            Some(Progress::Share { done, expected, left }) => {
                progress aria-label=(texts.progress) value=(done) max=(expected) {}
                p {
                    ((texts.progress_of)(&number(done), &number(expected)))
                    @if let Some(left) = left { ", " ((texts.time_left)(left)) }
                }
            },
            Some(Progress::Open { done }) => {
                progress aria-label=(texts.progress) {}
                p { ((texts.progress_open)(&number(done))) }
            },
            None => progress aria-label=(texts.progress) {},
        }
    }
}

fn completed(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    let found = job.counters.map_or(0, |counters| counters.found);
    html! {
        p { ((texts.completed_outcome)(found, &view.language.number(found))) }
        @if let Some(hint) = view.of_dry_run(job) { p { (hint) } }
    }
}

fn failed(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        @if job.failure_code != Some(FailureCode::Cancelled) { h2 { (texts.failure_title) } }
        @match (job.failure_code, &job.failure_text) {
            (Some(code), _) => p { ((texts.failure)(code)) },
            // Of another version of this code, which told it in English alone.
            (None, Some(text)) => p lang="en" { (text) },
            (None, None) => p { (texts.failure_unknown) },
        }
        @if let Some(hint) = view.of_dry_run(job) {
            p { (hint) }
        } @else if job.counters.is_some_and(|counters| counters.created + counters.updated > 0) {
            p { (texts.kept) }
        }
    }
}

fn numbers(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        section.card aria-labelledby="users" {
            h2 #users { (texts.counters) }
            dl.numbers {
                @for (name, figure) in view.figures(job) { div { dt { (name) } dd { (figure.unwrap_or_default()) } } }
            }
            p { a.link href=(report::link(job.id, view)) { (texts.report) } }
        }
    }
}

fn times(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        dl.card.times {
            div { dt { (texts.started) } dd { (view.time(job.created_at)) } }
            @if !job.status.is_active() {
                div { dt { (texts.ended) } dd { (view.time(job.updated_at)) } }
                div { dt { (texts.took) } dd { (view.language.duration(job.created_at.until(job.updated_at))) } }
            }
        }
    }
}

/// Asks before it cancels; opened and closed by the script.
fn confirm(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    let hint = if job.mode.is_dry_run() { texts.cancel_hint_dry_run } else { texts.cancel_hint };
    html! {
        dialog aria-labelledby="sure" aria-describedby="sure-hint" {
            h2 #sure { (texts.cancel_title) }
            p #sure-hint { (hint) }
            p.actions {
                button.second type="button" data-dismiss autofocus { (texts.cancel_no) }
                button.grave type="button" data-confirm { (texts.cancel_yes) }
            }
        }
    }
}
