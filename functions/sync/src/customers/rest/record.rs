//! A customer on the wire, and what BokaMera says when it does not want one.
//!
//! A customer that was read is kept member by member as it came, byte for byte: whether a member
//! that is left out of an update is left alone or cleared is not published, so all of them go
//! back. Members are found whatever their case, because the service may be set to another one.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::http::StatusCode;
use shared::ids::CustomerId;
use shared::table::report::Imprint;

use crate::customers::fingerprint::FingerprintKey;
use crate::customers::person::Person;

type Members = BTreeMap<String, Box<RawValue>>;

const FIRSTNAME: &str = "Firstname";
const LASTNAME: &str = "Lastname";
const EMAIL: &str = "Email";
const PHONE: &str = "Phone";

/// A customer as BokaMera has it.
pub(super) struct Record {
    id: CustomerId,
    members: Members,
}

/// A new customer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct New<'a> {
    customer_id: CustomerId,
    firstname: &'a str,
    lastname: &'a str,
    /// VAKA has none; a member that is required is there.
    phone: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    subscribed_to_newsletter: bool,
}

/// The body that makes a customer.
pub(super) fn new(id: CustomerId, person: &Person) -> String {
    let new = New {
        customer_id: id,
        firstname: &person.firstname,
        lastname: &person.lastname,
        phone: "",
        email: person.email.as_deref(),
        subscribed_to_newsletter: false,
    };
    // Texts and a Guid: there is nothing in it that JSON cannot write.
    serde_json::to_string(&new).unwrap_or_default()
}

impl Record {
    /// Reads one; `None` when it is no object with a usable id.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let members: Members = serde_json::from_slice(json).ok()?;
        let id = CustomerId::parse(&text(&members, "Id")?).ok().filter(|id| !id.as_uuid().is_nil())?;
        Some(Self { id, members })
    }

    /// Its id.
    pub(super) const fn id(&self) -> CustomerId {
        self.id
    }

    /// What it is found by.
    pub(super) fn imprint(&self, key: &FingerprintKey) -> Imprint {
        let name = |member| text(&self.members, member).unwrap_or_default();
        let email = text(&self.members, EMAIL).filter(|email| !email.trim().is_empty());
        key.imprint(&name(FIRSTNAME), &name(LASTNAME), email.as_deref())
    }

    /// Whether it is not as VAKA has the person. What VAKA does not have is no difference.
    pub(super) fn differs_from(&self, person: &Person) -> bool {
        said(person).any(|(member, value)| text(&self.members, member).as_deref() != Some(value))
    }

    /// The body that makes it what VAKA has, with every member that it has.
    pub(super) fn merged(mut self, person: &Person) -> String {
        for (member, value) in said(person) {
            let name = spelled(&self.members, member).unwrap_or(member).to_owned();
            if let Ok(value) = serde_json::value::to_raw_value(value) {
                self.members.insert(name, value);
            }
        }
        serde_json::to_string(&self.members).unwrap_or_default()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reads a list, wrapped or bare; `None` when it is none or one of its customers has no usable id.
pub(super) fn read_list(json: &[u8]) -> Option<Vec<Record>> {
    let rows: Vec<Box<RawValue>> = match serde_json::from_slice::<Members>(json) {
        Ok(wrapped) => serde_json::from_str(member(&wrapped, "Results")?.get()).ok()?,
        Err(_) => serde_json::from_slice(json).ok()?,
    };
    rows.iter().map(|row| Record::read(row.get().as_bytes())).collect()
}

/// Whether a body is JSON at all.
pub(super) fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(body).is_ok()
}

/// Why a record was refused, as far as it matters here: never a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A phone number is missing.
    Phone,
    /// Some other member is not as it should be.
    Member,
    /// 403, whatever is in it.
    Forbidden,
    /// 400 that names no member.
    Unsaid,
    /// 404, in BokaMera's own words.
    NotThere,
    /// Anything else.
    Other,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default, alias = "fieldName")]
    #[serde(rename = "FieldName")]
    field: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default, alias = "errorCode")]
    #[serde(rename = "ErrorCode")]
    code: Option<String>,
    #[serde(default, alias = "errors")]
    #[serde(rename = "Errors")]
    faults: Option<Vec<Fault>>,
}

impl Refusal {
    /// Reads a 4xx, which can have JSON, a plain text, or nothing in it. `None` for a 404 that is not BokaMera's own:
    /// a gateway says it as well, and an address where the API is not, and neither knows a customer.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Option<Self> {
        Some(match (named_in(body), status) {
            (_, StatusCode::FORBIDDEN) => Self::Forbidden,
            (_, StatusCode::NOT_FOUND) => status_in(body).map(|_| Self::NotThere)?,
            (Some(named), _) => named,
            (None, StatusCode::BAD_REQUEST) => Self::Unsaid,
            (None, _) => Self::Other,
        })
    }
}

/// What a 200 says is wrong, if it says so.
pub(super) fn refusal_in(body: &[u8]) -> Option<Refusal> {
    let said = status_in(body)?;
    said.code.as_ref().filter(|code| !code.is_empty())?;
    Some(named(&said).unwrap_or(Refusal::Other))
}

fn named_in(body: &[u8]) -> Option<Refusal> {
    named(&status_in(body)?)
}

fn named(status: &Status) -> Option<Refusal> {
    let fields = status.faults.iter().flatten().filter_map(|fault| fault.field.as_deref());
    let mut fields = fields.filter(|field| !field.is_empty()).peekable();
    fields.peek()?;
    Some(if fields.any(|field| field.eq_ignore_ascii_case(PHONE)) { Refusal::Phone } else { Refusal::Member })
}

fn status_in(body: &[u8]) -> Option<Status> {
    let members: Members = serde_json::from_slice(body).ok()?;
    serde_json::from_str(member(&members, "ResponseStatus")?.get()).ok()
}

/// What VAKA has to say about a customer.
fn said(person: &Person) -> impl Iterator<Item = (&'static str, &str)> {
    let members = [
        (FIRSTNAME, Some(person.firstname.as_str())),
        (LASTNAME, Some(person.lastname.as_str())),
        (EMAIL, person.email.as_deref()),
    ];
    members.into_iter().filter_map(|(member, value)| Some((member, value?)))
}

fn spelled<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.keys().find(|key| key.eq_ignore_ascii_case(name)).map(String::as_str)
}

fn member<'a>(members: &'a Members, name: &str) -> Option<&'a RawValue> {
    members.get(spelled(members, name)?).map(|value| &**value)
}

fn text(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(member(members, name)?.get()).ok()
}

#[cfg(test)]
mod tests;
