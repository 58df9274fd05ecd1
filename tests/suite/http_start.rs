//! `POST /codelock/axema/usersync`, with the lock and the queue real and the network failing.

use std::time::Duration;

use local::template::Template;
use serde_json::json;
use tracing::instrument::WithSubscriber as _;

use crate::http_door::{Ask, Door, READ, SUPERADMIN, SYNCS, TRIES, WRITE, ask, company};
use crate::lines::Lines;

#[tokio::test]
async fn a_sync_is_accepted_as_pending_and_a_worker_is_nudged_with_its_two_ids() {
    let door = Door::open().await;
    let own = door.connected().await;
    let answered = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await;
    let job = answered.job();
    let expected = format!(
        r#"{{"Id":"{job}","CompanyId":"{own}","Status":0,"StatusName":"Pending","CreatedDate":"2100-01-31T12:00:00.0000000Z","UpdatedDate":"2100-01-31T12:00:00.0000000Z"}}"#
    );
    assert_eq!(answered.text, expected);
    assert_eq!(answered.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(door.messages().await, [json!({"version": 1, "company": own, "job": job})]);
}

/// Fault 1.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_simultaneous_requests_one_is_accepted_and_ninety_nine_are_told_its_job() {
    let door = Door::open().await;
    let own = door.connected().await;
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let (app, request) = (door.app(), request.clone());
            tokio::spawn(async move { ask(&app, &request).await })
        })
        .collect();
    let mut answers = Vec::new();
    for asked in asking {
        answers.push(asked.await.expect("an answer"));
    }
    let (accepted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answered| answered.status == 200);
    let [accepted] = &accepted[..] else { panic!("{} were accepted; others: {:?}", accepted.len(), refused.first()) };
    let job = accepted.job();
    for answered in &refused {
        assert_eq!((answered.status, answered.error_code().as_str()), (409, "Conflict"));
        assert_eq!(answered.json()["ResponseStatus"]["Meta"]["JobId"], json!(job));
    }
    assert_eq!(refused.len(), 99);
    assert_eq!(door.jobs_of(own).await.len(), 1);
    assert_eq!(door.messages().await.len(), 1);
}

#[tokio::test]
async fn a_second_request_while_a_sync_runs_is_told_which_job_holds_the_lock() {
    let door = Door::open().await;
    let own = door.connected().await;
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    let job = door.ask(&request).await.job();
    let answered = door.ask(&request).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (409, "Conflict"));
    assert_eq!(answered.json()["ResponseStatus"]["Meta"], json!({"JobId": job, "Status": "Pending"}));
    let location = answered.header("location").expect("a location");
    assert_eq!(location, format!("/codelock/axema/usersync/{job}"));
    let found = door.ask(&Ask::get(location).bearer(&door.token(&[READ], Some(own)))).await;
    assert_eq!(found.job(), job);
}

#[tokio::test]
async fn two_companies_sync_at_the_same_time() {
    let door = Door::open().await;
    for own in [door.connected().await, door.connected().await] {
        door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    }
}

/// Fault 4.
#[tokio::test]
async fn a_queue_that_refuses_for_good_is_answered_503_with_the_job_failed_and_the_lock_free() {
    let door = Door::open().await;
    let own = door.connected().await;
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    door.proxy.on("SendMessage").first(4).fail();
    let answered = door.ask(&request).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"));
    assert!(answered.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
    let jobs = door.jobs_of(own).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0]["StatusName"], "Failed");
    assert!(jobs[0]["ErrorMessage"].is_string());
    assert!(door.messages().await.is_empty());
    // The queue is well again: the lock was free, for another job than the failed one.
    assert_ne!(json!(door.ask(&request).await.job()), jobs[0]["Id"]);
}

/// Fault 5.
#[tokio::test]
async fn a_client_whose_connection_breaks_after_the_write_asks_again_and_meets_its_own_job() {
    let door = Door::open().await;
    let own = door.connected().await;
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    let gate = door.proxy.on("SendMessage").nth(1).hold_after();
    let broken = {
        let (app, request) = (door.app(), request.clone());
        tokio::spawn(async move { ask(&app, &request).await })
    };
    gate.reached().await;
    broken.abort();
    gate.release();
    let answered = door.ask(&request).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (409, "Conflict"));
    let jobs = door.jobs_of(own).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0]["Id"], answered.json()["ResponseStatus"]["Meta"]["JobId"]);
}

/// Fault 6.
#[tokio::test]
async fn a_lock_that_was_written_while_its_answer_was_lost_counts_as_taken() {
    let door = Door::open().await;
    let own = door.connected().await;
    door.proxy.on("TransactWriteItems").nth(1).lose_answer();
    let job = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    assert_eq!(door.proxy.seen().requests("TransactWriteItems"), 2);
    let jobs = door.jobs_of(own).await;
    assert_eq!(jobs.iter().map(|job| job["Id"].clone()).collect::<Vec<_>>(), [json!(job)]);
    assert_eq!(door.messages().await.len(), 1);
}

/// Fault 6, where no answer ever comes.
#[tokio::test]
async fn a_lock_whose_answer_is_lost_at_every_try_is_given_back_and_its_job_is_counted_as_failed() {
    let door = Door::open().await;
    let own = door.connected().await;
    door.proxy.on("TransactWriteItems").first(u64::from(TRIES)).lose_answer();
    let lines = Lines::default();
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    let answered = door.ask(&request).with_subscriber(lines.subscriber()).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"));
    assert_eq!(door.proxy.seen().applied("TransactWriteItems"), TRIES as usize + 1, "the lock, and its return");
    let [job] = &door.jobs_of(own).await[..] else { panic!("one job was written") };
    assert_eq!(job["StatusName"], "Failed");
    let failed: Vec<_> = lines.fields().into_iter().filter(|fields| fields["event"] == "job.failed").collect();
    assert_eq!(failed.len(), 1, "the alarm counts this line");
    assert_eq!((&failed[0]["company.id"], &failed[0]["job.id"]), (&json!(own), &job["Id"]));
    assert!(door.messages().await.is_empty());
    door.ask(&request).await.job();
}

/// Fault 7.
#[tokio::test]
async fn a_store_that_stumbles_once_is_asked_again_within_the_request() {
    for stumble in ["throttle", "conflict", "fail"] {
        let door = Door::open().await;
        let own = door.connected().await;
        let rule = door.proxy.on("TransactWriteItems").nth(1);
        match stumble {
            "throttle" => rule.throttle(),
            "conflict" => rule.answer(400, "TransactionInProgressException"),
            _ => rule.fail(),
        }
        door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
        assert_eq!(door.jobs_of(own).await.len(), 1, "{stumble}");
        assert_eq!(door.messages().await.len(), 1, "{stumble}");
    }
}

/// Fault 7.
#[tokio::test]
async fn a_store_that_fails_for_good_is_answered_503_in_time_with_nothing_half_done() {
    for failing in ["throttle", "fail", "refuse"] {
        let door = Door::open().await;
        let own = door.connected().await;
        let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
        let rule = door.proxy.on("*");
        match failing {
            "throttle" => rule.throttle(),
            "fail" => rule.fail(),
            _ => rule.refuse(),
        }
        let answered =
            tokio::time::timeout(Duration::from_secs(15), door.ask(&request)).await.expect("the function's time");
        assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"), "{failing}");
        assert!(answered.header("retry-after").is_some(), "{failing}");
        assert_eq!(door.items().await, ["CONNECTION"], "{failing}");
        assert!(door.messages().await.is_empty(), "{failing}");
    }
}

/// Fault 7.
#[tokio::test]
async fn a_store_that_hangs_is_answered_503_before_lambda_ends_the_function() {
    let door = Door::with(|settings| settings.answer_within = Duration::from_millis(300)).await;
    let own = door.connected().await;
    let request = Ask::post().bearer(&door.token(&[WRITE], Some(own)));
    let gate = door.proxy.on("TransactWriteItems").nth(1).hold_before();
    let answered = door.ask(&request).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"));
    gate.release();

    let template = Template::read().expect("the template");
    let function = template.behind("ApiFunctionName").expect("the function");
    let timeout_s = function.property(&["Timeout"]).as_u64().expect("a time limit");
    assert!(api::ANSWER_WITHIN < Duration::from_secs(timeout_s - 1), "no time is left to answer");
}

/// Fault 8.
#[tokio::test]
async fn another_companys_id_from_somebody_who_is_no_superadmin_is_never_used() {
    let door = Door::open().await;
    let (own, other) = (door.connected().await, door.connected().await);
    let token = door.token(&[WRITE, READ], Some(own));
    for request in [
        Ask::post().json(&json!({"CompanyId": other})),
        Ask::post().query(&format!("CompanyId={other}")),
        Ask::post().header("Content-Type", "application/x-www-form-urlencoded").text(&format!("companyid={other}")),
    ] {
        let answered = door.ask(&request.bearer(&token)).await;
        match answered.status {
            200 => assert_eq!(answered.json()["CompanyId"], json!(own)),
            409 => assert_eq!(answered.error_code(), "Conflict"),
            _ => panic!("{answered:?}"),
        }
    }
    assert_eq!(door.jobs_of(own).await.len(), 1);
    assert!(door.jobs_of(other).await.is_empty());
    let listed = door.ask(&Ask::get(&format!("/codelock/axema/usersync?CompanyId={other}")).bearer(&token)).await;
    assert_eq!(listed.json()["Results"][0]["CompanyId"], json!(own));
}

#[tokio::test]
async fn a_superadmin_starts_a_sync_for_the_company_it_names() {
    let door = Door::open().await;
    let (own, other) = (door.connected().await, door.connected().await);
    for claim in [None, Some(own)] {
        let answered =
            door.ask(&Ask::post().bearer(&door.token(&[SUPERADMIN], claim)).json(&json!({"CompanyId": other}))).await;
        assert!(matches!(answered.status, 200 | 409), "{answered:?}");
        if let Some(location) = answered.header("location") {
            let running = door.ask(&Ask::get(location).bearer(&door.token(&[SUPERADMIN], claim))).await;
            assert_eq!((running.status, &running.json()["CompanyId"]), (200, &json!(other)), "{location}");
        }
    }
    assert_eq!(door.jobs_of(other).await.len(), 1);
    assert!(door.jobs_of(own).await.is_empty());
}

#[tokio::test]
async fn a_caller_without_one_company_is_told_to_name_one_if_it_may_and_to_be_connected_to_one_if_not() {
    const NAMES: &str = "CompanyId is needed";
    const MAY_NOT: &str = "CompanyId cannot be chosen by your account";
    let door = Door::open().await;
    let two = door.good_token(&door.realm).role(WRITE).claim("company_id", json!([company(), company()]));
    let two = two.sign().expect("a token");
    let named = || Ask::post().json(&json!({"CompanyId": company()}));
    for (ask, token, told) in [
        (Ask::post(), door.token(&[SUPERADMIN], None), NAMES),
        (Ask::post(), door.token(&[WRITE], None), MAY_NOT),
        (named(), door.token(&[WRITE], None), MAY_NOT),
        (named(), two, MAY_NOT),
        (Ask::get(SYNCS).query(&format!("CompanyId={}", company())), door.token(&[READ], None), MAY_NOT),
    ] {
        let answered = door.ask(&ask.bearer(&token)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (400, "SerializationException"));
        assert_eq!(answered.field(), "CompanyId");
        let message = answered.json()["ResponseStatus"]["Message"].to_string();
        assert!(message.contains(told), "{message}");
    }
    assert!(door.items().await.is_empty());
}

#[tokio::test]
async fn a_caller_without_a_fitting_role_is_forbidden() {
    let door = Door::open().await;
    let own = door.connected().await;
    for (roles, request) in [
        (&[READ][..], Ask::post()),
        (&[], Ask::post()),
        (&["offline_access", "SUPERADMIN"], Ask::get(SYNCS)),
        (&[], Ask::job("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f")),
    ] {
        let answered = door.ask(&request.bearer(&door.token(roles, Some(own)))).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (403, "Forbidden"), "{roles:?}");
        assert_eq!(answered.json()["ResponseStatus"]["Message"], "You have too low privileges to call this service");
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
}

/// Fault 9.
#[tokio::test]
async fn a_company_without_a_connection_is_refused_before_the_lock() {
    let door = Door::open().await;
    let (stranger, switched_off) = (company(), company());
    door.connect(switched_off, false).await;
    for own in [stranger, switched_off] {
        let answered = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (409, "AxemaNotConfigured"));
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
    assert!(door.messages().await.is_empty());
}
