//! The deployed template: from a POST over HTTP to customers, through real processes.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::cloud;
use local::proxy::{Gate, Which};
use local::vaka::{Route, User};
use local::world::{WRITE_ROLE, World};
use serde_json::Value;
use uuid::Uuid;

/// How long a job may take here: the schedule's minute, and the emulator's own slowness.
const ENDS_WITHIN: Duration = Duration::from_secs(240);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// A world, unless the tests run against an AWS that cannot run functions.
async fn world() -> Option<World> {
    match cloud::given() {
        None => Some(World::start().await.expect("a deployed world")),
        Some(_) => None,
    }
}

/// Asks until the job has ended; the counters it shows on the way never go down.
pub async fn ended(world: &World, token: &str, id: &str) -> Value {
    asked_until(world, token, id, |job| job["Status"].as_u64().is_some_and(|status| status >= 2)).await
}

async fn asked_until(world: &World, token: &str, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        let mut shown = 0;
        loop {
            let job = world.job(token, id).await.expect("an answer").body;
            let found = job["UsersFound"].as_u64().unwrap_or_default();
            assert!(found >= shown, "counters went down: {job}");
            shown = found;
            if is_so(&job) {
                return job;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(ENDS_WITHIN, asking).await.expect("the job gets there in time")
}

/// Waits until a function has logged this. Its lines are there when its invocation has ended, and not before.
pub async fn logged(world: &World, function: &str, text: &str) {
    let looking = async {
        while !world.stack.logs(function).await.expect("a log").iter().any(|line| line.contains(text)) {
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(ENDS_WITHIN, looking).await.unwrap_or_else(|_| panic!("{function} never logs {text}"));
}

/// From its second page on, VAKA keeps the company waiting: its worker is at work until the gate is released, or until
/// its lease is nearly up, which is longer than any patience with AWS.
fn hold_at_the_second_page(world: &World) -> Gate {
    world.vaka.page_users(Some(100));
    world.vaka.on(Route::Users).of(world.device).which(Which::From(2)).hold()
}

/// Fault 39: the logs of a whole sync.
#[tokio::test]
async fn a_sync_runs_from_the_request_to_the_customers_and_says_nothing_personal_on_the_way() {
    let Some(world) = world().await else { return };
    world.vaka.populate(world.device, 300, 1);
    let nameless = [User::named(""), User::named("")];
    world.vaka.set_users(world.device, [world.vaka.users(world.device), nameless.to_vec()].concat());
    let token = world.administrator().sign().expect("a token");
    let gate = world.vaka.on(Route::Users).nth(1).hold();
    let started = world.post_sync(&token).await.expect("an answer");
    assert_eq!((started.status, &started.body["StatusName"]), (200, &Value::from("Pending")));
    let id = started.id().expect("a job").to_owned();
    gate.reached().await;
    let again = world.post_sync(&token).await.expect("an answer");
    assert_eq!(again.status, 409);
    assert_eq!(again.body["ResponseStatus"]["Meta"]["JobId"], id.as_str());
    gate.release();
    let job = ended(&world, &token, &id).await;
    assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(302)));
    // How many were left out, and why.
    logged(&world, "sync", r#""skipped.reasons":"{MissingName: 2}""#).await;

    let secrets = ["@example.com", &token, &world.vaka.users(world.device)[0].name];
    for binary in ["api", "sync", "recover"] {
        for line in world.stack.logs(binary).await.expect("a log") {
            assert!(!secrets.iter().any(|secret| line.contains(*secret)), "{binary} logged something personal");
        }
    }
}

/// Fault 12, by the real form of a crash: SIGKILL in the middle of a commit.
#[tokio::test]
async fn a_worker_that_is_killed_in_mid_run_is_followed_by_one_that_ends_the_job_exactly() {
    let Some(world) = world().await else { return };
    world.vaka.populate(world.device, 300, 1);
    let token = world.administrator().sign().expect("a token");
    let gate = world.proxy.on("TransactWriteItems").containing("LINK#").nth(3).hold_before();
    let started = world.post_sync(&token).await.expect("an answer");
    let id = started.id().expect("a job").to_owned();
    gate.reached().await;
    assert!(world.stack.kill("sync").expect("processes") > 0);
    world.proxy.calm();
    let_the_lease_lapse(&world, &id).await;
    let job = ended(&world, &token, &id).await;
    assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(300)));
    let created = job["UsersCreated"].as_u64();
    assert_eq!(created, Some(customers(&world).await));
    let again = world.post_sync(&token).await.expect("an answer");
    let second = ended(&world, &token, again.id().expect("a job")).await;
    assert_eq!((second["UsersCreated"].as_u64(), second["UsersUpdated"].as_u64()), (Some(0), Some(0)));
}

/// Fault 20: the worker under way is gone with the old version, and the new one ends its job.
#[tokio::test]
async fn a_version_that_is_deployed_in_mid_run_ends_the_job_that_the_one_before_it_began() {
    let Some(mut world) = world().await else { return };
    world.vaka.populate(world.device, 300, 1);
    let token = world.administrator().sign().expect("a token");
    let gate = hold_at_the_second_page(&world);
    let started = world.post_sync(&token).await.expect("an answer");
    let id = started.id().expect("a job").to_owned();
    gate.reached().await;
    let begun = asked_until(&world, &token, &id, |job| job["UsersFound"].as_u64().is_some_and(|found| found > 0)).await;
    assert_eq!(begun["StatusName"], "Processing", "the old version is in mid-run");
    assert!(world.stack.running("sync").expect("processes") > 0, "the old version is at work");
    world.stack.update().await.expect("another version");
    assert_eq!(world.stack.running("sync").expect("processes"), 0, "nothing is at work of the new version");
    world.vaka.calm();
    let refused = world.post_sync(&token).await.expect("an answer");
    assert_eq!((refused.status, &refused.body["ResponseStatus"]["Meta"]["JobId"]), (409, &Value::from(id.as_str())));
    let_the_lease_lapse(&world, &id).await;
    let job = ended(&world, &token, &id).await;
    assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(300)));
    assert_eq!(job["UsersCreated"].as_u64(), Some(customers(&world).await));
    assert!(world.stack.running("sync").expect("processes") > 0, "the new version ended it");
}

/// Fault 19: a company has one message at a time, so the huge one keeps one worker and no more.
#[tokio::test]
async fn of_fifty_companies_the_small_ones_end_while_the_huge_one_is_at_work() {
    let Some(world) = world().await else { return };
    world.vaka.populate(world.device, 2_000, 1);
    let huge = world.administrator().sign().expect("a token");
    let gate = hold_at_the_second_page(&world);
    let started = world.post_sync(&huge).await.expect("an answer");
    let huge_job = started.id().expect("a job").to_owned();
    gate.reached().await;
    let mut small = Vec::new();
    for seed in 2..=50 {
        let company = Uuid::new_v4();
        let device = world.connect(company).await.expect("a company");
        world.vaka.populate(device, 5, seed);
        small.push(world.realm.token().company(&company.to_string()).role(WRITE_ROLE).sign().expect("a token"));
    }
    let mut jobs = Vec::new();
    for token in &small {
        let started = world.post_sync(token).await.expect("an answer");
        jobs.push((token, started.id().expect("a job").to_owned()));
    }
    for (token, id) in &jobs {
        let job = ended(&world, token, id).await;
        assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(5)));
    }
    let at_work = world.job(&huge, &huge_job).await.expect("an answer").body;
    assert_eq!(at_work["StatusName"], "Processing", "the huge one ended before the small ones");
    let company = world.company.to_string();
    let messages = world.proxy.seen().messages();
    let nudges = messages.iter().filter(|message| message.group.as_deref() == Some(&company)).count();
    assert_eq!(nudges, 1, "the huge one's worker made room for the small ones");
    gate.release();
    let job = ended(&world, &huge, &huge_job).await;
    assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(2_000)));
}

/// What two minutes of silence do: the recover function then finds the job by its schedule.
pub async fn let_the_lease_lapse(world: &World, id: &str) {
    let table = world.stack.output("StateTableName").expect("an output");
    let update = world.endpoint().dynamodb().update_item().table_name(table);
    update
        .key("company", AttributeValue::S(world.company.to_string()))
        .key("item", AttributeValue::S(format!("JOB#{id}")))
        .update_expression("SET lease_expires_at = :past")
        .expression_attribute_values(":past", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .expect("a lapsed lease");
}

async fn customers(world: &World) -> u64 {
    let table = world.stack.output("CustomersTableName").expect("an output");
    let (mut count, mut next) = (0, None);
    loop {
        let scan = world.endpoint().dynamodb().scan().table_name(table).set_exclusive_start_key(next);
        let page = scan.send().await.expect("a scan");
        count += u64::try_from(page.count).unwrap_or_default();
        next = page.last_evaluated_key.filter(|key| !key.is_empty());
        if next.is_none() {
            return count;
        }
    }
}
