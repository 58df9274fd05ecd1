//! The local stack: an AWS on this machine, the servers of the outer world, and the means to make
//! both fail.
//!
//! The demo and every test stand on this room. It knows contracts, environment variables and
//! `template.yaml`; it knows nothing of the code under test, but for [`timetable`], which writes a
//! schedule as the functions do, [`fuzz`], which begins with the tapes of the package `hostile`,
//! and [`bench`](mod@bench), which measures them. Everything binds `127.0.0.1` alone, takes a free
//! port, writes below `target/local`, and is gone when its value is dropped or this process ends,
//! however it ends.
//!
//! In reading order:
//!
//! | room | what it gives |
//! | --- | --- |
//! | [`cloud`] | [`cloud::Cloud::shared`]: MiniStack, or what `AWS_ENDPOINT_URL` names; clients |
//! | [`fresh`] | [`fresh::Fresh::create`]: empty tables and queues of the template's shape |
//! | [`localstack`] | LocalStack without Docker, for one command |
//! | [`proxy`] | [`proxy::Proxy`]: counts what passes to AWS (or any server), fails by script, holds at gates |
//! | [`tls`] | [`tls::Tls`]: TLS in front of a server that has none, and a count of who connects |
//! | [`listener`] | [`listener::Listener`]: a rule at the event bus and a queue behind it |
//! | [`vaka`] | [`vaka::Vaka`]: a false VAKA Online |
//! | [`lambda`] | [`lambda::Lambda`]: a false Lambda that calls a handler of the test |
//! | [`bokamera`] | [`bokamera::BokaMera`]: a false BokaMera, for customers that are written by calls |
//! | [`issuer`] | [`issuer::Issuer`]: a false OpenID issuer, good and bad tokens |
//! | [`stack`] | [`stack::Stack::deploy`]: `template.yaml` deployed, its functions running; logs; kill |
//! | [`runtime`] | [`runtime::FunctionProcess`]: one function as a process that a test holds in its hands |
//! | [`world`] | [`world::World::start`]: all of the above, deployed and connected |
//! | [`front`] | [`front::Front`]: the HTTP API at one address for a browser, signed in |
//! | [`faults`], [`figures`] | which test holds which fault; what the long searches found |
//! | [`fuzz`] | the doors under libFuzzer |
//! | [`mutants`] | small changes to the code that decides who may write, and which test sees each |
//! | [`bench`](mod@bench) | what a sync costs in time, processor, memory, requests and money, by a fast DynamoDB that counts |
//! | [`gate`] | what the parts of the functions may take |
//! | [`schemathesis`] | judges the service by its own description |
//! | [`connect`], [`timetable`], [`forget`] | puts a company's connection, secrets and schedule in; erases a company |
//! | [`template`] | [`template::Template`]: `template.yaml` as a value |
//! | [`bundle`], [`setup`], [`supervised`], [`folders`], [`progress`], [`section`], [`serving`], [`plain_http`] | what the above stand on |
//!
//! A test without running functions:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{cloud::{Cloud, Endpoint}, fresh::Fresh, proxy::Proxy};
//!
//! let cloud = Cloud::shared().await?;                        // one for the whole process
//! let world = Fresh::create(cloud.endpoint()).await?;        // nobody else's tables and queues
//! let proxy = Proxy::in_front_of(cloud.endpoint().url())?;   // for faults and counts, if wanted
//! let through = Endpoint::at(proxy.url());
//! let dynamodb = through.dynamodb();                         // no retries: each call is counted
//! dynamodb.scan().table_name(&world.state_table).send().await?;
//! assert_eq!(proxy.seen().requests("Scan"), 1);
//! # Ok(()) }
//! ```

pub mod cloud;
pub mod fresh;
pub mod listener;
pub mod localstack;
pub mod proxy;
pub mod tls;
pub mod vaka;

pub mod bokamera;

pub mod issuer;
pub mod lambda;
pub mod template;

pub mod bundle;
pub mod runtime;
pub mod stack;

pub mod connect;
pub mod forget;
pub mod front;
pub mod timetable;
pub mod world;

pub mod demo;

pub mod bench;

pub mod check;

pub mod faults;
pub mod figures;
pub mod section;

pub mod fuzz;

pub mod gate;

pub mod mutants;

pub mod schemathesis;

pub mod setup;
pub mod supervised;

pub mod folders;
pub mod plain_http;
pub mod progress;
pub mod serving;
