//! The pages in a real browser: headless Chromium, against the deployed stack behind its front.
//!
//! The script `tests/browser/pages.mjs` is the person at the browser, in Swedish and in English,
//! and says here what VAKA is to do next. In every state that it comes to it has the page judged
//! by axe-core in light and dark, on a desk and on a phone, and leaves pictures in
//! `target/local/screenshots` for people to look at.

use std::fs;
use std::time::Duration;

use local::front::Front;
use local::setup;
use local::vaka::{Fault, Route, Vaka};
use local::world::{PATH, WRITE_ROLE};
use local::{folders, proxy::Gate};
use serde_json::json;
use uuid::Uuid;

use crate::http_door::{READ, SUPERADMIN};
use crate::stage::{Stage, installed};

/// Some pages of the source, so that a sync can stand still in the middle.
const USERS: usize = 250;

/// One user more than a page of the report shows.
const USERS_A_PAGE: usize = 100;

/// A dozen syncs in an emulator, and a hundred judgements of a page.
const ENDS_WITHIN: Duration = Duration::from_secs(240);

#[tokio::test]
async fn an_administrator_starts_watches_and_understands_syncs_in_a_browser() {
    let Some(stage) = Stage::set("browser", USERS).await else { return };
    let browser = installed(setup::browser).await;
    let pictures = folders::installed().join("screenshots");
    fs::create_dir_all(&pictures).expect("a folder");
    let world = &stage.world;
    world.vaka.page_users(Some(USERS_A_PAGE));

    let front = |company: Uuid, role: &'static str| {
        let realm = world.realm.clone();
        let sign = move || realm.token().company(&company.to_string()).role(role).sign();
        Front::signed_in(&world.api, sign).expect("a port")
    };
    let administrator = world.front().expect("a port");
    let reader = front(world.company, READ);
    let unconnected = front(Uuid::new_v4(), WRITE_ROLE);
    let realm = world.realm.clone();
    let superadmin = Front::signed_in(&world.api, move || realm.token().role(SUPERADMIN).sign()).expect("a port");
    let nobody = Front::plain(&world.api).expect("a port");
    let given = json!({
        "chromium": browser.program(),
        "environment": browser.environment().iter().cloned().collect::<std::collections::HashMap<_, _>>(),
        "pictures": pictures,
        "path": PATH,
        "users": USERS,
        "company": world.company,
        "fronts": {
            "administrator": administrator.url(),
            "reader": reader.url(),
            "unconnected": unconnected.url(),
            "nobody": nobody.url(),
            "superadmin": superadmin.url(),
        },
    });
    let script = folders::root().join("tests").join("browser").join("pages.mjs");
    let mut script = browser.packages().command(&script);
    script.env("TMPDIR", stage.scratch());
    let mut gate = None;
    stage.play(script, &given, ENDS_WITHIN, |line| obey(&world.vaka, world.device, &mut gate, line)).await;
}

fn obey(vaka: &Vaka, device: Uuid, gate: &mut Option<Gate>, line: &str) {
    match line {
        "hold the second page" => *gate = Some(vaka.on(Route::Users).nth(2).hold()),
        "go on" => {
            gate.take().expect("something stands still").release();
            vaka.calm();
        }
        "refuse" => vaka.on(Route::Users).fault(Fault::status(403)),
        "change everybody" => drop(vaka.change(device, USERS)),
        other => panic!("the script says {other}"),
    }
}
