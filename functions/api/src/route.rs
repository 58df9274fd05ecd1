//! Which operation a method and a path name.
//!
//! Routes match in any case, with or without a trailing slash, and with a format suffix on the
//! last segment (`/codelock/axema/usersync.json`). A suffix that names no format still matches:
//! it chooses nothing, and the next rule of the negotiation speaks (`answer::format`). Every
//! operation is also found by its name (`predefined`).
//!
//! What this module does not do: read the id. It is bound like every other value, so that a
//! wrong one is answered with its field's name.

mod predefined;

use percent_encoding::percent_decode_str;

use crate::describe::Topic;

/// The path of the collection; a job's path is this, a slash and its id.
pub const SYNCS: &str = "/codelock/axema/usersync";

/// The path of the connection; that of its test is this and `/test`.
pub const SETTINGS: &str = "/codelock/axema/settings";

/// No format name is longer; anything longer after a dot is not a suffix.
const LONGEST_SUFFIX: usize = 8;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `CreateAxemaUserSync`
    StartSync,
    /// `QueryAxemaUserSyncJobs`
    ListSyncs,
    /// `GetAxemaUserSyncJob`, with the id as it stands in the path, where it stands there.
    GetSync(Option<String>),
    /// `QueryAxemaUserSyncUsers`, with the job's id in the same way.
    ListUsers(Option<String>),
    /// `CancelAxemaUserSync`, with the id in the same way.
    CancelSync(Option<String>),
    /// `AxemaSettingQuery`
    GetSetting,
    /// `CreateAxemaSetting`
    CreateSetting,
    /// `UpdateAxemaSetting`
    UpdateSetting,
    /// `DeleteAxemaSetting`
    DeleteSetting,
    /// `TestAxemaSetting`
    TestSetting,
    /// The service itself is asked about.
    Describe(Topic),
    /// A browser or a curious client asks what it may do.
    Options(Allow),
    /// The path is known, the method is not for it.
    WrongMethod(Allow),
    /// Nothing is here.
    Unknown,
}

/// The methods of a route, as the header `Allow` wants them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allow(pub &'static str);

const ALLOW_SYNCS: Allow = Allow("GET, HEAD, POST, OPTIONS");
const ALLOW_SYNC: Allow = Allow("GET, HEAD, DELETE, OPTIONS");
const ALLOW_USERS: Allow = Allow("GET, HEAD, OPTIONS");
const ALLOW_SETTING: Allow = Allow("GET, HEAD, POST, PUT, DELETE, OPTIONS");
const ALLOW_TEST: Allow = Allow("POST, OPTIONS");
const ALLOW_DESCRIPTION: Allow = Allow("GET, HEAD, OPTIONS");

/// A path and a method, understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// What is asked for.
    pub operation: Operation,
    /// The suffix on the path without its dot, in lower case.
    pub suffix: Option<String>,
    /// The format that a predefined route has, unless another is asked for.
    pub format: Option<String>,
}

impl Allow {
    fn names(self, method: &str) -> bool {
        self.0.split(", ").any(|allowed| allowed == method)
    }
}

impl Operation {
    /// Whether it changes something, or has the service do something elsewhere.
    #[must_use]
    pub const fn changes(&self) -> bool {
        match self {
            Self::StartSync
            | Self::CancelSync(_)
            | Self::CreateSetting
            | Self::UpdateSetting
            | Self::DeleteSetting
            | Self::TestSetting => true,
            Self::ListSyncs
            | Self::GetSync(_)
            | Self::ListUsers(_)
            | Self::GetSetting
            | Self::Describe(_)
            | Self::Options(_)
            | Self::WrongMethod(_)
            | Self::Unknown => false,
        }
    }

    /// The name for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StartSync => "CreateAxemaUserSync",
            Self::ListSyncs => "QueryAxemaUserSyncJobs",
            Self::GetSync(_) => "GetAxemaUserSyncJob",
            Self::ListUsers(_) => "QueryAxemaUserSyncUsers",
            Self::CancelSync(_) => "CancelAxemaUserSync",
            Self::GetSetting => "AxemaSettingQuery",
            Self::CreateSetting => "CreateAxemaSetting",
            Self::UpdateSetting => "UpdateAxemaSetting",
            Self::DeleteSetting => "DeleteAxemaSetting",
            Self::TestSetting => "TestAxemaSetting",
            Self::Describe(_) => "Describe",
            Self::Options(_) => "Options",
            Self::WrongMethod(_) => "WrongMethod",
            Self::Unknown => "Unknown",
        }
    }
}

/// Finds the route. `path` is percent-decoded here; a path that the gateway has decoded already
/// is not changed by that, because no route has a percent sign.
#[must_use]
pub fn find(method: &str, path: &str) -> Route {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let whole = decoded.strip_suffix('/').unwrap_or(&decoded);
    if let Some(route) = predefined::find(method, whole) {
        return route;
    }
    let (bare, suffix) = split_suffix(whole);
    let operation = match (below(bare, SYNCS), below(bare, SETTINGS)) {
        (Some(""), _) => on_syncs(method),
        (Some(below), _) => match below.split_once('/') {
            None => on_sync(method, below),
            Some((id, users)) if !id.is_empty() && users.eq_ignore_ascii_case("users") => on_users(method, id),
            Some(_) => Operation::Unknown,
        },
        (None, Some("")) => on_setting(method),
        (None, Some(below)) if below.eq_ignore_ascii_case("test") => on_test(method),
        (None, Some(_)) => Operation::Unknown,
        (None, None) => Topic::at(bare).map_or(Operation::Unknown, |topic| on_description(method, topic)),
    };
    Route { operation, suffix, format: None }
}

fn on_syncs(method: &str) -> Operation {
    match method {
        "POST" => Operation::StartSync,
        "GET" | "HEAD" => Operation::ListSyncs,
        "OPTIONS" => Operation::Options(ALLOW_SYNCS),
        _ => Operation::WrongMethod(ALLOW_SYNCS),
    }
}

fn on_sync(method: &str, id: &str) -> Operation {
    match method {
        "GET" | "HEAD" => Operation::GetSync(Some(id.to_owned())),
        "DELETE" => Operation::CancelSync(Some(id.to_owned())),
        "OPTIONS" => Operation::Options(ALLOW_SYNC),
        _ => Operation::WrongMethod(ALLOW_SYNC),
    }
}

fn on_users(method: &str, id: &str) -> Operation {
    match method {
        "GET" | "HEAD" => Operation::ListUsers(Some(id.to_owned())),
        "OPTIONS" => Operation::Options(ALLOW_USERS),
        _ => Operation::WrongMethod(ALLOW_USERS),
    }
}

fn on_setting(method: &str) -> Operation {
    match method {
        "GET" | "HEAD" => Operation::GetSetting,
        "POST" => Operation::CreateSetting,
        "PUT" => Operation::UpdateSetting,
        "DELETE" => Operation::DeleteSetting,
        "OPTIONS" => Operation::Options(ALLOW_SETTING),
        _ => Operation::WrongMethod(ALLOW_SETTING),
    }
}

fn on_test(method: &str) -> Operation {
    match method {
        "POST" => Operation::TestSetting,
        "OPTIONS" => Operation::Options(ALLOW_TEST),
        _ => Operation::WrongMethod(ALLOW_TEST),
    }
}

fn on_description(method: &str, topic: Topic) -> Operation {
    match method {
        "GET" | "HEAD" => Operation::Describe(topic),
        "OPTIONS" => Operation::Options(ALLOW_DESCRIPTION),
        _ => Operation::WrongMethod(ALLOW_DESCRIPTION),
    }
}

/// What is below a path, `""` for the path itself.
fn below<'a>(path: &'a str, above: &str) -> Option<&'a str> {
    let (start, rest) = path.split_at_checked(above.len())?;
    if !start.eq_ignore_ascii_case(above) {
        return None;
    }
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix('/').filter(|below| !below.is_empty())
}

fn split_suffix(path: &str) -> (&str, Option<String>) {
    match path.rsplit_once('.') {
        Some((bare, suffix))
            if (1..=LONGEST_SUFFIX).contains(&suffix.len())
                && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (bare, Some(suffix.to_ascii_lowercase()))
        }
        _ => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_matches_in_any_case_with_a_slash_and_with_a_suffix() {
        let id = || Operation::GetSync(Some("AbC".to_owned()));
        let users = || Operation::ListUsers(Some("AbC".to_owned()));
        for (method, path, operation, suffix) in [
            ("POST", "/codelock/axema/usersync", Operation::StartSync, None),
            ("POST", "/CodeLock/AXEMA/UserSync/", Operation::StartSync, None),
            ("GET", "/codelock/axema/usersync.JSON", Operation::ListSyncs, Some("json")),
            ("GET", "/codelock/axema/usersync.json/", Operation::ListSyncs, Some("json")),
            ("HEAD", "/codelock/axema/usersync", Operation::ListSyncs, None),
            ("GET", "/codelock/axema/usersync/AbC", id(), None),
            ("GET", "/codelock/axema/usersync/AbC/", id(), None),
            ("GET", "/codelock/axema/usersync/AbC.xml", id(), Some("xml")),
            ("GET", "/codelock/axema/usersync/%41bC", id(), None),
            ("DELETE", "/codelock/axema/usersync/AbC/", Operation::CancelSync(Some("AbC".to_owned())), None),
            ("GET", "/codelock/axema/usersync/AbC/users", users(), None),
            ("HEAD", "/codelock/axema/usersync/AbC/USERS.csv", users(), Some("csv")),
            ("OPTIONS", "/codelock/axema/usersync/x/users", Operation::Options(ALLOW_USERS), None),
            ("HEAD", "/CodeLock/Axema/Settings.jsv", Operation::GetSetting, Some("jsv")),
            ("POST", "/codelock/axema/settings", Operation::CreateSetting, None),
            ("PUT", "/codelock/axema/settings/", Operation::UpdateSetting, None),
            ("DELETE", "/codelock/axema/settings.xml", Operation::DeleteSetting, Some("xml")),
            ("POST", "/codelock/axema/settings/Test.csv", Operation::TestSetting, Some("csv")),
            ("OPTIONS", "/codelock/axema/settings", Operation::Options(ALLOW_SETTING), None),
            ("OPTIONS", "/codelock/axema/settings/test", Operation::Options(ALLOW_TEST), None),
            ("OPTIONS", "/codelock/axema/usersync", Operation::Options(ALLOW_SYNCS), None),
            ("OPTIONS", "/codelock/axema/usersync/x", Operation::Options(ALLOW_SYNC), None),
        ] {
            let expected = Route { operation, suffix: suffix.map(str::to_owned), format: None };
            assert_eq!(find(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_known_path_with_another_method_says_which_methods_there_are() {
        assert_eq!(find("DELETE", SYNCS).operation, Operation::WrongMethod(ALLOW_SYNCS));
        assert_eq!(find("get", SYNCS).operation, Operation::WrongMethod(ALLOW_SYNCS));
        assert_eq!(find("POST", "/codelock/axema/usersync/x").operation, Operation::WrongMethod(ALLOW_SYNC));
        assert_eq!(find("POST", "/codelock/axema/usersync/x/users").operation, Operation::WrongMethod(ALLOW_USERS));
        assert_eq!(find("PATCH", SETTINGS).operation, Operation::WrongMethod(ALLOW_SETTING));
        assert_eq!(find("GET", "/codelock/axema/settings/test").operation, Operation::WrongMethod(ALLOW_TEST));
    }

    #[test]
    fn any_other_path_is_unknown() {
        for path in [
            "",
            "/",
            "codelock/axema/usersync",
            "/codelock/axema",
            "/codelock/axema/usersyncs",
            "/codelock/axema/usersync/a/b",
            "/codelock/axema/usersync//",
            "/codelock/axema/usersync//users",
            "/codelock/axema/usersync/a/users/b",
            "/codelock/axema/settings/tests",
            "/codelock/axema/settings/test/x",
            "/codelock/axema/settingstest",
            "//codelock/axema/usersync",
            "/codelock/axema/usersynå",
            "/codelock/axema/usersync.averylongsuffix",
            "/%ff%fe",
        ] {
            assert_eq!(find("GET", path).operation, Operation::Unknown, "{path}");
        }
    }
}
