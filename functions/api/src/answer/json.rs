//! JSON: members in the contract's order, absent ones left out.

use super::wire::Document;

/// Writes a document.
pub(super) fn write(document: &Document) -> String {
    // Texts and numbers under fixed names: serde_json has no reason to fail at them.
    serde_json::to_string(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::wire::{
        AxemaUserSyncJobResponse, ErrorResponse, QueryAxemaUserSyncJobsResponse, ResponseStatus,
    };

    fn jobs(results: Vec<AxemaUserSyncJobResponse>) -> Document {
        Document::Jobs(QueryAxemaUserSyncJobsResponse { results, response_status: None })
    }

    fn job(users_found: Option<u64>, error_message: Option<String>) -> AxemaUserSyncJobResponse {
        AxemaUserSyncJobResponse {
            id: "i".to_owned(),
            company_id: "c".to_owned(),
            status: 3,
            status_name: "Failed",
            users_found,
            users_created: users_found,
            users_updated: users_found,
            error_message,
            created_date: "d".to_owned(),
            updated_date: "u".to_owned(),
        }
    }

    #[test]
    fn members_come_in_the_contracts_order_and_absent_ones_are_left_out() {
        assert_eq!(
            write(&Document::Job(job(Some(7), Some("m".to_owned())))),
            r#"{"Id":"i","CompanyId":"c","Status":3,"StatusName":"Failed","UsersFound":7,"UsersCreated":7,"UsersUpdated":7,"ErrorMessage":"m","CreatedDate":"d","UpdatedDate":"u"}"#
        );
        assert_eq!(
            write(&jobs(vec![job(None, None)])),
            r#"{"Results":[{"Id":"i","CompanyId":"c","Status":3,"StatusName":"Failed","CreatedDate":"d","UpdatedDate":"u"}]}"#
        );
        assert_eq!(write(&jobs(Vec::new())), r#"{"Results":[]}"#);
    }

    #[test]
    fn a_problem_always_has_a_list_of_errors() {
        let response_status =
            ResponseStatus { error_code: "E", message: "m".to_owned(), errors: Vec::new(), meta: None };
        assert_eq!(
            write(&Document::Problem(ErrorResponse { response_status })),
            r#"{"ResponseStatus":{"ErrorCode":"E","Message":"m","Errors":[]}}"#
        );
    }
}
