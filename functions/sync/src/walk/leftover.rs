//! What was written down for users who have left VAKA since.
//!
//! Nobody comes to them any more, so what may have been done for them would be looked for by every sync from then on,
//! among all customers. When a walk has seen everybody, it is written down what was found. It is not counted: it is
//! about no user whom VAKA has.

use shared::table::lease::{Chunk, Commit, Lease, MOST_WRITES};
use shared::table::link::Before;

use super::Halt;
use super::desk::Desk;

impl Desk {
    /// Makes links of the intents to whose users the walk has not come.
    pub(super) async fn settle_leftovers(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        if self.rehearsal.is_some() {
            return Ok(());
        }
        for links in self.ledger.leftovers().chunks(MOST_WRITES) {
            let table = &self.rooms.table;
            let writes = links.iter().map(|(link, was)| table.link_write(self.company, link, Before::Was(*was)));
            let chunk = Chunk { writes: writes.collect(), ..Chunk::default() };
            let now = self.rooms.clock.now();
            match self.rooms.table.commit(lease, &self.counters, chunk, now).await? {
                Commit::Committed => {}
                Commit::LeaseLost => return Err(Halt::LeaseLost),
                Commit::Refused(_) => return Err(Halt::Stale),
            }
        }
        Ok(())
    }
}
