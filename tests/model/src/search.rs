//! Searching the states, and the shortest way to a fault.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use stateright::report::{ReportData, ReportDiscovery, Reporter};
use stateright::{Checker, HasDiscoveries, Model};

use crate::property;
use crate::world::{Step, World};

/// What a search has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Searched {
    /// Different states.
    pub states: usize,
    /// Steps from one state to another.
    pub steps: usize,
    /// Steps of the longest way that was gone.
    pub depth: usize,
    /// The properties that do not hold everywhere.
    pub broken: Vec<&'static str>,
    /// What was to be reached, and was.
    pub reached: Vec<&'static str>,
}

/// A fault, and a shortest way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The properties that break after so many steps, in the order of their names.
    pub broken: Vec<&'static str>,
    /// The way to the first of them.
    pub steps: Vec<Step>,
}

/// Every state there is; `told` is called now and then with how far it is.
#[must_use]
pub fn everything(world: World, told: impl FnMut(&Searched)) -> Searched {
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let finish_when = HasDiscoveries::AnyFailures;
    let found = world.checker().threads(threads).finish_when(finish_when).spawn_bfs().report(&mut Telling(told));
    let discoveries = found.discoveries();
    let of = |names: &[&'static str]| names.iter().copied().filter(|name| discoveries.contains_key(name)).collect();
    Searched {
        states: found.unique_state_count(),
        steps: found.state_count(),
        depth: found.max_depth(),
        broken: of(&property::KEPT),
        reached: of(&property::REACHED),
    }
}

/// The nearest fault; `None` when there is none. The depth grows by one from search to search,
/// because stateright 0.31 reports the last way to a fault that it meets, which need not be a
/// shortest one.
#[must_use]
pub fn nearest_fault(world: World) -> Option<Fault> {
    let mut states = 0;
    for depth in 1.. {
        let finish_when = HasDiscoveries::AnyFailures;
        let found = world.checker().target_max_depth(depth).finish_when(finish_when).spawn_bfs().join();
        let ways = found.discoveries();
        let broken: Vec<_> = property::KEPT.into_iter().filter(|name| ways.contains_key(name)).collect();
        if let Some(way) = broken.first().and_then(|name| ways.get(name)) {
            return Some(Fault { broken, steps: way.clone().into_actions() });
        }
        // The first search sees nothing; after that, no new state means that there are no more.
        if depth > 2 && found.unique_state_count() == states {
            return None;
        }
        states = found.unique_state_count();
    }
    None
}

struct Telling<F>(F);

impl<F: FnMut(&Searched)> Reporter<World> for Telling<F> {
    fn report_checking(&mut self, data: ReportData) {
        let (states, steps, depth) = (data.unique_states, data.total_states, data.max_depth);
        (self.0)(&Searched { states, steps, depth, ..Searched::default() });
    }

    fn report_discoveries(&mut self, _: &World, _: std::collections::BTreeMap<&'static str, ReportDiscovery<World>>) {}

    fn delay(&self) -> Duration {
        Duration::from_millis(200)
    }
}
