mod list;
mod told;

use shared::connection_test::{DeviceReport, Finding, TestReport};
use shared::ids::{DeviceId, UserId};
use shared::job::{FailureCode, Job, Mode};
use shared::outcome::{Outcome as Left, OutcomeKind, SkipReason};
use shared::table::connection::Setting;
use shared::table::link::{Linked, PersonKey};
use shared::table::report::Row;

use super::example::{completed, failed, pending, running, view};
use super::language::Language;
use super::*;
use crate::answer::Listed;
use crate::answer::report::Report;
use crate::answer::wire::setting::Tested;
use crate::binding::{BindingError, Fault, ListUsers, MOST_USERS};
use crate::caller::CallerError;
use crate::caller::keys::KeysError;
use crate::caller::may::MayNot;
use crate::failure::Failure;
use crate::route::Allow;

fn page(outcome: &Outcome, view: &View) -> String {
    write(outcome, view).expect("a page").text
}

fn job_page(job: Job, language: Language) -> String {
    page(&Ok(Answer::Job(Box::new(job))), &view(language))
}

/// Everything that can be shown, with a name for the test's own message.
fn outcomes() -> Vec<(String, Outcome)> {
    let jobs: Vec<Job> =
        [pending(), running(), completed(), failed(None, None), failed(None, Some("Of another version."))]
            .into_iter()
            .chain(FailureCode::ALL.map(|code| failed(Some(code), Some("In English."))))
            .collect();
    let failures = [
        CallerError::Missing.into(),
        CallerError::KeysUnavailable(KeysError::NoKeys).into(),
        MayNot::NoRole.into(),
        MayNot::NoCompany.into(),
        MayNot::NoCompanyNamed.into(),
        Failure::CrossSite,
        BindingError::from(Fault { field: "Status", fault: "is wrong" }).into(),
        BindingError::Malformed("is cut").into(),
        BindingError::TooLarge.into(),
        BindingError::MediaType.into(),
        Failure::SyncRunning(Box::new(running())),
        Failure::JobEnded(Box::new(completed())),
        Failure::NotConnected,
        Failure::Connected,
        Failure::NoSetting,
        Failure::NoSuchJob,
        Failure::NoSuchRoute,
        Failure::WrongMethod(Allow("GET")),
        Failure::OutOfTime,
    ];
    let reports = [report(0, 0, 0), report(3, 3, 0), report(MOST_USERS, 20_000, 100)];
    let lists = [vec![], vec![completed()], vec![running(), completed()], jobs.clone(), vec![completed(); 1_000]];
    let mut outcomes: Vec<(String, Outcome)> = Vec::new();
    outcomes.push(("none of a status".to_owned(), listed(vec![], Some(Status::Failed))));
    outcomes.extend(lists.map(|jobs| (format!("a list of {}", jobs.len()), listed(jobs, None))));
    outcomes.extend(
        reports.map(|report| (format!("a report of {}", report.rows.len()), Ok(Answer::Users(Box::new(report))))),
    );
    outcomes.push(("a dry run".to_owned(), Ok(Answer::Job(Box::new(Job { mode: Mode::DryRun, ..completed() })))));
    outcomes.extend(jobs.into_iter().map(|job| (format!("{job:?}"), Ok(Answer::Job(Box::new(job))))));
    let settings = [true, false].map(setting);
    outcomes.extend(settings.map(|setting| (format!("{setting:?}"), Ok(Answer::Setting(Box::new(setting))))));
    outcomes.extend(tests().into_iter().map(|test| (format!("{test:?}"), Ok(Answer::Tested(Box::new(test))))));
    outcomes.extend(failures.map(|failure| (format!("{failure:?}"), Err(failure))));
    outcomes
}

fn listed(jobs: Vec<Job>, status: Option<Status>) -> Outcome {
    Ok(Answer::Jobs(Listed { jobs, status }))
}

fn setting(active: bool) -> Setting {
    let company = running().company;
    let devices = vec![DeviceId::from_uuid(*company.as_uuid())];
    let (created_at, updated_at) = (active.then_some(running().created_at), Some(running().updated_at));
    let schedule = active.then(|| "mon@03:30".parse().expect("a schedule"));
    Setting { company, devices, has_api_key: active, active, schedule, created_at, updated_at }
}

/// One that works, one that finds nobody, and one with each finding for a system of its own.
fn tests() -> [Tested; 3] {
    let company = running().company;
    let device = |finding: Finding, users| DeviceReport { device: setting(true).devices[0], finding, users };
    let report = |of: Finding, devices| TestReport { sign_in: of, api_key: of, devices };
    [
        report(Finding::Works, vec![device(Finding::Works, Some(1_234))]),
        report(Finding::Works, vec![device(Finding::Works, Some(0))]),
        report(Finding::SignInFailed, Finding::ALL.map(|finding| device(finding, None)).to_vec()),
    ]
    .map(|report| Tested { company, report })
}

/// A page of users that were left out, each for another reason.
fn report(rows: usize, total: usize, skip: usize) -> Report {
    let device = DeviceId::from_uuid(*running().company.as_uuid());
    let person = PersonKey { device, user: UserId::from_uuid(*running().id.as_uuid()) };
    let row = |reason| Row { person, outcome: Left::Skipped(reason), customer: Linked::Derived, imprint: None };
    let rows = SkipReason::ALL.into_iter().cycle().take(rows).map(row).collect();
    let wanted =
        ListUsers { id: running().id, company: None, outcome: Some(OutcomeKind::Skipped), skip, take: MOST_USERS };
    Report { job: completed(), rows, total, wanted }
}

/// What stands between two marks, each time that it does.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|rest| rest.split_once(to)).map(|(inner, _)| inner).collect()
}

/// The tags of a page with what is inline taken out.
fn tags(page: &str) -> Vec<String> {
    let mut bare = page.to_owned();
    for element in ["style", "script"] {
        for inner in between(page, &format!("<{element}>"), &format!("</{element}>")) {
            bare = bare.replace(inner, "");
        }
    }
    between(&bare, "<", ">").into_iter().map(str::to_owned).collect()
}

#[test]
fn every_page_is_whole_has_one_heading_and_keeps_within_its_policy_in_both_languages() {
    for language in Language::ALL {
        for (name, outcome) in outcomes() {
            let page = page(&outcome, &view(language));
            assert!(page.starts_with("<!DOCTYPE html><html lang=\""), "{name}");
            assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            assert_eq!(page.matches("<h1>").count(), 1, "{name}");
            assert_eq!(page.matches("<main").count(), 1, "{name}");
            assert!(!page.contains("://"), "{name} has an address");
            for tag in tags(&page) {
                for attribute in tag.split_whitespace().skip(1) {
                    assert!(!attribute.starts_with("style") && !attribute.starts_with("on"), "{name}: {tag}");
                }
                assert!(!tag.starts_with("img") && !tag.starts_with("iframe"), "{name}: {tag}");
            }
            let mut ids = between(&page, " id=\"", "\"");
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "{name} has an id twice");
        }
    }
}

#[test]
fn each_counter_stands_under_its_own_name() {
    let counters = Counters { found: 15, created: 1, updated: 2, unchanged: 4, skipped: 8 };
    let job = || Job { counters: Some(counters), ..completed() };
    for (language, names) in [
        (Language::English, ["Found", "Created", "Updated", "Unchanged", "Skipped"]),
        (Language::Swedish, ["Hittade", "Skapade", "Uppdaterade", "Oförändrade", "Överhoppade"]),
    ] {
        let (page, list) = (job_page(job(), language), page(&listed(vec![job()], None), &view(language)));
        for (name, number) in names.into_iter().zip([15, 1, 2, 4, 8]) {
            assert!(page.contains(&format!("<dt>{name}</dt><dd>{number}</dd>")), "{name}: {page}");
            assert!(list.contains(&format!("data-label=\"{name}\"><span>{number}</span>")), "{name}: {list}");
        }
    }
}

#[test]
fn the_two_languages_have_titles_of_their_own() {
    for (name, outcome) in outcomes() {
        let (english, swedish) = (page(&outcome, &view(Language::English)), page(&outcome, &view(Language::Swedish)));
        let title = |page: &str| between(page, "<title>", "</title>").concat();
        assert_ne!(title(&english), title(&swedish), "{name}");
    }
}

#[test]
fn a_text_that_came_from_elsewhere_is_escaped() {
    let hostile = "<script>alert('1')</script>&\"";
    let page = job_page(failed(None, Some(hostile)), Language::Swedish);
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("<p lang=\"en\">&lt;script&gt;alert('1')&lt;/script&gt;&amp;&quot;</p>"), "{page}");
}

#[test]
fn a_running_sync_moves_and_one_that_has_ended_does_not() {
    for (job, moves) in [(pending(), true), (running(), true), (completed(), false), (failed(None, None), false)] {
        let page = job_page(job, Language::English);
        assert_eq!(page.contains("data-refresh=\"1000\""), moves);
        assert_eq!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"), moves);
        assert_eq!(page.contains("<button class=\"grave\" type=\"button\" data-cancel hidden>"), moves);
        assert_eq!(page.contains("<dialog"), moves);
    }
}

#[test]
fn the_bar_has_a_share_where_a_total_is_expected_and_none_where_it_is_not() {
    let mut view = view(Language::Swedish);
    let running = Ok(Answer::Job(Box::new(running())));
    let known = page(&running, &view);
    assert!(known.contains(r#"<progress aria-label="Förlopp" value="1234" max="10000"></progress>"#), "{known}");
    assert!(known.contains("1\u{a0}234 av ungefär 10\u{a0}000 användare, ungefär 8 minuter kvar"), "{known}");
    view.expected = None;
    let unknown = page(&running, &view);
    assert!(unknown.contains(r#"<progress aria-label="Förlopp"></progress>"#), "{unknown}");
    assert!(unknown.contains("1\u{a0}234 användare hittills") && !unknown.contains("kvar</p>"), "{unknown}");
}

/// It is read aloud whenever it changes.
#[test]
fn what_is_read_aloud_changes_with_the_status_and_at_every_quarter_alone() {
    let mut said = Vec::new();
    for done in (0..=10_000).step_by(50) {
        let mut job = running();
        job.counters = job.counters.map(|counters| shared::job::Counters {
            unchanged: done,
            created: 0,
            updated: 0,
            skipped: 0,
            ..counters
        });
        let page = job_page(job, Language::English);
        said.extend(between(&page, "role=\"status\">", "</p>").first().map(|text| (*text).to_owned()));
    }
    said.dedup();
    assert_eq!(said.len(), 5, "{said:?}");
}

#[test]
fn nobody_is_offered_what_they_may_not_do() {
    let reader = View { may_write: false, ..view(Language::English) };
    let [tested, ..] = tests();
    for outcome in [
        listed(vec![completed()], None),
        Ok(Answer::Job(Box::new(running()))),
        Ok(Answer::Setting(Box::new(setting(true)))),
        Ok(Answer::Tested(Box::new(tested))),
    ] {
        let page = page(&outcome, &reader);
        assert!(!page.contains("<button") && !page.contains("<form") && !page.contains("<dialog"), "{page}");
    }
}

#[test]
fn whoever_looks_at_a_company_of_others_stays_with_it() {
    let foreign = View { named: Some(running().company), ..view(Language::English) };
    let company = running().company.to_string();
    let [tested, ..] = tests();
    for outcome in [
        listed(vec![completed()], None),
        Ok(Answer::Job(Box::new(running()))),
        Ok(Answer::Setting(Box::new(setting(true)))),
        Ok(Answer::Tested(Box::new(tested))),
        Err(Failure::NoSuchJob),
        Err(Failure::Connected),
    ] {
        let page = page(&outcome, &foreign);
        let links = between(&page, "href=\"/", "\"");
        assert!(
            !links.is_empty() && links.iter().all(|link| link.ends_with(&format!("?CompanyId={company}"))),
            "{links:?}"
        );
    }
    let list = page(&listed(vec![], None), &foreign);
    assert!(list.contains(&format!("<input type=\"hidden\" name=\"CompanyId\" value=\"{company}\">")), "{list}");
    let started = write(&Ok(Answer::Started(Box::new(pending()))), &foreign).expect("a page");
    let location = format!("/codelock/axema/usersync/{}?CompanyId={company}", pending().id);
    assert_eq!(started.headers.last(), Some(&("location", location)));
}

#[test]
fn a_report_is_shown_some_users_at_a_time_and_each_reason_in_words() {
    let page = page(&Ok(Answer::Users(Box::new(report(MOST_USERS, 20_000, 100)))), &view(Language::English));
    let links = between(&page, "href=\"/codelock/axema/usersync/", "\"");
    let of = |skip: &str| format!("{}/users?Outcome=Skipped{skip}", running().id);
    for link in [of(""), of("&amp;Skip=200"), of("&amp;format=csv"), format!("{}/users", running().id)] {
        assert!(links.contains(&link.as_str()), "no {link} in {links:?}");
    }
    assert!(page.contains("for spreadsheets (CSV), with at most 10,000 users in each"), "{page}");
    assert_eq!(between(&page, "<th class=\"id\"", "</th>").len(), 100);
    assert!(page.contains("Users 101 to 200 of 20,000"));
    let reasons = SkipReason::ALL.map(|reason| (Language::English.texts().reason)(reason));
    assert!(reasons.iter().all(|reason| page.contains(&format!("Skipped: {reason}"))), "{page}");
}

#[test]
fn the_spreadsheets_have_every_user_of_a_report_that_is_longer_than_one_answer() {
    const PART: &str = "&amp;Skip=10000";
    let text = Language::Swedish.texts();
    let caption = |first, last, all| (text.report_caption)(first, last, all);
    for (total, expected) in [
        (MOST_USERS, vec![("", text.spreadsheet.to_owned())]),
        (
            MOST_USERS + 1,
            vec![
                ("", caption("1", "10\u{a0}000", "10\u{a0}001")),
                (PART, caption("10\u{a0}001", "10\u{a0}001", "10\u{a0}001")),
            ],
        ),
        (
            2 * MOST_USERS,
            vec![
                ("", caption("1", "10\u{a0}000", "20\u{a0}000")),
                (PART, caption("10\u{a0}001", "20\u{a0}000", "20\u{a0}000")),
            ],
        ),
    ] {
        let page = page(&Ok(Answer::Users(Box::new(report(100, total, 100)))), &view(Language::Swedish));
        let files = between(&page, "<a class=\"link\" href=\"", "</a>").into_iter().filter(|a| a.contains("download"));
        let expected = expected.into_iter().map(|(skip, label)| {
            let of = format!("{SYNCS}/{}/users?Outcome=Skipped{skip}", running().id);
            format!("{of}&amp;format=csv\" download>{label}")
        });
        assert_eq!(files.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn what_failed_is_tried_again_where_it_can_be_opened_and_for_the_same_company() {
    let company = running().company;
    for (posted_from, named, again) in [
        (None, None, String::new()),
        (None, Some(company), String::new()),
        (Some(SYNCS), None, SYNCS.to_owned()),
        (Some(SETTINGS), Some(company), format!("{SETTINGS}?CompanyId={company}")),
    ] {
        let view = View { posted_from, named, ..view(Language::English) };
        let page = page(&Err(Failure::OutOfTime), &view);
        assert!(page.contains(&format!("<a class=\"link\" href=\"{again}\">Try again</a>")), "{page}");
    }
}

#[test]
fn whoever_may_look_at_any_company_is_asked_which_and_nobody_else_is() {
    for language in Language::ALL {
        let page_of = |refused: MayNot| page(&Err(refused.into()), &view(language));
        let (asked, told) = (page_of(MayNot::NoCompanyNamed), page_of(MayNot::NoCompany));
        assert!(asked.contains("<form method=\"get\" action=\"/codelock/axema/usersync\">"), "{asked}");
        assert!(asked.contains("<label for=\"company\">") && asked.contains("name=\"CompanyId\" required"), "{asked}");
        assert!(!told.contains("<form") && !told.contains("<input"), "{told}");
        let text = |page: &str| between(page, "</h1><p>", "</p>").concat();
        assert_ne!(text(&asked), text(&told));
    }
}

#[test]
fn the_header_link_leads_to_the_users_behind_those_that_are_shown() {
    let link = |rows, total, skip| {
        let page =
            write(&Ok(Answer::Users(Box::new(report(rows, total, skip)))), &view(Language::English)).expect("a page");
        page.headers.into_iter().find(|(name, _)| *name == "link").map(|(_, link)| link)
    };
    let next = format!("</codelock/axema/usersync/{}/users?Outcome=Skipped&Skip=200>; rel=\"next\"", running().id);
    assert_eq!(link(2_000, 20_000, 100), Some(next));
    assert_eq!((link(45, 145, 100), link(0, 0, 0)), (None, None));
}
