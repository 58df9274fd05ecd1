//! The page of a sync's report: what became of each user, by outcome, page by page.
//!
//! It shows fewer rows than a page of the other formats: nobody reads ten thousand, and as HTML
//! they would be more than Lambda can answer. The file for a spreadsheet has them all.

use maud::{Markup, html};
use shared::outcome::OutcomeKind;
use shared::table::report::Row;

use super::View;
use super::frame::Content;
use crate::answer::format::Format;
use crate::answer::report::Report;

/// Rows on one page.
const MOST_SHOWN: usize = 100;

pub(super) fn content(report: &Report, view: &View) -> Content {
    let texts = view.language.texts();
    let job = &report.job;
    let main = html! {
        nav aria-label=(texts.job_title) { a href=(view.link_to(job.id)) { (texts.to_ended) } }
        h1 { (texts.report_title) }
        p { (texts.job_title) " " (view.time(job.created_at)) ", " (view.status(job)) }
        @if job.mode.is_dry_run() { p { (texts.dry_run_hint) } }
        p.quiet { (texts.report_hint) }
        nav aria-label=(texts.outcome) {
            ul.choices {
                (choice(report, view, None))
                @for outcome in OutcomeKind::ALL { (choice(report, view, Some(outcome))) }
            }
        }
        @if report.rows.is_empty() {
            p.card { (texts.report_empty) }
        } @else {
            (table(report, view))
        }
        p { a.link href=(csv(report, view)) { (texts.download) } }
    };
    let title = format!("{} – {}", texts.report_title, texts.job_title);
    Content { title, refresh_ms: None, main, beside: html! {} }
}

/// The header that leads to the next page, which is not that of a longer document.
pub(super) fn link_header(report: &Report, view: &View) -> Option<(&'static str, String)> {
    let next = next(report)?;
    Some(("link", format!("<{}>; rel=\"next\"", address(report, view, report.wanted.outcome, next))))
}

fn choice(report: &Report, view: &View, outcome: Option<OutcomeKind>) -> Markup {
    let current = (outcome == report.wanted.outcome).then_some("page");
    html! {
        li { a.link href=(address(report, view, outcome, 0)) aria-current=[current] { (name(outcome, view)) } }
    }
}

fn name(outcome: Option<OutcomeKind>, view: &View) -> &'static str {
    let texts = view.language.texts();
    match outcome {
        None => texts.every_outcome,
        Some(OutcomeKind::Created) => texts.created,
        Some(OutcomeKind::Updated) => texts.updated,
        Some(OutcomeKind::Unchanged) => texts.unchanged,
        Some(OutcomeKind::Skipped) => texts.skipped,
    }
}

fn table(report: &Report, view: &View) -> Markup {
    let texts = view.language.texts();
    let (skip, shown) = (report.wanted.skip, shown(report));
    let number = |number: usize| view.count(number);
    let wanted = report.wanted.outcome;
    html! {
        div.card {
            table role="table" {
                caption {
                    ((texts.rows_of)(&number(skip + 1), &number(skip + shown.len()), &number(report.total)))
                }
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in [texts.user, texts.outcome, texts.customer] {
                            th scope="col" role="columnheader" { (column) }
                        }
                    }
                }
                tbody role="rowgroup" { @for row in shown { (line(report, row, view)) } }
            }
        }
        p.actions {
            @if skip > 0 {
                a.link rel="prev" href=(address(report, view, wanted, skip.saturating_sub(MOST_SHOWN))) { (texts.earlier) }
            }
            @if let Some(next) = next(report) {
                a.link rel="next" href=(address(report, view, wanted, next)) { (texts.later) }
            }
        }
    }
}

fn line(report: &Report, row: &Row, view: &View) -> Markup {
    let texts = view.language.texts();
    let customer = row.customer.customer(report.job.company, &row.person);
    html! {
        tr role="row" {
            th.id scope="row" role="rowheader" { (row.person.user) }
            td role="cell" data-label=(texts.outcome) {
                span {
                    (name(Some(row.outcome.kind()), view))
                    @if let Some(reason) = row.outcome.reason() { ": " ((texts.reason)(reason)) }
                }
            }
            td.id role="cell" data-label=(texts.customer) {
                span { @match customer { Some(customer) => (customer), None => "–" } }
            }
        }
    }
}

fn shown(report: &Report) -> &[Row] {
    &report.rows[..report.rows.len().min(MOST_SHOWN)]
}

/// Where the next page begins, if there is one.
fn next(report: &Report) -> Option<usize> {
    let next = report.wanted.skip.checked_add(shown(report).len())?;
    (!report.rows.is_empty() && next < report.total).then_some(next)
}

fn address(report: &Report, view: &View, outcome: Option<OutcomeKind>, skip: usize) -> String {
    let outcome = outcome.map(|outcome| format!("Outcome={}", outcome.name()));
    let skip = (skip > 0).then(|| format!("Skip={skip}"));
    view.link_to_report(report.job.id, [outcome, skip])
}

fn csv(report: &Report, view: &View) -> String {
    let outcome = report.wanted.outcome.map(|outcome| format!("Outcome={}", outcome.name()));
    view.link_to_report(report.job.id, [outcome, Some(format!("format={}", Format::Csv.name()))])
}
