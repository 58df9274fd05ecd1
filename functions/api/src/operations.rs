//! The operations, one file each: parse, authorise, one domain call, one answer.
//!
//! Who asks is settled before a parameter is looked at, so that a stranger learns nothing but
//! 401. A parameter that cannot be bound is told before the roles are looked at: what a Guid
//! looks like is no secret.

mod cancel_sync;
mod create_setting;
mod delete_setting;
mod get_setting;
mod get_sync;
mod list_syncs;
mod list_users;
mod start_sync;
mod test_setting;
mod update_setting;

use ring::rand::SecureRandom;
use shared::ids::CompanyId;
use shared::job::Job;
use shared::secrets::{ApiKey, FreshKey, Keys};

use crate::App;
use crate::answer::{Answer, Outcome};
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;
use crate::route::Operation;

/// Does what is asked for.
pub(crate) async fn perform(app: &App, request: &Request, operation: &Operation, trail: &mut Trail) -> Outcome {
    match operation {
        Operation::StartSync => {
            start_sync::start_sync(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::ListSyncs => {
            list_syncs::list_syncs(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::GetSync(id) => {
            get_sync::get_sync(app, &recognize(app, request, trail).await?, request, id.as_deref(), trail).await
        }
        Operation::ListUsers(id) => {
            list_users::list_users(app, &recognize(app, request, trail).await?, request, id.as_deref(), trail).await
        }
        Operation::CancelSync(id) => {
            cancel_sync::cancel_sync(app, &recognize(app, request, trail).await?, request, id.as_deref(), trail).await
        }
        Operation::GetSetting => {
            get_setting::get_setting(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::CreateSetting => {
            create_setting::create_setting(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::UpdateSetting => {
            update_setting::update_setting(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::DeleteSetting => {
            delete_setting::delete_setting(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::TestSetting => {
            test_setting::test_setting(app, &recognize(app, request, trail).await?, request, trail).await
        }
        Operation::Describe(topic) => topic.describe(request).map(Answer::Description),
        Operation::Options(allow) => Ok(Answer::Options(*allow)),
        Operation::WrongMethod(allow) => Err(Failure::WrongMethod(*allow)),
        Operation::Unknown => Err(Failure::NoSuchRoute),
    }
}

async fn recognize(app: &App, request: &Request, trail: &mut Trail) -> Result<Caller, Failure> {
    let caller = app.callers.recognize(request.header("authorization")).await?;
    trail.caller = Some(caller.clone());
    Ok(caller)
}

/// The api key, with what is stored beside the first one of a company.
fn keys(app: &App, api_key: ApiKey) -> Result<Keys, Failure> {
    let mut drawn = [0; FreshKey::BYTES];
    app.random.fill(&mut drawn).map_err(|_| Failure::NoRandomness)?;
    Ok(Keys { api_key, fresh: FreshKey::new(drawn) })
}

/// The line of a sync that has ended with its connection.
fn ended(job: Option<&Job>) {
    if let Some(job) = job {
        shared::telemetry::job_cancelled(job);
    }
}

/// Who a request came from and whose data it came to, for its line in the log and for its page.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    caller: Option<Caller>,
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

    /// Whether the caller may start and cancel what it may see.
    pub(crate) fn may_write(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.may(Right::Write, self.company).is_ok())
    }

    /// The company, if it is not the one that the caller is answered for without naming any.
    pub(crate) fn company_of_others(&self) -> Option<CompanyId> {
        let own = self.caller.as_ref().and_then(|caller| caller.may(Right::Read, None).ok());
        self.company.filter(|company| own != Some(*company))
    }
}
