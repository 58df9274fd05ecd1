//! The two homes of customers, of which a deployment has one.
//!
//! What is read is read from either in the same way. What is written is not: a customer in the
//! embedded table is part of the transaction that writes its link, one at BokaMera is written by
//! calls before that transaction. So only the last step of a walk knows which home it is.

use std::collections::{HashMap, HashSet};

use shared::ids::{CompanyId, CustomerId};

use super::embedded::{Customers, CustomersError};
use super::fingerprint::FingerprintKey;
use super::index::CustomerIndex;
use super::person::Person;
use super::rest::{Rest, RestError};
use crate::outgoing::budget::Budget;

/// Where a deployment's customers are.
#[derive(Debug, Clone)]
pub enum Home {
    /// In a table of its own.
    Embedded(Customers),
    /// At BokaMera.
    Rest(Rest),
}

/// Customers that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// In the table.
    #[error(transparent)]
    Embedded(#[from] CustomersError),
    /// At BokaMera.
    #[error(transparent)]
    Rest(#[from] RestError),
}

impl Home {
    /// Whether a customer that is made may be given another id than the derived one.
    #[must_use]
    pub const fn gives_ids(&self) -> bool {
        match self {
            Self::Embedded(_) => false,
            Self::Rest(_) => true,
        }
    }

    /// Whether a customer has room for what VAKA says of a user's group.
    #[must_use]
    pub const fn keeps_groups(&self) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Rest(_) => false,
        }
    }

    /// All customers of the company.
    ///
    /// # Errors
    /// [`HomeError`] when they cannot be read.
    pub async fn index(
        &self,
        company: CompanyId,
        key: &FingerprintKey,
        budget: &Budget,
    ) -> Result<CustomerIndex, HomeError> {
        Ok(match self {
            Self::Embedded(customers) => customers.index(company, key).await?,
            Self::Rest(rest) => rest.index(company, key, budget).await?,
        })
    }

    /// Those of these persons (at most a hundred) whose customer is not as VAKA has it.
    ///
    /// # Errors
    /// [`HomeError`] when they cannot be read.
    pub async fn different(
        &self,
        company: CompanyId,
        persons: &HashMap<CustomerId, &Person>,
        budget: &Budget,
    ) -> Result<HashSet<CustomerId>, HomeError> {
        Ok(match self {
            Self::Embedded(customers) => customers.different(company, persons).await?,
            Self::Rest(rest) => rest.different(company, persons, budget).await?,
        })
    }

    /// Those of these customers (at most a hundred) that are there.
    ///
    /// # Errors
    /// [`HomeError`] when they cannot be read.
    pub async fn there(
        &self,
        company: CompanyId,
        customers: &HashSet<CustomerId>,
        budget: &Budget,
    ) -> Result<HashSet<CustomerId>, HomeError> {
        Ok(match self {
            Self::Embedded(home) => home.there(company, customers).await?,
            Self::Rest(rest) => rest.there(company, customers, budget).await?,
        })
    }
}
