//! The description held against the deployed service, by programs that know nothing of either.

use std::time::Duration;

use local::cloud;
use local::schemathesis::Schemathesis;
use local::world::World;
use reqwest::Method;

type Checked = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn schemathesis_finds_no_answer_that_is_not_as_openapi_describes_it() -> Checked {
    if cloud::given().is_some() {
        // An AWS that cannot run functions has no door to be asked at.
        return Ok(());
    }
    let world = World::start().await?;
    world.vaka.populate(world.device, 5, 1);
    let described = world.call(Method::GET, "/openapi.json", "", "").await?;
    assert_eq!(described.status, 200, "{}", described.text);
    let schemathesis = Schemathesis::install(&described.text).await?;
    schemathesis.validate().await.unwrap_or_else(|faults| panic!("{faults}"));
    let lasting = i64::try_from(Duration::from_secs(3600).as_secs())?;
    let token = world.administrator().expires_in_s(lasting).sign()?;
    let report = schemathesis.run(&world.api, &token).await.unwrap_or_else(|faults| panic!("{faults}"));
    // Silence is no verdict: it says of every operation that it was asked.
    let operations = described.body["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let operations = operations.filter_map(|path| path.as_object()).map(|verbs| verbs.len()).sum::<usize>();
    assert!(report.contains(&format!("Tested: {operations}\n")), "{report}");
    Ok(())
}
