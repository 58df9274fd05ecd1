//! What the files of every language have in common: the options at their head, the roles and the
//! marker of the verb.
//!
//! Only options that are honoured are named. There are none yet: the tools that fetch these files
//! need the address alone, and a file that is the same each time shows in a diff what changed.

use std::fmt::Write;

use super::catalogue::Described;
use crate::caller::may::Role;

/// The lines between the marks of the first comment.
pub(crate) fn options(base_url: &str) -> String {
    let mut lines = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(lines, "Version: {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(lines, "BaseUrl: {base_url}\n");
    lines
}

/// The roles that the operation accepts.
pub(crate) fn roles(operation: &Described) -> String {
    let fitting = Role::ALL.into_iter().filter(|role| role.gives(operation.right));
    fitting.map(Role::name).collect::<Vec<_>>().join(", ")
}

/// The interface that stands for the verb.
pub(crate) const fn verb(operation: &Described) -> &'static str {
    match operation.verb.as_bytes() {
        b"POST" => "IPost",
        b"PUT" => "IPut",
        b"DELETE" => "IDelete",
        _ => "IGet",
    }
}

/// A header as documents write it.
pub(crate) fn spelled(name: &'static str) -> &'static str {
    match name {
        "allow" => "Allow",
        "location" => "Location",
        "retry-after" => "Retry-After",
        "www-authenticate" => "WWW-Authenticate",
        other => other,
    }
}
