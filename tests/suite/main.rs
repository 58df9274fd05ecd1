//! suite

mod http_bodies;
mod http_door;
mod http_form;
mod http_jobs;
mod http_start;
mod token_faults;
mod token_keys;
