//! What a dry run has in mind: the customers that a real run would have written by now.
//!
//! A dry run is the same walk. It differs at one place, the commit: that writes the job and its
//! report, and neither links nor customers. What a real run learns from its links, its customers
//! and the conditions of its writes, a dry run learns from here and from reads of exactly those
//! customers. A slice that begins anew finds it in the report of its own job.

use std::collections::HashSet;

use shared::ids::{CompanyId, CustomerId};
use shared::outcome::Outcome;
use shared::table::link::{Fingerprint, JobStamp, Link};
use shared::table::report::{Imprint, Row};

use crate::customers::index::CustomerIndex;

/// What the commits of one dry run would have written.
#[derive(Debug, Default)]
pub struct Rehearsal {
    made: HashSet<CustomerId>,
    written: Vec<(Outcome, CustomerId, Imprint)>,
}

impl Rehearsal {
    /// Notes what was committed.
    pub fn note(&mut self, company: CompanyId, row: &Row) {
        let Some((customer, imprint)) = row.customer.customer(company, &row.person).zip(row.imprint) else { return };
        if row.outcome == Outcome::Created {
            self.made.insert(customer);
        }
        self.written.push((row.outcome, customer, imprint));
    }

    /// Whether the customer would be there, although it is not.
    #[must_use]
    pub fn has_made(&self, customer: &CustomerId) -> bool {
        self.made.contains(customer)
    }

    /// Brings an index of the customers as they are to what they would be.
    pub fn recall(&self, index: &mut CustomerIndex) {
        for (outcome, customer, imprint) in &self.written {
            match outcome {
                Outcome::Created => index.make(*customer, *imprint),
                Outcome::Updated | Outcome::Unchanged | Outcome::Skipped(_) => index.change(*customer, *imprint),
            }
        }
    }
}

/// The link that a real run would have written with this row of the same job. The data that it was
/// decided on are not known, and not asked for: the job is done with the user.
#[must_use]
pub const fn link_of(row: &Row, decided_by: JobStamp) -> Link {
    let Row { person, outcome, customer, .. } = *row;
    Link { person, customer, fingerprint: Fingerprint([0; 8]), outcome, decided_by }
}
