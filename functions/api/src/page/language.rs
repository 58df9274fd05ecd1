//! The languages that pages are written in, and how one is chosen.
//!
//! Every text for people is a member of [`Texts`], and each language's file fills in all of them,
//! so that a text that is missing in one does not compile. What takes a number or a time is a
//! function: languages differ in plurals and order, and not only in words.
//!
//! What this module does not do: translate the documents of the other formats, which are for
//! programs and stay in English.

mod en;
mod sv;

use std::time::Duration;

use shared::clock::Timestamp;
use shared::connection_test::Finding;
use shared::job::FailureCode;
use shared::outcome::SkipReason;
use shared::schedule::Parts;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// The default.
    English,
    /// Where most of the people are who look.
    Swedish,
}

/// All that a page says, in one language.
#[expect(missing_docs, reason = "each is the text of what its name says")]
pub struct Texts {
    // The list.
    pub site: &'static str,
    pub list_title: &'static str,
    pub list_intro: &'static str,
    pub list_caption: &'static str,
    pub list_empty: &'static str,
    pub list_none: &'static str,
    pub start: &'static str,
    pub start_dry: &'static str,
    pub start_dry_hint: &'static str,
    pub running_now: &'static str,
    pub newest_of: fn(shown: &str, all: &str) -> String,
    pub newest_only: fn(shown: &str) -> String,
    // A job.
    pub job_title: &'static str,
    pub all_syncs: &'static str,
    pub dry_run: &'static str,
    pub dry_run_hint: &'static str,
    pub pending: &'static str,
    pub processing: &'static str,
    pub completed: &'static str,
    pub failed: &'static str,
    pub cancelled: &'static str,
    pub pending_hint: &'static str,
    pub quarters: [&'static str; 4],
    pub progress: &'static str,
    pub progress_of: fn(done: &str, expected: &str) -> String,
    pub progress_open: fn(done: &str) -> String,
    pub time_left: fn(TimeLeft) -> String,
    pub completed_outcome: fn(found: u64, grouped: &str) -> String,
    pub completed_dry_run: &'static str,
    pub failed_dry_run: &'static str,
    pub failure_title: &'static str,
    pub failure: fn(FailureCode) -> &'static str,
    pub failure_unknown: &'static str,
    pub kept: &'static str,
    pub counters: &'static str,
    pub started: &'static str,
    pub ended: &'static str,
    pub took: &'static str,
    pub report: &'static str,
    pub cancel: &'static str,
    pub cancel_title: &'static str,
    pub cancel_hint: &'static str,
    pub cancel_hint_dry_run: &'static str,
    pub cancel_yes: &'static str,
    pub cancel_no: &'static str,
    pub cancel_trouble: &'static str,
    pub out_of_touch: &'static str,
    // Columns and counters.
    pub status: &'static str,
    pub found: &'static str,
    pub created: &'static str,
    pub updated: &'static str,
    pub unchanged: &'static str,
    pub skipped: &'static str,
    // The report.
    pub report_title: &'static str,
    pub report_intro: &'static str,
    pub report_empty: &'static str,
    pub report_kinds: &'static str,
    pub report_all: &'static str,
    pub report_caption: fn(first: &str, last: &str, all: &str) -> String,
    pub user: &'static str,
    pub outcome: &'static str,
    pub customer: &'static str,
    pub made: &'static str,
    pub changed: &'static str,
    pub as_it_was: &'static str,
    pub left_out: &'static str,
    pub reason: fn(SkipReason) -> &'static str,
    pub before: &'static str,
    pub after: &'static str,
    pub spreadsheet: &'static str,
    pub spreadsheets: fn(most: &str) -> String,
    // The connection.
    pub setting_title: &'static str,
    pub setting_active: &'static str,
    pub setting_active_hint: &'static str,
    pub setting_inactive: &'static str,
    pub setting_inactive_hint: &'static str,
    pub key_stored: &'static str,
    pub key_missing: &'static str,
    pub schedule: &'static str,
    pub scheduled: fn(Parts<'_>) -> String,
    pub unscheduled: &'static str,
    pub connected_at: &'static str,
    pub changed_at: &'static str,
    pub test: &'static str,
    pub test_hint: &'static str,
    pub tested_title: &'static str,
    pub tested: fn(works: bool, users: Option<u64>) -> String,
    pub tested_caption: &'static str,
    pub tested_what: &'static str,
    pub check_sign_in: &'static str,
    pub check_api_key: &'static str,
    pub check_device: &'static str,
    pub finding: fn(Finding) -> &'static str,
    // What went wrong.
    pub problem: fn(Wrong) -> ProblemText,
    pub to_list: &'static str,
    pub to_running: &'static str,
    pub to_ended: &'static str,
    pub try_again: &'static str,
    pub company: &'static str,
    pub company_hint: &'static str,
    // Numbers and times.
    pub group_separator: char,
    pub date: fn(&Moment) -> String,
    pub duration: fn(hours: u64, minutes: u64, seconds: u64) -> String,
}

/// What a page says of a request that failed.
#[expect(missing_docs, reason = "each is the text of what its name says")]
pub struct ProblemText {
    pub title: &'static str,
    pub text: &'static str,
}

/// What went wrong, as far as a person is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its failure")]
pub enum Wrong {
    SignIn,
    NoRole,
    NoCompany,
    NoCompanyNamed,
    CrossSite,
    Unreadable,
    TooLarge,
    SyncRunning,
    JobEnded,
    NotConnected,
    Connected,
    NoSetting,
    NoSuchJob,
    NoSuchPage,
    WrongMethod,
    Unavailable,
}

/// What is left of a sync, as coarse as an estimate may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeLeft {
    /// Under a minute.
    Moments,
    /// This many minutes, rounded up.
    Minutes(u64),
    /// This many hours, rounded up.
    Hours(u64),
}

/// A time of day on a date, in UTC.
#[expect(missing_docs, reason = "the members of a date")]
pub struct Moment {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Swedish];

    /// The language that the header `Accept-Language` prefers among these; else English.
    ///
    /// Weights count, then order. `*` stands for English, and a weight of zero rules out.
    #[must_use]
    pub fn preferred(accept_language: Option<&str>) -> Self {
        let mut best = (Self::English, 0.0);
        for range in accept_language.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let language = parts.next().and_then(Self::of_range);
            let weight = parts.next().map_or(Some(1.0), weight);
            if let (Some(language), Some(weight)) = (language, weight)
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }

    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "sv" => Some(Self::Swedish),
            "en" | "*" => Some(Self::English),
            _ => None,
        }
    }

    /// The tag for `lang` and `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Swedish => "sv",
        }
    }

    /// What pages say.
    #[must_use]
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::TEXTS,
            Self::Swedish => &sv::TEXTS,
        }
    }

    /// A number with its digits in groups of three.
    #[must_use]
    pub fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(self.texts().group_separator);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A date and a time of day in UTC, which is said. One that no calendar has is the epoch.
    #[must_use]
    pub fn date(self, at: Timestamp) -> String {
        let at = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let moment =
            Moment { year: at.year(), month: at.month().into(), day: at.day(), hour: at.hour(), minute: at.minute() };
        (self.texts().date)(&moment)
    }

    /// A length of time, to the second.
    #[must_use]
    pub fn duration(self, length: Duration) -> String {
        let seconds = length.as_secs();
        (self.texts().duration)(seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

/// A time as the attribute `datetime` wants it.
#[must_use]
pub fn iso(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(at.seconds())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// The weight of a parameter such as `q=0.8`; `None` where it is no weight.
fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight: f32 = value.trim().parse().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&weight)).then_some(weight)
}

#[cfg(test)]
mod tests;
