//! English.

use shared::connection_test::Finding;
use shared::job::FailureCode;
use shared::outcome::SkipReason;
use shared::schedule::Parts;

use super::{Moment, ProblemText, Texts, TimeLeft, Wrong};

/// What pages say.
pub(super) static TEXTS: Texts = Texts {
    site: "BokaMera and Axema VAKA",
    list_title: "User syncs",
    list_intro: "A sync reads every user of your VAKA systems and makes each a customer in BokaMera, so that those who \
                 can open your doors can book. It works in the background, and only one can run at a time.",
    list_caption: "Syncs, the newest first",
    list_empty: "There is no sync yet.",
    list_none: "No sync has this status.",
    start: "Start a sync",
    start_dry: "Try without changing anything",
    start_dry_hint: "A try reads and counts everything as a sync does, and changes no customer.",
    running_now: "See the sync that is running",
    newest_of: |shown, all| format!("The {shown} newest of {all} syncs."),
    newest_only: |shown| format!("Only the {shown} newest are shown."),
    job_title: "Sync",
    all_syncs: "All syncs",
    dry_run: "Try",
    dry_run_hint: "This is a try: no customer is changed.",
    pending: "Waiting to begin",
    processing: "Running",
    completed: "Done",
    failed: "Failed",
    cancelled: "Cancelled",
    pending_hint: "It begins as soon as a worker is free. You can leave this page: the sync goes on without it.",
    quarters: ["", "more than a quarter done", "more than half done", "more than three quarters done"],
    progress: "Progress",
    progress_of: |done, expected| format!("{done} of about {expected} users"),
    progress_open: |done| format!("{done} users so far"),
    time_left: |left| match left {
        TimeLeft::Moments => "less than a minute left".to_owned(),
        TimeLeft::Minutes(minutes) => format!("about {} left", counted(minutes, "minute", "minutes")),
        TimeLeft::Hours(hours) => format!("about {} left", counted(hours, "hour", "hours")),
    },
    completed_outcome: |found, grouped| match found {
        0 => "VAKA has no users to sync.".to_owned(),
        1 => "The one user in VAKA has been gone through.".to_owned(),
        _ => format!("All {grouped} users in VAKA have been gone through."),
    },
    completed_dry_run: "No customer was changed. These are the numbers that a sync would have had.",
    failed_dry_run: "No customer was changed: this was a try.",
    failure_title: "Why it failed",
    failure,
    failure_unknown: "The sync could not be completed. Start it again later.",
    kept: "What it did so far is kept.",
    counters: "Users",
    started: "Started",
    ended: "Ended",
    took: "Took",
    report: "See what became of each user",
    cancel: "Cancel the sync",
    cancel_title: "Cancel this sync?",
    cancel_hint: "What it has done so far is kept. You can start a new sync at any time.",
    cancel_hint_dry_run: "This is a try, so no customer has been changed. You can start a new sync at any time.",
    cancel_yes: "Cancel the sync",
    cancel_no: "Let it run",
    cancel_trouble: "The sync could not be cancelled just now. Try again in a moment.",
    out_of_touch: "The service cannot be reached at the moment, so what you see may be out of date. Trying again.",
    status: "Status",
    found: "Found",
    created: "Created",
    updated: "Updated",
    unchanged: "Unchanged",
    skipped: "Skipped",
    report_title: "What became of each user",
    report_intro: "Users are listed by their id in VAKA. Those for whom there was nothing to do are counted but not listed.",
    report_empty: "There is nobody to list.",
    report_kinds: "What became of them",
    report_all: "All",
    report_caption: |first, last, all| format!("Users {first} to {last} of {all}"),
    user: "User in VAKA",
    outcome: "Outcome",
    customer: "Customer in BokaMera",
    made: "Created",
    changed: "Updated",
    as_it_was: "Unchanged",
    left_out: "Skipped",
    reason,
    before: "Users before these",
    after: "Next users",
    spreadsheet: "All of them for a spreadsheet (CSV)",
    spreadsheets: |most| format!("All of them for spreadsheets (CSV), with at most {most} users in each"),
    setting_title: "Connection to Axema VAKA",
    setting_active: "In use",
    setting_active_hint: "Syncs can be started.",
    setting_inactive: "Switched off",
    setting_inactive_hint: "No sync can be started until the connection is switched on again.",
    key_stored: "Stored. It is not shown to anybody.",
    key_missing: "None is stored",
    schedule: "Starts by itself",
    scheduled,
    unscheduled: "Syncs are started by hand",
    connected_at: "Connected",
    changed_at: "Last changed",
    test: "Test the connection",
    test_hint: "A test asks VAKA for what a sync will need. It takes a few seconds and changes nothing.",
    tested_title: "Test of the connection",
    tested,
    tested_caption: "What was tested",
    tested_what: "What",
    check_sign_in: "Sign-in of the service",
    check_api_key: "API key",
    check_device: "VAKA system",
    finding,
    problem,
    to_list: "To the list of syncs",
    to_running: "See the sync that is running",
    to_ended: "See the sync",
    try_again: "Try again",
    company: "Company id",
    company_hint: "32 digits and letters in five groups, such as 0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f.",
    group_separator: ',',
    date,
    duration,
};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn scheduled(Parts { weekday, hour, minute, zone }: Parts<'_>) -> String {
    let day = weekday.map_or("day", |weekday| WEEKDAYS[weekday]);
    format!("Every {day} at {hour:02}:{minute:02} ({zone})")
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn date(at: &Moment) -> String {
    let month = MONTHS.get(usize::from(at.month).saturating_sub(1)).copied().unwrap_or_default();
    format!("{} {month} {}, {:02}:{:02} UTC", at.day, at.year, at.hour, at.minute)
}

fn duration(hours: u64, minutes: u64, seconds: u64) -> String {
    let hours_text = counted(hours, "hour", "hours");
    let minutes_text = counted(minutes, "minute", "minutes");
    let seconds_text = counted(seconds, "second", "seconds");
    match (hours, minutes, seconds) {
        (0, 0, _) => seconds_text,
        (0, _, 0) => minutes_text,
        (0, _, _) => format!("{minutes_text} {seconds_text}"),
        (_, 0, _) => hours_text,
        (_, _, _) => format!("{hours_text} {minutes_text}"),
    }
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

const fn failure(code: FailureCode) -> &'static str {
    match code {
        FailureCode::NotHandedOff => "The sync could not be handed to a worker. Start it again in a minute.",
        FailureCode::WorkersLost => {
            "The sync was interrupted several times in a row, or waited too long to begin, and was given up. Start it again."
        }
        FailureCode::TooOld => "The sync did not come to an end within 24 hours. Start it again.",
        FailureCode::Cancelled => "An administrator cancelled the sync.",
        FailureCode::NotConnected => {
            "The connection to VAKA was removed or switched off before the sync could begin. Connect VAKA again or switch the connection on, and then start the sync."
        }
        FailureCode::NoDevices => "The connection to VAKA names no system. Add a device id and start the sync again.",
        FailureCode::ApiKeyMissing => {
            "No API key is stored for the connection to VAKA. Store it and start the sync again."
        }
        FailureCode::ApiKeyUnusable => {
            "The API key stored for the connection to VAKA cannot be used. Store it again and start the sync again."
        }
        FailureCode::SecretsUnavailable => "The stored API key could not be read. Start the sync again later.",
        FailureCode::SignInFailed => {
            "The service could not sign in to VAKA Online. This is not caused by your settings: the operator of the service has to check the integrator account."
        }
        FailureCode::SourceRefused => {
            "VAKA Online refused the sign-in. Check in VAKA that the integration is still approved and that its API key is the one stored here. If both are right, contact the operator of the service."
        }
        FailureCode::SourceForbidden => {
            "VAKA Online does not allow the service to read this system. Check in VAKA that the integration is approved, that its API key is the one stored here, and that it has permission for this system."
        }
        FailureCode::DeviceUnknown => {
            "VAKA Online does not know this system. Check the device id, and in VAKA that the integration has permission for this system."
        }
        FailureCode::SourceUnavailable => {
            "VAKA Online did not answer in time or was not available. Start the sync again later."
        }
        FailureCode::SourceAnswerUnusable => {
            "VAKA Online gave an answer that is not a list of users or groups. Nothing was concluded from it. Start the sync again later, and if it happens again, contact the operator of the service."
        }
        FailureCode::SourceEndless => {
            "VAKA Online's list of users or groups could not be read to its end. Start the sync again later, and if it happens again, contact the operator of the service."
        }
        FailureCode::NobodyFound => {
            "VAKA Online listed no users at all in one of your systems, although earlier syncs found some there. That looks like a lost permission, so nothing was concluded from it. Check in VAKA that the integration may still read the users of every system. A system that everybody has left can be removed from the connection."
        }
        FailureCode::TargetSignInFailed => {
            "The service could not sign in to BokaMera. This is not caused by your settings: the operator of the service has to check its account there."
        }
        FailureCode::TargetForbidden => {
            "BokaMera does not allow the service to read the customers of your company. Contact the operator of the service."
        }
        FailureCode::TargetUnavailable => {
            "BokaMera did not answer in time or was not available. Start the sync again later."
        }
        FailureCode::TargetAnswerUnusable => {
            "BokaMera gave an answer that cannot be used. Start the sync again later, and if it happens again, contact the operator of the service."
        }
        FailureCode::TargetRefuses => {
            "BokaMera refused more than half of the customers that were to be written, so something is wrong there and not with the users. Contact the operator of the service."
        }
        FailureCode::NoProgress => {
            "The sync ran several times in a row without getting any further. Start it again later, and if it happens again, contact the operator of the service."
        }
        FailureCode::TooManySlices => {
            "The sync was continued many times without coming to an end. Contact the operator of the service."
        }
    }
}

fn tested(works: bool, users: Option<u64>) -> String {
    match (works, users) {
        (true, None) => {
            "The connection works. VAKA lists more users than can be counted in a few seconds; a sync has more time."
                .to_owned()
        }
        (true, Some(0)) => "The connection works, but VAKA lists no users.".to_owned(),
        (true, Some(users)) => format!("The connection works: a sync finds {}.", counted(users, "user", "users")),
        (false, _) => "The connection does not work yet. Each line below says what to do.".to_owned(),
    }
}

const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Works => "It works.",
        Finding::NotTested => "It was not tested, because something else did not work.",
        Finding::SignInFailed => {
            "The service could not sign in to VAKA Online. This is not caused by your settings: the operator of the service has to check the integrator account."
        }
        Finding::ApiKeyMissing => "No API key is stored. Store the one that VAKA Online gave the integration.",
        Finding::ApiKeyUnusable => "What is stored is no API key. Store the one that VAKA Online gave the integration.",
        Finding::ApiKeyUnreadable => "The stored API key could not be read just now. Test again later.",
        Finding::Refused => {
            "VAKA Online refused the credentials. Check in VAKA that the integration is still approved and that its API key is the one stored here."
        }
        Finding::Forbidden => {
            "VAKA Online does not let this API key in. Check in VAKA that the integration has permission for this system and that its API key is the one stored here."
        }
        Finding::DeviceUnknown => "VAKA Online does not know this system. Check the device id.",
        Finding::NoAnswer => "VAKA Online did not answer in time. Test again later.",
        Finding::AnswerUnusable => {
            "VAKA Online gave an answer that is not a list of users or groups. If it happens again, contact the operator of the service."
        }
    }
}

const fn problem(wrong: Wrong) -> ProblemText {
    let (title, text) = match wrong {
        Wrong::SignIn => {
            ("Sign in again", "You are not signed in, or your sign-in has expired. Sign in, and open the page again.")
        }
        Wrong::NoRole => (
            "You may not do this",
            "Your account does not have the role that this takes. An administrator of your company can give it to you.",
        ),
        Wrong::NoCompany => (
            "Which company?",
            "Your account belongs to no single company, so there is no company whose syncs can be shown. Ask your administrator to connect your account to the company.",
        ),
        Wrong::NoCompanyNamed => (
            "Which company?",
            "Your account belongs to no single company but may see every company's syncs. Enter the id of the company whose syncs you want to see.",
        ),
        Wrong::CrossSite => (
            "Not done",
            "The request came from another website, so it was not carried out. Open the list of syncs and do it from there.",
        ),
        Wrong::Unreadable => (
            "The request could not be read",
            "The address or what was sent with it is not right. Go to the list of syncs and choose from there.",
        ),
        Wrong::TooLarge => ("Too much was sent", "The request is larger than this service takes. Nothing was done."),
        Wrong::SyncRunning => (
            "A sync is already running",
            "Only one sync can run at a time. Wait until it has ended, or cancel it, and then start a new one.",
        ),
        Wrong::JobEnded => ("The sync has already ended", "So it cannot be cancelled any more."),
        Wrong::NotConnected => (
            "Not connected to Axema VAKA",
            "Your company has no active connection to Axema VAKA, so there is nothing to sync from. Connect VAKA or switch the connection on, and then start the sync again.",
        ),
        Wrong::Connected => (
            "Already connected to Axema VAKA",
            "Your company has a connection to Axema VAKA already. Change it, or remove it first.",
        ),
        Wrong::NoSetting => (
            "Not connected to Axema VAKA",
            "Your company has no connection to Axema VAKA yet. Connect it with the API key that VAKA Online gave the integration and the ids of your systems.",
        ),
        Wrong::NoSuchJob => (
            "There is no such sync",
            "It may have been removed, because syncs are kept for 90 days, or it belongs to another company.",
        ),
        Wrong::NoSuchPage => ("There is no such page", "Check the address, or go to the list of syncs."),
        Wrong::WrongMethod => ("That does not work here", "The page is there, but it cannot be used in this way."),
        Wrong::Unavailable => (
            "The service cannot be reached",
            "This usually passes within a minute. Nothing is lost: a sync that runs goes on. Try again soon.",
        ),
    };
    ProblemText { title, text }
}

const fn reason(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::MissingName => "VAKA has no name for the user",
        SkipReason::MissingPhone => "a phone number is needed, and VAKA has none",
        SkipReason::OwnAccount => "the customer has an account of its own, which a sync may not change",
        SkipReason::AmbiguousEmail => "several customers have the same e-mail address",
        SkipReason::CustomerDeleted => "the customer was deleted in BokaMera",
        SkipReason::Rejected => "BokaMera cannot take what VAKA has about the user",
    }
}
