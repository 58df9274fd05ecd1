//! The clock door: jobs whose worker has gone silent are moved again.
