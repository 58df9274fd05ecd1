//! The official ServiceStack clients, of npm and PyPI, against the deployed stack.
//!
//! A script plays a program of BokaMera's customers: with the DTOs of the service itself, as Add
//! ServiceStack Reference fetches them, it expects in its own language what the contract says. Here
//! is the world around it, and the source of users, which waits until the script lets it go on.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use hyper::Method;
use local::folders;
use local::front::Front;
use local::setup::{self, NpmPackages, Packages};
use local::vaka::Route;
use local::world::WRITE_ROLE;
use serde_json::json;
use uuid::Uuid;

use crate::http_door::{READ, SUPERADMIN};
use crate::stage::{Stage, installed};

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
    let Some(stage) = Stage::set("clients", USERS).await else { return };
    let packages = installed(|| setup::npm(&TYPESCRIPT)).await;
    put_dtos(&stage, "typescript", "dtos.ts").await;
    let program = stage.scratch().join("program.mts");
    fs::copy(scripts().join("typescript.mts"), &program).expect("a copy");
    let modules = packages.folder().join("node_modules");
    symlink(&modules, stage.scratch().join("node_modules")).expect("a link");

    // ServiceStack's DTOs are not initialized by their own constructors.
    let mut compiler = packages.command(&modules.join("typescript").join("bin").join("tsc"));
    compiler.args(["--noEmit", "--strict", "--strictPropertyInitialization", "false", "--types", "node"]);
    compiler.args(["--target", "esnext", "--module", "nodenext", "--allowImportingTsExtensions", "program.mts"]);
    let compiled = compiler.current_dir(stage.scratch()).output().expect("the compiler runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));

    play(&stage, packages.command(&program)).await;
}

#[tokio::test]
async fn the_official_client_of_python_calls_every_operation_and_understands_every_refusal() {
    let Some(stage) = Stage::set("clients", USERS).await else { return };
    let mut python = Command::new(installed(|| setup::environment(&PYTHON)).await);
    put_dtos(&stage, "python", "dtos.py").await;
    python.env_clear().envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, env::var_os(name)?))));
    python.env("PYTHONPATH", stage.scratch()).arg(scripts().join("python.py"));
    play(&stage, python).await;
}

fn scripts() -> PathBuf {
    folders::root().join("tests").join("clients")
}

/// What Add ServiceStack Reference does.
async fn put_dtos(stage: &Stage, language: &str, file: &str) {
    let answer = stage.world.call(Method::GET, &format!("/types/{language}"), "", "").await.expect("an answer");
    assert_eq!(answer.status, 200);
    fs::write(stage.scratch().join(file), answer.text).expect("a file");
}

async fn play(stage: &Stage, program: Command) {
    let world = &stage.world;
    let front = Front::plain(&world.api).expect("a port");
    let source = world.vaka.on(Route::Users).nth(1).hold();
    let given = json!({
        "baseUrl": front.url(),
        "company": world.company,
        "users": USERS,
        "tokens": {
            "writer": stage.token(world.company, WRITE_ROLE),
            "reader": stage.token(world.company, READ),
            "superadmin": stage.token(Uuid::new_v4(), SUPERADMIN),
            "unconnected": stage.token(Uuid::new_v4(), WRITE_ROLE),
        },
    });
    let obey = |line: &str| {
        assert_eq!(line, RELEASE);
        source.release();
    };
    stage.play(program, &given, ENDS_WITHIN, obey).await;
}
