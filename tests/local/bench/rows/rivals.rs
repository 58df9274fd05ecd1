//! The same job by others, against ours: the same servers, the same people, the same end.

use std::time::Duration;

use super::{PAGE_TAKES, WRITE_TAKES, count};
use crate::bench::dynamodb::Item;
use crate::bench::figure::{Figure, Table, number};
use crate::bench::fixture::{Company, Fixture, Synced};
use crate::bench::rivals::{Rival, Took};
use crate::bench::{BenchError, Scale};

/// What is left of a company after its first sync and after the re-sync: customers, and how many links.
type Left = [(Vec<Item>, usize); 2];

/// Measures.
///
/// # Errors
/// [`BenchError`]; a rival that leaves something else behind than we do is one.
pub async fn measure(fixture: &Fixture, scale: Scale) -> Result<Vec<Table>, BenchError> {
    let users = match scale {
        Scale::Full => 20_000,
        Scale::Quick => 1_000,
    };
    fixture.clear().await?;
    let company = fixture.company(users, 1).await?;
    fixture.vaka.set_latency(PAGE_TAKES);
    fixture.dynamodb.set_write_takes(WRITE_TAKES);
    let measured = all(fixture, &company).await;
    fixture.vaka.set_latency(Duration::ZERO);
    fixture.dynamodb.set_write_takes(Duration::ZERO);
    fixture.vaka.populate(company.device, 0, 1);
    measured.map(|figures| vec![table(figures, users)])
}

async fn all(fixture: &Fixture, company: &Company) -> Result<Vec<Figure>, BenchError> {
    let people = fixture.vaka.users(company.device);
    let mut function = fixture.function()?;
    let ours_first = fixture.sync(&mut function, company).await?;
    let left_first = fixture.left(company);
    fixture.vaka.change(company.device, company.users / 100);
    let ours_again = fixture.sync(&mut function, company).await?;
    let left: Left = [left_first, fixture.left(company)];
    drop(function);

    let mut figures = Vec::new();
    for rival in Rival::ALL {
        eprintln!("bench: rivals: {}", rival.name());
        fixture.clear().await?;
        fixture.connect(company).await?;
        fixture.vaka.set_users(company.device, people.clone());
        let [first, again] = both(fixture, company, rival, &left).await?;
        figures.extend(against(rival, &first, &ours_first, &again, &ours_again));
    }
    Ok(figures)
}

async fn both(fixture: &Fixture, company: &Company, rival: Rival, left: &Left) -> Result<[Took; 2], BenchError> {
    let mut running = rival.start(fixture, company).await?;
    let first = running.sync(rival, fixture).await?;
    if first.users.get("found") != Some(&(company.users as u64)) {
        return Err(BenchError::went_wrong(rival.name(), format!("it says {:?}", first.users)));
    }
    same(rival, &fixture.left(company), &left[0])?;
    fixture.vaka.change(company.device, company.users / 100);
    let again = running.sync(rival, fixture).await?;
    same(rival, &fixture.left(company), &left[1])?;
    Ok([first, again])
}

fn same(rival: Rival, theirs: &(Vec<Item>, usize), ours: &(Vec<Item>, usize)) -> Result<(), BenchError> {
    if theirs == ours {
        return Ok(());
    }
    let different = theirs.0.iter().zip(&ours.0).filter(|(theirs, ours)| theirs != ours).count();
    let how = format!(
        "it left {} customers and {} links, and we {} and {}; {different} customers differ",
        theirs.0.len(),
        theirs.1,
        ours.0.len(),
        ours.1
    );
    Err(BenchError::went_wrong(rival.name(), how))
}

fn against(rival: Rival, first: &Took, ours_first: &Synced, again: &Took, ours_again: &Synced) -> [Figure; 5] {
    let ratio = |theirs: Duration, ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    let named = |what: &str| format!("{}: {what}", rival.name());
    let wall = Figure::told(named("first sync, wall"), ratio(first.wall, ours_first.wall), "times ours");
    [
        if rival.writes_one_by_one() { wall.at_least(2.0) } else { wall },
        Figure::told(named("first sync, processor"), ratio(first.processor, ours_first.processor), "times ours")
            .at_least(20.0),
        Figure::told(
            named("first sync, requests to DynamoDB"),
            count(first.counts.all_requests()) / count(ours_first.counts.all_requests()),
            "times ours",
        ),
        Figure::told(named("re-sync, wall"), ratio(again.wall, ours_again.wall), "times ours"),
        Figure::told(named("re-sync, processor"), ratio(again.processor, ours_again.processor), "times ours"),
    ]
}

fn table(figures: Vec<Figure>, users: usize) -> Table {
    Table {
        row: "rivals",
        title: format!("The same sync of {} users, by others", number(count(users as u64))),
        figures,
        notes: vec![format!(
            "The programs are in `tests/rivals`. They have the same servers, VAKA with {} ms a page and writes of {} \
             ms, and the same people, and a figure stands only where they left the same customers and as many links \
             as we did, after the first sync and after the re-sync with 1 % changed. They keep no lease, counters, \
             report or resumable state, and their interpreters and packages are loaded before the clock starts. \
             One run of each.",
            PAGE_TAKES.as_millis(),
            WRITE_TAKES.as_millis(),
        )],
    }
}
