//! A connection that is removed or switched off, and the sync that is under way meanwhile.

use aws_sdk_dynamodb::types::AttributeValue;
use local::vaka::Route;
use serde_json::{Value, json};
use shared::ids::CompanyId;
use shared::job::{FailureCode, Status};

use crate::http_door::{Ask, Door, SETTINGS, SYNCS, WRITE, company};
use crate::settings_write::{KEY, ONE, api_key, create, fingerprint_key, secrets, update, wanted};
use crate::works::{TIMEOUT, Works, body};

fn remove() -> Ask {
    Ask::new("DELETE", SETTINGS)
}

async fn connected(door: &Door) -> (CompanyId, String) {
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let created = door.ask(&create(&wanted()).bearer(&writer)).await;
    assert_eq!(created.status, 200, "{}", created.text);
    (own, writer)
}

#[tokio::test]
async fn a_connection_that_is_removed_is_answered_as_it_was_and_its_key_is_gone() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let was = door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.json();
    let before = secrets(&door, own).await;
    let removed = door.ask(&remove().bearer(&writer)).await;
    assert_eq!((removed.status, removed.json()), (200, was));
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.status, 404);
    assert_eq!(door.ask(&remove().bearer(&writer)).await.status, 404);
    let after = secrets(&door, own).await;
    assert_eq!(api_key(&after), None);
    let sync = door.ask(&Ask::post().bearer(&writer)).await;
    assert_eq!((sync.status, sync.error_code().as_str()), (409, "AxemaNotConfigured"));
    // With another one, every user of a company that is connected again would look changed.
    let again = door.ask(&create(&json!({"ApiKey": "another", "DeviceIds": [ONE]})).bearer(&writer)).await;
    assert_eq!(again.status, 200);
    let again = secrets(&door, own).await;
    assert_eq!(api_key(&again).as_deref(), Some("another"));
    assert_eq!(fingerprint_key(&again), fingerprint_key(&before));
}

#[tokio::test]
async fn removing_or_switching_off_ends_the_sync_that_waits_and_frees_its_lock() {
    let door = Door::open().await;
    for ask in [remove(), update(&json!({"Active": false, "ApiKey": "another"}))] {
        let (own, writer) = connected(&door).await;
        let job = door.ask(&Ask::post().bearer(&writer)).await.job();
        assert_eq!(door.ask(&ask.bearer(&writer)).await.status, 200);
        let ended = door.table.job(own, job).await.expect("an answer").expect("a job");
        assert_eq!((ended.status, ended.failure_code), (Status::Failed, Some(FailureCode::Cancelled)));
        let events = door.table.unsent_events(door.clock.now()).await.expect("an answer");
        assert!(events.iter().any(|event| event.job == job), "nobody would be told of the end");
        let sync = door.ask(&Ask::post().bearer(&writer)).await;
        assert_eq!(sync.error_code(), "AxemaNotConfigured");
        // The lock is free: whoever connects again can start at once.
        let back = door.ask(&create(&wanted()).bearer(&writer)).await;
        let back =
            if back.status == 409 { door.ask(&update(&json!({"Active": true})).bearer(&writer)).await } else { back };
        assert_eq!(back.status, 200);
        assert_eq!(door.ask(&Ask::post().bearer(&writer)).await.status, 200);
    }
}

#[tokio::test]
async fn other_changes_leave_a_sync_alone() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    for change in [json!({"Active": true}), json!({"ApiKey": "another"}), json!({"DeviceIds": [ONE]}), json!({})] {
        assert_eq!(door.ask(&update(&change).bearer(&writer)).await.status, 200, "{change}");
    }
    assert_eq!(door.table.job(own, job).await.expect("an answer").expect("a job").status, Status::Pending);
}

/// The lock is read, and then somebody starts a sync.
#[tokio::test]
async fn a_sync_that_starts_while_the_connection_is_being_removed_is_ended_with_it() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let gate = door.proxy.on("GetItem").containing("LOCK").nth(1).hold_after();
    let (app, ask) = (door.app(), remove().bearer(&writer));
    let removing = tokio::spawn(async move { crate::http_door::ask(&app, &ask).await });
    gate.reached().await;
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    gate.release();
    assert_eq!(removing.await.expect("an answer").status, 200);
    let ended = door.table.job(own, job).await.expect("an answer").expect("a job");
    assert_eq!(ended.failure_code, Some(FailureCode::Cancelled));
    assert_eq!(door.jobs_of(own).await.len(), 1);
}

/// The lock is read, and then the sync ends by itself.
#[tokio::test]
async fn a_sync_that_ends_while_the_connection_is_being_removed_is_left_as_it_ended() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    let gate = door.proxy.on("GetItem").containing("LOCK").nth(1).hold_after();
    let (app, ask) = (door.app(), remove().bearer(&writer));
    let removing = tokio::spawn(async move { crate::http_door::ask(&app, &ask).await });
    gate.reached().await;
    let failure = shared::job::Failure::not_handed_off();
    door.table.abandon(own, job, &failure, door.clock.now()).await.expect("an end");
    gate.release();
    assert_eq!(removing.await.expect("an answer").status, 200);
    let ended = door.table.job(own, job).await.expect("an answer").expect("a job");
    assert_eq!(ended.failure_code, Some(FailureCode::NotHandedOff));
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.status, 404);
}

/// Fault 22: a table restored from a backup can hold the lock of a job that has ended.
#[tokio::test]
async fn a_lock_that_no_active_sync_holds_does_not_keep_a_connection_from_being_removed() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let put = door.fresh.endpoint.dynamodb().put_item().table_name(&door.fresh.state_table);
    put.item("company", AttributeValue::S(own.to_string()))
        .item("item", AttributeValue::S("LOCK".to_owned()))
        .item("job", AttributeValue::S("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f".to_owned()))
        .send()
        .await
        .expect("an old lock");
    assert_eq!(door.ask(&remove().bearer(&writer)).await.status, 200);
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.status, 404);
}

#[tokio::test]
async fn a_removal_whose_store_fails_has_removed_nothing() {
    let door = Door::open().await;
    let (own, writer) = connected(&door).await;
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    door.proxy.on("TransactWriteItems").refuse();
    assert_eq!(door.ask(&remove().bearer(&writer)).await.status, 503);
    door.proxy.calm();
    assert_eq!(door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.status, 200);
    assert_eq!(api_key(&secrets(&door, own).await).as_deref(), Some(KEY));
    assert_eq!(door.table.job(own, job).await.expect("an answer").expect("a job").status, Status::Pending);
}

/// A worker in mid-walk writes nothing more; what it did, and who is who, is kept, so that a
/// company that is connected again goes on where it was.
#[tokio::test]
async fn a_worker_in_mid_walk_stops_and_a_company_that_is_connected_again_goes_on_where_it_was() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 200, 1);
    works.vaka.page_users(Some(100));
    let door = Door::over(works.fresh.clone(), None, |_| {}).await;
    let writer = door.token(&[WRITE], Some(works.company));
    let job = works.accept().await;
    let gate = works.vaka.on(Route::Users).nth(2).hold();
    let worker = works.worker();
    let message = body(works.company, job);
    let working = works.deliver(&worker, &message, TIMEOUT);
    let removing = async {
        gate.reached().await;
        // Something is decided before the end.
        while works.links().await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(door.ask(&remove().bearer(&writer)).await.status, 200);
        gate.release();
    };
    let (response, ()) = tokio::join!(working, removing);
    assert!(response.batch_item_failures.is_empty(), "the message is done");
    let ended = works.ended(job).await;
    assert_eq!((ended.status, ended.failure_code), (Status::Failed, Some(FailureCode::Cancelled)));
    let (links, customers) = (works.links().await.len(), works.customers().await.len());
    assert!(links > 0 && links < 200 && customers == links, "{links} links, {customers} customers");

    let device = works.device.to_string();
    let again = create(&json!({"ApiKey": "the-api-key-of-a-test", "DeviceIds": [device]})).bearer(&writer);
    assert_eq!(door.ask(&again).await.status, 200);
    let counters = works.completed().await;
    let known = u64::try_from(links).expect("a number");
    assert_eq!((counters.created, counters.updated, counters.unchanged), (200 - known, 0, known));
    assert_eq!(works.customers().await.len(), 200);
}

#[tokio::test]
async fn a_job_whose_connection_was_removed_is_told_by_every_door_as_cancelled() {
    let door = Door::open().await;
    let (_, writer) = connected(&door).await;
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    door.ask(&remove().bearer(&writer)).await;
    let shown: Value = door.ask(&Ask::job(&job.to_string()).bearer(&writer)).await.json();
    assert_eq!(
        (&shown["StatusName"], &shown["ErrorMessage"]),
        (&json!("Failed"), &json!("Cancelled by an administrator"))
    );
    let listed = door.ask(&Ask::get(SYNCS).bearer(&writer)).await.json();
    assert_eq!(listed["Results"], json!([shown]));
}
