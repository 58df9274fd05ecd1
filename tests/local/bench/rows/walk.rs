//! The walk against its source: wall time as a ratio to reading alone, processor time, requests, units.

use std::time::Duration;

use super::{PAGE_TAKES, WRITE_TAKES, count, least, thousands};
use crate::bench::dynamodb::{Counts, Subject};
use crate::bench::figure::{Figure, Table, number};
use crate::bench::fixture::{Company, Fixture, Synced};
use crate::bench::{BenchError, Scale, source};

/// Users of a transaction of a first sync: what it may hold, less the job and its report, by two for each.
const USERS_A_TRANSACTION: usize = 49;

/// What was seen of one company's syncs, round for round.
#[derive(Debug, Default)]
pub struct Walked {
    read_first: Vec<Duration>,
    read_again: Vec<Duration>,
    first: Vec<Synced>,
    changed: Vec<Synced>,
    unchanged: Vec<Synced>,
}

/// Measures.
///
/// # Errors
/// [`BenchError`].
pub async fn measure(fixture: &Fixture, scale: Scale) -> Result<Vec<Table>, BenchError> {
    let (large, small, rounds) = match scale {
        Scale::Full => (20_000, 1_000, 3),
        Scale::Quick => (5_000, 1_000, 1),
    };
    let few = rounds_of(fixture, small, 1).await?;
    let many = rounds_of(fixture, large, rounds).await?;
    Ok(vec![wall(&many, large), processor(&many, large), requests(&few, &many, small, large)])
}

async fn rounds_of(fixture: &Fixture, users: usize, rounds: usize) -> Result<Walked, BenchError> {
    let mut walked = Walked::default();
    for round in 0..rounds {
        fixture.clear().await?;
        let company = fixture.company(users, 1).await?;
        fixture.vaka.set_latency(PAGE_TAKES);
        fixture.dynamodb.set_write_takes(WRITE_TAKES);
        let read = walked.round(fixture, &company).await;
        fixture.vaka.set_latency(Duration::ZERO);
        fixture.dynamodb.set_write_takes(Duration::ZERO);
        fixture.vaka.populate(company.device, 0, 1);
        read?;
        eprintln!("bench: walk: {users} users, round {} of {rounds}", round + 1);
    }
    Ok(walked)
}

impl Walked {
    async fn round(&mut self, fixture: &Fixture, company: &Company) -> Result<(), BenchError> {
        // A reader that has to sign in against a first sync that has to, and both again when they need not.
        let reader = source::reader(fixture)?;
        self.read_first.push(source::read(&reader, company).await?);
        let mut function = fixture.function()?;
        self.first.push(fixture.sync(&mut function, company).await?);
        fixture.vaka.change(company.device, company.users / 100);
        self.read_again.push(source::read(&reader, company).await?);
        self.changed.push(fixture.sync(&mut function, company).await?);
        self.unchanged.push(fixture.sync(&mut function, company).await?);
        Ok(())
    }
}

fn wall(many: &Walked, users: usize) -> Table {
    let wall = |synced: &[Synced]| least(&synced.iter().map(|synced| synced.wall).collect::<Vec<_>>());
    let ratio = |synced: &[Synced], read: &[Duration]| wall(synced).as_secs_f64() / least(read).as_secs_f64();
    Table {
        row: "walk",
        title: format!("A sync of {} users against reading its source alone", number(count(users as u64))),
        figures: vec![
            Figure::told("first sync", ratio(&many.first, &many.read_first), "times the reading").at_most(1.10),
            Figure::told("re-sync, 1 % changed", ratio(&many.changed, &many.read_again), "times the reading")
                .at_most(1.03),
            Figure::told("re-sync, nothing changed", ratio(&many.unchanged, &many.read_again), "times the reading"),
        ],
        notes: vec![format!(
            "VAKA takes {} ms a page of 100, a write {} ms. Of {} rounds the least time of each counts: the reading \
             took {:.2} s, the first sync {:.2} s, the re-sync {:.2} s.",
            PAGE_TAKES.as_millis(),
            WRITE_TAKES.as_millis(),
            many.first.len(),
            least(&many.read_first).as_secs_f64(),
            wall(&many.first).as_secs_f64(),
            wall(&many.changed).as_secs_f64(),
        )],
    }
}

fn processor(many: &Walked, users: usize) -> Table {
    let time = |synced: &[Synced]| least(&synced.iter().map(|synced| synced.processor).collect::<Vec<_>>());
    let per_1000 = |synced: &[Synced]| time(synced).as_secs_f64() * 1_000.0 / thousands(users);
    Table {
        row: "walk",
        title: "Processor time of the function's process".to_owned(),
        figures: vec![
            Figure::told("first sync, per 1,000 users", per_1000(&many.first), "ms").at_most(9.0),
            Figure::told("re-sync, 1 % changed, per 1,000 users", per_1000(&many.changed), "ms").at_most(5.0),
            Figure::told("re-sync, nothing changed, per 1,000 users", per_1000(&many.unchanged), "ms"),
        ],
        notes: Vec::new(),
    }
}

/// What a thousand users more cost: the slope between two sizes, and what is left at none.
fn requests(few: &Walked, many: &Walked, small: usize, large: usize) -> Table {
    let last = |synced: &[Synced]| synced.last().map(|synced| synced.counts.clone()).unwrap_or_default();
    let slope = |of: &dyn Fn(&Counts) -> f64, few: &Counts, many: &Counts| {
        (of(many) - of(few)) / (thousands(large) - thousands(small))
    };
    let requests = |counts: &Counts| count(counts.all_requests());
    let reads = Counts::all_read_units;
    let writes = |counts: &Counts| count(counts.all_write_units());
    let users_writes = |counts: &Counts| count(counts.users_write_units());
    let (few_unchanged, unchanged) = (last(&few.unchanged), last(&many.unchanged));
    let accepted = many.unchanged.last().map(|synced| synced.accepted.clone()).unwrap_or_default();
    let (few_first, first) = (last(&few.first), last(&many.first));
    let fixed =
        |of: &dyn Fn(&Counts) -> f64| of(&few_unchanged) - slope(of, &few_unchanged, &unchanged) * thousands(small);
    let transactions = |counts: &Counts| count(counts.requests.get("TransactWriteItems").copied().unwrap_or_default());
    let needed = |users: usize| count(users.div_ceil(USERS_A_TRANSACTION) as u64);
    let fewest = (needed(large) - needed(small)) / (thousands(large) - thousands(small));
    let mut figures = vec![
        Figure::told("re-sync unchanged, requests per 1,000 users", slope(&requests, &few_unchanged, &unchanged), "")
            .at_most(1.0),
        Figure::told("re-sync unchanged, read units per 1,000 users", slope(&reads, &few_unchanged, &unchanged), "")
            .at_most(30.0),
        Figure::told("re-sync unchanged, write units of links and customers", users_writes(&unchanged), "")
            .at_most(0.0),
        Figure::told("and beside it, whatever the number of users: requests", fixed(&requests), ""),
        Figure::told("… write units of the job's own items", writes(&unchanged), ""),
        Figure::told("… and to accept it, by whoever starts it: requests", requests(&accepted), ""),
        Figure::told("… and to accept it: write units", writes(&accepted), ""),
        Figure::told("first sync, transactions per 1,000 users", slope(&transactions, &few_first, &first), "")
            .at_most(fewest),
        Figure::told("first sync, requests per 1,000 users", slope(&requests, &few_first, &first), ""),
        Figure::told("first sync, write units per 1,000 users", slope(&writes, &few_first, &first), ""),
    ];
    for subject in Subject::ALL {
        let of = |counts: &Counts| count(counts.write_units.get(&subject).copied().unwrap_or_default());
        let units = slope(&of, &few_first, &first);
        if units > 0.0 {
            figures.push(Figure::told(format!("… of them for {}", subject.name()), units, ""));
        }
    }
    Table {
        row: "walk",
        title: "DynamoDB requests and units of the sync function".to_owned(),
        figures,
        notes: vec![format!(
            "Per 1,000 users is the slope between {small} and {large} users. A transaction takes 100 writes: the job, \
             its report, and {USERS_A_TRANSACTION} users with a link and a customer each: that is the fewest there can be, \
             and each write in one costs two units."
        )],
    }
}
