//! The page of a company's connection to VAKA, and of what a test of it found out.
//!
//! What this module does not do: offer to change the connection. That takes an api key, which
//! somebody's program or the form of BokaMera's own administration sends.

use maud::{Markup, html};
use shared::connection_test::{Finding, Verdict};
use shared::table::connection::Setting;

use super::View;
use super::frame::Content;
use crate::answer::wire::setting::Tested;
use crate::binding::COMPANY_ID;
use crate::route::SETTINGS;

/// The way to the page, for the list of syncs.
pub(super) fn link(view: &View) -> Markup {
    html! { p { a.link href=(view.link(SETTINGS)) { (view.language.texts().setting_title) } } }
}

pub(super) fn content(setting: &Setting, view: &View) -> Content {
    let texts = view.language.texts();
    let main = html! {
        (back(view))
        h1 { (texts.setting_title) }
        p.state {
            @if setting.active { span.mark.completed { (texts.setting_active) } }
            @else { span.mark.pending { (texts.setting_inactive) } }
        }
        p { @if setting.active { (texts.setting_active_hint) } @else { (texts.setting_inactive_hint) } }
        dl.card.times {
            div { dt { (texts.check_api_key) } dd { @if setting.has_api_key { (texts.key_stored) } @else { (texts.key_missing) } } }
            @for device in &setting.devices {
                div { dt { (texts.check_device) } dd { code { (device) } } }
            }
            div {
                dt { (texts.schedule) }
                dd {
                    @match &setting.schedule {
                        Some(schedule) => { ((texts.scheduled)(schedule.parts())) },
                        None => { (texts.unscheduled) },
                    }
                }
            }
            @if let Some(at) = setting.created_at { div { dt { (texts.connected_at) } dd { (view.time(at)) } } }
            @if let Some(at) = setting.updated_at { div { dt { (texts.changed_at) } dd { (view.time(at)) } } }
        }
        @if view.may_write { (test(view)) }
    };
    Content { title: texts.setting_title.to_owned(), refresh_ms: None, main, beside: html! {} }
}

pub(super) fn tested(Tested { report, .. }: &Tested, view: &View) -> Content {
    let texts = view.language.texts();
    let main = html! {
        nav aria-label=(texts.setting_title) { a href=(view.link(SETTINGS)) { (texts.setting_title) } }
        h1 { (texts.tested_title) }
        div.card.completed[report.works()].failed[!report.works()] { p { ((texts.tested)(report.works(), report.users())) } }
        div.card {
            table role="table" {
                caption { (texts.tested_caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { (texts.tested_what) }
                        th scope="col" role="columnheader" { (texts.outcome) }
                        th.number scope="col" role="columnheader" { (texts.found) }
                    }
                }
                tbody role="rowgroup" {
                    (row(texts.check_sign_in, None, report.sign_in, None, view))
                    (row(texts.check_api_key, None, report.api_key, None, view))
                    @for device in &report.devices {
                        (row(texts.check_device, Some(device.device.to_string()), device.finding, device.users, view))
                    }
                }
            }
        }
        @if view.may_write { (test(view)) }
    };
    Content { title: texts.tested_title.to_owned(), refresh_ms: None, main, beside: html! {} }
}

fn row(what: &str, which: Option<String>, finding: Finding, users: Option<u64>, view: &View) -> Markup {
    let texts = view.language.texts();
    let class = match finding.verdict() {
        Verdict::Works => "completed",
        Verdict::Fails => "failed",
        Verdict::NotTested => "pending",
    };
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (what) @if let Some(which) = which { " " code { (which) } } }
            td role="cell" data-label=(texts.outcome) { span.mark.finding.(class) { ((texts.finding)(finding)) } }
            td.number role="cell" data-label=(texts.found) {
                span { (users.map_or_else(|| "–".to_owned(), |users| view.language.number(users))) }
            }
        }
    }
}

fn back(view: &View) -> Markup {
    let texts = view.language.texts();
    html! { nav aria-label=(texts.all_syncs) { a href=(view.link_to_list()) { (texts.all_syncs) } } }
}

fn test(view: &View) -> Markup {
    let texts = view.language.texts();
    html! {
        form method="post" action=(format!("{SETTINGS}/test")) {
            @if let Some(company) = view.named {
                input type="hidden" name=(COMPANY_ID) value=(company);
            }
            p.actions { button.second type="submit" aria-describedby="test" { (texts.test) } }
            p.quiet #test { (texts.test_hint) }
        }
    }
}
