//! A deployed world in which a program of another language plays: a client, a browser.
//!
//! The program reads one line of JSON from standard input, which says where everything is; tokens
//! come that way too, where no list of processes shows them. It then says in single lines what
//! the world is to do next, and reads `done` when that has happened. What it expects it expects in
//! its own language, and it fails by its exit code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use local::setup::SetupError;
use local::world::World;
use local::{cloud, folders};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use uuid::Uuid;

/// A world, and a folder for the program that plays in it.
pub struct Stage {
    pub world: World,
    scratch: PathBuf,
}

impl Stage {
    /// None against an AWS that cannot run functions.
    pub async fn set(program: &str, users: usize) -> Option<Self> {
        if cloud::given().is_some() {
            return None;
        }
        let world = World::start().await.expect("a deployed world");
        world.vaka.populate(world.device, users, 1);
        Some(Self { world, scratch: folders::scratch(program).expect("a folder") })
    }

    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    pub fn token(&self, company: Uuid, role: &str) -> String {
        self.world.realm.token().company(&company.to_string()).role(role).sign().expect("a token")
    }

    /// Runs the program to its end, and fails with what it said if it failed.
    pub async fn play(&self, program: Command, given: &Value, within: Duration, obey: impl FnMut(&str)) {
        let played = tokio::time::timeout(within, run(program, given, obey)).await;
        let ended = played.expect("the program ends in time");
        let [stdout, stderr] = [ended.stdout, ended.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        assert!(ended.status.success(), "{stdout}{stderr}");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Whatever cannot be removed lies below target.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// Setting up blocks, and the runtime has other things to do.
pub async fn installed<T: Send + 'static>(install: impl FnOnce() -> Result<T, SetupError> + Send + 'static) -> T {
    tokio::task::spawn_blocking(install).await.expect("no panic").expect("everything is installed")
}

async fn run(command: Command, given: &Value, mut obey: impl FnMut(&str)) -> Output {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut program = command.spawn().expect("a process");
    let mut stdin = program.stdin.take().expect("is piped");
    stdin.write_all(format!("{given}\n").as_bytes()).await.expect("the program reads");
    let mut stderr = program.stderr.take().expect("is piped");
    let complaints = tokio::spawn(async move {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).await.map(|_| text)
    });
    let mut lines = BufReader::new(program.stdout.take().expect("is piped")).lines();
    let mut stdout = String::new();
    while let Some(line) = lines.next_line().await.expect("the program writes text") {
        obey(&line);
        stdin.write_all(b"done\n").await.expect("the program listens");
        stdout = stdout + &line + "\n";
    }
    let stderr = complaints.await.expect("no panic").expect("the program writes");
    Output { status: program.wait().await.expect("it ended"), stdout: stdout.into_bytes(), stderr }
}
