//! CSV as ServiceStack writes it: a line of names, then a row for each item of the list. One
//! job is one row, and so is a failure. Lines end in CR LF (RFC 4180).
//!
//! A cell never begins as a formula does in a spreadsheet: such a text gets an apostrophe in
//! front. None of our own texts begins so; ids that come from elsewhere could.

use super::jsv;
use super::tree::{Node, Object};

/// What a spreadsheet may take for the beginning of a formula (OWASP's list).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes a document. `blank_row` is a row of its list, for the names when the list is empty.
pub(super) fn write(document: &Object, blank_row: Option<&Object>) -> String {
    let rows = document.object("ResponseStatus").map_or_else(|| document.lines(), |problem| vec![problem]);
    let names = rows.first().copied().or(blank_row);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written =
        names.map_or(Ok(()), |row| writer.write_record(row.members.iter().map(|(name, _)| name))).and_then(|()| {
            rows.iter().try_for_each(|row| writer.write_record(row.members.iter().map(|(_, node)| cell(node))))
        });
    // Rows of one type have one length, and writing to memory cannot fail.
    match written {
        Ok(()) => writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// What has members of its own is JSV in one cell.
fn cell(node: &Node) -> String {
    match node {
        Node::Null => String::new(),
        Node::Bool(value) => value.to_string(),
        Node::Number(number) => number.to_string(),
        Node::Text(text) if text.starts_with(FORMULA) => format!("'{text}"),
        Node::Text(text) => text.clone(),
        Node::List(items) if items.is_empty() => String::new(),
        Node::Object(_) | Node::List(_) | Node::Guids(_) | Node::Map(_) => jsv::of(node),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::answer::tree;

    #[derive(Serialize, Default)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: i8,
        text: Option<&'static str>,
        errors: Vec<Row>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct List {
        total: u8,
        results: Vec<Row>,
    }

    fn row(text: &'static str) -> Row {
        Row { id: -1, text: Some(text), errors: Vec::new() }
    }

    fn written(document: &impl Serialize) -> String {
        write(&tree::of(document), Some(&tree::of(&Row::default())))
    }

    #[test]
    fn a_list_is_its_rows_under_their_names_even_without_any() {
        assert_eq!(
            written(&List { total: 2, results: vec![row("a, \"b\"\n"), Row::default()] }),
            "Id,Text,Errors\r\n-1,\"a, \"\"b\"\"\n\",\r\n0,,\r\n"
        );
        assert_eq!(written(&List { total: 0, results: Vec::new() }), "Id,Text,Errors\r\n");
    }

    #[test]
    fn a_text_that_begins_as_a_formula_does_not_stay_one_and_a_number_stays_a_number() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let line = written(&List { total: 1, results: vec![row(text)] });
            let mut reader = csv::Reader::from_reader(line.as_bytes());
            let cells: Vec<_> =
                reader.records().flatten().flat_map(|record| [record[0].to_owned(), record[1].to_owned()]).collect();
            assert_eq!(cells, ["-1".to_owned(), format!("'{text}")]);
        }
    }

    #[test]
    fn what_is_no_list_is_one_row_and_what_is_nested_in_it_is_jsv() {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct ErrorResponse {
            response_status: Row,
        }
        let response_status = Row { id: 1, text: None, errors: vec![row("e")] };
        assert_eq!(
            written(&ErrorResponse { response_status }),
            "Id,Text,Errors\r\n1,,\"[{Id:-1,Text:e,Errors:[]}]\"\r\n"
        );
    }
}
