//! The bench stands on a DynamoDB of its own: here the sync function agrees with it.

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_types::SdkConfig;
use local::bench::dynamodb::{CUSTOMERS, Counts, DynamoDb, SECRETS, STATE};
use local::connect::{self, Connection, Secret};
use local::vaka::{CLIENT_ID, CLIENT_SECRET, SCOPE, Vaka};
use shared::clock::{Clock, Timestamp};
use shared::handoff::{self, Accept};
use shared::ids::CompanyId;
use shared::job::{Counters, Mode, Status};
use shared::queue::{Nudge, Queue};
use shared::table::Table;
use sync::door::{App, Invocation};
use sync::settings::{CustomersSettings, Settings};
use sync::source::VakaSettings;
use uuid::Uuid;

use crate::works::{NOON, QUICK, TIMEOUT};

const USERS: usize = 200;
const API_KEY: &str = "the-api-key-of-a-test";

/// A company at the bench's servers.
struct Stand {
    dynamodb: DynamoDb,
    vaka: Vaka,
    aws: SdkConfig,
    company: Uuid,
    device: Uuid,
}

impl Stand {
    async fn set() -> Self {
        let dynamodb = DynamoDb::start(Duration::ZERO).expect("a DynamoDB");
        let vaka = Vaka::start().expect("a false VAKA");
        let device = vaka.add_system(API_KEY);
        vaka.page_users(Some(100));
        vaka.populate(device, USERS, 1);
        let (aws, company) = (dynamodb.endpoint().sdk(), Uuid::new_v4());
        let client = dynamodb.endpoint().dynamodb();
        connect::integrator(&client, SECRETS, CLIENT_ID, &Secret::known(CLIENT_SECRET)).await.expect("an account");
        let connection = Connection { company, devices: vec![device], active: true };
        let key = Secret::known(API_KEY);
        connect::connect(&client, STATE, SECRETS, &connection, &key).await.expect("a connection");
        Self { dynamodb, vaka, aws, company, device }
    }

    /// One sync from its start to its end; what the worker asked for it.
    async fn sync(&self, now: Timestamp) -> (Counters, Counts) {
        let clock = Clock::set_to(now);
        let company = CompanyId::from_uuid(self.company);
        let table = Table::new(&self.aws, STATE);
        let queue_url = format!("{}/000000000000/sync", self.dynamodb.endpoint().url());
        let queue = Queue::new(&self.aws, &queue_url);
        let accepted = handoff::accept(&table, &queue, &clock, company, Mode::Apply).await.expect("an answer");
        let Accept::Accepted(job) = accepted else { panic!("{accepted:?}") };
        let base_url = self.vaka.base_url();
        let settings = Settings {
            state_table: STATE.to_owned(),
            customers_table: CUSTOMERS.to_owned(),
            secrets_table: SECRETS.to_owned(),
            queue_url,
            vaka: VakaSettings::new(&base_url, &self.vaka.token_url(), SCOPE).expect("addresses"),
            customers: CustomersSettings::Embedded,
        };
        let app = App::new(settings, &self.aws, clock.clone(), QUICK);
        let before = self.dynamodb.counts();
        let mut message = SqsMessage::default();
        message.body = serde_json::to_string(&Nudge::new(company, job.id)).ok();
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let invocation = Invocation { id: Uuid::new_v4().to_string(), deadline: now.after(TIMEOUT) };
        let given_back = app.handle(event, &invocation).await.batch_item_failures;
        assert!(given_back.is_empty(), "{given_back:?}");
        let counts = self.dynamodb.counts() - &before;
        assert_eq!(self.dynamodb.unknown(), None);
        let job = table.job(company, job.id).await.expect("an answer").expect("the job");
        assert_eq!(job.status, Status::Completed);
        (job.counters.unwrap_or_default(), counts)
    }

    fn customers(&self) -> u64 {
        self.dynamodb.count(CUSTOMERS, self.company, "") as u64
    }
}

#[tokio::test]
async fn the_dynamodb_of_the_bench_and_the_sync_function_agree_on_what_a_sync_does_and_costs() {
    let stand = Stand::set().await;
    let users = USERS as u64;
    let (first, counts) = stand.sync(NOON).await;
    assert!(first.add_up() && first.found == users && first.created > users / 2, "{first:?}");
    assert_eq!(stand.customers(), first.created);
    assert_eq!(stand.dynamodb.count(STATE, stand.company, "LINK#") as u64, users);
    // A customer and a link each, less than a KB, at twice a unit.
    assert_eq!(counts.users_write_units(), 2 * (first.created + users));

    let (again, counts) = stand.sync(NOON.after(Duration::from_secs(60))).await;
    assert_eq!((again.unchanged, again.created), (users, 0));
    assert_eq!(counts.users_write_units(), 0);
    // All links are one page of less than 24 KB; the rest is a unit for each item.
    assert!(counts.all_read_units() < 12.0, "{counts:?}");

    stand.vaka.change(stand.device, 2);
    let (changed, counts) = stand.sync(NOON.after(Duration::from_secs(120))).await;
    assert_eq!((changed.updated, changed.unchanged), (2, users - 2));
    assert_eq!(counts.users_write_units(), 2 * 2 * 2);
    assert_eq!(stand.customers(), first.created);
}
