//! The local stack.

pub mod cloud;
pub mod folders;
pub mod fresh;
pub mod plain_http;
pub mod progress;
pub mod proxy;
pub mod serving;
pub mod setup;
pub mod supervised;
pub mod template;
pub mod vaka;
