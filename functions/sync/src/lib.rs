//! The queue door and the walk: source, decisions, customers.
