//! The connection at the deployed door: stored, tested through a real Lambda invocation, used by a
//! sync, and removed.

use std::time::Duration;

use local::cloud;
use local::world::World;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::deployed::logged;

const SETTINGS: &str = "/codelock/axema/settings";

/// Marked, so that it can be looked for where it must not be.
const KEY: &str = "marked-key-7f3a";

#[tokio::test]
async fn a_company_is_connected_tested_synced_and_disconnected_over_http_and_its_key_comes_out_nowhere() {
    if cloud::given().is_some() {
        // An AWS that cannot run functions has no door to be asked at.
        return;
    }
    let world = World::start().await.expect("a deployed world");
    let company = Uuid::new_v4();
    let device = world.vaka.add_system(KEY);
    world.vaka.populate(device, 40, 1);
    let token = world.realm.token().company(&company.to_string()).role(local::world::WRITE_ROLE);
    let token = token.sign().expect("a token");
    let call = async |method: Method, path: &str, body: Value| {
        let answer = world.call(method, path, &token, &body.to_string()).await.expect("an answer");
        assert!(!answer.text.contains("marked"), "{}", answer.text);
        answer
    };
    assert_eq!(call(Method::GET, SETTINGS, json!({})).await.status, 404);
    let wanted = json!({"ApiKey": KEY, "DeviceIds": [device.to_string()]});
    assert_eq!(call(Method::POST, SETTINGS, wanted.clone()).await.status, 200);
    assert_eq!(call(Method::POST, SETTINGS, wanted).await.status, 409);
    let tested = call(Method::POST, &format!("{SETTINGS}/test"), json!({})).await;
    assert_eq!(
        (tested.status, &tested.body["Works"], &tested.body["UsersFound"]),
        (200, &json!(true), &json!(40)),
        "{}",
        tested.text
    );

    let started = call(Method::POST, local::world::PATH, json!({})).await;
    let path = format!("{}/{}", local::world::PATH, started.id().expect("a job"));
    let ending = async {
        loop {
            let job = call(Method::GET, &path, json!({})).await.body;
            if job["Status"].as_u64().is_some_and(|status| status >= 2) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let job = tokio::time::timeout(Duration::from_secs(120), ending).await.expect("the sync ends");
    assert_eq!((&job["StatusName"], &job["UsersCreated"]), (&json!("Completed"), &json!(40)));

    assert_eq!(call(Method::PUT, SETTINGS, json!({"Active": false})).await.body["Active"], false);
    let refused = call(Method::POST, local::world::PATH, json!({})).await;
    assert_eq!(refused.body["ResponseStatus"]["ErrorCode"], "AxemaNotConfigured");
    assert_eq!(call(Method::DELETE, SETTINGS, json!({})).await.status, 200);
    assert_eq!(call(Method::GET, SETTINGS, json!({})).await.status, 404);
    logged(&world, "sync", job["Id"].as_str().expect("an id")).await;
    for binary in ["api", "sync", "recover"] {
        for line in world.stack.logs(binary).await.expect("a log") {
            assert!(!line.contains("marked"), "{binary} logged the key");
        }
    }
}
