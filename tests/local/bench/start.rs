//! What a start and a warm request of the api function cost, against two rivals in the same run.
//!
//! The real binary, as optimized as it is deployed, runs behind a Runtime API that looks at the clock, with
//! DynamoDB and SQS behind TLS and an issuer whose keys have to be fetched. The rivals (`tests/rivals`) are
//! the function's own code over clients that the SDK makes by default, and a runtime that does nothing.
//! The three take turns, so that whatever slows this machine down slows each of them.
//!
//! Times are medians. Instructions are those of valgrind's callgrind where it is installed: they do not depend
//! on what else the machine does. A warm request's are the difference between two runs that differ in
//! [`WARM`] requests.
//!
//! What it does not measure: Lambda's own part of a start (the download of the package, of which the size is
//! told), and the network between a function and its services.

mod process;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::cloud::{Cloud, CloudError, Endpoint};
use crate::connect::{self, ConnectError, Connection, Secret};
use crate::folders;
use crate::fresh::{Fresh, FreshError};
use crate::issuer::{Issuer, KeyError, Realm, TokenError};
use crate::tls::{self, Tls};
use process::{Moment, Process};

/// Starts of each program; an odd number has a median.
const STARTS: usize = 15;

/// Warm requests of each kind.
const WARM: usize = 40;

/// Runs whose instructions are counted, of which the least count. A function is some fifty times slower then, and may give
/// up waiting for its connections and open them again.
const COUNTED: usize = 5;

const REALM: &str = "bookmore-admin";

/// Where Linux distributions keep the system's roots, which the SDK's default set-up reads.
const SYSTEM_ROOTS: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The api function.
    pub api: Start,
    /// Its code over the SDK's default set-up.
    pub default_sdk: Start,
    /// A runtime that does nothing; what it answers is nothing, too.
    pub bare_runtime: Start,
    /// The api function's warm `POST` that starts a sync.
    pub accepted: Warm,
    /// Its warm `POST` that meets a sync under way.
    pub refused: Warm,
}

/// One program's start; times in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Start {
    /// From the start of the process until it asks for its first event.
    pub ready_ms: f64,
    /// Processor time until then.
    pub ready_processor_ms: f64,
    /// From the start of the process until it has answered its first event.
    pub answered_ms: f64,
    /// Processor time until then.
    pub answered_processor_ms: f64,
    /// Instructions of a process that answers one event.
    pub instructions: Option<u64>,
    /// The binary, stripped.
    pub binary_bytes: u64,
}

/// One warm request.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Warm {
    /// Processor time in milliseconds.
    pub processor_ms: f64,
    /// Instructions.
    pub instructions: Option<u64>,
}

/// Why nothing was measured; each text is one line.
#[derive(Debug, Error)]
pub enum StartError {
    /// A program could not be built, and cargo has said why.
    #[error("{0} does not build: see what cargo says above")]
    Build(&'static str),
    /// A process, port or file was refused, or a function ended.
    #[error("a function cannot be measured: {0}")]
    Io(#[from] io::Error),
    /// There is no cloud.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There are no tables.
    #[error("no tables and queues for the functions: {0}")]
    Fresh(#[from] FreshError),
    /// No company could be connected.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There is no issuer.
    #[error("no issuer: {0}")]
    Issuer(#[from] KeyError),
    /// It signs nothing.
    #[error("no token: {0}")]
    Token(#[from] TokenError),
    /// A request had another answer than the one whose cost was asked for.
    #[error("a request should be answered {expected}; it was answered {answer}")]
    Answer {
        /// The status that was expected.
        expected: u16,
        /// What came.
        answer: String,
    },
}

/// Builds the three programs and measures them.
///
/// # Errors
/// [`StartError`].
pub async fn measure() -> Result<Measured, StartError> {
    let [api, default_sdk, bare_runtime] = build()?;
    let scene = Scene::set().await?;
    let (mut of_api, mut of_default, mut of_bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        of_api.push(scene.start(&api).await?);
        of_default.push(scene.start(&default_sdk).await?);
        of_bare.push(scene.start(&bare_runtime).await?);
    }
    Ok(Measured {
        api: start_of(&of_api, scene.instructions(&api, 1, Company::New).await?, &api)?,
        default_sdk: start_of(&of_default, scene.instructions(&default_sdk, 1, Company::New).await?, &default_sdk)?,
        bare_runtime: start_of(&of_bare, scene.instructions(&bare_runtime, 1, Company::New).await?, &bare_runtime)?,
        accepted: scene.warm(&api, Company::New).await?,
        refused: scene.warm(&api, Company::Same).await?,
    })
}

/// Whose sync is asked for, request after request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Another company each time: every request is accepted.
    New,
    /// One company: the first is accepted, the others meet it.
    Same,
}

/// The world around the measured process.
struct Scene {
    cloud: &'static Cloud,
    fresh: Fresh,
    realm: Realm,
    _issuer: Issuer,
    tls: Tls,
    /// The system's roots and that of `tls`, for the SDK's default set-up.
    roots: PathBuf,
}

impl Scene {
    async fn set() -> Result<Self, StartError> {
        let cloud = Cloud::shared().await?;
        let fresh = Fresh::create(cloud.endpoint()).await?;
        let issuer = Issuer::start(&[REALM])?;
        let tls = Tls::in_front_of(cloud.endpoint().url())?;
        let roots = env::temp_dir().join(format!("roots-{}.pem", Uuid::new_v4().simple()));
        let system = SYSTEM_ROOTS.iter().find_map(|path| fs::read(path).ok()).unwrap_or_default();
        fs::write(&roots, [system, fs::read(tls::bundle())?].concat())?;
        Ok(Self { cloud, fresh, realm: issuer.realm(REALM), _issuer: issuer, tls, roots })
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.fresh.environment(&Endpoint::at(self.tls.url()));
        environment.extend([
            ("TRUSTED_ISSUERS", self.realm.url().to_owned()),
            ("AWS_CA_BUNDLE", tls::bundle().display().to_string()),
            ("SSL_CERT_FILE", self.roots.display().to_string()),
        ]);
        environment
    }

    /// A request for a sync of a company that has none.
    async fn request(&self) -> Result<String, StartError> {
        let company = Uuid::new_v4();
        let connection = Connection { company, devices: vec![Uuid::new_v4()], active: true };
        let (client, fresh) = (self.cloud.endpoint().dynamodb(), &self.fresh);
        connect::connect(&client, &fresh.state_table, &fresh.secrets_table, &connection, &Secret::known("key")).await?;
        let token = self.realm.token().company(&company.to_string()).role(crate::world::WRITE_ROLE).sign()?;
        let path = "/codelock/axema/usersync";
        Ok(json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {"accept": "application/json", "authorization": format!("Bearer {token}")},
            "requestContext": {"http": {"method": "POST", "path": path}, "requestId": "a-request"},
            "isBase64Encoded": false,
        })
        .to_string())
    }

    /// The moments of a start: ready, and answered.
    async fn start(&self, program: &Program) -> Result<(Moment, Moment), StartError> {
        let event = self.request().await?;
        let mut process = Process::start(&[], &program.path, &self.environment())?;
        let ready = process.ready().await?;
        let (answered, answer) = process.invoke(&event).await?;
        program.expect(200, &answer)?;
        Ok((ready, answered))
    }

    /// The cost of each of [`WARM`] requests after the first.
    async fn warm(&self, program: &Program, company: Company) -> Result<Warm, StartError> {
        let events = self.events(1 + WARM, company).await?;
        let mut process = Process::start(&[], &program.path, &self.environment())?;
        let (first, _) = process.invoke(&events[0]).await?;
        let mut last = first;
        for event in &events[1..] {
            let (moment, answer) = process.invoke(event).await?;
            program.expect(if company == Company::New { 200 } else { 409 }, &answer)?;
            last = moment;
        }
        let one = self.instructions(program, 1, company).await?;
        let all = self.instructions(program, 1 + WARM, company).await?;
        let instructions = one.zip(all).map(|(one, all)| all.saturating_sub(one) / WARM as u64);
        let spent = last.processor.saturating_sub(first.processor);
        Ok(Warm { processor_ms: milliseconds(spent) / WARM as f64, instructions })
    }

    async fn events(&self, count: usize, company: Company) -> Result<Vec<String>, StartError> {
        let mut events = vec![self.request().await?];
        while events.len() < count {
            events.push(if company == Company::New { self.request().await? } else { events[0].clone() });
        }
        Ok(events)
    }

    /// Instructions of a whole process that answers so many events, the least of [`COUNTED`]; none without valgrind.
    async fn instructions(&self, program: &Program, count: usize, company: Company) -> io::Result<Option<u64>> {
        let mut least = None;
        for _ in 0..COUNTED {
            let counted = self.counted(program, count, company).await?;
            least = [least, counted].into_iter().flatten().min();
        }
        Ok(least)
    }

    /// The same of one process.
    async fn counted(&self, program: &Program, count: usize, company: Company) -> io::Result<Option<u64>> {
        let events = self.events(count, company).await.map_err(io::Error::other)?;
        let report = env::temp_dir().join(format!("callgrind-{}.out", Uuid::new_v4().simple()));
        let profiler = ["valgrind", "--tool=callgrind", &format!("--callgrind-out-file={}", report.display())];
        if Command::new(profiler[0]).arg("--version").output().is_err() {
            return Ok(None);
        }
        let mut process = Process::start(&profiler.map(str::to_owned), &program.path, &self.environment())?;
        for event in &events {
            process.invoke(event).await?;
        }
        process.end().await?;
        let text = fs::read_to_string(&report)?;
        fs::remove_file(&report)?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
        Ok(total.and_then(|total| total.trim().parse().ok()))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.roots));
    }
}

/// One of the three.
struct Program {
    path: PathBuf,
    /// Whether it answers with an HTTP status.
    answers: bool,
}

impl Program {
    fn expect(&self, expected: u16, answer: &str) -> Result<(), StartError> {
        let status =
            serde_json::from_str(answer).map(|answer: Value| answer["statusCode"].as_u64()).unwrap_or_default();
        if self.answers && status != Some(expected.into()) {
            return Err(StartError::Answer { expected, answer: answer.to_owned() });
        }
        Ok(())
    }
}

fn build() -> Result<[Program; 3], StartError> {
    let root = folders::root();
    let target = root.join("target");
    cargo(&root.join("Cargo.toml"), &target, &["--package", "api"]).ok_or(StartError::Build("the api function"))?;
    let rivals = target.join("rivals");
    let manifest = root.join("tests/rivals/Cargo.toml");
    cargo(&manifest, &rivals, &["--bins"]).ok_or(StartError::Build("tests/rivals"))?;
    let of = |folder: &Path, name: &str, answers| Program { path: folder.join("release").join(name), answers };
    Ok([of(&target, "api", true), of(&rivals, "default_sdk", true), of(&rivals, "bare_runtime", false)])
}

/// None: it did not build.
fn cargo(manifest: &Path, target: &Path, what: &[&str]) -> Option<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    command.arg("--target-dir").arg(target).args(what);
    command.status().ok()?.success().then_some(())
}

fn start_of(moments: &[(Moment, Moment)], instructions: Option<u64>, program: &Program) -> io::Result<Start> {
    let median = |of: fn(&(Moment, Moment)) -> Duration| {
        let mut sorted: Vec<_> = moments.iter().map(of).collect();
        sorted.sort_unstable();
        milliseconds(sorted.get(sorted.len() / 2).copied().unwrap_or_default())
    };
    Ok(Start {
        ready_ms: median(|(ready, _)| ready.wall),
        ready_processor_ms: median(|(ready, _)| ready.processor),
        answered_ms: median(|(_, answered)| answered.wall),
        answered_processor_ms: median(|(_, answered)| answered.processor),
        instructions,
        binary_bytes: fs::metadata(&program.path)?.len(),
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
