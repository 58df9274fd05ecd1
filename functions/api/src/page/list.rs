//! The page of a company's syncs, with the buttons that start one.
//!
//! A list of one status has no such buttons: a sync that runs may not be in it.

use maud::{Markup, html};
use shared::job::Job;
use shared::table::jobs::MOST_LISTED;

use super::View;
use super::frame::Content;
use super::setting;
use crate::answer::Listed;
use crate::binding::COMPANY_ID;
use crate::route::SYNCS;

/// More rows than this nobody reads, and the other formats have them all.
const MOST_SHOWN: usize = 50;

/// While a sync runs its row moves; who wants to watch goes to its page.
const REFRESH_MS: u32 = 3_000;

pub(super) fn content(listed: &Listed, view: &View) -> Content {
    let texts = view.language.texts();
    let whole = listed.status.is_none();
    let running = listed.jobs.iter().find(|job| job.status.is_active());
    let main = html! {
        @if !whole { nav aria-label=(texts.all_syncs) { a href=(view.link_to_list()) { (texts.all_syncs) } } }
        h1 { (texts.list_title) }
        p { (texts.list_intro) }
        @if let Some(job) = running {
            p.actions { a.button href=(view.link_to(job.id)) { (texts.running_now) } }
        } @else if whole && view.may_write {
            (start(view))
        }
        @if listed.jobs.is_empty() {
            p.card { @if whole { (texts.list_empty) } @else { (texts.list_none) } }
        } @else {
            (table(listed, view))
        }
        (setting::link(view))
    };
    Content { title: texts.list_title.to_owned(), refresh_ms: running.map(|_| REFRESH_MS), main, beside: html! {} }
}

fn start(view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        form method="post" action=(SYNCS) {
            @if let Some(company) = view.named {
                input type="hidden" name=(COMPANY_ID) value=(company);
            }
            p.actions {
                button type="submit" { (texts.start) }
                button.second type="submit" name="DryRun" value="true" aria-describedby="dry" { (texts.start_dry) }
            }
            p.quiet #dry { (texts.start_dry_hint) }
        }
    }
}

fn table(Listed { jobs, status }: &Listed, view: &View) -> Markup {
    let texts = view.language.texts();
    let shown = &jobs[..jobs.len().min(MOST_SHOWN)];
    let is_total = status.is_none() && jobs.len() < MOST_LISTED;
    let number = |number: usize| view.language.number(u64::try_from(number).unwrap_or(u64::MAX));
    // The roles are those of the elements; they keep them where a phone shows rows as cards.
    html! {
        div.card {
            table role="table" {
                caption { (texts.list_caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { (texts.started) }
                        th scope="col" role="columnheader" { (texts.status) }
                        @for column in view.columns() {
                            th.number scope="col" role="columnheader" { (column) }
                        }
                    }
                }
                tbody role="rowgroup" { @for job in shown { (row(job, view)) } }
            }
        }
        @if shown.len() < jobs.len() {
            p.quiet {
                @if is_total { ((texts.newest_of)(&number(shown.len()), &number(jobs.len()))) }
                @else { ((texts.newest_only)(&number(shown.len()))) }
            }
        }
    }
}

fn row(job: &Job, view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { a.link href=(view.link_to(job.id)) { (view.time(job.created_at)) } }
            td role="cell" data-label=(texts.status) {
                span { (view.mark(job)) }
            }
            @for (column, figure) in view.figures(job) {
                td.number role="cell" data-label=(column) { span { (figure.unwrap_or_else(|| "–".to_owned())) } }
            }
        }
    }
}
