//! The official ServiceStack clients, of npm and PyPI, against the deployed stack.
//!
//! A script plays a program of BokaMera's customers: with the DTOs of the service itself, as Add
//! ServiceStack Reference fetches them, it expects in its own language what the contract says. Here
//! is the world around it, and the source of users, which waits until the script lets it go on.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use std::{env, fs};

use hyper::Method;
use local::front::Front;
use local::proxy::Gate;
use local::setup::{self, NpmPackages, Packages};
use local::vaka::Route;
use local::world::{WRITE_ROLE, World};
use local::{cloud, folders};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use uuid::Uuid;

use crate::http_door::{READ, SUPERADMIN};

const TYPESCRIPT: NpmPackages = NpmPackages {
    name: "clients",
    manifest: include_str!("../clients/package.json"),
    lock: include_str!("../clients/package-lock.json"),
    cost: "once, some seconds",
};

const PYTHON: Packages = Packages {
    name: "clients",
    requirements: include_str!("../local/requirements/clients.txt"),
    cost: "once, some seconds",
};

/// What a script says when the source may go on.
const RELEASE: &str = "release";

/// Enough for several pages of the source.
const USERS: usize = 120;

/// A script's own limit for a sync, and half a minute for the rest.
const ENDS_WITHIN: Duration = Duration::from_secs(90);

#[tokio::test]
async fn the_official_client_of_typescript_calls_every_operation_and_understands_every_refusal() {
    let Some(stage) = Stage::set().await else { return };
    let packages = installed(|| setup::npm(&TYPESCRIPT)).await;
    stage.put_dtos("typescript", "dtos.ts").await;
    let program = stage.scratch.join("program.mts");
    fs::copy(scripts().join("typescript.mts"), &program).expect("a copy");
    let modules = packages.folder().join("node_modules");
    symlink(&modules, stage.scratch.join("node_modules")).expect("a link");

    // ServiceStack's DTOs are not initialized by their own constructors.
    let mut compiler = packages.command(&modules.join("typescript").join("bin").join("tsc"));
    compiler.args(["--noEmit", "--strict", "--strictPropertyInitialization", "false", "--types", "node"]);
    compiler.args(["--target", "esnext", "--module", "nodenext", "--allowImportingTsExtensions", "program.mts"]);
    let compiled = compiler.current_dir(&stage.scratch).output().expect("the compiler runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));

    stage.play(packages.command(&program)).await;
}

#[tokio::test]
async fn the_official_client_of_python_calls_every_operation_and_understands_every_refusal() {
    let Some(stage) = Stage::set().await else { return };
    let mut python = Command::new(installed(|| setup::environment(&PYTHON)).await);
    stage.put_dtos("python", "dtos.py").await;
    python.env_clear().envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, env::var_os(name)?))));
    python.env("PYTHONPATH", &stage.scratch).arg(scripts().join("python.py"));
    stage.play(python).await;
}

fn scripts() -> PathBuf {
    folders::root().join("tests").join("clients")
}

/// Setting up blocks, and the runtime has other things to do.
async fn installed<T: Send + 'static>(install: impl FnOnce() -> Result<T, setup::SetupError> + Send + 'static) -> T {
    tokio::task::spawn_blocking(install).await.expect("no panic").expect("the client is installed")
}

/// A world, and a folder for the program that plays in it.
struct Stage {
    world: World,
    scratch: PathBuf,
}

impl Stage {
    /// None against an AWS that cannot run functions.
    async fn set() -> Option<Self> {
        if cloud::given().is_some() {
            return None;
        }
        let world = World::start().await.expect("a deployed world");
        world.vaka.populate(world.device, USERS, 1);
        Some(Self { world, scratch: folders::scratch("clients").expect("a folder") })
    }

    /// What Add ServiceStack Reference does.
    async fn put_dtos(&self, language: &str, file: &str) {
        let path = format!("/types/{language}");
        let answer = self.world.call(Method::GET, &path, "", "").await.expect("an answer");
        assert_eq!(answer.status, 200);
        fs::write(self.scratch.join(file), answer.text).expect("a file");
    }

    async fn play(self, program: Command) {
        let world = &self.world;
        let front = Front::plain(&world.api).expect("a port");
        let source = world.vaka.on(Route::Users).nth(1).hold();
        let token = |company: Uuid, role: &str| {
            world.realm.token().company(&company.to_string()).role(role).sign().expect("a token")
        };
        let given = json!({
            "baseUrl": front.url(),
            "company": world.company,
            "users": USERS,
            "tokens": {
                "writer": token(world.company, WRITE_ROLE),
                "reader": token(world.company, READ),
                "superadmin": token(Uuid::new_v4(), SUPERADMIN),
                "unconnected": token(Uuid::new_v4(), WRITE_ROLE),
            },
        });
        let ended =
            tokio::time::timeout(ENDS_WITHIN, run(program, &given, source)).await.expect("the program ends in time");
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

/// Runs a program. Tokens come by standard input, where no list of processes shows them.
async fn run(command: Command, given: &Value, source: Gate) -> Output {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut script = command.spawn().expect("a process");
    let mut stdin = script.stdin.take().expect("is piped");
    stdin.write_all(given.to_string().as_bytes()).await.expect("the script reads");
    drop(stdin);
    let mut stderr = script.stderr.take().expect("is piped");
    let complaints = tokio::spawn(async move {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).await.map(|_| text)
    });
    let mut lines = BufReader::new(script.stdout.take().expect("is piped")).lines();
    let mut stdout = String::new();
    while let Some(line) = lines.next_line().await.expect("the script writes text") {
        if line == RELEASE {
            source.release();
        }
        stdout = stdout + &line + "\n";
    }
    let stderr = complaints.await.expect("no panic").expect("the script writes");
    Output { status: script.wait().await.expect("it ended"), stdout: stdout.into_bytes(), stderr }
}
