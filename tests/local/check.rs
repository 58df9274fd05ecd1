//! `cargo local check`: what no test can hold, because it needs the tools that deploy.
//!
//! The dependency graph is what `deny.toml` allows and no more than is used, the template passes
//! two lints without a waiver, `cargo lambda watch` and `invoke` run each function with each event
//! of `tests/events`, and `sam build` makes three small binaries that Lambda can start. The tools come
//! from PyPI by hash, into `target/local`; on a fresh machine cargo-lambda has rustup add the
//! target it builds for.
//!
//! It deploys nothing, and it asks nobody for advisories: see `deny.toml`.

mod build;
mod tools;
mod watch;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use thiserror::Error;

use crate::cloud::{Cloud, CloudError};
use crate::fresh::{Fresh, FreshError};
use crate::setup::SetupError;
use tools::Tools;
use watch::Watch;

/// All that `deny.toml` judges without a database from the network.
const DENY: [&str; 6] = ["deny", "--locked", "check", "bans", "licenses", "sources"];

/// Bytes of a zip that is uploaded, at most: the larger it is, the longer is a cold start.
pub const MOST_ZIPPED: u64 = 1_800_000;

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everything,
    /// All but `sam build`, whose optimized cross build takes minutes.
    WithoutBuild,
    /// `sam build` alone.
    Build,
}

/// What is not as it should be; each text says where to look.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The tools could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// There is no cloud to run the functions against.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There are no tables to run the functions against.
    #[error("no tables and queues for the functions: {0}")]
    Fresh(#[from] FreshError),
    /// A file, port or process was refused.
    #[error("cannot {what}: {source}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A tool found a fault, which it has printed.
    #[error("{command} found a fault: see above")]
    Fault {
        /// The command as it would be typed.
        command: String,
    },
    /// `cargo lambda watch` is not there to be invoked.
    #[error("cargo lambda watch did not start: {log}")]
    NoWatch {
        /// What it wrote.
        log: String,
    },
    /// A function did not answer as the event demands.
    #[error("{function}, invoked with tests/events/{event}, should answer {expected}; it said: {said}")]
    Answer {
        /// The function.
        function: &'static str,
        /// The event's file.
        event: &'static str,
        /// What is demanded.
        expected: &'static str,
        /// What came, from the function or from `cargo lambda invoke`.
        said: String,
    },
    /// `sam build` made something that Lambda cannot start.
    #[error("{function}: sam build made {fault}")]
    NotDeployable {
        /// The function's logical id.
        function: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A package has grown: something is in it that was not.
    #[error(
        "{function} is {bytes} bytes zipped, more than {MOST_ZIPPED}: see what came in, as under *What was chosen* in \
         tests/BENCH.md"
    )]
    TooLarge {
        /// The function's logical id.
        function: String,
        /// The size of the zip that is uploaded.
        bytes: u64,
    },
    /// The template could not be read.
    #[error(transparent)]
    Template(#[from] crate::template::TemplateError),
}

/// Runs every check, the quick ones first; the first fault ends it.
///
/// # Errors
/// [`CheckError`].
pub async fn run(scope: Scope) -> Result<(), CheckError> {
    let tools = Tools::install().await?;
    if scope != Scope::Build {
        timed("dependencies: allowed", tools.run("cargo", &DENY)).await?;
        timed("dependencies: used", tools.run("cargo", &["shear", "--locked"])).await?;
        timed("template: cfn-lint", tools.run("cfn-lint", &["template.yaml"])).await?;
        timed("template: sam validate --lint", tools.run("sam", &["validate", "--lint"])).await?;
        timed("cargo lambda watch and invoke", invoke_each(&tools)).await?;
    }
    match scope {
        Scope::Everything | Scope::Build => timed("sam build", small_packages(&tools)).await,
        Scope::WithoutBuild => Ok(()),
    }
}

/// What is deployed of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The function's logical id.
    pub function: String,
    /// The size of its bootstrap.
    pub bootstrap_bytes: u64,
    /// The size of the zip that is uploaded.
    pub zip_bytes: u64,
}

/// Has `sam build` make what is deployed, and packs it with the library that `sam deploy` packs with, by its default.
///
/// # Errors
/// [`CheckError`].
pub async fn packages() -> Result<Vec<Package>, CheckError> {
    packed(&Tools::install().await?).await
}

async fn small_packages(tools: &Tools) -> Result<(), CheckError> {
    for Package { function, zip_bytes, .. } in packed(tools).await? {
        eprintln!("{function}: {zip_bytes} bytes zipped");
        if zip_bytes > MOST_ZIPPED {
            return Err(CheckError::TooLarge { function, bytes: zip_bytes });
        }
    }
    Ok(())
}

async fn packed(tools: &Tools) -> Result<Vec<Package>, CheckError> {
    let mut packages = Vec::new();
    for (function, bootstrap) in build::run(tools).await? {
        let (from, zip) = (bootstrap.display().to_string(), bootstrap.with_extension("zip"));
        tools
            .run(&tools.python().display().to_string(), &["-m", "zipfile", "-c", &zip.display().to_string(), &from])
            .await?;
        let size = |path: &Path| {
            let metadata =
                fs::metadata(path).map_err(|source| CheckError::Refused { what: "read a package", source })?;
            Ok::<_, CheckError>(metadata.len())
        };
        packages.push(Package { function, bootstrap_bytes: size(&bootstrap)?, zip_bytes: size(&zip)? });
        fs::remove_file(&zip).map_err(|source| CheckError::Refused { what: "remove a package", source })?;
    }
    Ok(packages)
}

/// `cargo lambda watch` for people, with tables and queues, until they interrupt it.
///
/// # Errors
/// [`CheckError`].
pub async fn watch() -> Result<(), CheckError> {
    let tools = Tools::install().await?;
    let cloud = Cloud::start().await?;
    let world = Fresh::create(cloud.endpoint()).await?;
    let running = Watch::start(&tools, &world).await?;
    eprintln!("A function is built when it is first invoked. Ctrl-C ends it; start it again for changed code.");
    for invocation in watch::INVOCATIONS {
        eprintln!("  {}", running.as_typed(&tools, invocation));
    }
    tokio::signal::ctrl_c().await.map_err(|source| CheckError::Refused { what: "wait for Ctrl-C", source })
}

async fn invoke_each(tools: &Tools) -> Result<(), CheckError> {
    let cloud = Cloud::start().await?;
    let world = Fresh::create(cloud.endpoint()).await?;
    // Built before they are invoked, so that no invocation waits for a compiler; and each by itself, as the watch does,
    // because a package alone has other features than the workspace.
    for function in ["api", "sync", "recover"] {
        tools.run("cargo", &["build", "--quiet", "--locked", "--package", function, "--bin", function]).await?;
    }
    let running = Watch::start(tools, &world).await?;
    for invocation in watch::INVOCATIONS {
        running.invoke(tools, invocation).await?;
    }
    Ok(())
}

async fn timed<T>(step: &str, work: impl Future<Output = Result<T, CheckError>>) -> Result<T, CheckError> {
    eprintln!("check: {step} ...");
    let began = Instant::now();
    let done = work.await?;
    eprintln!("check: {step}: ok, {} s", began.elapsed().as_secs());
    Ok(done)
}
