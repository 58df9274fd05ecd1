//! The page of a sync's report: what became of each user, and why one was left out.
//!
//! It shows ids and no names, because the report has none. A browser is shown fewer rows at a time
//! than a program; a spreadsheet has them all, or as many as one answer holds: then there are
//! several.

use maud::{Markup, html};
use shared::ids::JobId;
use shared::outcome::OutcomeKind;
use shared::table::report::Row;

use super::View;
use super::frame::Content;
use crate::answer::report::Report;
use crate::binding::{MOST_USERS, OUTCOME, SKIP};
use crate::route::SYNCS;

/// More rows than this nobody scrolls through.
const MOST_SHOWN: usize = 100;

/// What became of a user of whom there is a row.
const KINDS: [OutcomeKind; 3] = [OutcomeKind::Created, OutcomeKind::Updated, OutcomeKind::Skipped];

/// Where a job's report begins.
pub(super) fn link(job: JobId, view: &View) -> String {
    view.link(&format!("{SYNCS}/{job}/users"))
}

pub(super) fn content(report: &Report, view: &View) -> Content {
    let texts = view.language.texts();
    let shown = &report.rows[..report.rows.len().min(MOST_SHOWN)];
    let main = html! {
        nav aria-label=(texts.job_title) {
            a href=(view.link_to(report.job.id)) { (texts.job_title) " " (view.time(report.job.created_at)) }
        }
        h1 { (texts.report_title) }
        p { (texts.report_intro) }
        @if let Some(hint) = view.of_dry_run(&report.job) { p { (hint) } }
        (kinds(report, view))
        @if shown.is_empty() {
            p.card { (texts.report_empty) }
        } @else {
            (table(report, shown, view))
            (pages(report, shown.len(), view))
        }
    };
    Content { title: texts.report_title.to_owned(), refresh_ms: None, main, beside: html! {} }
}

/// The outcomes to choose from.
fn kinds(report: &Report, view: &View) -> Markup {
    let texts = view.language.texts();
    let chosen = report.wanted.outcome;
    let current = |kind: Option<OutcomeKind>| (kind == chosen).then_some("page");
    html! {
        nav aria-label=(texts.report_kinds) {
            ul.choices {
                li { a href=(at(report, None, 0, view)) aria-current=[current(None)] { (texts.report_all) } }
                @for kind in KINDS {
                    li {
                        a href=(at(report, Some(kind), 0, view)) aria-current=[current(Some(kind))] {
                            (name(kind, view))
                        }
                    }
                }
            }
        }
    }
}

fn table(report: &Report, shown: &[Row], view: &View) -> Markup {
    let texts = view.language.texts();
    let first = report.wanted.skip.saturating_add(1);
    let last = number(report.wanted.skip.saturating_add(shown.len()), view);
    html! {
        div.card {
            table role="table" {
                caption { ((texts.report_caption)(&number(first, view), &last, &number(report.total, view))) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in [texts.user, texts.outcome, texts.customer] {
                            th scope="col" role="columnheader" { (column) }
                        }
                    }
                }
                tbody role="rowgroup" { @for user in shown { (row(report, user, view)) } }
            }
        }
    }
}

fn row(report: &Report, user: &Row, view: &View) -> Markup {
    let texts = view.language.texts();
    let customer = user.customer.customer(report.job.company, &user.person);
    html! {
        tr role="row" {
            th.id scope="row" role="rowheader" { (user.person.user) }
            td role="cell" data-label=(texts.outcome) {
                span {
                    (name(user.outcome.kind(), view))
                    @if let Some(reason) = user.outcome.reason() { ": " ((texts.reason)(reason)) }
                }
            }
            td.id role="cell" data-label=(texts.customer) {
                span { @match customer { Some(customer) => (customer), None => "–" } }
            }
        }
    }
}

/// The pages before and after, and all of it for a spreadsheet.
fn pages(report: &Report, shown: usize, view: &View) -> Markup {
    let texts = view.language.texts();
    let (skip, outcome) = (report.wanted.skip, report.wanted.outcome);
    let next = skip.saturating_add(shown);
    html! {
        p.actions {
            @if skip > 0 {
                a.link href=(at(report, outcome, skip.saturating_sub(MOST_SHOWN), view)) rel="prev" { (texts.before) }
            }
            @if next < report.total {
                a.link href=(at(report, outcome, next, view)) rel="next" { (texts.after) }
            }
            @if report.total <= MOST_USERS {
                a.link href=(spreadsheet(report, 0, view)) download { (texts.spreadsheet) }
            }
        }
        @if report.total > MOST_USERS { (spreadsheets(report, view)) }
    }
}

/// A file for as many users as are answered at a time, until nobody is left out.
fn spreadsheets(report: &Report, view: &View) -> Markup {
    let texts = view.language.texts();
    let all = number(report.total, view);
    html! {
        p #spreadsheets { ((texts.spreadsheets)(&number(MOST_USERS, view))) }
        ul.choices aria-labelledby="spreadsheets" {
            @for skip in (0..report.total).step_by(MOST_USERS) {
                li {
                    a.link href=(spreadsheet(report, skip, view)) download {
                        @let last = skip.saturating_add(MOST_USERS).min(report.total);
                        ((texts.report_caption)(&number(skip.saturating_add(1), view), &number(last, view), &all))
                    }
                }
            }
        }
    }
}

/// Where the users behind these are answered for a spreadsheet, [`MOST_USERS`] at most.
fn spreadsheet(report: &Report, skip: usize, view: &View) -> String {
    and(at(report, report.wanted.outcome, skip, view), "format", "csv")
}

/// The header `Link`, which leads to the next page of these and not of a program's longer ones.
pub(super) fn next_page(report: &Report, view: &View) -> Option<(&'static str, String)> {
    let next = report.wanted.skip.saturating_add(report.rows.len().min(MOST_SHOWN));
    let address = at(report, report.wanted.outcome, next, view);
    (!report.rows.is_empty() && next < report.total).then(|| ("link", format!("<{address}>; rel=\"next\"")))
}

fn at(report: &Report, outcome: Option<OutcomeKind>, skip: usize, view: &View) -> String {
    let mut address = link(report.job.id, view);
    if let Some(outcome) = outcome {
        address = and(address, OUTCOME, outcome.name());
    }
    if skip > 0 { and(address, SKIP, &skip.to_string()) } else { address }
}

fn and(address: String, name: &str, value: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    address + &format!("{joint}{name}={value}")
}

fn number(number: usize, view: &View) -> String {
    view.language.number(u64::try_from(number).unwrap_or(u64::MAX))
}

fn name(kind: OutcomeKind, view: &View) -> &'static str {
    let texts = view.language.texts();
    match kind {
        OutcomeKind::Created => texts.made,
        OutcomeKind::Updated => texts.changed,
        OutcomeKind::Unchanged => texts.as_it_was,
        OutcomeKind::Skipped => texts.left_out,
    }
}
