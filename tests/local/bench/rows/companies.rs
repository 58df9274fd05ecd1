//! Fifty companies at once, one of them huge: what the small ones feel of it.
//!
//! As many workers as the template lets loose take messages in the order of their arrival, and the huge
//! company's is the first of them. What SQS does beyond that, to be fair between companies that send
//! many messages, is not looked at: a company has one message at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::queue::Nudge;
use tokio::task::JoinSet;

use super::{PAGE_TAKES, WRITE_TAKES};
use crate::bench::figure::{Figure, Table, number};
use crate::bench::fixture::{Company, Fixture, deliver};
use crate::bench::{BenchError, Scale};
use crate::runtime::FunctionProcess;
use crate::template::Template;

const SMALL_COMPANIES: usize = 49;
const SMALL: usize = 200;

/// What became of a message: whose, how long the worker had it, and when it was done.
struct Done {
    company: usize,
    own: Duration,
    end: Duration,
}

/// Measures.
///
/// # Errors
/// [`BenchError`].
pub async fn measure(fixture: &Fixture, scale: Scale) -> Result<Vec<Table>, BenchError> {
    let huge = match scale {
        Scale::Full => 50_000,
        Scale::Quick => 10_000,
    };
    let workers = sync_concurrency()?;
    let mut functions: Vec<_> = (0..workers).map(|_| fixture.function()).collect::<Result<_, _>>()?;
    fixture.clear().await?;
    // A worker that has started and signed in, as nearly every one on Lambda has.
    let nobody = fixture.company(1, 9).await?;
    for function in &mut functions {
        fixture.sync(function, &nobody).await?;
    }
    fixture.vaka.set_latency(PAGE_TAKES);
    fixture.dynamodb.set_write_takes(WRITE_TAKES);
    let measured = side_by_side(fixture, functions, huge).await;
    fixture.vaka.set_latency(Duration::ZERO);
    fixture.dynamodb.set_write_takes(Duration::ZERO);
    Ok(vec![table(&measured?, huge, workers)])
}

/// Own time of a small company alone; all small ones at once; all with the huge one before them.
struct Measured {
    alone: Duration,
    without: Vec<Done>,
    with: Vec<Done>,
}

async fn side_by_side(
    fixture: &Fixture,
    mut functions: Vec<FunctionProcess>,
    huge: usize,
) -> Result<Measured, BenchError> {
    let mut alone = Vec::new();
    for seed in 0..5 {
        let company = fixture.company(SMALL, 100 + seed).await?;
        if let Some(function) = functions.first_mut() {
            alone.push(fixture.sync(function, &company).await?.wall);
        }
    }
    let mut small = Vec::new();
    for seed in 0..SMALL_COMPANIES {
        small.push(fixture.company(SMALL, 200 + seed as u64).await?);
    }
    let (without, functions) = together(fixture, functions, &small).await?;
    eprintln!("bench: companies: {SMALL_COMPANIES} small ones");
    let mut all = vec![fixture.company(huge, 7).await?];
    for seed in 0..SMALL_COMPANIES {
        all.push(fixture.company(SMALL, 300 + seed as u64).await?);
    }
    let (with, _) = together(fixture, functions, &all).await?;
    eprintln!("bench: companies: {SMALL_COMPANIES} small ones and a huge one");
    Ok(Measured { alone: median(alone), without, with })
}

/// All of them asked for in one moment.
async fn together(
    fixture: &Fixture,
    functions: Vec<FunctionProcess>,
    companies: &[Company],
) -> Result<(Vec<Done>, Vec<FunctionProcess>), BenchError> {
    let mut nudges = VecDeque::new();
    for (at, company) in companies.iter().enumerate() {
        nudges.push_back((at, fixture.accept(company).await?));
    }
    let sent = nudges.clone();
    let queue = Arc::new(Mutex::new(nudges));
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for function in functions {
        workers.spawn(work(function, Arc::clone(&queue), began));
    }
    let (mut done, mut functions) = (Vec::new(), Vec::new());
    while let Some(worked) = workers.join_next().await {
        let (of_one, function) = worked.map_err(std::io::Error::other)??;
        done.extend(of_one);
        functions.push(function);
    }
    for (company, nudge) in sent.iter().filter_map(|(at, nudge)| Some((companies.get(*at)?, nudge))) {
        fixture.ended(company, nudge)?;
    }
    Ok((done, functions))
}

async fn work(
    mut function: FunctionProcess,
    queue: Arc<Mutex<VecDeque<(usize, Nudge)>>>,
    began: Instant,
) -> Result<(Vec<Done>, FunctionProcess), BenchError> {
    let mut done = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((company, nudge)) = next else { return Ok((done, function)) };
        let own = deliver(&mut function, &nudge).await?;
        done.push(Done { company, own, end: began.elapsed() });
    }
}

fn table(measured: &Measured, huge: usize, workers: usize) -> Table {
    let Measured { alone, without, with } = measured;
    // The huge company is the first, where there is one.
    let small = || with.iter().filter(|done| done.company > 0);
    let huge_end = with.iter().find(|done| done.company == 0).map(|done| done.end).unwrap_or_default();
    let ends: [Vec<Duration>; 2] =
        [small().map(|done| done.end).collect(), without.iter().map(|done| done.end).collect()];
    let owns: [Vec<Duration>; 2] =
        [small().map(|done| done.own).collect(), without.iter().map(|done| done.own).collect()];
    let ratio = |of: fn(Vec<Duration>) -> Duration, [with, without]: [Vec<Duration>; 2]| {
        of(with).as_secs_f64() / of(without).as_secs_f64()
    };
    let last = |times: Vec<Duration>| times.into_iter().max().unwrap_or_default();
    let last_end = last(ends[0].clone());
    Table {
        row: "companies",
        title: format!(
            "{SMALL_COMPANIES} companies of {SMALL} users and one of {} at once, {workers} workers",
            number(super::count(huge as u64))
        ),
        figures: vec![
            Figure::told(
                "the last small one's end, against the same without the huge one",
                ratio(last, ends.clone()),
                "times",
            )
            .at_most(1.2),
            Figure::told("the median small one's end, against the same without", ratio(median, ends), "times")
                .at_most(1.2),
            Figure::told("the median small one's own time, against the same without", ratio(median, owns), "times")
                .at_most(1.2),
            Figure::told(
                "the huge one's end, against the last small one's",
                huge_end.as_secs_f64() / last_end.as_secs_f64(),
                "times",
            ),
        ],
        notes: vec![format!(
            "Everything is asked for in the same moment, the huge company first. It takes one worker of {workers}, so \
             the small ones have {} of them: {:.2} times the time at least. A small one by itself takes {:.2} s, the \
             last of them all ends after {:.2} s.",
            workers - 1,
            super::count(workers as u64) / super::count(workers as u64 - 1),
            alone.as_secs_f64(),
            last_end.as_secs_f64(),
        )],
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// As many workers as the template lets loose when nobody says otherwise.
fn sync_concurrency() -> Result<usize, BenchError> {
    let template = Template::read().map_err(std::io::Error::other)?;
    let default = template.value()["Parameters"]["SyncConcurrency"]["Default"].as_u64();
    let workers = default.and_then(|workers| usize::try_from(workers).ok());
    workers.ok_or_else(|| BenchError::went_wrong("template.yaml", "SyncConcurrency has no default".to_owned()))
}
