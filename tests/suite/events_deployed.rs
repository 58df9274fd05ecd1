//! The deployed template tells of the end of a sync through a rule at the account's default bus.

use std::time::Duration;

use local::cloud;
use local::listener::Listener;
use local::world::World;

/// The recover function's minute, and the emulator's own slowness.
const TOLD_WITHIN: Duration = Duration::from_secs(150);

#[tokio::test]
async fn a_deployed_sync_is_told_of_when_it_has_ended() {
    if cloud::given().is_some() {
        return;
    }
    let world = World::start().await.expect("a deployed world");
    world.vaka.populate(world.device, 20, 1);
    let listener = Listener::for_company(world.endpoint(), &world.company.to_string()).await.expect("a listener");
    let token = world.administrator().sign().expect("a token");
    let job = world.post_sync(&token).await.expect("an answer");
    let heard = listener.heard(1, TOLD_WITHIN).await.expect("a poll");
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["detail-type"], "AxemaUserSync Completed");
    assert_eq!(heard[0]["detail"]["JobId"], job.id().expect("a job"));
    assert_eq!(heard[0]["detail"]["UsersCreated"], 20);
}
