//! JSON Lines: the items of a list, each as JSON on a line of its own. One job is one line, and
//! so is a failure, in the form that it has in JSON. A list without items has no lines.

use super::tree::Object;

/// Writes a document.
pub(super) fn write(document: &Object) -> String {
    // A tree under fixed names: serde_json has no reason to fail at it.
    document.lines().into_iter().map(|line| serde_json::to_string(line).unwrap_or_default() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::answer::tree;

    #[derive(Serialize)]
    struct List {
        results: Vec<Row>,
    }

    #[derive(Serialize)]
    struct Row {
        text: Option<&'static str>,
    }

    #[test]
    fn a_list_is_one_line_an_item_and_no_text_breaks_a_line() {
        let list = List { results: vec![Row { text: Some("a\nb\u{2028}") }, Row { text: None }] };
        assert_eq!(write(&tree::of(&list)), "{\"text\":\"a\\nb\u{2028}\"}\n{}\n");
        assert_eq!(write(&tree::of(&List { results: Vec::new() })), "");
        assert_eq!(write(&tree::of(&list.results[1])), "{}\n");
    }
}
