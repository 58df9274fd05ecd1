//! The deployed template starts what is due and tells of its end, with nobody asking: by its own
//! schedule, through a rule at the account's default bus.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::cloud;
use local::listener::Listener;
use local::timetable::{self, Change};
use local::world::World;
use shared::clock::Clock;

/// A minute until it is started, one until it is told of, and the emulator's own slowness.
const TOLD_WITHIN: Duration = Duration::from_secs(240);

#[tokio::test]
async fn a_deployed_sync_that_is_due_starts_by_itself_and_is_told_of_when_it_has_ended() {
    if cloud::given().is_some() {
        return;
    }
    let world = World::start().await.expect("a deployed world");
    world.vaka.populate(world.device, 20, 1);
    let listener = Listener::for_company(world.endpoint(), &world.company.to_string()).await.expect("a listener");
    let (aws, state) = (world.endpoint().sdk(), world.stack.output("StateTableName").expect("an output"));
    let daily = Change::Set("daily@03:30".parse().expect("a schedule"));
    timetable::change(&aws, state, world.company, &daily, Clock::system().now()).await.expect("a schedule");
    let update = world.endpoint().dynamodb().update_item().table_name(state);
    let update = update.key("company", AttributeValue::S(world.company.to_string()));
    let update = update.key("item", AttributeValue::S("CONNECTION".to_owned()));
    let update = update.update_expression("SET due_at = :past");
    update.expression_attribute_values(":past", AttributeValue::N("1".to_owned())).send().await.expect("a due time");

    let heard = listener.heard(1, TOLD_WITHIN).await.expect("a poll");
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["detail-type"], "AxemaUserSync Completed");
    assert_eq!(heard[0]["detail"]["UsersCreated"], 20);
    let token = world.administrator().sign().expect("a token");
    let job = world.job(&token, heard[0]["detail"]["JobId"].as_str().expect("a job")).await.expect("an answer");
    assert_eq!((job.status, &job.body["StatusName"]), (200, &heard[0]["detail"]["StatusName"]), "{}", job.text);
}
