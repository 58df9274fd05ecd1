//! The main job before one's eyes: the deployed template syncs invented people, and every claim is
//! checked while it is shown.
//!
//! Each step prints what it saw; the first fact that is not so ends the demo with one line and a
//! failing exit code. It claims no speed: the embedded cloud has none to speak of.

mod facts;
mod follow;

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use thiserror::Error;

use crate::bokamera;
use crate::issuer::TokenError;
use crate::progress::Waiting;
use crate::stack::StackError;
use crate::vaka::Route;
use crate::world::{Answer, NoAnswer, PATH, World, WorldError};
pub use facts::Doubt;
use facts::{Counts, hold};

/// Users whose data changes between the two syncs.
const CHANGED: usize = 100;

/// Customers that are shown.
const SHOWN: usize = 3;

/// Long enough to play with what `--keep` leaves running.
const KEPT_TOKEN_LIFE_S: i64 = 24 * 3600;

/// Where links to users are in the state table, by the published design.
const LINK: &str = "LINK#";

/// `cargo local demo`.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// People in the false VAKA system.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub users: usize,
    /// Stay up afterwards and print URL, token and curl lines, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// Let VAKA wait this many milliseconds before each answer.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency: u64,
    /// Where customers are kept.
    #[arg(long, value_enum, default_value_t = Home::Embedded)]
    pub customers: Home,
    /// Another seed, other people.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
}

/// Where customers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Home {
    /// In the stack's own table.
    Embedded,
    /// At a false BokaMera, through its API.
    Rest,
}

impl Home {
    const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Rest => "rest",
        }
    }
}

/// Why the demo ended early; each text is one line.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The world did not come up.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The stack lacks something.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The HTTP API gave no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// No token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A fact is not so.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// The customers cannot be read.
    #[error("the customers table cannot be read")]
    Customers,
}

/// Runs the whole demo.
///
/// # Errors
/// [`DemoError`]: the first thing that is not as it should be.
#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
pub async fn run(plan: &Plan) -> Result<(), DemoError> {
    let starting = Waiting::on("Building the functions and deploying template.yaml into the embedded cloud");
    let world = World::start_with(&[("CustomersHome", plan.customers.name())]).await?;
    starting.done();
    world.vaka.populate(world.device, plan.users, plan.seed);
    world.vaka.set_latency(Duration::from_millis(plan.latency));
    println!("Deployed template.yaml as {}; VAKA has {} users.", world.stack.name(), plan.users);

    if let Err(error) = play(&world, plan).await {
        tell_why(&world).await;
        return Err(error);
    }
    if plan.keep {
        keep(&world).await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
async fn play(world: &World, plan: &Plan) -> Result<(), DemoError> {
    println!("\nFirst sync: everybody is new.");
    let began = Instant::now();
    let job = sync(world, plan.users, Meeting::SecondRequest).await?;
    let first = Counts::of(&job.body)?;
    println!("{}", job.text);
    tell_cost(world, began);
    hold("the first sync finds every user", plan.users, first.found)?;
    hold("the first sync makes a customer of every user", plan.users, first.created)?;
    println!("\nSome of the customers:");
    for customer in customers(world, plan.customers).await? {
        println!("{customer}");
    }

    let changed = world.vaka.change(world.device, CHANGED).len();
    println!("\nSecond sync: {changed} users have another name in VAKA now.");
    let began = Instant::now();
    let job = sync(world, plan.users, Meeting::Nobody).await?;
    let second = Counts::of(&job.body)?;
    println!("{}", job.text);
    tell_cost(world, began);
    let seen = world.proxy.seen();
    let customers = match plan.customers {
        Home::Embedded => seen.writes_to(world.stack.output("CustomersTableName")?),
        Home::Rest => world.bokamera.calls(bokamera::Route::Update).len(),
    };
    let mut links: Vec<_> =
        seen.writes().filter_map(|write| write.key("item")).filter(|key| key.starts_with(LINK)).collect();
    let link_writes = links.len();
    links.sort_unstable();
    links.dedup();
    let links = links.len();
    let state = seen.writes_to(world.stack.output("StateTableName")?);
    println!(
        "Written by the second sync: {customers} customers, {links} links ({link_writes} writes), and {} writes to the job, its lock and its event.",
        state - link_writes
    );
    hold("the second sync finds every user", plan.users, second.found)?;
    hold("the second sync creates nobody", 0, second.created)?;
    hold("the second sync updates exactly those who changed", changed, second.updated)?;
    hold("it writes the customers of those who changed and of nobody else", changed, customers)?;
    hold("it writes the links of those who changed and of nobody else", changed, links)?;
    Ok(())
}

/// How long it took here, and what was asked of AWS for it.
#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
fn tell_cost(world: &World, began: Instant) {
    let asked = world.proxy.seen().by_operation();
    let asked: Vec<String> = asked.iter().map(|(name, count)| format!("{count} {name}")).collect();
    println!("{:.1} s on this machine; requests to AWS: {}.", began.elapsed().as_secs_f64(), asked.join(", "));
}

/// Whether somebody else asks for a sync while this one runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meeting {
    Nobody,
    SecondRequest,
}

/// One sync from the request to its end, with everything counted from its beginning.
async fn sync(world: &World, users: usize, meeting: Meeting) -> Result<Answer, DemoError> {
    world.proxy.forget();
    world.bokamera.forget();
    let token = world.administrator().sign()?;
    // The job stands still at its first page of users, so that the second request meets it for certain.
    let gate = (meeting == Meeting::SecondRequest).then(|| world.vaka.on(Route::Users).nth(1).hold());
    let started = world.post_sync(&token).await?;
    hold("a request for a sync is accepted with status", 200, started.status)?;
    if let Some(gate) = gate {
        meet(world, &token, &started).await?;
        gate.release();
    }
    let ended = follow::to_the_end(world, started.id().unwrap_or_default(), users).await?;
    hold("the job ends as", "Completed", ended.body["StatusName"].as_str().unwrap_or_default())?;
    Ok(ended)
}

/// A second request while the first one's job runs: refused, and told which job it is.
#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
async fn meet(world: &World, token: &str, started: &Answer) -> Result<(), DemoError> {
    let refused = world.post_sync(token).await?;
    let named = refused.body["ResponseStatus"]["Meta"]["JobId"].as_str().unwrap_or_default();
    println!("A second POST while it runs: {}, held by job {named}.", refused.status);
    hold("a second request while a sync runs is refused with status", 409, refused.status)?;
    hold("the refusal names the running job", started.id().unwrap_or_default(), named)?;
    Ok(())
}

async fn customers(world: &World, home: Home) -> Result<Vec<Value>, DemoError> {
    if home == Home::Rest {
        let all = world.bokamera.customers(world.company);
        return Ok(all.into_iter().take(SHOWN).map(Value::Object).collect());
    }
    let asked = world
        .endpoint()
        .dynamodb()
        .query()
        .table_name(world.stack.output("CustomersTableName")?)
        .key_condition_expression("company = :company")
        .expression_attribute_values(":company", AttributeValue::S(world.company.to_string()))
        .limit(SHOWN.try_into().unwrap_or(i32::MAX));
    let answer = asked.send().await.map_err(|_| DemoError::Customers)?;
    let shown =
        answer.items().iter().map(|item| item.iter().map(|(name, value)| (name.clone(), plain(value))).collect());
    Ok(shown.collect())
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => number.parse::<i64>().map_or_else(|_| json!(number), |number| json!(number)),
        AttributeValue::Bool(truth) => json!(truth),
        AttributeValue::M(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        _ => Value::Null,
    }
}

/// The last lines of each function, so that a developer sees why a run failed.
async fn tell_why(world: &World) {
    const LINES: usize = 20;
    for binary in ["api", "sync", "recover"] {
        if let Ok(lines) = world.stack.logs(binary).await {
            for line in &lines[lines.len().saturating_sub(LINES)..] {
                eprintln!("{binary}: {line}");
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
async fn keep(world: &World) -> Result<(), DemoError> {
    let token = world.administrator().expires_in_s(KEPT_TOKEN_LIFE_S).sign()?;
    let url = format!("{}{PATH}", world.api.browser_url);
    let front = world.front().map_err(WorldError::from)?;
    println!("\nEverything stays up until Ctrl-C.\n");
    println!(
        "Open this in a browser: you are signed in as an administrator of the company.\n\n    {}{PATH}\n",
        front.url()
    );
    println!(
        "URL    {url}\nAWS    {} (any key and secret)\nVAKA   {}\n",
        world.endpoint().url(),
        world.vaka.base_url()
    );
    println!("TOKEN={token}\n");
    println!("curl -s -X POST -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{{}}' {url}");
    println!("curl -s -H \"Authorization: Bearer $TOKEN\" {url}");
    // Err: signals cannot be heard; then there is nothing to wait for.
    drop(tokio::signal::ctrl_c().await);
    println!();
    Ok(())
}
