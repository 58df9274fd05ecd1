//! The operations, one file each: parse, authorise, one domain call, one answer.
//!
//! Who asks is settled before a parameter is looked at, so that a stranger learns nothing but
//! 401. A parameter that cannot be bound is told before the roles are looked at: what a Guid
//! looks like is no secret.

mod cancel_sync;
mod get_sync;
mod list_syncs;
mod list_users;
mod start_sync;

use shared::ids::CompanyId;

use crate::App;
use crate::answer::{Answer, Outcome};
use crate::caller::Caller;
use crate::event::Request;
use crate::failure::Failure;
use crate::route::Operation;

/// Does what is asked for.
pub(crate) async fn perform(app: &App, request: &Request, operation: &Operation, trail: &mut Trail) -> Outcome {
    match operation {
        Operation::StartSync => start_sync::start_sync(app, &recognize(app, request).await?, request, trail).await,
        Operation::ListSyncs => list_syncs::list_syncs(app, &recognize(app, request).await?, request, trail).await,
        Operation::GetSync(id) => {
            get_sync::get_sync(app, &recognize(app, request).await?, request, id.as_deref(), trail).await
        }
        Operation::ListUsers(id) => {
            list_users::list_users(app, &recognize(app, request).await?, request, id.as_deref(), trail).await
        }
        Operation::CancelSync(id) => {
            cancel_sync::cancel_sync(app, &recognize(app, request).await?, request, id.as_deref(), trail).await
        }
        Operation::Describe(topic) => topic.describe(request).map(Answer::Description),
        Operation::Options(allow) => Ok(Answer::Options(*allow)),
        Operation::WrongMethod(allow) => Err(Failure::WrongMethod(*allow)),
        Operation::Unknown => Err(Failure::NoSuchRoute),
    }
}

async fn recognize(app: &App, request: &Request) -> Result<Caller, Failure> {
    Ok(app.callers.recognize(request.header("authorization")).await?)
}

/// Whose data a request came to, for its line in the log.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    company: Option<CompanyId>,
}

impl Trail {
    /// Notes the company and hands it back.
    fn of(&mut self, company: CompanyId) -> CompanyId {
        self.company = Some(company);
        company
    }

    /// The company, once the caller was found to may.
    pub(crate) const fn company(&self) -> Option<CompanyId> {
        self.company
    }
}
