//! Every test that goes through a real door. The list of their names is the specification.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by failing, in its helpers too")]

mod cancel;
mod clients;
mod customers_rest;
mod customers_rest_access;
mod customers_rest_crashes;
mod customers_rest_deployed;
mod customers_rest_faults;
mod deployed;
mod describe;
mod http_bodies;
mod http_deployed;
mod http_describe;
mod http_door;
mod http_form;
mod http_formats;
mod http_jobs;
mod http_pages;
mod http_predefined;
mod http_report;
mod http_start;
mod recovery;
mod source_access;
mod source_company;
mod source_faults;
mod source_memory;
mod source_reading;
mod starting;
mod sync_customers;
mod sync_dry_run;
mod sync_protocol;
mod sync_report;
mod sync_walk;
mod template_resources;
mod template_roles;
mod template_times;
mod token_faults;
mod token_keys;
mod works;
