//! A document as an ordered tree, for the formats that `serde_json` does not write.
//!
//! Serde makes the tree from the wire structs themselves, so that a new document needs no code
//! in any format. Two things that a plain JSON value forgets are kept, because XML and CSV need
//! them: the name of a member's type, and the members that have no value.
//!
//! ```ignore
//! let job = tree::of(&AxemaUserSyncJobResponse::default());
//! assert_eq!(job.name, "AxemaUserSyncJobResponse");
//! assert_eq!(job.members[4], ("UsersFound", Node::Null));
//! ```
//!
//! What this module does not do: carry fractions, bytes or enums with content. The contract has
//! none, and a document that had one would fail its test.

mod planting;

use serde::{Serialize, Serializer};
use serde_json::Number;

/// A struct of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// The name of the type, as the contract has it.
    pub name: &'static str,
    /// In the contract's order; one without a value is [`Node::Null`].
    pub members: Vec<(&'static str, Node)>,
}

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Object(Object),
    List(Vec<Self>),
    /// Ids: what one member holds, and not the rows of a document.
    Guids(Vec<String>),
    /// Names that are data, as in `Meta`.
    Map(Vec<(String, Self)>),
}

/// The tree of a wire struct.
pub(super) fn of(document: &impl Serialize) -> Object {
    match document.serialize(planting::Planter) {
        Ok(Node::Object(object)) => object,
        Ok(_) | Err(planting::Unsupported) => Object { name: "", members: Vec::new() },
    }
}

impl Object {
    /// The items that a format of lines writes: those of the first list among the members, as
    /// ServiceStack chooses it. An object without a list is the only line itself.
    pub fn lines(&self) -> Vec<&Self> {
        let list =
            self.members.iter().find_map(|(_, node)| if let Node::List(items) = node { Some(items) } else { None });
        match list {
            None => vec![self],
            Some(items) => {
                items.iter().filter_map(|item| if let Node::Object(row) = item { Some(row) } else { None }).collect()
            }
        }
    }

    /// The member of this name, if it is an object.
    pub fn object(&self, name: &str) -> Option<&Self> {
        self.members.iter().find_map(|(member, node)| match node {
            Node::Object(object) if *member == name => Some(object),
            _ => None,
        })
    }

    /// The members that have a value.
    pub fn present(&self) -> impl Iterator<Item = (&'static str, &Node)> {
        self.members.iter().filter(|(_, node)| *node != Node::Null).map(|(name, node)| (*name, node))
    }
}

/// As JSON has it: members without a value are left out.
impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.present())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(object) => object.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Guids(ids) => serializer.collect_seq(ids),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(name, node)| (name, node))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase", rename = "Outer")]
    struct Everything {
        flag: bool,
        small: u8,
        below: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<String>,
        kind: Kind,
        inner: Vec<Inner>,
        meta: BTreeMap<&'static str, String>,
    }

    #[derive(Serialize)]
    struct Inner {
        text: Option<&'static str>,
    }

    #[derive(Serialize)]
    enum Kind {
        Skipped,
    }

    fn everything() -> Everything {
        Everything {
            flag: true,
            small: 7,
            below: -1,
            absent: None,
            kind: Kind::Skipped,
            inner: vec![Inner { text: Some("t") }, Inner { text: None }],
            meta: [("k", "v".to_owned())].into(),
        }
    }

    #[test]
    fn the_tree_keeps_names_order_and_absent_members() {
        let tree = of(&everything());
        assert_eq!(tree.name, "Outer");
        let names: Vec<_> = tree.members.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["Flag", "Small", "Below", "Absent", "Kind", "Inner", "Meta"]);
        assert_eq!(tree.members[3].1, Node::Null);
        assert_eq!(tree.members[4].1, Node::Text("Skipped".to_owned()));
        let lines: Vec<_> = tree.lines().into_iter().map(|line| (line.name, line.members.len())).collect();
        assert_eq!(lines, [("Inner", 1), ("Inner", 1)]);
    }

    #[test]
    fn the_tree_as_json_is_the_struct_as_json_without_nulls() {
        assert_eq!(
            serde_json::to_string(&of(&everything())).ok().as_deref(),
            Some(r#"{"Flag":true,"Small":7,"Below":-1,"Kind":"Skipped","Inner":[{"text":"t"},{}],"Meta":{"k":"v"}}"#)
        );
    }

    #[test]
    fn ids_are_a_member_and_no_lines() {
        #[derive(Serialize)]
        struct Guids(Vec<&'static str>);
        #[derive(Serialize)]
        struct Setting {
            ids: Guids,
        }
        let tree = of(&Setting { ids: Guids(vec!["a", "b"]) });
        assert_eq!(tree.lines(), [&tree]);
        assert_eq!(serde_json::to_string(&tree).ok().as_deref(), Some(r#"{"ids":["a","b"]}"#));
        assert_eq!(tree.members[0].1, Node::Guids(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_the_contract_has_no_form_for_is_no_tree() {
        assert_eq!(of(&0.5).members, []);
        assert_eq!(of(&vec![0.5]).members, []);
    }
}
