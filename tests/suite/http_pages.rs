//! The pages for a person with a browser, through the door: what they show, what holds them in,
//! and which requests of other sites are refused.

use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde_json::json;
use shared::job::Failure;
use shared::table::lease::Ending;

use crate::http_door::{Answered, Ask, Door, READ, SETTINGS, SUPERADMIN, SYNCS, WRITE};
use crate::http_report::{committed, completed};

const UNKNOWN: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const FORM: &str = "application/x-www-form-urlencoded";

/// As Chrome asks when somebody opens a page.
const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

fn page(ask: Ask, language: &str) -> Ask {
    ask.header("Accept", CHROME).header("Accept-Language", language)
}

/// What stands in the one element of this name.
fn inline<'a>(text: &'a str, element: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<{element}>")).expect("the element");
    rest.split_once(&format!("</{element}>")).expect("its end").0
}

/// Holds a page to what every page promises.
fn is_a_page(answered: &Answered, language: &str) {
    assert_eq!(answered.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answered.header("vary").is_some_and(|vary| vary.starts_with("Accept, Accept-Language")), "{answered:?}");
    assert_eq!(answered.header("content-language"), Some(language));
    assert_eq!(answered.header("referrer-policy"), Some("same-origin"));
    assert_eq!(answered.header("cache-control"), Some("no-store"));
    assert_eq!(answered.header("x-content-type-options"), Some("nosniff"));
    let hash = |element: &str| {
        let digest = digest(&SHA256, inline(&answered.text, element).as_bytes());
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest)
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash("style"),
        hash("script")
    );
    assert_eq!(answered.header("content-security-policy"), Some(policy.as_str()));
    assert!(answered.text.starts_with(&format!("<!DOCTYPE html><html lang=\"{language}\">")), "{}", answered.text);
    assert!(!answered.text.contains("://"), "{}", answered.text);
}

#[tokio::test]
async fn a_browser_is_shown_each_state_of_a_sync_in_its_own_language_and_within_the_policy() {
    let door = Door::open().await;
    let (_, done, reader) = completed(&door, &json!({})).await;
    let failing = door.connected().await;
    let failed = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(failing)))).await.job();
    door.table.abandon(failing, failed, &Failure::not_handed_off(), door.clock.now()).await.expect("the job ends");
    let waiting = door.connected().await;
    let pending = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(waiting)))).await.job();
    let working = door.connected().await;
    let running = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(working)))).await.job();
    committed(&door, working, running).await;
    let empty = door.connected().await;
    let token = |company| door.token(&[READ], Some(company));
    for (path, bearer, english, swedish) in [
        (SYNCS.to_owned(), token(empty), "There is no sync yet.", "Det finns ingen synk än."),
        (SYNCS.to_owned(), reader.clone(), "Syncs, the newest first", "Synkar, den senaste först"),
        (format!("{SYNCS}/{done}"), reader.clone(), "All 7 users in VAKA", "Alla 7 användare i VAKA"),
        (format!("{SYNCS}/{done}/users"), reader, "was deleted in BokaMera", "kunden är borttagen"),
        (format!("{SYNCS}/{failed}"), token(failing), "handed to a worker", "lämnas över till bakgrundsarbetet"),
        (format!("{SYNCS}/{pending}"), token(waiting), "Waiting to begin", "Väntar på att börja"),
        (format!("{SYNCS}/{running}"), token(working), "7 users so far", "7 användare hittills"),
    ] {
        for (wanted, language, text) in
            [("en-GB,en;q=0.9", "en", english), ("sv-SE,sv;q=0.9,en;q=0.8", "sv", swedish), ("de", "en", english)]
        {
            let answered = door.ask(&page(Ask::get(&path), wanted).bearer(&bearer)).await;
            assert_eq!(answered.status, 200, "{path}: {}", answered.text);
            is_a_page(&answered, language);
            assert!(answered.text.contains(text), "{path} lacks {text}: {}", answered.text);
        }
    }
}

#[tokio::test]
async fn every_failure_is_a_page_with_the_status_and_the_headers_that_a_program_gets() {
    let door = Door::open().await;
    let (own, job, reader) = completed(&door, &json!({})).await;
    let busy = door.connected().await;
    let writer = door.token(&[WRITE], Some(busy));
    door.ask(&Ask::post().bearer(&writer)).await.job();
    let form = |body: &str| Ask::post().header("Content-Type", FORM).text(body);
    let unconnected = door.token(&[WRITE], Some(crate::http_door::company()));
    for (request, status, english, swedish) in [
        (Ask::get(SYNCS), 401, "Sign in again", "Logga in igen"),
        (Ask::get(SYNCS).bearer("no.good.token"), 401, "Sign in again", "Logga in igen"),
        (form("").bearer(&reader), 403, "You may not do this", "Du får inte göra det här"),
        (Ask::get(SYNCS).bearer(&door.token(&[READ], None)), 400, "Which company?", "Vilket företag?"),
        (Ask::get(SYNCS).query("Status=marked").bearer(&reader), 400, "could not be read", "gick inte att läsa"),
        (Ask::job("marked").bearer(&reader), 400, "could not be read", "gick inte att läsa"),
        (Ask::job(UNKNOWN).bearer(&reader), 404, "There is no such sync", "Synken finns inte"),
        (Ask::get("/marked"), 404, "There is no such page", "Sidan finns inte"),
        (Ask::new("PUT", SYNCS).bearer(&reader), 405, "does not work here", "Det går inte här"),
        (form("").bearer(&writer), 409, "already running", "pågår redan"),
        (form("").bearer(&unconnected), 409, "Not connected", "Ingen aktiv anslutning"),
        (
            Ask::new("DELETE", &format!("{SYNCS}/{job}")).bearer(&door.token(&[WRITE], Some(own))),
            409,
            "already ended",
            "redan slut",
        ),
        (form(&"a".repeat(70_000)).bearer(&writer), 413, "Too much", "För mycket"),
    ] {
        let bare = door.ask(&request.clone()).await;
        assert_eq!(bare.status, status, "{}", bare.text);
        for (wanted, language, text) in [("en", "en", english), ("sv", "sv", swedish)] {
            let answered = door.ask(&page(request.clone(), wanted)).await;
            assert_eq!(answered.status, status, "{}", answered.text);
            is_a_page(&answered, language);
            assert!(answered.text.contains(text), "{text}: {}", answered.text);
            assert!(!answered.text.contains("marked"), "{}", answered.text);
            for name in ["www-authenticate", "location", "allow", "retry-after"] {
                assert_eq!(answered.header(name), bare.header(name), "{name}");
            }
        }
    }
}

/// Fault 7.
#[tokio::test]
async fn an_outage_is_a_page_that_says_when_to_come_back() {
    let door = Door::open().await;
    let own = door.connected().await;
    door.proxy.on("*").fail();
    let answered = door.ask(&page(Ask::get(SYNCS), "sv").bearer(&door.token(&[READ], Some(own)))).await;
    assert_eq!((answered.status, answered.header("retry-after")), (503, Some("5")));
    is_a_page(&answered, "sv");
    assert!(answered.text.contains("Tjänsten går inte att nå"), "{}", answered.text);
}

/// What is at the address of a form that was posted cannot be opened, and a company that stood in
/// the form is not in the address.
#[tokio::test]
async fn what_was_posted_in_vain_is_tried_again_from_its_page_and_for_the_company_of_its_form() {
    let door = Door::open().await;
    let own = door.connected().await;
    let superadmin = door.token(&[SUPERADMIN], Some(crate::http_door::company()));
    let test = format!("{SETTINGS}/test");
    let posted = |path: &str| {
        let form = Ask::new("POST", path).header("Content-Type", FORM).text(&format!("CompanyId={own}"));
        page(form, "en")
    };
    let again = |to: &str| format!("<a class=\"link\" href=\"{to}\">Try again</a>");
    let from_list = again(&format!("{SYNCS}?CompanyId={own}"));
    let from_setting = again(&format!("{SETTINGS}?CompanyId={own}"));
    let get = |path: &str| page(Ask::get(path).query(&format!("CompanyId={own}")), "en");
    for (request, link) in [
        (posted(SYNCS), &from_list),
        (posted(&test), &from_setting),
        (get(SYNCS), &again("")),
        (get(SETTINGS), &again("")),
    ] {
        let answered = door.ask(&request).await;
        assert_eq!(answered.status, 401, "{}", answered.text);
        assert!(answered.text.contains(link), "{link}: {}", answered.text);
    }
    // Nor does a value that cannot be read lose the company.
    let unreadable = get(SYNCS).and_query("Status=marked").bearer(&superadmin);
    let answered = door.ask(&unreadable).await;
    assert_eq!(answered.status, 400, "{}", answered.text);
    assert!(answered.text.contains(&format!("href=\"{SYNCS}?CompanyId={own}\"")), "{}", answered.text);

    door.proxy.on("*").fail();
    for (path, link) in [(SYNCS, &from_list), (test.as_str(), &from_setting)] {
        let answered = door.ask(&posted(path).bearer(&superadmin)).await;
        assert_eq!(answered.status, 503, "{}", answered.text);
        assert!(answered.text.contains(link), "{link}: {}", answered.text);
    }
}

#[tokio::test]
async fn a_superadmin_without_a_company_is_asked_for_one_and_comes_to_its_list() {
    let door = Door::open().await;
    let own = door.connected().await;
    for (roles, asked) in
        [(vec![SUPERADMIN], true), (vec![READ, SUPERADMIN], true), (vec![READ], false), (vec![WRITE], false)]
    {
        let answered = door.ask(&page(Ask::get(SYNCS), "en").bearer(&door.token(&roles, None))).await;
        assert_eq!(answered.status, 400, "{}", answered.text);
        is_a_page(&answered, "en");
        assert!(answered.text.contains("Which company?"), "{}", answered.text);
        assert_eq!(answered.text.contains("<form method=\"get\""), asked, "{roles:?}: {}", answered.text);
        assert_eq!(answered.text.contains("Ask your administrator"), !asked, "{roles:?}: {}", answered.text);
    }
    let superadmin = door.token(&[SUPERADMIN], None);
    let chosen = page(Ask::get(SYNCS), "en").query(&format!("CompanyId=+{own}+")).bearer(&superadmin);
    let answered = door.ask(&chosen).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    assert!(answered.text.contains("There is no sync yet."), "{}", answered.text);
}

#[tokio::test]
async fn a_form_begins_a_sync_and_the_browser_is_sent_to_its_page() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let form = page(Ask::post().header("Content-Type", FORM).text("DryRun=true"), "sv").bearer(&writer);
    let answered = door.ask(&form.header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!(answered.status, 303, "{}", answered.text);
    let location = answered.header("location").expect("a location").to_owned();
    let shown = door.ask(&page(Ask::get(&location), "sv").bearer(&writer)).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("Det här är en provkörning"), "{}", shown.text);
    assert_eq!(door.jobs_of(own).await.len(), 1);
}

/// A front asks under another Host. Safari before 16.4 says no more of a form than its Origin, and
/// `null` for one of a page that forbids to name it.
#[tokio::test]
async fn a_form_on_a_listed_fronts_page_is_taken_from_a_browser_that_says_its_origin_alone() {
    const FRONT: &str = "https://front.example";
    let door = Door::with(|settings| settings.cors_origins = vec![FRONT.to_owned()]).await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let shown = door.ask(&page(Ask::get(SYNCS), "en").bearer(&writer)).await;
    assert_eq!(shown.header("referrer-policy"), Some("same-origin"));
    for (origin, status) in [("null", 403), ("https://front.example.evil.example", 403), (FRONT, 303)] {
        let form = page(Ask::post().header("Content-Type", FORM).text("DryRun=true"), "en").bearer(&writer);
        let answered = door.ask(&form.header("Host", "api.example").header("Origin", origin)).await;
        assert_eq!(answered.status, status, "{origin}: {}", answered.text);
    }
    assert_eq!(door.jobs_of(own).await.len(), 1);
}

#[tokio::test]
async fn a_list_of_one_status_offers_no_sync_and_says_nothing_of_those_that_are_not_in_it() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let list = |query: &str| page(Ask::get(SYNCS), "en").query(query).bearer(&writer);
    assert!(door.ask(&list("Status=Completed")).await.text.contains("No sync has this status."));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    for (status, listed) in [("Pending", true), ("Processing", false), ("Completed", false), ("Failed", false)] {
        let shown = door.ask(&list(&format!("Status={status}"))).await;
        is_a_page(&shown, "en");
        assert!(!shown.text.contains("<form") && !shown.text.contains("There is no sync yet"), "{}", shown.text);
        assert_eq!(shown.text.contains("No sync has this status."), !listed, "{}", shown.text);
        assert_eq!(shown.text.contains(&format!("href=\"{SYNCS}/{job}\"")), listed, "{}", shown.text);
        assert!(shown.text.contains(&format!("href=\"{SYNCS}\"")), "the whole list: {}", shown.text);
    }
}

#[tokio::test]
async fn head_has_the_headers_of_the_page_and_no_body() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    let whole = door.ask(&page(Ask::get(SYNCS), "sv").bearer(&reader)).await;
    let head = door.ask(&page(Ask::new("HEAD", SYNCS), "sv").bearer(&reader)).await;
    assert_eq!((head.status, &head.headers, head.text.as_str()), (whole.status, &whole.headers, ""));
}

#[tokio::test]
async fn buttons_are_shown_to_those_whose_role_allows_what_they_do() {
    let door = Door::open().await;
    let own = door.connected().await;
    let (reader, writer) = (door.token(&[READ], Some(own)), door.token(&[WRITE], Some(own)));
    let shows = async |path: &str, token: &str, what: &str| {
        door.ask(&page(Ask::get(path), "en").bearer(token)).await.text.contains(what)
    };
    assert!(shows(SYNCS, &writer, "<form").await && !shows(SYNCS, &reader, "<form").await);
    let job = format!("{SYNCS}/{}", door.ask(&Ask::post().bearer(&writer)).await.job());
    assert!(shows(&job, &writer, "<button class=\"grave\" type=\"button\" data-cancel").await);
    assert!(!shows(&job, &reader, "<button").await);
    assert!(!shows(SYNCS, &writer, "<form").await);
    let superadmin = door.token(&[SUPERADMIN], None);
    let foreign = door.ask(&page(Ask::get(SYNCS), "en").query(&format!("CompanyId={own}")).bearer(&superadmin)).await;
    assert!(foreign.text.contains(&format!("?CompanyId={own}\"")), "{}", foreign.text);
}

#[tokio::test]
async fn an_earlier_sync_gives_the_bar_its_end_at_the_cost_of_one_query() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let first = door.ask(&Ask::post().bearer(&writer)).await.job();
    let (lease, mut counters) = committed(&door, own, first).await;
    counters.found = 70;
    door.table.finish(lease, &Ending::Completed, &counters, door.clock.now()).await.expect("the job ends");
    door.clock.advance(Duration::from_secs(60));
    let writer = door.token(&[WRITE], Some(own));
    let second = door.ask(&Ask::post().bearer(&writer)).await.job();
    door.clock.advance(Duration::from_secs(30));
    committed(&door, own, second).await;

    let before = door.proxy.seen().requests("Query");
    let answered = door.ask(&page(Ask::job(&second.to_string()), "en").bearer(&writer)).await;
    assert_eq!(door.proxy.seen().requests("Query"), before + 1);
    assert!(answered.text.contains("max=\"70\""), "{}", answered.text);
    assert!(answered.text.contains("7 of about 70 users, about 5 minutes left"), "{}", answered.text);
    door.ask(&Ask::job(&second.to_string()).bearer(&writer)).await.job();
    assert_eq!(door.proxy.seen().requests("Query"), before + 1);

    // A page without its estimate is still a page.
    door.proxy.on("Query").fail();
    let answered = door.ask(&page(Ask::job(&second.to_string()), "en").bearer(&writer)).await;
    assert_eq!(answered.status, 200);
    assert!(answered.text.contains("7 users so far"), "{}", answered.text);
}

#[tokio::test]
async fn what_changes_something_is_refused_on_the_word_of_another_site() {
    const FRIEND: &str = "https://www.bokamera.example";
    let door = Door::with(|settings| settings.cors_origins = vec![FRIEND.to_owned()]).await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let ended = door.ask(&Ask::post().bearer(&writer)).await.job();
    door.table.abandon(own, ended, &Failure::not_handed_off(), door.clock.now()).await.expect("the job ends");
    let delete = Ask::new("DELETE", &format!("{SYNCS}/{ended}")).bearer(&writer).header("Host", "api.example");
    // An ended job answers 409 to whoever passes, so nothing changes between the rows.
    for (site, origin, status) in [
        (None, None, 409),
        (Some("same-origin"), Some("https://api.example"), 409),
        (Some("same-origin"), None, 409),
        (Some("none"), None, 409),
        (Some("cross-site"), None, 403),
        (Some("cross-site"), Some("https://evil.example"), 403),
        (Some("cross-site"), Some("null"), 403),
        (Some("same-site"), Some("https://other.example"), 403),
        (Some("anything"), None, 403),
        (Some("cross-site"), Some(FRIEND), 409),
        (Some("same-site"), Some(FRIEND), 409),
        (None, Some(FRIEND), 409),
        (None, Some("https://api.example"), 409),
        (None, Some("https://evil.example"), 403),
        (None, Some("https://api.example.evil.example"), 403),
        (None, Some("null"), 403),
    ] {
        let mut request = delete.clone();
        if let Some(site) = site {
            request = request.header("Sec-Fetch-Site", site);
        }
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let answered = door.ask(&request).await;
        assert_eq!(answered.status, status, "{site:?} {origin:?}: {}", answered.text);
    }
    // Nor may a predefined route that is asked for by GET.
    let foreign = |ask: Ask| ask.bearer(&writer).header("Sec-Fetch-Site", "cross-site");
    for path in [SYNCS, "/json/reply/CreateAxemaUserSync", "/html/reply/CreateAxemaUserSync"] {
        let answered = door.ask(&foreign(Ask::new("POST", path))).await;
        assert_eq!(answered.status, 403, "{path}: {}", answered.text);
    }
    assert_eq!(door.jobs_of(own).await.len(), 1);
    // To look is no change.
    let answered = door.ask(&page(foreign(Ask::get(SYNCS)), "sv")).await;
    assert_eq!(answered.status, 200);
    let refused = door.ask(&page(foreign(Ask::post()), "sv")).await;
    is_a_page(&refused, "sv");
    assert!(refused.text.contains("Begäran kom från en annan webbplats"), "{}", refused.text);
}
