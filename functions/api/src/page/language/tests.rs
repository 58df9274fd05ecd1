use super::*;

#[test]
fn the_preferred_of_the_languages_there_are_is_chosen_and_english_without_one() {
    use Language::{English, Swedish};
    for (accept_language, expected) in [
        (None, English),
        (Some(""), English),
        (Some("sv"), Swedish),
        (Some("SV-se"), Swedish),
        (Some("sv-FI, en;q=0.9"), Swedish),
        (Some("en"), English),
        (Some("en-GB,en;q=0.9,sv;q=0.8"), English),
        (Some("sv;q=0.8, en;q=0.9"), English),
        (Some("en;q=0.3, sv ; Q=0.4"), Swedish),
        (Some("de, fi;q=0.9"), English),
        (Some("de, sv;q=0.1"), Swedish),
        (Some("sv;q=0, de"), English),
        (Some("*"), English),
        (Some("*;q=0.5, sv"), Swedish),
        (Some("sv;q=2, en;q=0.1"), English),
        (Some("sv;q=x, en;q=0.1"), English),
        (Some("sv;q=NaN"), English),
        (Some("svenska"), English),
        (Some(";;,,;q=1,å"), English),
    ] {
        assert_eq!(Language::preferred(accept_language), expected, "{accept_language:?}");
    }
}

#[test]
fn numbers_are_grouped_as_the_language_does() {
    for (number, english, swedish) in [
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1,000", "1\u{a0}000"),
        (12_345, "12,345", "12\u{a0}345"),
        (1_234_567, "1,234,567", "1\u{a0}234\u{a0}567"),
    ] {
        assert_eq!(Language::English.number(number), english);
        assert_eq!(Language::Swedish.number(number), swedish);
    }
}

#[test]
fn dates_are_written_as_the_language_does_and_name_their_time_zone() {
    for (ms, english, swedish) in [
        (1_769_860_800_000, "31 January 2026, 12:00 UTC", "31 januari 2026 kl. 12:00 UTC"),
        (1_764_565_445_000, "1 December 2025, 05:04 UTC", "1 december 2025 kl. 05:04 UTC"),
        (i64::MAX, "1 January 1970, 00:00 UTC", "1 januari 1970 kl. 00:00 UTC"),
    ] {
        assert_eq!(Language::English.date(Timestamp::from_ms(ms)), english);
        assert_eq!(Language::Swedish.date(Timestamp::from_ms(ms)), swedish);
    }
}

#[test]
fn a_length_of_time_has_its_two_largest_units() {
    for (seconds, english, swedish) in [
        (0, "0 seconds", "0 sekunder"),
        (1, "1 second", "1 sekund"),
        (59, "59 seconds", "59 sekunder"),
        (60, "1 minute", "1 minut"),
        (61, "1 minute 1 second", "1 minut 1 sekund"),
        (135, "2 minutes 15 seconds", "2 minuter 15 sekunder"),
        (3_600, "1 hour", "1 timme"),
        (3_661, "1 hour 1 minute", "1 timme 1 minut"),
        (9_000, "2 hours 30 minutes", "2 timmar 30 minuter"),
    ] {
        let length = Duration::from_secs(seconds);
        assert_eq!(Language::English.duration(length), english);
        assert_eq!(Language::Swedish.duration(length), swedish);
    }
}

#[test]
fn what_is_left_is_said_as_roughly_as_it_is_known() {
    for (left, english, swedish) in [
        (TimeLeft::Moments, "less than a minute left", "mindre än en minut kvar"),
        (TimeLeft::Minutes(1), "about 1 minute left", "ungefär 1 minut kvar"),
        (TimeLeft::Minutes(2), "about 2 minutes left", "ungefär 2 minuter kvar"),
        (TimeLeft::Hours(1), "about 1 hour left", "ungefär 1 timme kvar"),
        (TimeLeft::Hours(3), "about 3 hours left", "ungefär 3 timmar kvar"),
    ] {
        assert_eq!((en::TEXTS.time_left)(left), english);
        assert_eq!((sv::TEXTS.time_left)(left), swedish);
    }
}

#[test]
fn every_failure_is_told_in_words_of_its_own_and_in_both_languages() {
    for language in Language::ALL {
        let mut told: Vec<_> = FailureCode::ALL.map(|code| (language.texts().failure)(code)).to_vec();
        assert!(told.iter().all(|text| text.ends_with('.') && text.len() > 20), "{told:?}");
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), FailureCode::ALL.len(), "{language:?}");
    }
    for finding in Finding::ALL {
        let (english, swedish) = ((en::TEXTS.finding)(finding), (sv::TEXTS.finding)(finding));
        assert!(english != swedish && english.ends_with('.') && swedish.ends_with('.'), "{finding:?}");
    }
    for code in FailureCode::ALL {
        assert_ne!((en::TEXTS.failure)(code), (sv::TEXTS.failure)(code), "{code:?}");
    }
}
