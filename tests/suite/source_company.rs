//! A company with one VAKA system at a false VAKA Online, and the reader that is under test.
//!
//! The reader is the real one over real HTTP. Its patience is short where a test would otherwise
//! wait, and generous where a busy machine would otherwise fail it.

#![expect(clippy::unwrap_used, reason = "a company that cannot be set up is a failed test")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::vaka::{CLIENT_ID, CLIENT_SECRET, Call, Route, SCOPE};
use shared::clock::Clock;
use shared::ids::DeviceId;
use sync::source::{
    AccountError, ApiKey, Budget, CompanyReader, IntegratorAccount, Patience, ReadAccount, SourceError, Vaka,
    VakaParts, VakaSettings, VakaUser,
};

/// The company's api key, marked so that it can be looked for where it must not be.
pub const API_KEY: &str = "marked-api-key";

/// Longer than any test that goes well.
const LONG: Duration = Duration::from_secs(60);

/// Three tries with next to no pause between them.
pub const QUICK: Patience = Patience {
    connect: LONG,
    answer: LONG,
    silence: LONG,
    body: LONG,
    tries: 3,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(4),
    ..Patience::PRODUCTION
};

/// A company, its one system, and the integrator account as the sync would find it.
pub struct Company {
    pub vaka: local::vaka::Vaka,
    pub device: DeviceId,
    account: Arc<Mutex<IntegratorAccount>>,
}

impl Company {
    /// A company whose system has this many users.
    pub fn with_users(count: usize) -> Self {
        let vaka = local::vaka::Vaka::start().unwrap();
        let device = vaka.add_system(API_KEY);
        vaka.populate(device, count, 1);
        let account = IntegratorAccount { client_id: CLIENT_ID.to_owned(), client_secret: CLIENT_SECRET.to_owned() };
        Self { vaka, device: DeviceId::from_uuid(device), account: Arc::new(Mutex::new(account)) }
    }

    /// The same, in pages of a hundred.
    pub fn with_paged_users(count: usize) -> Self {
        let company = Self::with_users(count);
        company.vaka.page_users(Some(100));
        company
    }

    /// What the sync finds where the integrator account is kept, from now on.
    pub fn keep_account(&self, client_id: &str, client_secret: &str) {
        *self.account.lock().unwrap() =
            IntegratorAccount { client_id: client_id.to_owned(), client_secret: client_secret.to_owned() };
    }

    pub fn read_account(&self) -> ReadAccount {
        let account = Arc::clone(&self.account);
        Arc::new(move || {
            let account = account.lock().unwrap().clone();
            Box::pin(async move { Ok::<_, AccountError>(account) })
        })
    }

    pub fn settings(&self) -> VakaSettings {
        VakaSettings::new(&self.vaka.base_url(), &self.vaka.token_url(), SCOPE).unwrap()
    }

    pub fn parts(&self) -> VakaParts {
        VakaParts {
            settings: self.settings(),
            patience: QUICK,
            read_account: self.read_account(),
            clock: Clock::system(),
            random: fastrand::Rng::with_seed(1),
        }
    }

    /// A client that has no token yet.
    pub fn client(&self) -> Vaka {
        Vaka::new(self.parts())
    }

    pub fn patient(&self, patience: Patience) -> CompanyReader {
        Vaka::new(VakaParts { patience, ..self.parts() }).for_company(api_key(), time_for(LONG))
    }

    /// A reader with a client of its own and plenty of time.
    pub fn reader(&self) -> CompanyReader {
        self.patient(QUICK)
    }

    /// A reader whose time is up after this long.
    pub fn hurried(&self, left: Duration) -> CompanyReader {
        self.client().for_company(api_key(), time_for(left))
    }

    /// All users, read with a new client.
    pub async fn read(&self) -> Result<Vec<VakaUser>, SourceError> {
        read_users(&self.reader(), self.device).await
    }

    pub fn calls(&self, route: Route) -> Vec<Call> {
        self.vaka.calls(route)
    }

    /// What the false VAKA lists, as the reader should give it.
    pub fn listed(&self) -> Vec<VakaUser> {
        self.vaka.users(*self.device.as_uuid()).iter().map(as_read).collect()
    }
}

/// A user of the false VAKA as the reader should give it.
pub fn as_read(user: &local::vaka::User) -> VakaUser {
    VakaUser {
        user_id: shared::ids::UserId::from_uuid(user.user_id),
        name: user.name.clone(),
        email: user.email.clone().filter(|email| !email.trim().is_empty()),
        group: user.user_group_id.map(sync::source::GroupId::from_uuid),
    }
}

pub fn api_key() -> ApiKey {
    ApiKey::parse(API_KEY).unwrap()
}

pub fn time_for(left: Duration) -> Budget {
    let clock = Clock::system();
    Budget::until(clock.now().after(left), clock)
}

/// All users in the order in which they came.
pub async fn read_users(reader: &CompanyReader, device: DeviceId) -> Result<Vec<VakaUser>, SourceError> {
    let mut stream = reader.users(device);
    let mut users = Vec::new();
    while let Some(chunk) = stream.next_chunk().await? {
        assert!((1..=100).contains(&chunk.len()), "a chunk of {}", chunk.len());
        users.extend(chunk);
    }
    Ok(users)
}

/// Everything that an error can show: both texts, its own form for programmers, and its sources'.
pub fn everything_shown(error: &SourceError) -> String {
    let mut shown = format!("{} | {error:?}", error.plain());
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        write!(shown, " | {error}").unwrap();
        next = error.source();
    }
    shown
}
