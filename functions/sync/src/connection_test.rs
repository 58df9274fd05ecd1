//! The test of a company's connection: everything that a sync needs of VAKA is asked for once.
//!
//! A system is read to the end of its groups, where customers have room for them, and of its users,
//! because that is what a sync has to be able to do; where there are more than can be read in the time
//! of a test, what has come is enough. Nothing is written, no job is made, and a connection that is
//! switched off is tried as well: that is when an administrator wants to know.
//!
//! What this module does not do: say it in words. What is found are codes, for the api function.

use std::collections::HashSet;
use std::sync::Arc;

use shared::clock::Timestamp;
use shared::connection_test::{ASKING, DeviceReport, Finding, TestReport};
use shared::ids::{CompanyId, DeviceId};
use shared::table::TableError;
use shared::table::connection::Connection;
use shared::telemetry::Chain;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::secrets::SecretsError;
use crate::slice::Workshop;
use crate::source::{ApiKey, Budget, CompanyReader, Opened, Server, SourceError};

/// Systems that are asked at the same time: enough to be done in time, and no load on VAKA.
const AT_ONCE: usize = 4;

impl Workshop {
    /// Tries the company's connection; `None` when it has none.
    ///
    /// # Errors
    /// [`TableError`] when the connection cannot be read.
    pub async fn test(&self, company: CompanyId, deadline: Timestamp) -> Result<Option<TestReport>, TableError> {
        let devices = match self.rooms.table.connection(company).await? {
            Connection::Active(devices) | Connection::Inactive(devices) => devices,
            Connection::Absent => return Ok(None),
        };
        let clock = &self.rooms.clock;
        let budget = Budget::until(deadline.min(clock.now().after(ASKING)), clock.clone());
        let api_key = self.secrets.of_company(company).await.map(|secrets| secrets.api_key);
        let signed_in = self.vaka.sign_in(&budget).await;
        let devices = match (&signed_in, &api_key) {
            (Ok(()), Ok(api_key)) => self.each(devices, api_key, &budget).await,
            (Err(_), _) | (_, Err(_)) => devices.into_iter().map(not_tested).collect(),
        };
        let report = TestReport {
            sign_in: signed_in.map_or_else(|error| of_source(&error), |()| Finding::Works),
            api_key: api_key.map_or_else(|error| of_secrets(&error), |_| of_key(&devices)),
            devices,
        };
        tracing::info!(
            event = "connection.tested", company.id = %company, sign_in = report.sign_in.code(),
            api_key = report.api_key.code(), works = report.works(), "a connection was tried"
        );
        Ok(Some(report))
    }

    /// Reads every system, some at a time, and reports of them in their order.
    async fn each(&self, devices: Vec<DeviceId>, api_key: &ApiKey, budget: &Budget) -> Vec<DeviceReport> {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut reading = JoinSet::new();
        for (place, device) in devices.iter().copied().enumerate() {
            let reader = self.vaka.for_company(api_key.clone(), budget.clone());
            let reader = reader.reading_groups(self.rooms.customers.keeps_groups());
            let turns = Arc::clone(&turns);
            let budget = budget.clone();
            reading.spawn(async move {
                let turn = budget.spend(turns.acquire_owned()).await;
                (place, if turn.is_ok() { read(&reader, device).await } else { not_tested(device) })
            });
        }
        let mut reports: Vec<_> = devices.into_iter().map(not_tested).collect();
        while let Some(read) = reading.join_next().await {
            if let Ok((place, report)) = read
                && let Some(here) = reports.get_mut(place)
            {
                *here = report;
            }
        }
        reports
    }
}

async fn read(reader: &CompanyReader, device: DeviceId) -> DeviceReport {
    match count(reader, device).await {
        Ok(users) => DeviceReport { device, finding: Finding::Works, users },
        Err(error) => {
            tracing::warn!(
                event = "connection.failed", device.id = %device, error = %Chain(&error), "a system could not be read"
            );
            DeviceReport { device, finding: of_source(&error), users: None }
        }
    }
}

/// The users of a system, each once; `None` when there are more than can be read in the time of a test.
async fn count(reader: &CompanyReader, device: DeviceId) -> Result<Option<u64>, SourceError> {
    let mut opening = reader.open(device);
    let mut users = loop {
        if let Opened::Ready(system) = opening.next().await? {
            break system.users;
        }
    };
    let mut seen = HashSet::new();
    loop {
        match users.next_chunk().await {
            Ok(Some(chunk)) => seen.extend(chunk.into_iter().map(|user| user.user_id)),
            Ok(None) => return Ok(u64::try_from(seen.len()).ok()),
            // A sync has more time.
            Err(SourceError::OutOfTime) if !seen.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

const fn not_tested(device: DeviceId) -> DeviceReport {
    DeviceReport { device, finding: Finding::NotTested, users: None }
}

/// VAKA has no question about the key alone: what the systems say of it is what there is.
fn of_key(devices: &[DeviceReport]) -> Finding {
    let said = |finding| devices.iter().any(|device| device.finding == finding);
    [Finding::Works, Finding::Refused, Finding::Forbidden]
        .into_iter()
        .find(|finding| said(*finding))
        .unwrap_or(Finding::NotTested)
}

const fn of_secrets(error: &SecretsError) -> Finding {
    match error {
        SecretsError::Missing { .. } => Finding::ApiKeyMissing,
        SecretsError::Unusable { .. } => Finding::ApiKeyUnusable,
        SecretsError::Unavailable { .. } => Finding::ApiKeyUnreadable,
    }
}

const fn of_source(error: &SourceError) -> Finding {
    match error {
        SourceError::Account(_)
        | SourceError::NotAToken
        | SourceError::Refused { by: Server::Tokens }
        | SourceError::UnexpectedStatus { by: Server::Tokens, .. } => Finding::SignInFailed,
        SourceError::ApiKey(_) => Finding::ApiKeyUnreadable,
        SourceError::Refused { by: Server::Vaka } => Finding::Refused,
        SourceError::Forbidden => Finding::Forbidden,
        SourceError::NoSuchDevice => Finding::DeviceUnknown,
        SourceError::Unavailable { .. }
        | SourceError::WaitLonger { .. }
        | SourceError::OutOfTime
        | SourceError::Interrupted => Finding::NoAnswer,
        SourceError::UnexpectedStatus { by: Server::Vaka, .. }
        | SourceError::NotTheList(_)
        | SourceError::PagingDoesNotEnd { .. }
        | SourceError::PositionLost => Finding::AnswerUnusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_works_where_it_opens_one_system_and_is_not_judged_by_a_system_that_is_silent() {
        use Finding::{DeviceUnknown, Forbidden, NoAnswer, NotTested, Refused, Works};
        for (devices, found) in [
            (vec![Works, Forbidden, NoAnswer], Works),
            (vec![Forbidden, Refused], Refused),
            (vec![NoAnswer, Forbidden], Forbidden),
            (vec![NoAnswer, DeviceUnknown], NotTested),
            (vec![], NotTested),
        ] {
            let device = DeviceId::parse("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f").unwrap();
            let reports = devices.iter().map(|finding| DeviceReport { device, finding: *finding, users: None });
            assert_eq!(of_key(&reports.collect::<Vec<_>>()), found, "{devices:?}");
        }
    }
}
