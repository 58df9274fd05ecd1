//! A page of a job's report, and where the next one is.
//!
//! What this module does not do: read it. The rows come from the table, chosen and cut.

use shared::job::Job;
use shared::table::report::Row;

use super::format::Format;
use crate::binding::ListUsers;
use crate::route::SYNCS;

/// A page of a job's report.
#[derive(Debug)]
pub struct Report {
    /// The job.
    pub job: Job,
    /// The page.
    pub rows: Vec<Row>,
    /// How many rows all pages have together.
    pub total: usize,
    /// What was asked for.
    pub wanted: ListUsers,
}

impl Report {
    /// The value of the header `Link` (RFC 8288) that leads to the next page in the same format,
    /// if there is one. It repeats what was understood of the request, not what was sent.
    #[must_use]
    pub fn next_page(&self, format: Format) -> Option<String> {
        let ListUsers { company, outcome, skip, take, .. } = &self.wanted;
        let next = skip.checked_add(self.rows.len())?;
        if self.rows.is_empty() || next >= self.total {
            return None;
        }
        let company = company.map(|company| format!("CompanyId={company}&")).unwrap_or_default();
        let outcome = outcome.map(|outcome| format!("Outcome={}&", outcome.name())).unwrap_or_default();
        let (id, format) = (self.job.id, format.name());
        Some(format!("<{SYNCS}/{id}/users?{company}{outcome}Skip={next}&Take={take}&format={format}>; rel=\"next\""))
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::Timestamp;
    use shared::ids::{CompanyId, CustomerId, DeviceId, JobId, UserId};
    use shared::job::{Mode, Status};
    use shared::outcome::{Outcome, OutcomeKind, SkipReason};
    use shared::table::link::{Linked, PersonKey};

    use super::*;
    use crate::answer::{Answer, Form};
    use crate::binding::MOST_USERS;
    use crate::event::{Event, Request};
    use crate::route;

    const ID: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    /// Lambda answers no more than this, its envelope included.
    const LAMBDA_ANSWERS: usize = 6 * 1024 * 1024;

    fn report(rows: usize, total: usize, skip: usize) -> Report {
        let id = JobId::parse(ID).expect("a Guid");
        let person =
            PersonKey { device: DeviceId::parse(ID).expect("a Guid"), user: UserId::parse(ID).expect("a Guid") };
        let row = Row {
            person,
            outcome: Outcome::Skipped(SkipReason::CustomerDeleted),
            customer: Linked::To(CustomerId::parse(ID).expect("a Guid")),
            imprint: None,
        };
        let job = Job {
            id,
            company: CompanyId::parse(ID).expect("a Guid"),
            mode: Mode::Apply,
            status: Status::Completed,
            generation: 1,
            counters: None,
            failure_code: None,
            failure_text: None,
            created_at: Timestamp::from_ms(0),
            updated_at: Timestamp::from_ms(0),
            lease_expires_at: None,
            attempts: 0,
        };
        let outcome = Some(OutcomeKind::Skipped);
        Report { job, rows: vec![row; rows], total, wanted: ListUsers { id, company: None, outcome, skip, take: 2 } }
    }

    #[test]
    fn the_next_page_begins_behind_the_last_row_and_the_last_page_has_none() {
        let link = |rows, total, skip| report(rows, total, skip).next_page(Format::Json);
        let next = format!("<{SYNCS}/{ID}/users?Outcome=Skipped&Skip=4&Take=2&format=json>; rel=\"next\"");
        assert_eq!(link(2, 5, 2), Some(next));
        for (rows, total, skip) in [(2, 4, 2), (1, 3, 2), (0, 3, 0), (0, 0, 0), (0, 3, usize::MAX)] {
            assert_eq!(link(rows, total, skip), None, "{rows} of {total} from {skip}");
        }
    }

    #[test]
    fn the_largest_page_is_one_that_lambda_can_answer_in_every_format() {
        let longest = SkipReason::ALL.map(SkipReason::code).into_iter().map(str::len).max();
        assert_eq!(longest, Some(SkipReason::CustomerDeleted.code().len()));
        let outcome = Ok(Answer::Users(Box::new(report(MOST_USERS, MOST_USERS, 0))));
        for format in ["json", "xml", "csv", "jsv", "jsonl"] {
            let event = serde_json::json!({
                "rawPath": SYNCS, "rawQueryString": format!("format={format}&callback=f"),
                "requestContext": {"http": {"method": "GET"}},
            });
            let request = Request::from(serde_json::from_value::<Event>(event).expect("an event"));
            let (form, _) = Form::wanted(&request, &route::find("GET", SYNCS));
            let answered = serde_json::to_string(&form.reply(&outcome)).expect("a reply");
            assert!(answered.len() > MOST_USERS && answered.len() < LAMBDA_ANSWERS, "{format}: {}", answered.len());
        }
    }
}
