//! Every call of a whole sync, and what happens when just that one goes wrong.
//!
//! The three functions run as the processes they are on Lambda ([`FunctionProcess`](local::runtime::FunctionProcess)), behind one proxy to
//! AWS and another to VAKA. A first run without a fault tells how many calls there are; then each
//! of them is a point, and for each point the run is made again in a world of its own. Whatever
//! happened, the customers, the links, the report and the counters have to be those of the run
//! without a fault, and the lock has to be free.
//!
//! In every run of the first test a worker dies in its second commit, so that recovery and the
//! worker after it are walked through call by call as well.

mod scene;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use local::proxy::{Gate, On};

use scene::{Left, Scene, Server, Theatre};

/// Runs at a time; the emulator answers one request after the other.
const SIDE_BY_SIDE: usize = 3;

/// Longer than any run, with the retries of every function.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

/// One call, and what goes wrong with it.
#[derive(Debug, Clone, Copy)]
struct Point {
    server: Server,
    /// Counted from 1, over all functions.
    call: u64,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The process dies; the server never sees the call.
    KilledBefore,
    /// The process dies; the server has done what was asked.
    KilledAfter,
    Throttled,
    Failed,
    /// The connection closes; the server never sees the call.
    Reset,
    /// The connection closes; the server has done what was asked.
    AnswerLost,
    AnswerCutShort,
    /// No answer at all, as long as anybody waits for one.
    Silence,
}

/// How a run came out.
enum Came {
    ToAnEnd(Left),
    ToNoEnd,
    /// It made fewer calls than the first run.
    NotToThePoint,
}

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::KilledBefore => "process killed before the call",
            Self::KilledAfter => "process killed after its effect",
            Self::Throttled => "throttled",
            Self::Failed => "answered 500",
            Self::Reset => "connection reset",
            Self::AnswerLost => "answer lost",
            Self::AnswerCutShort => "answer cut short",
            Self::Silence => "never answered",
        }
    }
}

impl Point {
    /// Arms the proxy; what is returned is where the process is to die.
    fn arm(self, scene: &Scene) -> Option<Gate> {
        let on: On<'_> = scene.proxy(self.server).on("*").nth(self.call);
        match (self.fault, self.server) {
            (Fault::KilledBefore, _) => return Some(on.hold_instead()),
            (Fault::KilledAfter, _) => return Some(on.hold_after()),
            (Fault::Throttled, Server::Aws) => on.throttle(),
            (Fault::Throttled, Server::Vaka) => on.answer(429, "TooManyRequests"),
            (Fault::Failed, _) => on.fail(),
            (Fault::Reset, _) => on.refuse(),
            (Fault::AnswerLost, _) => on.lose_answer(),
            (Fault::AnswerCutShort, _) => on.cut_short(),
            // Nobody releases this gate; the proxy's own end does.
            (Fault::Silence, _) => drop(on.hold_instead()),
        }
        None
    }
}

/// Fault 12.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_whose_process_is_killed_at_any_call_before_or_after_its_effect_ends_as_if_it_had_not_been() {
    try_every_point(scene::Plot::AWorkerDies, &[Fault::KilledBefore, Fault::KilledAfter], |_| true).await;
}

/// Faults 3, 6, 7, 18 and 24.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_which_any_call_is_throttled_fails_breaks_or_is_never_answered_ends_as_if_it_had_not_been() {
    let faults =
        [Fault::Throttled, Fault::Failed, Fault::Reset, Fault::AnswerLost, Fault::AnswerCutShort, Fault::Silence];
    // VAKA is given a minute to answer, and source_faults has a clock that can be put forward.
    let quick = |point: &Point| point.fault != Fault::Silence || point.server == Server::Aws;
    try_every_point(scene::Plot::NobodyDies, &faults, quick).await;
}

/// Fault 11.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_whose_messages_are_all_delivered_twice_at_once_ends_as_if_they_had_not_been() {
    let Some(theatre) = Theatre::open().await else { return };
    let expected = Scene::set(&theatre).await.play(scene::Plot::NobodyDies, None).await;
    let found = Scene::set(&theatre).await.play(scene::Plot::EverythingTwice, None).await;
    assert_eq!(found, expected);
}

#[expect(clippy::print_stdout, reason = "`cargo local figures` reads it")]
async fn try_every_point(plot: scene::Plot, faults: &[Fault], wanted: impl Fn(&Point) -> bool) {
    let Some(theatre) = Theatre::open().await else { return };
    let mut scene = Scene::set(&theatre).await;
    let expected = scene.play(plot, None).await;
    let points: Vec<Point> = [Server::Aws, Server::Vaka]
        .into_iter()
        .flat_map(|server| (1..=scene.calls(server)).map(move |call| (server, call)))
        .flat_map(|(server, call)| faults.iter().map(move |fault| Point { server, call, fault: *fault }))
        .filter(wanted)
        .collect();
    drop(scene);

    let theatre = &theatre;
    let tried: Vec<(Point, Came)> = stream::iter(points)
        .map(|point| async move { (point, run(theatre, plot, point).await) })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let mut survived = BTreeMap::new();
    let mut lost = Vec::new();
    let mut never_made = 0;
    for (point, came) in &tried {
        let (of, all) = survived.entry(point.fault).or_insert((0, 0));
        *all += 1;
        match came {
            Came::ToAnEnd(left) if *left == expected => *of += 1,
            Came::ToAnEnd(left) => lost.push(format!("{point:?}: {}", left.difference(&expected))),
            Came::ToNoEnd => lost.push(format!("{point:?}: it did not end")),
            Came::NotToThePoint => never_made += 1,
        }
    }
    for (fault, (of, all)) in &survived {
        println!("figure: calls of a sync, {}: points survived = {of} of {all}", fault.name());
    }
    assert!(lost.is_empty(), "{} of {} points are lost:\n{}", lost.len(), tried.len(), lost.join("\n"));
    assert!(tried.len() > 40, "only {} calls were made: the sync has gone soft", tried.len());
    // A slow answer that the first run asked for twice is a call that no other run makes.
    assert!(never_made * 20 <= tried.len(), "{never_made} of {} points were never come to", tried.len());
}

/// One run in a world of its own.
async fn run(theatre: &Theatre, plot: scene::Plot, point: Point) -> Came {
    let mut scene = Scene::set(theatre).await;
    let gate = point.arm(&scene);
    match tokio::time::timeout(ENDS_WITHIN, scene.play(plot, gate)).await {
        Err(_) => Came::ToNoEnd,
        Ok(_) if scene.calls(point.server) < point.call => Came::NotToThePoint,
        Ok(left) => Came::ToAnEnd(left),
    }
}
