//! What a parameter takes, held to what the functions take: a value that the deployment lets in and a function refuses
//! at its start is found when every request fails.

use api::caller::claims::ClaimPath;
use api::caller::keys::{self, Issuer};
use local::template::Template;
use regex_lite::Regex;
use sync::customers::rest::RestSettings;
use sync::source::VakaSettings;

const SECURE: &str = "https://host.example";

/// A parameter, whether the function that it is for starts with a value, and values that a deployment may want.
struct Parameter {
    name: &'static str,
    starts: fn(&str) -> bool,
    wanted: &'static [&'static str],
}

const ADDRESSES: [&str; 5] = [
    "https://api.example.se",
    "https://xn--bkning-wxa.example:8443/v1/",
    "https://login.example/9968fc31/oauth2/v2.0/token@1",
    "http://127.0.0.1:65535/realms/a",
    "http://localhost",
];

const CLAIMS: [&str; 4] = ["company_id", "a.b", "resource_access.*.roles", "https://id.example/company"];

const PARAMETERS: [Parameter; 7] = [
    Parameter { name: "TrustedIssuers", starts: are_issuers, wanted: &ADDRESSES },
    Parameter { name: "RoleClaims", starts: are_claims, wanted: &CLAIMS },
    Parameter { name: "CompanyClaim", starts: is_claim, wanted: &CLAIMS },
    Parameter {
        name: "VakaBaseUrl",
        starts: |text| VakaSettings::new(text, SECURE, "scope").is_ok(),
        wanted: &ADDRESSES,
    },
    Parameter {
        name: "VakaTokenUrl",
        starts: |text| VakaSettings::new(SECURE, text, "scope").is_ok(),
        wanted: &ADDRESSES,
    },
    Parameter {
        name: "BokaMeraBaseUrl",
        starts: |text| RestSettings::new(text, SECURE, 1).is_ok(),
        wanted: &ADDRESSES,
    },
    Parameter { name: "BokaMeraIdentityUrl", starts: is_identity_server, wanted: &ADDRESSES },
];

/// Tried with every parameter, whatever it is for. Not among them is a port above 65535, which the patterns let in.
const VALUES: [&str; 39] = [
    "",
    " ",
    ".",
    "a.",
    ".a",
    "a..b",
    "a.b.",
    "a,",
    "a,,b",
    "a,b.",
    "a..b,c",
    "https://",
    "https:///path",
    "https://:443",
    "https://.",
    "https://a..b",
    "https://host.example:",
    "https://host.example:port",
    "https://user@host.example",
    "https://user:secret@host.example",
    "https://user:secret@host.example/path",
    "https://host.example\\@other.example",
    "https://host.example?",
    "https://host.example?key=1",
    "https://host.example/path?key=1",
    "https://host.example#there",
    "https://host.example/path#there",
    "https://256.256.256.256",
    "https://1.2.3.4.5",
    "https://[::1",
    "https://ho<st.example",
    "https://ho%st.example",
    "https://host|name.example",
    "http://host.example",
    "http://127.0.0.1.example",
    "http://localhost:secret@host.example",
    "http://127.0.0.1:1?key=1",
    "ftp://127.0.0.1",
    "host.example",
];

fn is_claim(text: &str) -> bool {
    ClaimPath::parse(text).is_some()
}

fn are_claims(text: &str) -> bool {
    text.split(',').all(is_claim)
}

/// The documents of an issuer lie below its name, which therefore has no query to swallow their path.
fn are_issuers(text: &str) -> bool {
    let client = keys::client();
    text.split(',').all(|name| {
        let is_base = VakaSettings::new(name, SECURE, "scope").is_ok();
        is_base && Issuer::new(name, client.clone()).is_some()
    })
}

/// None is given where customers are in the stack's own table; a rule of the template demands it where they are not.
fn is_identity_server(text: &str) -> bool {
    text.is_empty() || RestSettings::new(SECURE, text, 1).is_ok()
}

fn pattern(template: &Template, name: &str) -> Regex {
    let pattern = template.value()["Parameters"][name]["AllowedPattern"].as_str();
    Regex::new(pattern.expect("a pattern")).expect("a regular expression")
}

#[test]
fn no_function_refuses_at_its_start_what_a_parameter_lets_in() {
    let template = Template::read().expect("template.yaml");
    let mut refused = Vec::new();
    for Parameter { name, starts, .. } in &PARAMETERS {
        let allowed = pattern(&template, name);
        let values = VALUES.iter().copied().chain(ADDRESSES).chain(CLAIMS);
        refused.extend(values.filter(|value| allowed.is_match(value) && !starts(value)).map(|value| (name, value)));
    }
    assert!(refused.is_empty(), "let in, and refused: {refused:?}");
}

#[test]
fn a_parameter_lets_in_what_a_deployment_may_want() {
    let template = Template::read().expect("template.yaml");
    for Parameter { name, starts, wanted } in &PARAMETERS {
        let allowed = pattern(&template, name);
        let default = template.value()["Parameters"][name]["Default"].as_str();
        for value in wanted.iter().copied().chain(default) {
            assert!(allowed.is_match(value) && starts(value), "{name}: {value}");
        }
    }
    for (name, list) in [("TrustedIssuers", ADDRESSES.join(",")), ("RoleClaims", CLAIMS.join(","))] {
        assert!(pattern(&template, name).is_match(&list), "{name}: {list}");
    }
}
