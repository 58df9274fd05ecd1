//! Pages whose content is known, written in any way that JSON allows.

use serde_json::json;
use shared::ids::UserId;
use sync::source::{GroupId, VakaUser};
use uuid::Uuid;

use super::MARK;
use crate::tape::Tape;

/// A page of users, and what it says.
pub(super) struct Written {
    pub text: Vec<u8>,
    pub users: Vec<VakaUser>,
    pub records: u64,
    pub unreadable: u64,
    pub next: Option<String>,
}

/// Records that cannot be used.
const UNUSABLE: [&str; 8] = [
    "null",
    "7",
    "[]",
    "{}",
    "\"userId\"",
    r#"{"userId":null,"name":"marked-person"}"#,
    r#"{"userId":"00000000-0000-0000-0000-000000000000"}"#,
    r#"{"userId":"marked-person","email":"x"}"#,
];

/// Values of members that nobody reads.
const PASSED_OVER: [&str; 8] = [
    "null",
    "[]",
    "-1.5e308",
    "1e999",
    r#"{"userAccounts":[{"userId":"x"}],"continuationToken":"no"}"#,
    r#""]}\\\"""#,
    r#""\ud800""#,
    "[[[[[[[[true]]]]]]]]",
];

impl Written {
    pub fn users(tape: &mut Tape<'_>) -> Self {
        let mut page = Self { text: Vec::new(), users: Vec::new(), records: 0, unreadable: 0, next: None };
        let mut list = Vec::new();
        // A few, and now and then more than one batch.
        let records = if tape.seldom(8) { 95 + tape.below(120) } else { tape.below(6) };
        for _ in 0..records {
            page.records += 1;
            if tape.seldom(32) {
                page.unreadable += 1;
                list.push(tape.one_of(&UNUSABLE).to_owned());
            } else {
                list.push(page.user(tape));
            }
        }
        let mut members = vec![("userAccounts".to_owned(), array(tape, &list))];
        match tape.below(4) {
            0 => {}
            1 => members.push(("continuationToken".to_owned(), "null".to_owned())),
            2 => members.push(("continuationToken".to_owned(), "\"\"".to_owned())),
            _ => {
                let token = format!("n{}", tape.text(30));
                members.push(("continuationToken".to_owned(), string(tape, &token)));
                page.next = Some(token);
            }
        }
        let object = object(tape, members);
        let mark = if tape.seldom(32) { "\u{feff}" } else { "" };
        page.text = format!("{mark}{}{object}{}", space(tape), space(tape)).into_bytes();
        page
    }

    fn user(&mut self, tape: &mut Tape<'_>) -> String {
        let group = if tape.seldom(128) { Some(id(tape)) } else { None };
        let user = VakaUser {
            user_id: UserId::from_uuid(id(tape)),
            name: if tape.seldom(32) { String::new() } else { format!("{MARK} {}", tape.text(24)) },
            email: tape.one_of(&[Some("a@b.se"), None, Some(" Å@ö "), Some("no address")]).map(str::to_owned),
            group: group.map(GroupId::from_uuid),
        };
        let user_id = guid(tape, *user.user_id.as_uuid());
        let mut members = vec![("userId".to_owned(), string(tape, &user_id))];
        if !user.name.is_empty() {
            members.push(("name".to_owned(), string(tape, &user.name)));
        } else if tape.seldom(128) {
            members.push(("name".to_owned(), tape.one_of(&["null", "7", r#""\ud83d""#, "{}"]).to_owned()));
        }
        match &user.email {
            Some(email) => members.push(("email".to_owned(), string(tape, email))),
            None if tape.seldom(128) => {
                members.push(("email".to_owned(), tape.one_of(&["null", "\" \\t\"", "[\"a@b\"]"]).to_owned()));
            }
            None => {}
        }
        if let Some(group) = group {
            let group = guid(tape, group);
            members.push(("userGroupId".to_owned(), string(tape, &group)));
        }
        self.users.push(user);
        object(tape, members)
    }
}

/// A page of groups, which is held against a plain reader alone.
pub(super) fn groups(tape: &mut Tape<'_>) -> Vec<u8> {
    let list: Vec<_> = (0..tape.below(4))
        .map(|_| {
            let id = id(tape);
            let id = guid(tape, id);
            let members = vec![
                ("id".to_owned(), string(tape, &id)),
                ("name".to_owned(), string(tape, MARK)),
                ("apartmentId".to_owned(), tape.one_of(&["1201", "\"A\"", "-1.50", "null", "[1]"]).to_owned()),
                ("referenceId".to_owned(), tape.one_of(&["\" \"", "1e5", "true", "{}"]).to_owned()),
            ];
            object(tape, members)
        })
        .collect();
    let members = vec![("userGroups".to_owned(), array(tape, &list))];
    object(tape, members).into_bytes()
}

fn id(tape: &mut Tape<'_>) -> Uuid {
    // The id of zeros is none.
    Uuid::from_u64_pair(tape.number(), tape.number() | 1)
}

fn guid(tape: &mut Tape<'_>, id: Uuid) -> String {
    match tape.below(4) {
        0 => id.to_string(),
        1 => id.simple().to_string(),
        2 => id.braced().to_string(),
        _ => id.to_string().to_uppercase(),
    }
}

fn space(tape: &mut Tape<'_>) -> &'static str {
    if tape.seldom(48) { tape.one_of(&[" ", "\r\n", "\t \n", "    "]) } else { "" }
}

fn array(tape: &mut Tape<'_>, items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("{}{item}{}", space(tape), space(tape))).collect();
    format!("[{}{}]", space(tape), items.join(","))
}

/// In any order, among members that nobody reads.
fn object(tape: &mut Tape<'_>, mut members: Vec<(String, String)>) -> String {
    for number in 0..tape.below(3) {
        members.push((format!("more{number}"), tape.one_of(&PASSED_OVER).to_owned()));
    }
    let mut text = format!("{{{}", space(tape));
    let mut first = true;
    while !members.is_empty() {
        let (name, value) = members.swap_remove(tape.below(members.len()));
        let comma = if first { "" } else { "," };
        let name = string(tape, &name);
        text += &format!("{comma}{}{name}{}:{}{value}{}", space(tape), space(tape), space(tape), space(tape));
        first = false;
    }
    text + "}"
}

/// A text with any of its characters escaped.
fn string(tape: &mut Tape<'_>, text: &str) -> String {
    if !tape.seldom(64) {
        return json!(text).to_string();
    }
    let mut escaped = "\"".to_owned();
    for character in text.chars() {
        if tape.seldom(128) || matches!(character, '"' | '\\') || character.is_control() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped += &format!("\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped + "\""
}
