//! Reading the source alone: the sync function's own reader over the same server, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::clock::Clock;
use shared::ids::DeviceId;
use sync::source::{ApiKey, Budget, IntegratorAccount, Patience, Vaka, VakaParts, VakaSettings};

use super::BenchError;
use super::fixture::{Company, Fixture};
use crate::vaka::{CLIENT_ID, CLIENT_SECRET, SCOPE};

/// Longer than any reading here.
const TIME: Duration = Duration::from_secs(900);

/// A reader that has not signed in yet.
///
/// # Errors
/// [`BenchError`].
pub fn reader(fixture: &Fixture) -> Result<Vaka, BenchError> {
    let settings = VakaSettings::new(&fixture.vaka.base_url(), &fixture.vaka.token_url(), SCOPE)
        .map_err(|error| BenchError::went_wrong("the reader", error.to_string()))?;
    Ok(Vaka::new(VakaParts {
        settings,
        patience: Patience::PRODUCTION,
        read_account: Arc::new(|| {
            Box::pin(async {
                Ok(IntegratorAccount { client_id: CLIENT_ID.to_owned(), client_secret: CLIENT_SECRET.to_owned() })
            })
        }),
        clock: Clock::system(),
        random: fastrand::Rng::new(),
    }))
}

/// Reads every group and every user of the company, and says how long it took.
///
/// # Errors
/// [`BenchError`], also when somebody is missing.
pub async fn read(reader: &Vaka, company: &Company) -> Result<Duration, BenchError> {
    let unreadable = |error: &dyn std::error::Error| BenchError::went_wrong("the source", error.to_string());
    let api_key = ApiKey::parse(&company.api_key).map_err(|error| unreadable(&error))?;
    let clock = Clock::system();
    let began = Instant::now();
    let company_reader = reader.for_company(api_key, Budget::until(clock.now().after(TIME), clock));
    let device = DeviceId::from_uuid(company.device);
    company_reader.groups(device).await.map_err(|error| unreadable(&error))?;
    let mut users = company_reader.users(device);
    let mut found = 0;
    while let Some(chunk) = users.next_chunk().await.map_err(|error| unreadable(&error))? {
        found += chunk.len();
    }
    let took = began.elapsed();
    if found == company.users {
        Ok(took)
    } else {
        Err(BenchError::went_wrong("the source", format!("{found} of {} users were read", company.users)))
    }
}
