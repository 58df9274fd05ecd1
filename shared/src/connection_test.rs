//! The test of a company's connection: what the api function asks the sync function, and what it
//! is told.
//!
//! The api function can neither read the api key nor speak to VAKA, so it calls the sync function
//! and waits. The two times here belong together: the asking ends before the waiting does. What is
//! told are codes; whoever shows them has the words.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, DeviceId};

/// For all questions to VAKA together. Somebody sits and waits, and the api function has 12 s.
pub const ASKING: Duration = Duration::from_secs(7);

/// For the whole call: the asking, and the sync function's start where none is running.
pub const WAITING: Duration = Duration::from_secs(10);

/// What the sync function is called with. A batch of messages has no such member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestConnection {
    /// Whose connection is tried, in use or not.
    pub test_connection: CompanyId,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// Whether the token server knows the deployment.
    pub sign_in: Finding,
    /// Whether the api key opens anything.
    pub api_key: Finding,
    /// Each of the company's systems, in their order.
    pub devices: Vec<DeviceReport>,
}

/// What was found out about one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The system.
    pub device: DeviceId,
    /// Whether its users could be read, and the groups that a sync reads: to their end, or for as long as there was time.
    pub finding: Finding,
    /// How many users it has, where they could.
    pub users: Option<u64>,
}

/// What was found out about one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// A sync could use it.
    Works,
    /// Something before it failed.
    NotTested,
    /// The token server does not know the integrator account, or gave no token.
    SignInFailed,
    /// No api key is stored.
    ApiKeyMissing,
    /// What is stored is no api key.
    ApiKeyUnusable,
    /// The stored api key could not be read just now.
    ApiKeyUnreadable,
    /// VAKA refused the credentials: 401.
    Refused,
    /// VAKA does not let the api key in: 403.
    Forbidden,
    /// VAKA does not know the system: 404.
    DeviceUnknown,
    /// No answer in time.
    NoAnswer,
    /// An answer that is no list.
    AnswerUnusable,
}

/// A [`Finding`] without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Works,
    /// It does not.
    Fails,
    /// It could not be tried.
    NotTested,
}

impl Finding {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Works,
        Self::NotTested,
        Self::SignInFailed,
        Self::ApiKeyMissing,
        Self::ApiKeyUnusable,
        Self::ApiKeyUnreadable,
        Self::Refused,
        Self::Forbidden,
        Self::DeviceUnknown,
        Self::NoAnswer,
        Self::AnswerUnusable,
    ];

    /// The name, as the API writes it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Works => "Works",
            Self::NotTested => "NotTested",
            Self::SignInFailed => "SignInFailed",
            Self::ApiKeyMissing => "ApiKeyMissing",
            Self::ApiKeyUnusable => "ApiKeyUnusable",
            Self::ApiKeyUnreadable => "ApiKeyUnreadable",
            Self::Refused => "Refused",
            Self::Forbidden => "Forbidden",
            Self::DeviceUnknown => "DeviceUnknown",
            Self::NoAnswer => "NoAnswer",
            Self::AnswerUnusable => "AnswerUnusable",
        }
    }

    /// The finding without its reason.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Works => Verdict::Works,
            Self::NotTested => Verdict::NotTested,
            Self::SignInFailed
            | Self::ApiKeyMissing
            | Self::ApiKeyUnusable
            | Self::ApiKeyUnreadable
            | Self::Refused
            | Self::Forbidden
            | Self::DeviceUnknown
            | Self::NoAnswer
            | Self::AnswerUnusable => Verdict::Fails,
        }
    }
}

impl Verdict {
    /// The name, as the API writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Works => "Works",
            Self::Fails => "Fails",
            Self::NotTested => "NotTested",
        }
    }
}

impl TestReport {
    /// Whether a sync could read every system.
    #[must_use]
    pub fn works(&self) -> bool {
        let devices = self.devices.iter().map(|device| device.finding);
        !self.devices.is_empty()
            && [self.sign_in, self.api_key].into_iter().chain(devices).all(|found| found == Finding::Works)
    }

    /// How many users the systems that work have together, where there is one and all could be counted.
    #[must_use]
    pub fn users(&self) -> Option<u64> {
        let working = self.devices.iter().filter(|device| device.finding == Finding::Works);
        working.map(|device| device.users).reduce(|sum, users| Some(sum?.saturating_add(users?))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn users_are_told_when_every_system_that_works_has_been_counted() {
        let report = |devices: &[(Finding, Option<u64>)]| {
            let device = DeviceId::from_uuid(Uuid::from_u128(1));
            let devices =
                devices.iter().map(|(finding, users)| DeviceReport { device, finding: *finding, users: *users });
            TestReport { sign_in: Finding::Works, api_key: Finding::Works, devices: devices.collect() }
        };
        for (devices, users) in [
            (&[][..], None),
            (&[(Finding::Forbidden, None)], None),
            (&[(Finding::Works, Some(2)), (Finding::Works, Some(3))], Some(5)),
            (&[(Finding::Works, Some(2)), (Finding::Forbidden, None)], Some(2)),
            (&[(Finding::Works, Some(2)), (Finding::Works, None)], None),
        ] {
            assert_eq!(report(devices).users(), users, "{devices:?}");
        }
    }
}
