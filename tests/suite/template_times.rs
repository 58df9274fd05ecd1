//! The template's time limits, held against each other and against the constants of the code.

use std::time::Duration;

use api::ANSWER_WITHIN;
use local::template::{Resource, Template};
use serde_json::{Value, json};
use shared::connection_test::{ASKING, WAITING};
use shared::job::LONGEST_JOB;
use shared::queue::LONGEST_DELAY;
use shared::table::outbox::CLAIM;
use shared::table::schema::{HAND_OFF_LEASE, WORKER_LEASE};
use sync::slice::{MOST_SLICES, STOP_BEFORE_DEADLINE};
use sync::walk::writing::LEASE_MARGIN;

/// A crashed job moves again within this time of its last sign of life.
const MOVES_AGAIN_WITHIN: Duration = Duration::from_secs(3 * 60);

/// An HTTP API waits no longer for its function.
const API_GATEWAY_WAITS: Duration = Duration::from_secs(30);

fn template() -> Template {
    Template::read().expect("template.yaml")
}

fn behind<'a>(template: &'a Template, output: &str) -> Resource<'a> {
    template.behind(output).expect("a resource behind the output")
}

fn seconds(resource: Resource<'_>, property: &str) -> Duration {
    Duration::from_secs(resource.property(&[property]).as_u64().expect("a number of seconds"))
}

fn recover_interval(template: &Template) -> Duration {
    let recover = behind(template, "RecoverFunctionName");
    let events = recover.property(&["Events"]).as_object().expect("events");
    let schedules: Vec<_> = events.values().map(|event| &event["Properties"]["Schedule"]).collect();
    assert_eq!(schedules, [&json!("rate(1 minute)")]);
    Duration::from_secs(60)
}

fn event_source(template: &Template) -> Value {
    let sync = behind(template, "SyncFunctionName");
    let events = sync.property(&["Events"]).as_object().expect("events").clone();
    assert_eq!(events.len(), 1, "one door");
    let (_, event) = events.into_iter().next().expect("an event");
    assert_eq!(event["Type"], "SQS");
    event["Properties"].clone()
}

/// Fault 13.
#[test]
fn a_slice_stops_well_before_lambda_stops_it() {
    let template = template();
    let timeout = seconds(behind(&template, "SyncFunctionName"), "Timeout");
    assert_eq!(timeout, Duration::from_secs(900), "the longest that Lambda has");
    assert_eq!(STOP_BEFORE_DEADLINE, Duration::from_secs(60));
    assert!(WORKER_LEASE < timeout, "a lease is renewed by progress, not by the length of a slice");
    assert!(LEASE_MARGIN < WORKER_LEASE);
}

#[test]
fn a_message_is_hidden_for_six_times_as_long_as_its_worker_may_run() {
    let template = template();
    let timeout = seconds(behind(&template, "SyncFunctionName"), "Timeout");
    assert_eq!(seconds(behind(&template, "SyncQueueUrl"), "VisibilityTimeout"), timeout * 6);
}

#[test]
fn a_message_is_kept_for_longer_than_a_job_may_live_and_a_dead_one_for_longest() {
    let template = template();
    let kept = seconds(behind(&template, "SyncQueueUrl"), "MessageRetentionPeriod");
    assert!(kept > LONGEST_JOB + LONGEST_DELAY);
    let dead = seconds(behind(&template, "SyncDeadLetterQueueUrl"), "MessageRetentionPeriod");
    assert_eq!(dead, Duration::from_secs(14 * 24 * 60 * 60));
}

/// Fault 2.
#[test]
fn a_crashed_job_moves_again_within_three_minutes() {
    let interval = recover_interval(&template());
    assert_eq!(WORKER_LEASE, Duration::from_secs(120));
    assert!(WORKER_LEASE + interval <= MOVES_AGAIN_WITHIN);
    assert!(HAND_OFF_LEASE + interval <= MOVES_AGAIN_WITHIN);
}

#[test]
fn a_run_of_recover_ends_before_the_next_one_begins() {
    let template = template();
    let recover = behind(&template, "RecoverFunctionName");
    let interval = recover_interval(&template);
    assert!(seconds(recover, "Timeout") <= interval);
    let retries = recover.property(&["EventInvokeConfig", "MaximumRetryAttempts"]);
    assert_eq!(retries, 0, "the next minute is the retry");
    assert!(seconds(recover, "Timeout") < CLAIM, "a claim runs out only when its sender is dead");
}

#[test]
fn the_api_function_answers_before_lambda_ends_it_and_lambda_before_the_gateway_gives_up() {
    let template = template();
    let timeout = seconds(behind(&template, "ApiFunctionName"), "Timeout");
    let integrations: Vec<_> = template.resources_of("AWS::ApiGatewayV2::Integration").collect();
    assert_eq!(integrations.len(), 1);
    let waits = Duration::from_millis(integrations[0].property(&["TimeoutInMillis"]).as_u64().expect("a number"));
    assert!(ANSWER_WITHIN < timeout && timeout < waits && waits <= API_GATEWAY_WAITS);
}

/// The rest is for a start of the sync function, and for the token and the table before it.
#[test]
fn a_connection_is_tried_before_who_waits_for_it_gives_up() {
    const COLD_START: Duration = Duration::from_secs(2);
    let template = template();
    assert!(ASKING + COLD_START < WAITING && WAITING + Duration::from_secs(2) <= ANSWER_WITHIN);
    assert!(WAITING < seconds(behind(&template, "SyncFunctionName"), "Timeout"));
}

#[test]
fn the_queue_hands_over_one_message_at_a_time_and_to_no_more_workers_than_asked_for() {
    let template = template();
    let source = event_source(&template);
    assert_eq!(source["BatchSize"], 1);
    assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(source["ScalingConfig"], json!({"MaximumConcurrency": {"Ref": "SyncConcurrency"}}));
    let queue = behind(&template, "SyncQueueUrl");
    assert_eq!(source["Queue"], json!({"Fn::GetAtt": [queue.id, "Arn"]}));
}

/// Fault 14.
#[test]
fn a_message_that_failed_five_times_is_put_aside() {
    let template = template();
    let dead = behind(&template, "SyncDeadLetterQueueUrl");
    let redrive = behind(&template, "SyncQueueUrl").property(&["RedrivePolicy"]);
    let target = json!({"Fn::GetAtt": [dead.id, "Arn"]});
    assert_eq!(redrive, &json!({"deadLetterTargetArn": target, "maxReceiveCount": 5}));
}

/// Fault 16.
#[test]
fn lambda_leaves_a_long_walk_alone_because_the_code_bounds_it() {
    let template = template();
    let sync = behind(&template, "SyncFunctionName");
    assert_eq!(sync.property(&["RecursiveLoop"]), "Allow");
    let slice = seconds(sync, "Timeout") - STOP_BEFORE_DEADLINE;
    assert!(slice * MOST_SLICES >= LONGEST_JOB, "the cap on slices cuts no job short that its age allows");
}
