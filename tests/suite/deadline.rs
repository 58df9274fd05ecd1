//! The time that Lambda gives the sync function, in the process that it starts.

use std::time::Duration;

use local::bundle::Binaries;
use local::cloud::Endpoint;
use local::runtime::{FunctionProcess, Invoked};
use local::vaka::{Route, SCOPE};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::job::Status;
use sync::slice::STOP_BEFORE_DEADLINE;
use uuid::Uuid;

use crate::works::{TIMEOUT, Works, body};

/// Starts the deployed binary over the tables of these works.
async fn started(works: &Works) -> FunctionProcess {
    let built = tokio::task::spawn_blocking(Binaries::build).await.expect("no panic");
    let mut environment = works.fresh.environment(&Endpoint::at(works.proxy.url()));
    environment.extend([
        ("VAKA_BASE_URL", works.vaka.base_url()),
        ("VAKA_TOKEN_URL", works.vaka.token_url()),
        ("VAKA_SCOPE", SCOPE.to_owned()),
    ]);
    let binaries = built.expect("the functions build");
    FunctionProcess::start(binaries.path("sync").expect("the binary"), &environment).expect("a process")
}

async fn deliver(function: &mut FunctionProcess, body: &str, time: Duration) {
    let event = json!({"Records": [{"messageId": Uuid::new_v4().to_string(), "body": body}]}).to_string();
    let answered = function.invoke(&event, time).await.expect("a process");
    let Invoked::Answered(answer) = answered else { panic!("no answer: {answered:?}") };
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["batchItemFailures"], json!([]));
}

/// Fault 13: the process has as much time as the invocation says.
#[tokio::test]
async fn an_invocation_without_time_for_a_slice_leaves_vaka_alone_and_sends_the_message_again() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 10, 1);
    // The process has a clock of its own.
    works.clock.turn_to(Clock::system().now());
    let job = works.accept().await;
    let message = body(works.company, job);
    assert_eq!(works.messages().await, [message.as_str()]);
    let mut function = started(&works).await;

    deliver(&mut function, &message, STOP_BEFORE_DEADLINE).await;
    for route in [Route::Token, Route::Users, Route::Groups] {
        assert_eq!(works.vaka.calls(route).len(), 0, "{route:?}");
    }
    assert_eq!(works.job(job).await.status, Status::Processing);
    let item = works.state_item(&format!("JOB#{job}")).await.expect("a job");
    assert_eq!(item["slices"].as_n().map(String::as_str), Ok("1"));
    assert_eq!(works.messages().await, [message.as_str()]);

    deliver(&mut function, &message, TIMEOUT).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}
