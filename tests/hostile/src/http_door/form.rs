//! Whether an answer can be read in the format that its header names.

use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

/// What is wrong with an answer of this content type.
pub(super) fn check(content_type: Option<&str>, body: &str) -> Result<(), String> {
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if body.is_empty() {
        return Ok(());
    }
    match essence {
        "application/json" => json(body),
        "text/jsonl" => body.lines().try_for_each(json),
        "application/xml" => {
            let parsed = Document::parse_with_options(body, ParsingOptions::default());
            parsed.map(drop).map_err(|fault| fault.to_string())
        }
        "text/csv" => csv::Reader::from_reader(body.as_bytes())
            .records()
            .try_for_each(|row| row.map(drop))
            .map_err(|fault| fault.to_string()),
        "text/jsv" => match jsv(body) {
            Some("") => Ok(()),
            Some(rest) => Err(format!("JSV goes on with {rest:?}")),
            None => Err("no JSV".to_owned()),
        },
        "application/javascript" => {
            let argument = body.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
            argument.map_or_else(|| Err("no call".to_owned()), json)
        }
        "text/html" => {
            let begins = body.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype html>"));
            if begins { Ok(()) } else { Err("no page".to_owned()) }
        }
        // Descriptions, some in languages of programs.
        "text/plain" => Ok(()),
        other => Err(format!("an unknown type {other:?}")),
    }
}

fn json(text: &str) -> Result<(), String> {
    serde_json::from_str::<Value>(text).map(drop).map_err(|fault| fault.to_string())
}

/// Reads one value of JSV and gives what comes after it.
fn jsv(text: &str) -> Option<&str> {
    if let Some(inner) = text.strip_prefix('"') {
        return quoted(inner);
    }
    if let Some(inner) = text.strip_prefix('[') {
        return sequence(inner, ']', jsv);
    }
    if let Some(inner) = text.strip_prefix('{') {
        return sequence(inner, '}', |member| {
            let after_name = match member.strip_prefix('"') {
                Some(inner) => quoted(inner)?,
                None => &member[member.find([':', ',', '{', '}', '[', ']', '"'])?..],
            };
            jsv(after_name.strip_prefix(':')?)
        });
    }
    Some(&text[text.find([',', '{', '}', '[', ']', '"', '\r', '\n']).unwrap_or(text.len())..])
}

fn sequence(text: &str, close: char, item: impl Fn(&str) -> Option<&str>) -> Option<&str> {
    if let Some(rest) = text.strip_prefix(close) {
        return Some(rest);
    }
    let mut rest = item(text)?;
    while let Some(next) = rest.strip_prefix(',') {
        rest = item(next)?;
    }
    rest.strip_prefix(close)
}

/// What comes after a text in quotes, of which those within are doubled.
fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('"')?;
    match rest.strip_prefix('"') {
        Some(within) => quoted(within),
        None => Some(rest),
    }
}
