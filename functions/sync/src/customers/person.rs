//! What VAKA says of a user, read as a person: the two parts of a name, an e-mail address, a home.
//!
//! The English manual writes "Last name, First name", the Swedish one "Efternamn Förnamn" without
//! a comma; VAKA has one text for both. The text as it came is kept beside its parts.

use std::fmt;

use shared::outcome::SkipReason;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::source::{Group, VakaUser};

/// No name of a person is longer, and what is longer is no name of a person (characters). Nor is one of a group, an
/// apartment or a reference: a transaction has 4 MB for all of its customers.
const LONGEST_NAME: usize = 300;
/// RFC 5321 allows a path of 256 with its brackets (bytes).
const LONGEST_EMAIL: usize = 254;

/// A user as a person. Its debug form shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Empty when VAKA has one word.
    pub firstname: String,
    /// The last name, or the one word.
    pub lastname: String,
    /// The name as VAKA wrote it, without control characters and doubled blanks.
    pub vaka_name: String,
    /// A trimmed address; `None` when there is none or it is not one.
    pub email: Option<String>,
    /// The name of the user's group.
    pub group_name: Option<String>,
    /// The apartment of the user's group.
    pub apartment_id: Option<String>,
    /// The reference of the user's group.
    pub reference_id: Option<String>,
}

impl Person {
    /// Reads a user.
    ///
    /// # Errors
    /// [`SkipReason::MissingName`] without a name, [`SkipReason::Rejected`] with a text that is
    /// too long to be one.
    pub fn read(user: &VakaUser, group: Option<&Group>) -> Result<Self, SkipReason> {
        let vaka_name = tidy(&user.name);
        if vaka_name.chars().count() > LONGEST_NAME {
            return Err(SkipReason::Rejected);
        }
        let (firstname, lastname) = split(&vaka_name).ok_or(SkipReason::MissingName)?;
        let of_group = |member: fn(&Group) -> &Option<Box<str>>| {
            let text = group.and_then(|group| member(group).as_deref()).map(tidy);
            text.filter(|text| !text.is_empty() && text.chars().count() <= LONGEST_NAME)
        };
        Ok(Self {
            firstname: firstname.to_owned(),
            lastname: lastname.to_owned(),
            email: user.email.as_deref().and_then(address),
            group_name: of_group(|group| &group.name),
            apartment_id: of_group(|group| &group.apartment_id),
            reference_id: of_group(|group| &group.reference_id),
            vaka_name,
        })
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(redacted)")
    }
}

/// What two spellings of one e-mail address have in common.
#[must_use]
pub fn email_key(email: &str) -> String {
    folded(email.trim())
}

/// What two spellings of one name have in common: its words, in any order, in any case, composed
/// or not. So "Ek, Åsa", "ek åsa" and first name "Åsa", last name "Ek" are the same.
#[must_use]
pub fn name_key(firstname: &str, lastname: &str) -> String {
    let folded = folded(&[firstname, " ", lastname].concat());
    let mut words: Vec<_> =
        folded.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// Composed, and in lower case character by character. Of nearly every text a glance tells that it is composed.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let mut fold = |c: char| match c {
        ..='\x7f' => folded.push(c.to_ascii_lowercase()),
        _ => folded.extend(c.to_lowercase()),
    };
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().for_each(&mut fold),
        IsNormalized::No | IsNormalized::Maybe => text.nfkc().for_each(&mut fold),
    }
    folded
}

/// Without control characters, and with single blanks.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// First and last name, in this order; `None` when there is no word.
fn split(name: &str) -> Option<(&str, &str)> {
    let (first, last) = match name.split_once(',') {
        Some((last, first)) => (first.trim(), last.trim()),
        None => name.rsplit_once(' ').map_or(("", name), |(last, first)| (first, last)),
    };
    match (first, last) {
        ("", "") => None,
        // A comma with nothing before it: the one part there is, is the last name.
        (only, "") => Some(("", only)),
        parts => Some(parts),
    }
}

fn address(email: &str) -> Option<String> {
    let email = email.trim();
    let (local, domain) = email.rsplit_once('@')?;
    let plausible = !local.is_empty()
        && !domain.is_empty()
        && email.len() <= LONGEST_EMAIL
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    plausible.then(|| email.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::UserId;
    use uuid::Uuid;

    fn read(name: &str, email: Option<&str>) -> Result<Person, SkipReason> {
        let user = VakaUser {
            user_id: UserId::from_uuid(Uuid::nil()),
            name: name.to_owned(),
            email: email.map(str::to_owned),
            group: None,
        };
        Person::read(&user, None)
    }

    #[test]
    fn a_name_is_split_at_its_comma_or_before_its_last_word() {
        for (name, firstname, lastname) in [
            ("Ek, Åsa", "Åsa", "Ek"),
            ("Ek Åsa", "Åsa", "Ek"),
            ("von Ek Åsa", "Åsa", "von Ek"),
            ("von Ek, Åsa Maria", "Åsa Maria", "von Ek"),
            ("Ek, Åsa, fil. dr", "Åsa, fil. dr", "Ek"),
            ("Ek", "", "Ek"),
            ("Ek,", "", "Ek"),
            (", Åsa", "", "Åsa"),
            ("  Ek \t Åsa\0 ", "Åsa", "Ek"),
            ("🏠 Ek", "Ek", "🏠"),
            ("ليلى‏ أحمد", "أحمد", "ليلى‏"),
        ] {
            let person = read(name, None).expect(name);
            assert_eq!((person.firstname.as_str(), person.lastname.as_str()), (firstname, lastname), "{name:?}");
        }
    }

    #[test]
    fn without_a_name_there_is_no_person_and_a_book_is_no_name() {
        for name in ["", "  ", ",", " , ", "\0"] {
            assert_eq!(read(name, None).map(|_| ()), Err(SkipReason::MissingName), "{name:?}");
        }
        assert_eq!(read(&"a".repeat(10_000), None).map(|_| ()), Err(SkipReason::Rejected));
    }

    #[test]
    fn only_an_address_is_an_email() {
        for (email, read_as) in [
            (Some(" Asa@Exempel.se "), Some("Asa@Exempel.se")),
            (Some("asa"), None),
            (Some("@"), None),
            (Some("a b@exempel.se"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(read("Ek", email).expect("a name").email.as_deref(), read_as, "{email:?}");
        }
    }

    #[test]
    fn spellings_of_one_name_and_of_one_address_are_alike() {
        assert_eq!(name_key("Åsa", "Ek"), name_key("", "EK A\u{30a}sa"));
        assert_ne!(name_key("Åsa", "Ek"), name_key("Asa", "Ek"));
        assert_eq!(email_key(" Asa@Exempel.SE"), email_key("asa@exempel.se "));
        // Not what a whole text's lower case would be, and a ligature that is no letter of its own.
        assert_eq!(
            (email_key("ΟΔΟΣ@Exempel.se"), email_key("ﬁ@exempel.se")),
            ("οδοσ@exempel.se".into(), "fi@exempel.se".into())
        );
    }
}
