//! Follows a job by asking for it, as a client would, and shows how far it is.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::DemoError;
use super::facts::Doubt;
use crate::world::{Answer, World};

/// Often enough for a bar that moves; each question costs one read.
const POLL: Duration = Duration::from_millis(250);

/// Recovery starts a silent job again within three minutes; after five nobody will.
const STUCK_AFTER: Duration = Duration::from_secs(300);

/// The job as it is when it has ended.
pub(super) async fn to_the_end(world: &World, id: &str, users: usize) -> Result<Answer, DemoError> {
    let bar = ProgressBar::new(u64::try_from(users).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{prefix:10} {wide_bar} {pos}/{len} users {msg} {elapsed}") {
        bar.set_style(style);
    }
    let followed = follow(world, id, &bar).await;
    bar.finish_and_clear();
    followed
}

async fn follow(world: &World, id: &str, bar: &ProgressBar) -> Result<Answer, DemoError> {
    let mut moved = Instant::now();
    let mut last = Value::Null;
    loop {
        // A token lives five minutes, and a sync may take longer.
        let token = world.administrator().sign()?;
        let answer = world.job(&token, id).await?;
        let job = &answer.body;
        match job["StatusName"].as_str() {
            Some("Completed" | "Failed") => return Ok(answer),
            Some(status) => show(bar, status, job),
            None => return Err(Doubt::NoJob { status: answer.status }.into()),
        }
        if *job != last {
            moved = Instant::now();
            last = answer.body;
        } else if moved.elapsed() > STUCK_AFTER {
            return Err(Doubt::Stuck { seconds: STUCK_AFTER.as_secs() }.into());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn show(bar: &ProgressBar, status: &str, job: &Value) {
    let count = |member: &str| job[member].as_u64().unwrap_or_default();
    bar.set_prefix(status.to_owned());
    bar.set_position(count("UsersFound"));
    bar.set_message(format!("({} created, {} updated)", count("UsersCreated"), count("UsersUpdated")));
}
