//! suite

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by failing, in its helpers too")]

mod http_bodies;
mod http_door;
mod http_form;
mod http_jobs;
mod http_start;
mod recovery;
mod source_access;
mod source_company;
mod source_faults;
mod source_memory;
mod source_reading;
mod sync_customers;
mod sync_protocol;
mod sync_walk;
mod template_resources;
mod template_roles;
mod template_times;
mod token_faults;
mod token_keys;
mod works;
