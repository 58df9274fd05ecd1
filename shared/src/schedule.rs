//! When a company's syncs start by themselves: each day, or on one day of the week, at a local
//! time.
//!
//! As text, in the table and everywhere else: `daily@03:30 Europe/Stockholm`, `mon@03:30
//! Europe/Stockholm`. Read without a zone, it is Sweden's.
//!
//! A day has one such time, whatever the clocks do: where they are set forward and the time does
//! not exist, it is as much later as they were set (02:30 is 03:30 on that day); where they are set
//! back and it exists twice, it is the first of the two. The rules of the zones come with the
//! program and not from the machine, so that every machine has the same.
//!
//! What is due, and that a due time starts one sync, is the business of
//! [`crate::table::scheduled`].

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::clock::Timestamp;

/// The zone of a schedule that names none.
pub const DEFAULT_ZONE: &str = "Europe/Stockholm";

/// Each weekday is met in this many days, the one on which we begin and one before it included.
const DAYS_LOOKED_AT: usize = 9;

const DAILY: &str = "daily";
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A schedule that has been read.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    days: Days,
    at: Time,
    zone: TimeZone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Days {
    All,
    Each(Weekday),
}

/// Why a text is no schedule. It carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASchedule {
    /// It is not made of days, a time and perhaps a zone.
    #[error("not a schedule such as daily@03:30 or mon@03:30 Europe/Stockholm")]
    Form,
    /// The days are none that are known.
    #[error("the days are not daily, mon, tue, wed, thu, fri, sat or sun")]
    Days,
    /// The time is none.
    #[error("the time is not between 00:00 and 23:59")]
    Time,
    /// The zone is none that is known.
    #[error("the time zone is no name of the IANA database, such as Europe/Stockholm")]
    Zone,
}

impl Schedule {
    /// The first moment after this one at which it is time; the end of time when there is none.
    #[must_use]
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        self.first_after(now).unwrap_or(Timestamp::from_ms(i64::MAX))
    }

    /// What it is made of.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        let weekday = match self.days {
            Days::All => None,
            Days::Each(one) => WEEKDAYS.iter().position(|(_, weekday)| *weekday == one),
        };
        let zone = self.zone.iana_name().unwrap_or(DEFAULT_ZONE);
        Parts { weekday, hour: self.at.hour(), minute: self.at.minute(), zone }
    }

    fn first_after(&self, now: Timestamp) -> Option<Timestamp> {
        let moment = jiff::Timestamp::from_millisecond(now.ms()).ok()?;
        // The day before as well: its time may have been moved into this one.
        let mut day = self.zone.to_datetime(moment).date().yesterday().ok()?;
        for _ in 0..DAYS_LOOKED_AT {
            if self.days.include(day.weekday()) {
                let local = self.zone.to_ambiguous_timestamp(day.to_datetime(self.at));
                let at = Timestamp::from_ms(local.compatible().ok()?.as_millisecond());
                if at > now {
                    return Some(at);
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
}

/// A schedule's parts, to be told in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The one day of the week, counted from 0 for Monday; `None` for every day.
    pub weekday: Option<usize>,
    /// The hour, from 0 to 23.
    pub hour: i8,
    /// The minute.
    pub minute: i8,
    /// The zone's name in the IANA database.
    pub zone: &'a str,
}

impl Days {
    fn include(self, weekday: Weekday) -> bool {
        match self {
            Self::All => true,
            Self::Each(one) => one == weekday,
        }
    }
}

impl FromStr for Schedule {
    type Err = NotASchedule;

    fn from_str(text: &str) -> Result<Self, NotASchedule> {
        let mut parts = text.split_ascii_whitespace();
        let (days, at) = parts.next().and_then(|first| first.split_once('@')).ok_or(NotASchedule::Form)?;
        let zone = parts.next().unwrap_or(DEFAULT_ZONE);
        if parts.next().is_some() {
            return Err(NotASchedule::Form);
        }
        Ok(Self { days: days_of(days)?, at: time_of(at)?, zone: zone_of(zone)? })
    }
}

fn days_of(text: &str) -> Result<Days, NotASchedule> {
    if text.eq_ignore_ascii_case(DAILY) {
        return Ok(Days::All);
    }
    let found = WEEKDAYS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
    found.map(|(_, weekday)| Days::Each(*weekday)).ok_or(NotASchedule::Days)
}

/// `HH:MM`, and nothing else.
fn time_of(text: &str) -> Result<Time, NotASchedule> {
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i8>().ok()).flatten()
    };
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0).ok()
    };
    read().ok_or(NotASchedule::Time)
}

fn zone_of(name: &str) -> Result<TimeZone, NotASchedule> {
    let zone = TimeZone::get(name).map_err(|_| NotASchedule::Zone)?;
    if zone.iana_name().is_some() { Ok(zone) } else { Err(NotASchedule::Zone) }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { weekday, hour, minute, zone } = self.parts();
        let days = weekday.map_or(DAILY, |weekday| WEEKDAYS[weekday].0);
        write!(f, "{days}@{hour:02}:{minute:02} {zone}")
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(moment: &str) -> Timestamp {
        let moment: jiff::Timestamp = moment.parse().expect("a moment");
        Timestamp::from_ms(moment.as_millisecond())
    }

    /// What comes after this moment, one after the other, in UTC.
    fn after(schedule: &str, moment: &str, count: usize) -> Vec<String> {
        let schedule: Schedule = schedule.parse().expect("a schedule");
        let times = std::iter::successors(Some(at(moment)), |last| Some(schedule.next_after(*last)));
        times
            .skip(1)
            .take(count)
            .map(|time| jiff::Timestamp::from_millisecond(time.ms()).expect("a moment").to_string())
            .collect()
    }

    #[test]
    fn a_schedule_is_written_as_it_is_read_and_read_as_it_is_written() {
        for (text, written) in [
            ("daily@03:30", "daily@03:30 Europe/Stockholm"),
            ("mon@00:00", "mon@00:00 Europe/Stockholm"),
            ("SUN@23:59  Pacific/Auckland ", "sun@23:59 Pacific/Auckland"),
            ("daily@12:00 europe/stockholm", "daily@12:00 Europe/Stockholm"),
            ("wed@03:30 UTC", "wed@03:30 UTC"),
        ] {
            let read: Schedule = text.parse().expect(text);
            assert_eq!(read.to_string(), written);
            assert_eq!(written.parse(), Ok(read));
        }
    }

    #[test]
    fn what_is_no_schedule_says_which_part_of_it_is_wrong() {
        for (text, fault) in [
            ("", NotASchedule::Form),
            ("03:30", NotASchedule::Form),
            ("daily 03:30", NotASchedule::Form),
            ("daily@03:30 Europe/Stockholm now", NotASchedule::Form),
            ("monday@03:30", NotASchedule::Days),
            ("@03:30", NotASchedule::Days),
            ("daily@", NotASchedule::Time),
            ("daily@3:30", NotASchedule::Time),
            ("daily@03:30:00", NotASchedule::Time),
            ("daily@24:00", NotASchedule::Time),
            ("daily@-1:30", NotASchedule::Time),
            ("daily@+3:30", NotASchedule::Time),
            ("daily@03:60", NotASchedule::Time),
            ("daily@0\u{663}:30", NotASchedule::Time),
            ("daily@03:30 Europe/Ystad", NotASchedule::Zone),
            ("daily@03:30 ../../etc/localtime", NotASchedule::Zone),
            ("daily@03:30 Etc/Unknown", NotASchedule::Zone),
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn the_next_time_is_strictly_later_and_on_the_right_day() {
        let times = after("daily@03:30", "2027-01-31T02:29:59.999Z", 2);
        assert_eq!(times, ["2027-01-31T02:30:00Z", "2027-02-01T02:30:00Z"]);
        // 2027-02-01 is a Monday, in Stockholm from 23:00 UTC of the day before.
        let times = after("mon@00:00", "2027-01-31T22:59:59Z", 2);
        assert_eq!(times, ["2027-01-31T23:00:00Z", "2027-02-07T23:00:00Z"]);
        let times = after("sun@23:59 Pacific/Auckland", "2027-02-07T10:59:00Z", 1);
        assert_eq!(times, ["2027-02-14T10:59:00Z"]);
        assert_eq!(after("daily@03:30", "2028-02-28T12:00:00Z", 1), ["2028-02-29T02:30:00Z"]);
    }

    /// 2027-03-28: the clocks go from 02:00 to 03:00.
    #[test]
    fn a_time_that_the_clocks_skip_comes_once_an_hour_later() {
        let times = after("daily@02:30", "2027-03-27T00:00:00Z", 3);
        assert_eq!(times, ["2027-03-27T01:30:00Z", "2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"]);
        let times = after("daily@03:30", "2027-03-27T00:00:00Z", 3);
        assert_eq!(times, ["2027-03-27T02:30:00Z", "2027-03-28T01:30:00Z", "2027-03-29T01:30:00Z"]);
        assert_eq!(after("sun@02:00", "2027-03-27T00:00:00Z", 2), ["2027-03-28T01:00:00Z", "2027-04-04T00:00:00Z"]);
    }

    /// 2027-10-31: the clocks go from 03:00 back to 02:00.
    #[test]
    fn a_time_that_the_clocks_repeat_comes_once_the_first_time() {
        let times = after("daily@02:30", "2027-10-30T00:00:00Z", 3);
        assert_eq!(times, ["2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
        // Between the two.
        assert_eq!(after("daily@02:30", "2027-10-31T01:00:00Z", 1), ["2027-11-01T01:30:00Z"]);
        assert_eq!(after("daily@03:00", "2027-10-31T00:30:00Z", 1), ["2027-10-31T02:00:00Z"]);
    }

    /// Samoa had no 2011-12-30: the day's time falls on the next day's, and comes once.
    #[test]
    fn a_day_that_a_zone_skips_has_no_time_of_its_own() {
        let times = after("daily@12:00 Pacific/Apia", "2011-12-29T00:00:00Z", 3);
        assert_eq!(times, ["2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"]);
    }

    #[test]
    fn beyond_the_calendar_there_is_no_next_time() {
        let schedule: Schedule = "daily@03:30".parse().expect("a schedule");
        for ms in [i64::MAX, i64::MIN, 253_402_207_200_000] {
            assert_eq!(schedule.next_after(Timestamp::from_ms(ms)).ms(), i64::MAX, "{ms}");
        }
    }
}
