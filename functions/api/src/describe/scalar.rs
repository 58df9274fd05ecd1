//! The types that a member may have beside texts, lists and other DTOs, as JSON Schema says them.
//!
//! The wire structs hold texts and plain numbers; `#[schemars(with = "…")]` at a member names one
//! of these, which says what the text or number is. Nothing here is ever made: each is a name for
//! a schema.
//!
//! What this module does not do: check that a member keeps its promise. The suite does, with
//! answers of the running service.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A scalar whose schema stands where it is used.
macro_rules! scalar {
    ($(#[$doc:meta])* $name:ident = $schema:tt) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

scalar! {
    /// An id, lowercase with hyphens.
    Guid = { "type": "string", "format": "uuid" }
}

scalar! {
    /// A moment in UTC, with seven fractional digits.
    DateTime = { "type": "string", "format": "date-time" }
}

scalar! {
    /// How many there are. The contract has `int`, which is 32 bits wide.
    Count = { "type": "integer", "format": "int32", "minimum": 0 }
}

scalar! {
    /// The number of an `AxemaUserSyncStatus`.
    StatusNumber = { "type": "integer", "format": "int32", "enum": [0, 1, 2, 3] }
}

scalar! {
    /// How many of a list are passed over.
    Offset = { "type": "integer", "format": "int32", "minimum": 0, "maximum": 2147483647 }
}

scalar! {
    /// How many of a list are answered.
    Page = { "type": "integer", "format": "int32", "minimum": 0, "maximum": 10000 }
}

scalar! {
    /// What became of a user.
    OutcomeName = { "type": "string", "enum": ["Created", "Updated", "Unchanged", "Skipped"] }
}

scalar! {
    /// What a test of the connection is about.
    CheckName = { "type": "string", "enum": ["SignIn", "ApiKey", "Device"] }
}

scalar! {
    /// What a test has found.
    VerdictName = { "type": "string", "enum": ["Works", "Fails", "NotTested"] }
}

scalar! {
    /// The name of an `AxemaUserSyncStatus`.
    StatusName = { "type": "string", "enum": ["Pending", "Processing", "Completed", "Failed"] }
}
