//! The parts, in the order in which a sync comes to them.

mod door;
mod source;
mod table;
mod walk;
mod writers;

use crate::Part;

/// All of them.
pub fn all() -> Vec<Part> {
    [door::parts(), source::parts(), walk::parts(), table::parts(), writers::parts()].into_iter().flatten().collect()
}
