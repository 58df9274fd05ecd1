//! The deployed template with its customers at BokaMera.

use local::bokamera::{API_KEY, Fault, Ids, Manners, PASSWORD, Route};
use local::cloud;
use local::world::World;
use serde_json::Value;

use crate::deployed::{ended, let_the_lease_lapse, logged};

/// Fault 12, by the real form of a crash: SIGKILL while a customer is being made and the answers
/// about others are lost.
#[tokio::test]
async fn a_worker_that_is_killed_while_it_makes_customers_is_followed_by_one_that_makes_nobody_twice() {
    if cloud::given().is_some() {
        return;
    }
    let world = World::start_with(&[("CustomersHome", "rest")]).await.expect("a deployed world");
    world.bokamera.behave(Manners { ids: Ids::Ignored, ..Manners::default() });
    world.vaka.populate(world.device, 200, 1);
    let token = world.administrator().sign().expect("a token");
    world.bokamera.on(Route::Create).every(7).fault(Fault::LoseAnswer);
    let gate = world.bokamera.on(Route::Create).nth(62).hold();
    let started = world.post_sync(&token).await.expect("an answer");
    let id = started.id().expect("a job").to_owned();
    gate.reached().await;
    assert!(world.stack.kill("sync").expect("processes") > 0);
    world.bokamera.calm();
    let_the_lease_lapse(&world, &id).await;
    let job = ended(&world, &token, &id).await;
    assert_eq!((&job["StatusName"], &job["UsersFound"]), (&Value::from("Completed"), &Value::from(200)));
    let customers = world.bokamera.customers(world.company).len() as u64;
    assert_eq!(job["UsersCreated"].as_u64(), Some(customers));

    let again = world.post_sync(&token).await.expect("an answer");
    let again = again.id().expect("a job");
    let second = ended(&world, &token, again).await;
    assert_eq!((second["UsersCreated"].as_u64(), second["UsersUpdated"].as_u64()), (Some(0), Some(0)));
    assert_eq!(world.bokamera.customers(world.company).len() as u64, customers);

    logged(&world, "sync", again).await;
    let secrets = ["@example.com", PASSWORD, API_KEY, "access.", "refresh.", &world.vaka.users(world.device)[0].name];
    for binary in ["api", "sync", "recover"] {
        for line in world.stack.logs(binary).await.expect("a log") {
            assert!(!secrets.iter().any(|secret| line.contains(*secret)), "{binary} logged something personal");
        }
    }
}
