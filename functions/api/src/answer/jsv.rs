//! JSV, ServiceStack's own format: JSON without the quotes, and with CSV's where they are needed.
//!
//! A text is in quotes if it holds one of JSV's own characters, is empty, or begins or ends with
//! white space; a quote within is doubled. Nothing else is escaped. Members without a value are
//! left out. `binding::body::jsv` reads it back.

use super::tree::{Node, Object};

/// Writes a document.
pub(super) fn write(document: &Object) -> String {
    let mut text = String::new();
    object(document, &mut text);
    text
}

/// Writes a part of one.
pub(super) fn of(node: &Node) -> String {
    let mut text = String::new();
    value(node, &mut text);
    text
}

fn object(object: &Object, text: &mut String) {
    sequence('{', object.present(), '}', text, |(name, node), text| {
        quoted_if_needed(name, &NAMES_END, text);
        text.push(':');
        value(node, text);
    });
}

fn value(node: &Node, text: &mut String) {
    match node {
        // In a list: nothing between two commas.
        Node::Null => {}
        Node::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Node::Number(number) => text.push_str(&number.to_string()),
        Node::Text(value) => quoted_if_needed(value, &[], text),
        Node::Object(value) => object(value, text),
        Node::List(items) => sequence('[', items.iter(), ']', text, value),
        Node::Map(entries) => sequence('{', entries.iter(), '}', text, |(name, node), text| {
            quoted_if_needed(name, &NAMES_END, text);
            text.push(':');
            value(node, text);
        }),
    }
}

fn sequence<T>(
    open: char,
    items: impl Iterator<Item = T>,
    close: char,
    text: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    text.push(open);
    for (position, item) in items.enumerate() {
        if position > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

/// JSV's own characters. A colon ends a name, but not a value: dates stay bare.
const MARKS: [char; 8] = ['"', ',', '{', '}', '[', ']', '\r', '\n'];

const NAMES_END: [char; 1] = [':'];

fn quoted_if_needed(value: &str, also: &[char], text: &mut String) {
    let bare = !value.is_empty() && value.trim() == value && !value.contains(MARKS) && !value.contains(also);
    if bare {
        text.push_str(value);
    } else {
        text.push('"');
        text.push_str(&value.replace('"', "\"\""));
        text.push('"');
    }
}
