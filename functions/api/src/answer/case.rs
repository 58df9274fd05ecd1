//! `?jsconfig=`: the case of the members' names, as ServiceStack lets a client choose it for JSON,
//! JSON Lines and JSV.
//!
//! The contract's names are in `PascalCase`. ServiceStack's client for Python looks for a member
//! in `snake_case` and in `camelCase` alone: without this it would read nothing here.
//!
//! Names that are data, as in `Meta`, stay as they are. All else that `jsconfig` can ask of
//! ServiceStack is passed over, as a name is that ServiceStack does not know.

use super::format::Format;
use super::jsv;
use super::tree::{self, Node, Object};
use super::wire::Document;

/// A case that is not the contract's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `usersFound`
    Camel,
    /// `users_found`
    Snake,
}

impl Case {
    /// The case that a list of settings asks for last, each in full or by its capitals, in any case.
    #[must_use]
    pub fn wanted(settings: &str) -> Option<Self> {
        let mut wanted = None;
        for setting in settings.to_ascii_lowercase().split(',') {
            let (name, value) = setting.split_once(':').unwrap_or((setting, ""));
            let on = !matches!(value, "false" | "0");
            match (name, value) {
                ("eccn" | "emitcamelcasenames", _) if on => wanted = Some(Self::Camel),
                ("elun" | "emitlowercaseunderscorenames", _) if on => wanted = Some(Self::Snake),
                ("epcn" | "emitpascalcasenames", _) if on => wanted = None,
                ("tc" | "textcase", "cc" | "camelcase") => wanted = Some(Self::Camel),
                ("tc" | "textcase", "sc" | "snakecase") => wanted = Some(Self::Snake),
                ("tc" | "textcase", "pc" | "pascalcase" | "d" | "default") => wanted = None,
                _ => {}
            }
        }
        wanted
    }

    /// Writes a document with its names in this case, unless the format has names of its own.
    pub(super) fn write(self, format: Format, document: &Document) -> String {
        // A tree of texts and numbers: serde_json has no reason to fail at it.
        let json = |node: &Node| serde_json::to_string(node).unwrap_or_default();
        match format {
            Format::Json => json(&self.of(&tree::of(document))),
            Format::Jsonl => tree::of(document).lines().into_iter().map(|line| json(&self.of(line)) + "\n").collect(),
            Format::Jsv => jsv::of(&self.of(&tree::of(document))),
            other => other.write(document),
        }
    }

    /// A part of a document with its members renamed.
    fn of(self, object: &Object) -> Node {
        Node::Map(object.present().map(|(name, node)| (self.named(name), self.within(node))).collect())
    }

    fn within(self, node: &Node) -> Node {
        match node {
            Node::Object(object) => self.of(object),
            Node::List(items) => Node::List(items.iter().map(|item| self.within(item)).collect()),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Guids(_) | Node::Map(_) => {
                node.clone()
            }
        }
    }

    fn named(self, name: &str) -> String {
        let mut named = String::with_capacity(name.len() + 2);
        for (position, letter) in name.char_indices() {
            match self {
                Self::Camel if position > 0 => named.push(letter),
                Self::Snake if position > 0 && letter.is_ascii_uppercase() => {
                    named.push('_');
                    named.push(letter.to_ascii_lowercase());
                }
                Self::Camel | Self::Snake => named.push(letter.to_ascii_lowercase()),
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::wire::{
        AxemaUserSyncJobResponse, ErrorResponse, QueryAxemaUserSyncJobsResponse, ResponseStatus,
    };

    #[test]
    fn the_setting_that_stands_last_wins_in_any_form() {
        for (settings, wanted) in [
            ("eccn", Some(Case::Camel)),
            ("EmitCamelCaseNames", Some(Case::Camel)),
            ("ECCN:true", Some(Case::Camel)),
            ("EmitLowercaseUnderscoreNames,edv", Some(Case::Snake)),
            ("elun:1", Some(Case::Snake)),
            ("TextCase:CamelCase", Some(Case::Camel)),
            ("dh:ut,tc:sc", Some(Case::Snake)),
            ("eccn,elun", Some(Case::Snake)),
            ("eccn,elun:false", Some(Case::Camel)),
            ("eccn,epcn", None),
            ("elun,tc:default", None),
            ("eccn:0", None),
            ("tc:tc", None),
            ("edv,inv", None),
            ("", None),
        ] {
            assert_eq!(Case::wanted(settings), wanted, "{settings}");
        }
    }

    #[test]
    fn the_names_of_the_contract_are_renamed_and_those_that_are_data_are_not() {
        let job = AxemaUserSyncJobResponse { id: "i".to_owned(), users_found: Some(7), ..Default::default() };
        let jobs = Document::Jobs(QueryAxemaUserSyncJobsResponse { results: vec![job], response_status: None });
        let meta = Some([("JobId", "j".to_owned())].into());
        let response_status = ResponseStatus { error_code: "E", message: "m".to_owned(), errors: Vec::new(), meta };
        let problem = Document::Problem(ErrorResponse { response_status });
        for (format, case, document, written) in [
            (
                Format::Json,
                Case::Camel,
                &problem,
                r#"{"responseStatus":{"errorCode":"E","message":"m","errors":[],"meta":{"JobId":"j"}}}"#,
            ),
            (
                Format::Json,
                Case::Snake,
                &jobs,
                r#"{"results":[{"id":"i","company_id":"","status":0,"status_name":"","users_found":7,"created_date":"","updated_date":""}]}"#,
            ),
            (
                Format::Jsonl,
                Case::Camel,
                &jobs,
                "{\"id\":\"i\",\"companyId\":\"\",\"status\":0,\"statusName\":\"\",\"usersFound\":7,\"createdDate\":\"\",\"updatedDate\":\"\"}\n",
            ),
            (Format::Jsv, Case::Snake, &problem, "{response_status:{error_code:E,message:m,errors:[],meta:{JobId:j}}}"),
        ] {
            assert_eq!(case.write(format, document), written);
        }
    }

    #[test]
    fn the_formats_of_dotnet_and_of_spreadsheets_have_their_own_names() {
        let job = Document::Job(AxemaUserSyncJobResponse::default());
        for format in [Format::Xml, Format::Csv] {
            assert_eq!(Case::Camel.write(format, &job), format.write(&job));
        }
    }
}
