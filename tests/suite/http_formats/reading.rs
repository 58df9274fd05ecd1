//! Reads each format into the same plain form, so that two answers can be compared: every value
//! a text, nothing that is absent. What a format cannot say (a list's header in CSV) is left out
//! of what is expected of it.

use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

const DTOS: &str = "http://schemas.datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos";
const SERVICE_STACK: &str = "http://schemas.servicestack.net/types";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What an answer in this format says.
pub fn read(format: &str, text: &str) -> Value {
    match format {
        "json" => serde_json::from_str(text).expect("JSON"),
        "jsonl" => text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect(),
        "xml" => xml(text),
        "csv" => csv(text),
        // JSV has one way of writing each document, so it is compared as it is written.
        "jsv" => json!(text),
        _ => panic!("no reader for {format}"),
    }
}

/// What this answer in JSON should say in the other format.
pub fn in_json(format: &str, text: &str) -> Value {
    let whole: Value = serde_json::from_str(text).expect("JSON");
    let lines = || whole["Results"].as_array().cloned().unwrap_or_else(|| vec![whole.clone()]);
    match format {
        "json" => whole,
        "jsonl" => Value::Array(lines()),
        "xml" => in_texts(&whole),
        "csv" => lines().iter().map(|line| row(line.get("ResponseStatus").unwrap_or(line))).collect(),
        "jsv" => json!(as_jsv(text)),
        _ => panic!("no such format: {format}"),
    }
}

fn in_texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), in_texts(value))).collect(),
        Value::Array(items) => items.iter().map(in_texts).collect(),
        Value::String(_) => value.clone(),
        other => json!(other.to_string()),
    }
}

/// A row's cells that are not empty; what has members itself only by its name.
fn row(line: &Value) -> Value {
    let members = line.as_object().expect("an object").iter();
    members
        .filter(|(_, value)| **value != json!([]))
        .map(|(name, value)| match value {
            Value::Object(_) | Value::Array(_) => (name.clone(), json!("nested")),
            other => (name.clone(), in_texts(other)),
        })
        .collect()
}

fn csv(text: &str) -> Value {
    assert!(text.is_ascii() && text.ends_with("\r\n"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a line of names").clone();
    let rows = reader.records().map(|record| {
        let record = record.expect("a row as long as the first");
        let cells = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        cells
            .map(|(name, cell)| {
                (name.to_owned(), if cell.starts_with(['{', '[']) { json!("nested") } else { json!(cell) })
            })
            .collect::<Map<_, _>>()
    });
    Value::Array(rows.map(Value::Object).collect())
}

/// JSON's text with JSV's quotes: the two differ in nothing else, as nulls are left out of both.
fn as_jsv(json: &str) -> String {
    let mut jsv = String::new();
    let mut rest = json;
    while let Some(at) = rest.find('"') {
        jsv.push_str(&rest[..at]);
        let mut strings = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<String>();
        let text = strings.next().expect("a text").expect("a whole text");
        rest = &rest[at + strings.byte_offset()..];
        if text.is_empty() || text.contains(['"', ',', '{', '}', '[', ']', '\n', '\r']) {
            jsv.push_str(&format!("\"{}\"", text.replace('"', "\"\"")));
        } else {
            jsv.push_str(&text);
        }
    }
    jsv + rest
}

fn xml(text: &str) -> Value {
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><"), "{text}");
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    let namespace = if root.tag_name().name() == "ErrorResponse" { SERVICE_STACK } else { DTOS };
    assert_eq!(root.tag_name().namespace(), Some(namespace), "{text}");
    object(&root, namespace)
}

fn object(element: &Node<'_, '_>, namespace: &str) -> Value {
    let mut members = Map::new();
    let mut names = Vec::new();
    for member in element.children() {
        assert!(member.is_element(), "text beside members: {member:?}");
        assert_eq!(member.tag_name().namespace(), Some(namespace), "{member:?}");
        let name = member.tag_name().name();
        names.push(name);
        let items = member.children().filter(Node::is_element);
        let value = match name {
            _ if member.attribute((INSTANCE, "nil")) == Some("true") => {
                assert!(!member.has_children());
                continue;
            }
            "ResponseStatus" => object(&member, SERVICE_STACK),
            "Results" | "Errors" => items.map(|item| listed(name, &item, namespace)).collect(),
            "Meta" => Value::Object(items.map(|item| entry(&item)).collect()),
            _ => json!(member.text().unwrap_or_default()),
        };
        members.insert(name.to_owned(), value);
    }
    if namespace == DTOS {
        assert!(names.is_sorted(), "{names:?}");
    } else {
        let order = ["ResponseStatus", "ErrorCode", "FieldName", "Message", "Errors", "Meta"];
        assert!(names.iter().map(|name| order.iter().position(|known| known == name)).is_sorted(), "{names:?}");
    }
    Value::Object(members)
}

fn listed(list: &str, item: &Node<'_, '_>, namespace: &str) -> Value {
    let types = [
        ("Results", "AxemaUserSyncJobResponse"),
        ("Results", "AxemaUserSyncUserResponse"),
        ("Errors", "ResponseError"),
    ];
    assert!(types.contains(&(list, item.tag_name().name())), "{item:?}");
    assert_eq!(item.tag_name().namespace(), Some(namespace));
    object(item, namespace)
}

fn entry(entry: &Node<'_, '_>) -> (String, Value) {
    assert!(entry.has_tag_name((ARRAYS, "KeyValueOfstringstring")), "{entry:?}");
    let text =
        |name: &str| entry.children().find(|child| child.has_tag_name((ARRAYS, name))).and_then(|child| child.text());
    (text("Key").expect("a key").to_owned(), json!(text("Value").expect("a value")))
}
