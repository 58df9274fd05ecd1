//! What a function says when it cannot start.

use std::process::Command;

use local::bundle::Binaries;

const SETTINGS: [(&str, &[&str]); 3] = [
    ("api", &["STATE_TABLE", "SYNC_QUEUE_URL", "SECRETS_TABLE", "SYNC_FUNCTION", "TRUSTED_ISSUERS"]),
    (
        "sync",
        &[
            "STATE_TABLE",
            "CUSTOMERS_TABLE",
            "SECRETS_TABLE",
            "SYNC_QUEUE_URL",
            "VAKA_BASE_URL",
            "VAKA_TOKEN_URL",
            "VAKA_SCOPE",
            "CUSTOMERS_HOME",
            "BOKAMERA_BASE_URL",
            "BOKAMERA_IDENTITY_URL",
            "BOKAMERA_CONCURRENCY",
        ],
    ),
    ("recover", &["STATE_TABLE", "SYNC_QUEUE_URL", "EVENT_BUS"]),
];

/// The binary's process with these settings, all of them usable.
fn command(bundle: &Binaries, binary: &str, settings: &[&str]) -> Command {
    let mut command = Command::new(bundle.path(binary).expect("a binary"));
    command.env_clear();
    for name in settings {
        let value = match *name {
            "CUSTOMERS_HOME" => "rest",
            "BOKAMERA_CONCURRENCY" => "8",
            _ => "https://127.0.0.1/of-a-test",
        };
        command.env(name, value);
    }
    command
}

#[test]
fn a_missing_setting_stops_the_function_at_start_with_the_variables_name() {
    let bundle = Binaries::build().expect("binaries");
    for (binary, settings) in SETTINGS {
        for missing in settings {
            let others: Vec<_> = settings.iter().copied().filter(|name| name != missing).collect();
            let output = command(&bundle, binary, &others).output().expect("a process");
            assert!(!output.status.success(), "{binary} started without {missing}");
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(said.contains(&format!("{missing} is not set")), "{binary} without {missing} said: {said}");
        }
    }
}
