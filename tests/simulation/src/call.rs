//! One call of one process to the world, with whatever becomes of it.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;

use crate::chance::Fate;
use crate::table::Reply;
use crate::world::{Shared, World};

/// A process, as far as its calls are concerned.
#[derive(Debug)]
pub(crate) struct Process {
    pub name: String,
    killed: Notify,
}

/// The connection broke.
#[derive(Debug)]
pub(crate) struct Broken;

impl Process {
    pub(crate) fn new(name: String) -> Arc<Self> {
        Arc::new(Self { name, killed: Notify::new() })
    }

    /// Ends when the process is to die.
    pub(crate) async fn killed(&self) {
        self.killed.notified().await;
    }
}

/// Makes a call: the effect takes place in the world when the request arrives there, also when
/// nobody waits for it any more.
///
/// A call that is never answered never comes back: its caller has to have a time-out.
pub(crate) async fn call(
    shared: &Shared,
    process: &Arc<Process>,
    name: String,
    refusal: impl FnOnce(&mut World) -> Reply,
    effect: impl FnOnce(&mut World, i64) -> Reply + Send + 'static,
) -> Result<Reply, Broken> {
    let (number, fate, there, back) = {
        let mut world = shared.lock();
        let world = &mut *world;
        let fate = world.character.fate(&mut world.random);
        let there = world.character.latency_ms(&mut world.random);
        let back = world.character.latency_ms(&mut world.random);
        let there = if fate == Fate::Late { world.random.u64(3_000..120_000) } else { there };
        world.calls += 1;
        world.tally.call(fate);
        let number = world.calls;
        let (what, of) = (name.clone(), process.name.clone());
        world.trace.line(shared.time.elapsed_ms(), |_| match fate {
            Fate::Well => format!("{of:<10} #{number} {what}"),
            fate => format!("{of:<10} #{number} {what}: {}", fate.name().to_uppercase()),
        });
        (number, fate, there, back)
    };
    match fate {
        Fate::Lost => pending().await,
        Fate::NotReached => {
            sleep(shared.alone_after(there)).await;
            return Err(Broken);
        }
        Fate::Refused => {
            sleep(shared.alone_after(there + back)).await;
            return Ok(refusal(&mut shared.lock()));
        }
        Fate::CrashBefore => return die(process).await,
        Fate::Well | Fate::AnswerLost | Fate::Late | Fate::CrashAfter => {}
    }
    let (tell, told) = oneshot::channel();
    shared.lock().underway += 1;
    let there = shared.alone_after(there);
    let (world, of) = (shared.clone(), process.name.clone());
    tokio::spawn(async move {
        sleep(there).await;
        let now_ms = world.time.now_ms();
        let reply = {
            let mut world = world.lock();
            world.underway -= 1;
            effect(&mut world, now_ms)
        };
        world.tell(|_| format!("{of:<10} #{number} has its effect: {}", reply.status));
        drop(tell.send(reply));
    });
    if fate == Fate::Late {
        pending().await
    }
    let reply = told.await.map_err(|_| Broken)?;
    match fate {
        Fate::CrashAfter => die(process).await,
        Fate::AnswerLost => {
            sleep(shared.alone_after(back)).await;
            Err(Broken)
        }
        _ => {
            sleep(shared.alone_after(back)).await;
            Ok(reply)
        }
    }
}

async fn die(process: &Process) -> Result<Reply, Broken> {
    process.killed.notify_one();
    pending().await
}
