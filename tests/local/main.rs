//! `cargo local`: the local stack from the command line.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::check::{self, Scope};
use local::connect::{self, Connection, Secret};
use local::figures::{self, Wanted};
use local::timetable::{self, Timetable};
use local::{bench, demo, faults, forget, fuzz, gate, localstack, mutants};
use shared::clock::Clock;
use uuid::Uuid;

/// The local stack of the user sync.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Deploy the template into the embedded cloud and sync invented people through it.
    Demo(demo::Plan),
    /// Measure: ratios, processor time, memory, requests and costs, each with its bound.
    Bench(bench::Plan),
    /// Put a company's connection in; its api key is read from standard input.
    Connect {
        /// The stack's output StateTableName.
        #[arg(long, value_name = "TABLE")]
        state_table: String,
        /// The stack's output SecretsTableName.
        #[arg(long, value_name = "TABLE")]
        secrets_table: String,
        /// The company.
        #[arg(long, value_name = "GUID")]
        company: Uuid,
        /// A VAKA system of the company; may be given several times.
        #[arg(long = "device", value_name = "GUID", required = true, num_args = 1..)]
        devices: Vec<Uuid>,
        /// The company may not sync until it is connected again without this. A sync that is under way goes on until its
        /// next slice.
        #[arg(long)]
        inactive: bool,
        #[command(flatten)]
        timetable: Timetable,
    },
    /// Erase what is kept of a company that has left: connection, links, jobs, reports, secrets. Its
    /// customers stay.
    Forget {
        /// The stack's output StateTableName.
        #[arg(long, value_name = "TABLE")]
        state_table: String,
        /// The stack's output SecretsTableName.
        #[arg(long, value_name = "TABLE")]
        secrets_table: String,
        /// The company.
        #[arg(long, value_name = "GUID")]
        company: Uuid,
    },
    /// Put the integrator account in; its client secret is read from standard input.
    Integrator {
        /// The stack's output SecretsTableName.
        #[arg(long, value_name = "TABLE")]
        secrets_table: String,
        /// The account's client id.
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
    /// Put the account at BokaMera in; its password and its api key are read from standard input,
    /// a line each.
    #[command(name = "bokamera")]
    BokaMera {
        /// The stack's output SecretsTableName.
        #[arg(long, value_name = "TABLE")]
        secrets_table: String,
        /// The account's user name.
        #[arg(long, value_name = "NAME")]
        username: String,
    },
    /// Run a command with LocalStack as its AWS: `cargo local localstack -- cargo test`.
    #[command(name = "localstack")]
    LocalStack {
        /// The command and its arguments.
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Check what needs the deploying tools: dependencies, template, cargo-lambda, sam build.
    Check {
        /// Leave out `sam build`, whose optimized cross build takes minutes.
        #[arg(long, conflicts_with = "only_build")]
        no_build: bool,
        /// `sam build` and nothing else.
        #[arg(long)]
        only_build: bool,
    },
    /// Check that every fault has a test, and that the table in tests/README.md says which.
    Faults {
        /// Write the table.
        #[arg(long)]
        write: bool,
    },
    /// Run the searches that have figures, and write these into tests/README.md.
    Figures {
        /// Run also those that take hours.
        #[arg(long, conflicts_with = "name")]
        nightly: bool,
        /// Run this one alone.
        name: Option<String>,
    },
    /// Look for inputs for which what has to hold at each door does not, with libFuzzer; needs a nightly Rust.
    Fuzz(fuzz::Plan),
    /// Count the instructions of the functions' parts and hold them against tests/gate/figures.json; needs valgrind.
    Gate {
        /// Write the figures.
        #[arg(long)]
        write: bool,
    },
    /// Change the code that decides who may write, one small change at a time, and see that a test fails.
    Mutants(mutants::Plan),
    /// Run `cargo lambda watch` with the embedded cloud behind it, for `cargo lambda invoke`.
    Watch,
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(plan) => demo::run(&plan).await?,
        Command::Bench(plan) => return Ok(bench::run(&plan).await?),
        Command::Connect { state_table, secrets_table, company, devices, inactive, timetable } => {
            let change = timetable.change()?;
            let api_key = Secret::from_stdin("api key", "cargo local connect ... < api-key.txt")?;
            let connection = Connection { company, devices, active: !inactive };
            let client = connect::client_of_environment()?;
            connect::connect(&client, &state_table, &secrets_table, &connection, &api_key).await?;
            let aws = shared::aws::Aws::from_environment()?;
            timetable::change(aws.configuration(), &state_table, company, &change, Clock::system().now()).await?;
        }
        Command::Forget { state_table, secrets_table, company } => {
            let client = connect::client_of_environment()?;
            let gone = forget::forget(&client, &state_table, &secrets_table, company).await?;
            eprintln!("The company's connection and secrets and {gone} more items are gone.");
        }
        Command::Integrator { secrets_table, client_id } => {
            let secret = Secret::from_stdin("client secret", "cargo local integrator ... < client-secret.txt")?;
            let client = connect::client_of_environment()?;
            connect::integrator(&client, &secrets_table, &client_id, &secret).await?;
        }
        Command::BokaMera { secrets_table, username } => {
            const EXAMPLE: &str = "cargo local bokamera ... < password-and-api-key.txt";
            let password = Secret::from_stdin("password", EXAMPLE)?;
            let api_key = Secret::from_stdin("api key", EXAMPLE)?;
            let client = connect::client_of_environment()?;
            connect::bokamera(&client, &secrets_table, &username, &password, &api_key).await?;
        }
        Command::LocalStack { command } => return Ok(localstack::run(&command).await?.into()),
        Command::Check { no_build, only_build } => {
            let scope = match (no_build, only_build) {
                (true, _) => Scope::WithoutBuild,
                (false, true) => Scope::Build,
                (false, false) => Scope::Everything,
            };
            check::run(scope).await?;
        }
        Command::Faults { write } => faults::run(if write { faults::Table::Write } else { faults::Table::Check })?,
        Command::Figures { nightly, name } => {
            let wanted = match (name, nightly) {
                (Some(name), _) => Wanted::One(name),
                (None, true) => Wanted::All,
                (None, false) => Wanted::Short,
            };
            figures::run(&wanted)?;
        }
        Command::Fuzz(plan) => fuzz::run(&plan).await?,
        Command::Gate { write } => gate::run(if write { gate::Mode::Write } else { gate::Mode::Check })?,
        Command::Mutants(plan) => mutants::run(&plan)?,
        Command::Watch => check::watch().await?,
    }
    Ok(ExitCode::SUCCESS)
}
