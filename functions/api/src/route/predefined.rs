//! ServiceStack's predefined routes, which its clients call with typed requests: every operation
//! by its name, `/json/reply/GetAxemaUserSyncJob` and `/api/GetAxemaUserSyncJob`.
//!
//! The format is named by the first segment, or, below `/api`, by the suffix, and is JSON without
//! one. `?format=` asks for another, unless there is a suffix; `Accept` says nothing. `oneway` does
//! what `reply` does and is answered in the same way, as by a ServiceStack that has no message
//! queue for it.
//!
//! A path has no id here, so an id comes from the query or the body. POST is for every operation,
//! because that is what a client sends for a request that names no verb; GET is for none that
//! changes anything.
//!
//! What this module does not do: batches (`CreateAxemaUserSync[]`). One company has one sync.

use super::{Allow, Operation, Route, split_suffix};

/// The formats that have routes of their own.
const FORMATS: [&str; 6] = ["json", "xml", "jsv", "csv", "jsonl", "html"];

/// The format of a route that names none.
const DEFAULT: &str = "json";

/// An operation, and the verbs that it may be called with by its name.
struct Named {
    operation: fn() -> Operation,
    allow: Allow,
}

const OPERATIONS: [Named; 10] = [
    Named { operation: || Operation::StartSync, allow: Allow("POST, OPTIONS") },
    Named { operation: || Operation::ListSyncs, allow: Allow("GET, HEAD, POST, OPTIONS") },
    Named { operation: || Operation::GetSync(None), allow: Allow("GET, HEAD, POST, OPTIONS") },
    Named { operation: || Operation::ListUsers(None), allow: Allow("GET, HEAD, POST, OPTIONS") },
    Named { operation: || Operation::CancelSync(None), allow: Allow("POST, DELETE, OPTIONS") },
    Named { operation: || Operation::GetSetting, allow: Allow("GET, HEAD, POST, OPTIONS") },
    Named { operation: || Operation::CreateSetting, allow: Allow("POST, OPTIONS") },
    Named { operation: || Operation::UpdateSetting, allow: Allow("POST, PUT, OPTIONS") },
    Named { operation: || Operation::DeleteSetting, allow: Allow("POST, DELETE, OPTIONS") },
    Named { operation: || Operation::TestSetting, allow: Allow("POST, OPTIONS") },
];

/// The route of a path, which has lost its slash at the end.
pub(super) fn find(method: &str, path: &str) -> Option<Route> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let first = segments.next()?.to_ascii_lowercase();
    let (name, suffix, format) = if first == "api" {
        let (name, suffix) = split_suffix(segments.next()?);
        (name, suffix, DEFAULT.to_owned())
    } else if FORMATS.contains(&first.as_str()) {
        let manner = segments.next()?;
        let known = ["reply", "oneway"].iter().any(|known| manner.eq_ignore_ascii_case(known));
        (segments.next().filter(|_| known)?, None, first)
    } else {
        return None;
    };
    let named = OPERATIONS.iter().find(|named| (named.operation)().name().eq_ignore_ascii_case(name));
    let named = named.filter(|_| segments.next().is_none())?;
    Some(Route { operation: named.with(method), suffix, format: Some(format) })
}

impl Named {
    fn with(&self, method: &str) -> Operation {
        match method {
            "OPTIONS" => Operation::Options(self.allow),
            _ if self.allow.names(method) => (self.operation)(),
            _ => Operation::WrongMethod(self.allow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::{Allow, Operation, Route};

    #[test]
    fn a_client_finds_each_operation_by_its_name() {
        for (method, path, operation, format, suffix) in [
            ("POST", "/json/reply/CreateAxemaUserSync", Operation::StartSync, "json", None),
            ("POST", "/json/oneway/CreateAxemaUserSync", Operation::StartSync, "json", None),
            ("POST", "/api/CreateAxemaUserSync", Operation::StartSync, "json", None),
            ("POST", "/API/createaxemausersync.XML", Operation::StartSync, "json", Some("xml")),
            ("GET", "/csv/reply/QueryAxemaUserSyncJobs", Operation::ListSyncs, "csv", None),
            ("HEAD", "/Jsonl/Reply/queryaxemausersyncjobs/", Operation::ListSyncs, "jsonl", None),
            ("POST", "/jsv/reply/QueryAxemaUserSyncJobs", Operation::ListSyncs, "jsv", None),
            ("GET", "/xml/reply/GetAxemaUserSyncJob", Operation::GetSync(None), "xml", None),
            ("POST", "/api/GetAxemaUserSyncJob", Operation::GetSync(None), "json", None),
            ("GET", "/csv/reply/QueryAxemaUserSyncUsers", Operation::ListUsers(None), "csv", None),
            ("GET", "/html/reply/GetAxemaUserSyncJob", Operation::GetSync(None), "html", None),
            ("GET", "/api/GetAxemaUserSyncJob.foo", Operation::GetSync(None), "json", Some("foo")),
            ("DELETE", "/api/CancelAxemaUserSync", Operation::CancelSync(None), "json", None),
            ("POST", "/json/reply/CancelAxemaUserSync", Operation::CancelSync(None), "json", None),
            ("GET", "/xml/reply/AxemaSettingQuery", Operation::GetSetting, "xml", None),
            ("POST", "/api/CreateAxemaSetting", Operation::CreateSetting, "json", None),
            ("PUT", "/api/UpdateAxemaSetting", Operation::UpdateSetting, "json", None),
            ("DELETE", "/jsv/reply/deleteaxemasetting", Operation::DeleteSetting, "jsv", None),
            ("POST", "/csv/oneway/TestAxemaSetting", Operation::TestSetting, "csv", None),
        ] {
            let (suffix, format) = (suffix.map(str::to_owned), Some(format.to_owned()));
            let expected = Route { operation, suffix, format };
            assert_eq!(find(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn nothing_is_changed_by_a_get_and_a_wrong_verb_is_told_the_right_ones() {
        for (name, allow) in [
            ("CreateAxemaUserSync", "POST, OPTIONS"),
            ("QueryAxemaUserSyncJobs", "GET, HEAD, POST, OPTIONS"),
            ("GetAxemaUserSyncJob", "GET, HEAD, POST, OPTIONS"),
            ("QueryAxemaUserSyncUsers", "GET, HEAD, POST, OPTIONS"),
            ("CancelAxemaUserSync", "POST, DELETE, OPTIONS"),
            ("AxemaSettingQuery", "GET, HEAD, POST, OPTIONS"),
            ("CreateAxemaSetting", "POST, OPTIONS"),
            ("UpdateAxemaSetting", "POST, PUT, OPTIONS"),
            ("DeleteAxemaSetting", "POST, DELETE, OPTIONS"),
            ("TestAxemaSetting", "POST, OPTIONS"),
        ] {
            for path in [format!("/api/{name}"), format!("/json/oneway/{name}")] {
                let of = |method| find(method, &path).operation;
                assert_eq!(of("OPTIONS"), Operation::Options(Allow(allow)), "{path}");
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "get", "", "POST, "] {
                    let refused = of(method) == Operation::WrongMethod(Allow(allow));
                    assert_eq!(refused, !allow.split(", ").any(|allowed| allowed == method), "{method} {path}");
                }
            }
        }
    }

    #[test]
    fn a_path_that_is_only_like_one_is_unknown() {
        for path in [
            "/json",
            "/json/reply",
            "/json/reply/",
            "/json/reply/Create",
            "/json/replay/CreateAxemaUserSync",
            "/json/CreateAxemaUserSync",
            "/json/reply/CreateAxemaUserSync/x",
            "/json/reply/CreateAxemaUserSync.json",
            "/json/reply/CreateAxemaUserSync[]",
            "/soap12/reply/CreateAxemaUserSync",
            "/api",
            "/api/",
            "/api/reply/CreateAxemaUserSync",
            "/api/CreateAxemaUserSync/x",
            "/api/Options",
            "/api/Unknown",
            "json/reply/CreateAxemaUserSync",
            "//api/CreateAxemaUserSync",
        ] {
            assert_eq!(find("POST", path).operation, Operation::Unknown, "{path}");
        }
    }
}
