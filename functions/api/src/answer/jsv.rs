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
        Node::Guids(ids) => sequence('[', ids.iter(), ']', text, |id, text| quoted_if_needed(id, &[], text)),
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

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::answer::random::Random;
    use crate::binding::body::jsv::members;

    fn text(value: &str) -> Node {
        Node::Text(value.to_owned())
    }

    fn written(node: Node) -> String {
        write(&Object { name: "", members: vec![("A", node), ("B", Node::Null)] })
    }

    #[test]
    fn a_text_is_in_quotes_where_it_must_be_and_only_there() {
        for (value, expected) in [
            ("x", "{A:x}"),
            ("2026-01-31T12:00:00.0000000Z", "{A:2026-01-31T12:00:00.0000000Z}"),
            ("Hello World!", "{A:Hello World!}"),
            ("å'\\\u{1f600}", "{A:å'\\\u{1f600}}"),
            ("", r#"{A:""}"#),
            (" x", r#"{A:" x"}"#),
            ("Me, Junior", r#"{A:"Me, Junior"}"#),
            ("2\" x 1\"", r#"{A:"2"" x 1"""}"#),
            ("{", r#"{A:"{"}"#),
            ("]", r#"{A:"]"}"#),
            ("a\nb", "{A:\"a\nb\"}"),
        ] {
            assert_eq!(written(text(value)), expected, "{value}");
        }
    }

    #[test]
    fn nested_members_are_written_and_those_without_a_value_are_left_out() {
        let object = Object { name: "", members: vec![("C", Node::Null), ("D", Node::Number(7.into()))] };
        assert_eq!(written(Node::List(vec![Node::Object(object), text("x")])), "{A:[{D:7},x]}");
        assert_eq!(written(Node::List(Vec::new())), "{A:[]}");
        assert_eq!(written(Node::Map(vec![("a:b".to_owned(), Node::Bool(true))])), r#"{A:{"a:b":true}}"#);
        assert_eq!(written(Node::Null), "{}");
    }

    /// Any seed must do, so one is kept.
    const SEED: u64 = 0x0A5E_0011;

    #[test]
    fn whatever_is_written_is_read_back() {
        let mut random = Random::of(SEED);
        for _ in 0..20_000 {
            let node = any_node(&mut random, 4);
            let jsv = written(node.clone());
            let read =
                members(&jsv).map(|members| members.into_iter().map(|(_, value)| value).next().unwrap_or_default());
            assert_eq!(read, Ok(as_read(&node)), "{jsv}");
        }
    }

    /// JSV has no types: what is no list or object is a text.
    fn as_read(node: &Node) -> Value {
        match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::String(value.to_string()),
            Node::Number(number) => Value::String(number.to_string()),
            Node::Text(text) => Value::String(text.clone()),
            Node::Object(object) => object.present().map(|(name, node)| (name.to_owned(), as_read(node))).collect(),
            Node::List(items) => items.iter().map(as_read).collect(),
            Node::Guids(ids) => ids.iter().map(|id| Value::String(id.clone())).collect(),
            Node::Map(entries) => {
                Value::Object(entries.iter().map(|(name, node)| (name.clone(), as_read(node))).collect::<Map<_, _>>())
            }
        }
    }

    const PIECES: [&str; 18] =
        ["\"", "\"\"", ",", ":", "{", "}", "[", "]", "\n", "\r", " ", "\t", "\\", "a", "Id", "0", "å", "\u{2028}"];

    fn any_node(random: &mut Random, levels: u64) -> Node {
        let length = random.below(4);
        match random.below(if levels == 0 { 4 } else { 7 }) {
            0 | 1 => Node::Text(random.text(&PIECES, 0)),
            2 => Node::Number(random.below(u64::MAX).into()),
            3 => Node::Bool(random.below(2) == 0),
            4 => Node::List((0..length).map(|_| any_node(random, levels - 1)).collect()),
            5 => Node::Object(Object {
                name: "",
                members: ["X", "Y", "Z"]
                    .map(|name| (name, if random.below(3) == 0 { Node::Null } else { any_node(random, levels - 1) }))
                    .into(),
            }),
            _ => Node::Map((0..length).map(|_| (random.text(&PIECES, 1), any_node(random, levels - 1))).collect()),
        }
    }
}
