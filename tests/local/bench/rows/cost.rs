//! What 1, 100 and 10,000 companies cost a month, from what a sync was just counted to use.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use recover::Settings;
use shared::clock::Clock;

use super::{PAGE_TAKES, WRITE_TAKES, count};
use crate::bench::BenchError;
use crate::bench::cost::{DAYS, MINUTES, Usage, bills, prices};
use crate::bench::dynamodb::{CUSTOMERS, Counts, STATE};
use crate::bench::figure::{Figure, Table};
use crate::bench::fixture::{Company, Fixture, Synced};
use crate::template::{FUNCTION, Template};

/// Users of each company.
const USERS: usize = 1_000;

/// What is not counted here is assumed, each time on the dear side.
mod assumed {
    /// A sync finds no warm environment, and Lambda charges its start, in s.
    pub const COLD_START_S: f64 = 0.2;
    /// Requests of a company's administrators to the HTTP API in a month, and what one reads and takes.
    pub const API_REQUESTS: f64 = 100.0;
    pub const API_READ_UNITS: f64 = 5.0;
    pub const API_REQUEST_S: f64 = 0.1;
    /// Bytes of logs of an invocation, Lambda's own lines among them.
    pub const LOG_BYTES: f64 = 2_500.0;
    /// Lambda asks an idle queue with five long polls of twenty seconds.
    pub const EMPTY_RECEIVES_A_MINUTE: f64 = 15.0;
    /// What DynamoDB adds to each item that it stores.
    pub const BYTES_BESIDE_AN_ITEM: f64 = 100.0;
    /// Jobs are kept for ninety days, a KB each with their events and reports.
    pub const BYTES_OF_JOBS: f64 = 90.0 * 1_024.0;
}

/// A whole processor comes with this much memory; less memory is a part of one.
const MEGABYTES_OF_A_PROCESSOR: f64 = 1_769.0;

/// What was measured of one company, and of the clock with nothing to do and with an end to tell.
struct Measured {
    first: Synced,
    again: Synced,
    stored_gb: f64,
    idle: (Counts, Duration),
    telling: Counts,
}

/// Measures.
///
/// # Errors
/// [`BenchError`].
pub async fn measure(fixture: &Fixture) -> Result<Vec<Table>, BenchError> {
    fixture.clear().await?;
    let company = fixture.company(USERS, 1).await?;
    fixture.vaka.set_latency(PAGE_TAKES);
    fixture.dynamodb.set_write_takes(WRITE_TAKES);
    let measured = one_company(fixture, &company).await;
    fixture.vaka.set_latency(Duration::ZERO);
    fixture.dynamodb.set_write_takes(Duration::ZERO);
    let template = Template::read().map_err(std::io::Error::other)?;
    Ok(vec![table(&measured?, &template)])
}

async fn one_company(fixture: &Fixture, company: &Company) -> Result<Measured, BenchError> {
    clock(fixture).await?;
    let idle = clock(fixture).await?;
    let mut function = fixture.function()?;
    let first = fixture.sync(&mut function, company).await?;
    clock(fixture).await?;
    fixture.vaka.change(company.device, USERS / 100);
    let again = fixture.sync(&mut function, company).await?;
    let (told, _) = clock(fixture).await?;
    let items = fixture.dynamodb.items(STATE, company.id, "LINK#").into_iter();
    let items = items.chain(fixture.dynamodb.items(CUSTOMERS, company.id, ""));
    let weight = |item| count(crate::bench::dynamodb::weight(&item) as u64) + assumed::BYTES_BESIDE_AN_ITEM;
    let stored_gb = (items.map(weight).sum::<f64>() + assumed::BYTES_OF_JOBS) / 1e9;
    Ok(Measured { first, again, stored_gb, telling: told - &idle.0, idle })
}

/// One minute's run of the recover function's own code.
async fn clock(fixture: &Fixture) -> Result<(Counts, Duration), BenchError> {
    let endpoint = fixture.dynamodb.endpoint();
    let settings = Settings {
        state_table: STATE.to_owned(),
        queue_url: format!("{}/000000000000/sync", endpoint.url()),
        event_bus: "default".to_owned(),
    };
    let app = recover::App::new(settings, &endpoint.sdk(), Clock::system());
    let (before, began) = (fixture.dynamodb.counts(), Instant::now());
    app.run().await.map_err(|error| BenchError::went_wrong("the recover function", error.to_string()))?;
    let took = began.elapsed();
    match fixture.dynamodb.unknown() {
        None => Ok((fixture.dynamodb.counts() - &before, took)),
        Some(unknown) => Err(BenchError::went_wrong("the bench's endpoint", unknown)),
    }
}

fn table(measured: &Measured, template: &Template) -> Table {
    let [sync_mb, api_mb, recover_mb] = ["sync", "api", "recover"].map(|binary| memory(template, binary));
    let (nobody, one) = (of_nobody(measured, template, recover_mb), of_a_company(measured, sync_mb, api_mb));
    let sizes = [("1 company", 1.0), ("100 companies", 100.0), ("10,000 companies", 10_000.0)];
    let months = sizes.map(|(named, companies)| (named, nobody.with(companies, &one)));
    let (first, again) = (of_sync(&measured.first, sync_mb), of_sync(&measured.again, sync_mb));
    let mut figures: Vec<_> =
        months.iter().map(|(named, usage)| Figure::told(format!("{named}, a month"), usage.dollars(), "$")).collect();
    figures.push(Figure::told("of it before the first company", nobody.dollars(), "$"));
    figures.push(Figure::told("of it for each company", one.dollars(), "$"));
    figures.push(Figure::told("once for each company: its first sync", first.dollars(), "$"));
    figures.push(Figure::told("a million syncs after it", again.dollars() * 1e6, "$"));
    Table {
        row: "cost",
        title: format!("What companies of {USERS} users cost a month"),
        figures,
        notes: vec![
            bills(&months),
            format!(
                "Each company syncs daily by its schedule and finds 1 % changed. Counted by this run: requests and units of \
             the start, the sync and the telling of its end, of the recover function each minute, and bytes of links \
             and customers. A function's time is what it took here, with its processor time stretched to the part of a \
             processor that {sync_mb:.0} MB give. Assumed: a cold start of {} s for each sync, {:.0} requests of \
             administrators a month, {:.0} bytes of logs an invocation, {:.0} empty receives a minute. No \
             free tier is taken off.",
                assumed::COLD_START_S,
                assumed::API_REQUESTS,
                assumed::LOG_BYTES,
                assumed::EMPTY_RECEIVES_A_MINUTE,
            ),
            format!(
                "Prices of us-east-1, as public pages quoted them on 2026-11-24, but for those of backup and alarms, \
                 which were not found quoted; each with AWS's own page:\n\n{}",
                prices()
            ),
        ],
    }
}

/// What is there before the first company comes.
fn of_nobody(measured: &Measured, template: &Template, recover_mb: f64) -> Usage {
    let number = |of_type: &str| count(template.resources_of(of_type).count() as u64);
    Usage {
        read_units: MINUTES * measured.idle.0.all_read_units(),
        write_units: MINUTES * count(measured.idle.0.all_write_units()),
        function_gb_s: MINUTES * measured.idle.1.as_secs_f64() * gigabytes(recover_mb),
        invocations: MINUTES,
        queue_requests: MINUTES * assumed::EMPTY_RECEIVES_A_MINUTE,
        log_gb: MINUTES * assumed::LOG_BYTES / 1e9,
        alarms: number("AWS::CloudWatch::Alarm"),
        metrics: metrics(template),
        keys: number("AWS::KMS::Key"),
        ..Usage::default()
    }
}

/// What is counted in several logs is one metric.
fn metrics(template: &Template) -> f64 {
    let counted = template.resources_of("AWS::Logs::MetricFilter");
    let counted =
        counted.flat_map(|filter| filter.property(&["MetricTransformations"]).as_array().into_iter().flatten());
    let names: HashSet<_> = counted.map(|metric| metric["MetricName"].as_str()).collect();
    count(names.len() as u64)
}

fn of_a_company(measured: &Measured, sync_mb: f64, api_mb: f64) -> Usage {
    let syncs = Usage::default().with(DAYS, &of_sync(&measured.again, sync_mb));
    let telling = &measured.telling;
    let beside = Usage {
        write_units: DAYS * count(telling.all_write_units()),
        read_units: DAYS * telling.all_read_units() + assumed::API_REQUESTS * assumed::API_READ_UNITS,
        events: DAYS * count(telling.events),
        stored_gb: measured.stored_gb,
        api_requests: assumed::API_REQUESTS,
        invocations: assumed::API_REQUESTS,
        function_gb_s: assumed::API_REQUESTS * assumed::API_REQUEST_S * gigabytes(api_mb),
        log_gb: assumed::API_REQUESTS * assumed::LOG_BYTES / 1e9,
        ..Usage::default()
    };
    syncs.with(1.0, &beside)
}

/// A sync, from its start to its end.
fn of_sync(synced: &Synced, sync_mb: f64) -> Usage {
    let slower = (MEGABYTES_OF_A_PROCESSOR / sync_mb - 1.0).max(0.0);
    let seconds = assumed::COLD_START_S + synced.wall.as_secs_f64() + slower * synced.processor.as_secs_f64();
    Usage {
        write_units: count(synced.counts.all_write_units() + synced.accepted.all_write_units()),
        read_units: synced.counts.all_read_units() + synced.accepted.all_read_units(),
        function_gb_s: seconds * gigabytes(sync_mb),
        invocations: 1.0,
        // Sent, received, deleted.
        queue_requests: 3.0,
        fair_messages: 1.0,
        log_gb: assumed::LOG_BYTES / 1e9,
        key_requests: 2.0,
        ..Usage::default()
    }
}

fn gigabytes(megabytes: f64) -> f64 {
    megabytes / 1_024.0
}

/// The memory of the function with this binary.
fn memory(template: &Template, binary: &str) -> f64 {
    let functions = template.resources_of(FUNCTION);
    let mut megabytes = functions
        .filter(|function| function.binary().is_ok_and(|name| name == binary))
        .filter_map(|function| function.property(&["MemorySize"]).as_u64());
    megabytes.next().map_or(f64::NAN, count)
}
