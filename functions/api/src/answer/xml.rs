//! XML as .NET's DataContractSerializer writes it, which is what ServiceStack uses.
//!
//! A reader of that kind takes members in one order only and passes over the others: the
//! contract's own types have theirs in alphabetical order, ServiceStack's error types in the
//! order they are declared in. The root is named after the type, a null member stays as
//! `i:nil="true"`, and a type of another namespace than the root's has a prefix.
//!
//! A character that XML 1.0 cannot hold is written as U+FFFD, so that no text can make a
//! document ill-formed.

use quick_xml::escape::partial_escape;

use super::tree::{Node, Object};

/// The contract's namespace.
const DTOS: &str = "http://schemas.datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos";

/// The namespace of ServiceStack's own types.
const SERVICE_STACK: &str = "http://schemas.servicestack.net/types";

/// The namespace of .NET's lists and dictionaries.
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// The namespace of `nil`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// ServiceStack's own types.
const SERVICE_STACK_TYPES: [&str; 3] = ["ErrorResponse", "ResponseStatus", "ResponseError"];

/// As .NET writes it, without a line's end.
const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;

/// Writes a document.
pub(super) fn write(document: &Object) -> String {
    let (name, home) = (document.name, namespace_of(document));
    let mut page = Page { text: DECLARATION.to_owned(), home };
    page.push(&["<", name, " xmlns:i=\"", INSTANCE, "\" xmlns=\"", home, "\">"]);
    page.members("", document, 2);
    page.close("", name);
    page.text
}

/// A document in the making. Names and namespaces are this program's own words; only text is
/// escaped.
struct Page {
    text: String,
    /// The namespace that needs no prefix.
    home: &'static str,
}

impl Page {
    fn members(&mut self, prefix: &str, object: &Object, level: usize) {
        let mut members: Vec<_> = object.members.iter().collect();
        if namespace_of(object) == DTOS {
            members.sort_unstable_by_key(|(name, _)| *name);
        }
        for (name, node) in members {
            self.member(prefix, name, node, level);
        }
    }

    fn member(&mut self, prefix: &str, name: &str, node: &Node, level: usize) {
        match node {
            Node::Null => self.push(&["<", prefix, name, " i:nil=\"true\" />"]),
            Node::Bool(value) => self.leaf(prefix, name, &value.to_string()),
            Node::Number(number) => self.leaf(prefix, name, &number.to_string()),
            Node::Text(text) => self.leaf(prefix, name, text),
            Node::Object(object) => {
                let inner = self.open(prefix, name, namespace_of(object), level);
                self.members(&inner, object, level + 1);
                self.close(prefix, name);
            }
            Node::List(items) if items.is_empty() => self.push(&["<", prefix, name, " />"]),
            Node::List(items) => {
                let inner = self.open(prefix, name, items.first().map_or(self.home, namespace_of_item), level);
                for item in items {
                    let name = if let Node::Object(object) = item { object.name } else { "string" };
                    self.member(&inner, name, item, level + 1);
                }
                self.close(prefix, name);
            }
            Node::Guids(ids) if ids.is_empty() => self.push(&["<", prefix, name, " />"]),
            Node::Guids(ids) => {
                let inner = self.open(prefix, name, ARRAYS, level);
                for id in ids {
                    self.leaf(&inner, "guid", id);
                }
                self.close(prefix, name);
            }
            Node::Map(entries) => {
                let inner = self.open(prefix, name, ARRAYS, level);
                for (key, value) in entries {
                    self.push(&["<", &inner, ENTRY, ">"]);
                    self.leaf(&inner, "Key", key);
                    self.member(&inner, "Value", value, level + 2);
                    self.close(&inner, ENTRY);
                }
                self.close(prefix, name);
            }
        }
    }

    /// Opens an element whose content is of this namespace, and gives the prefix of the content.
    /// .NET numbers prefixes by depth.
    fn open(&mut self, prefix: &str, name: &str, namespace: &str, level: usize) -> String {
        if namespace == self.home {
            self.push(&["<", prefix, name, ">"]);
            return String::new();
        }
        let inner = format!("d{level}p1");
        self.push(&["<", prefix, name, " xmlns:", &inner, "=\"", namespace, "\">"]);
        inner + ":"
    }

    fn leaf(&mut self, prefix: &str, name: &str, text: &str) {
        let text: String =
            text.chars().map(|character| if holds(character) { character } else { '\u{fffd}' }).collect();
        self.push(&["<", prefix, name, ">", &partial_escape(text)]);
        self.close(prefix, name);
    }

    fn close(&mut self, prefix: &str, name: &str) {
        self.push(&["</", prefix, name, ">"]);
    }

    fn push(&mut self, pieces: &[&str]) {
        self.text.extend(pieces.iter().copied());
    }
}

/// What .NET calls an entry of a dictionary of texts.
const ENTRY: &str = "KeyValueOfstringstring";

fn namespace_of(object: &Object) -> &'static str {
    if SERVICE_STACK_TYPES.contains(&object.name) { SERVICE_STACK } else { DTOS }
}

fn namespace_of_item(item: &Node) -> &'static str {
    if let Node::Object(object) = item { namespace_of(object) } else { ARRAYS }
}

/// Whether XML 1.0 can hold the character.
pub(crate) const fn holds(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;
    use crate::answer::random::Random;
    use crate::answer::tree;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        zebra: bool,
        count: Option<u8>,
        text: &'static str,
        meta: BTreeMap<&'static str, &'static str>,
        response_status: ResponseStatus,
        rows: Vec<Row>,
        ids: Guids,
    }

    #[derive(Serialize)]
    struct Guids(Vec<&'static str>);

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct ResponseStatus {
        message: &'static str,
        errors: Vec<&'static str>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: u8,
    }

    #[test]
    fn members_are_in_the_order_and_the_namespaces_of_their_types() {
        let answer = Answer {
            zebra: true,
            count: None,
            text: "<a> & \"b\"\r\n\t\u{1}\u{fffe}å\u{1f600}",
            meta: [("k", "v")].into(),
            response_status: ResponseStatus { message: "m", errors: vec!["e"] },
            rows: vec![Row { id: 1 }, Row { id: 2 }],
            ids: Guids(vec!["g"]),
        };
        let expected = [
            r#"<?xml version="1.0" encoding="utf-8"?>"#,
            r#"<Answer xmlns:i="http://www.w3.org/2001/XMLSchema-instance""#,
            r#" xmlns="http://schemas.datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos">"#,
            r#"<Count i:nil="true" />"#,
            r#"<Ids xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays">"#,
            "<d2p1:guid>g</d2p1:guid></Ids>",
            r#"<Meta xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays">"#,
            "<d2p1:KeyValueOfstringstring><d2p1:Key>k</d2p1:Key><d2p1:Value>v</d2p1:Value>",
            "</d2p1:KeyValueOfstringstring></Meta>",
            r#"<ResponseStatus xmlns:d2p1="http://schemas.servicestack.net/types"><d2p1:Message>m</d2p1:Message>"#,
            r#"<d2p1:Errors xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays">"#,
            "<d3p1:string>e</d3p1:string></d2p1:Errors></ResponseStatus>",
            "<Rows><Row><Id>1</Id></Row><Row><Id>2</Id></Row></Rows>",
            "<Text>&lt;a&gt; &amp; \"b\"&#13;\n\t\u{fffd}\u{fffd}å\u{1f600}</Text>",
            "<Zebra>true</Zebra></Answer>",
        ];
        assert_eq!(write(&tree::of(&answer)), expected.concat());
    }

    /// Any seed must do, so one is kept.
    const SEED: u64 = 0x0A5E_0012;

    const PIECES: [&str; 20] = [
        "<",
        ">",
        "&",
        "\"",
        "'",
        "]]>",
        "<!--",
        "&amp;",
        "&#0;",
        "\r",
        "\n",
        "\t",
        " ",
        "\u{0}",
        "\u{1}",
        "\u{b}",
        "\u{fffe}",
        "\u{7f}",
        "å",
        "\u{1f600}",
    ];

    #[test]
    fn whatever_text_is_written_is_read_back_but_for_what_xml_cannot_hold() {
        let mut random = Random::of(SEED);
        for _ in 0..20_000 {
            let text = random.text(&PIECES, 0);
            let written = write(&Object { name: "R", members: vec![("A", Node::Text(text.clone()))] });
            let read = crate::binding::body::xml::members(&written);
            let expected: String = text.chars().map(|letter| if holds(letter) { letter } else { '\u{fffd}' }).collect();
            assert_eq!(read, Ok(vec![("A".to_owned(), serde_json::Value::String(expected))]), "{written}");
        }
    }
}
