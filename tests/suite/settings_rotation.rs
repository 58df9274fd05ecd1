//! An api key that is replaced while a sync runs (fault 28).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::vaka::{Fault, Route};
use serde_json::json;
use shared::job::{FailureCode, Status};
use sync::source::{AccountError, ApiKey, CompanyKey, ReadApiKey, Server, SourceError};

use crate::http_door::{Door, WRITE};
use crate::settings_write::update;
use crate::source_company::{API_KEY, Company, read_users, time_for};
use crate::works::{TIMEOUT, Works, body};

const MINUTE: Duration = Duration::from_secs(60);

/// A key that is kept where a test can replace it.
struct Kept(Arc<Mutex<&'static str>>);

impl Kept {
    fn at_first() -> Self {
        Self(Arc::new(Mutex::new(API_KEY)))
    }

    fn replace(&self, key: &'static str) {
        *self.0.lock().expect("a key") = key;
    }

    /// The key as it was just read, and how it is read again.
    fn company_key(&self) -> CompanyKey {
        let kept = Arc::clone(&self.0);
        let read: ReadApiKey = Arc::new(move || {
            let key = *kept.lock().expect("a key");
            Box::pin(std::future::ready(ApiKey::parse(key).map_err(|_| AccountError::Missing)))
        });
        CompanyKey::new(ApiKey::parse(API_KEY).expect("a key"), read)
    }
}

#[tokio::test]
async fn a_key_that_is_replaced_in_mid_walk_is_read_again_and_the_same_page_asked_for_with_it() {
    for refusal in [401, 403] {
        let company = Company::with_paged_users(500);
        let kept = Kept::at_first();
        let reader = company.client().for_company(kept.company_key(), time_for(MINUTE));
        let gate = company.vaka.on(Route::Users).nth(3).hold();
        let mut stream = reader.users(company.device);
        let mut read = stream.next_chunk().await.expect("a page").expect("users");
        company.vaka.set_api_key(*company.device.as_uuid(), "another-key");
        if refusal == 401 {
            // As a VAKA that does not say which of the two credentials it is about.
            company.vaka.on(Route::Users).first(1).fault(Fault::status(401));
        }
        kept.replace("another-key");
        gate.release();
        while let Some(chunk) = stream.next_chunk().await.expect("a page") {
            read.extend(chunk);
        }
        assert_eq!(read, company.listed(), "{refusal}");
        // The reader's other lists begin with the key that is right.
        let before = company.calls(Route::Groups).len();
        reader.groups(company.device).await.expect("groups");
        assert_eq!(company.calls(Route::Groups).len(), before + 1);
    }
}

#[tokio::test]
async fn a_key_that_is_refused_and_still_the_same_is_not_tried_again() {
    let company = Company::with_users(5);
    let kept = Kept::at_first();
    company.vaka.set_api_key(*company.device.as_uuid(), "another-key");
    let reader = company.client().for_company(kept.company_key(), time_for(MINUTE));
    let error = read_users(&reader, company.device).await.expect_err("a refusal");
    assert!(matches!(error, SourceError::Forbidden), "{error:?}");
    assert_eq!(company.calls(Route::Users).len(), 1);
    // A second key that is wrong as well is the last.
    kept.replace("a-third-key");
    let error = read_users(&reader, company.device).await.expect_err("a refusal");
    assert!(matches!(error, SourceError::Forbidden), "{error:?}");
    assert_eq!(company.calls(Route::Users).len(), 3);
    company.vaka.on(Route::Users).fault(Fault::status(401));
    let error = read_users(&reader, company.device).await.expect_err("a refusal");
    assert!(matches!(error, SourceError::Refused { by: Server::Vaka }), "{error:?}");
    assert_eq!(company.calls(Route::Users).len(), 5);
}

#[tokio::test]
async fn a_key_that_was_removed_ends_the_reading_with_what_to_do() {
    let company = Company::with_users(5);
    let kept = Kept::at_first();
    kept.replace("");
    company.vaka.set_api_key(*company.device.as_uuid(), "another-key");
    let reader = company.client().for_company(kept.company_key(), time_for(MINUTE));
    let error = read_users(&reader, company.device).await.expect_err("a refusal");
    assert!(matches!(error, SourceError::ApiKey(AccountError::Missing)) && !error.retryable(), "{error:?}");
    assert!(error.plain().contains("API key") && error.plain().contains("removed"));
    assert_eq!(sync::failure::source(&error).code, FailureCode::ApiKeyMissing);
}

/// The whole way: an administrator stores the new key at the door while a worker reads.
#[tokio::test]
async fn a_running_sync_goes_on_with_the_key_that_an_administrator_stores_meanwhile() {
    for stored in [true, false] {
        let works = Works::open().await;
        works.vaka.populate(works.device, 300, 1);
        works.vaka.page_users(Some(100));
        let door = Door::over(works.fresh.clone(), None, |_| {}).await;
        let job = works.accept().await;
        let gate = works.vaka.on(Route::Users).nth(2).hold();
        let (worker, message) = (works.worker(), body(works.company, job));
        let rotating = async {
            gate.reached().await;
            works.vaka.set_api_key(works.device, "another-key");
            if stored {
                let writer = door.token(&[WRITE], Some(works.company));
                let answered = door.ask(&update(&json!({"ApiKey": "another-key"})).bearer(&writer)).await;
                assert_eq!(answered.status, 200, "{}", answered.text);
            }
            gate.release();
        };
        let (response, ()) = tokio::join!(works.deliver(&worker, &message, TIMEOUT), rotating);
        assert!(response.batch_item_failures.is_empty(), "the message is done");
        let ended = works.ended(job).await;
        let expected =
            if stored { (Status::Completed, None) } else { (Status::Failed, Some(FailureCode::SourceForbidden)) };
        assert_eq!((ended.status, ended.failure_code), expected);
        if stored {
            assert_eq!(works.customers().await.len(), 300);
        }
    }
}
