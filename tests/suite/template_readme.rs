//! What `README.md` tells an operator, held to the template that it is about.

use std::fs;

use local::folders;
use local::template::Template;
use shared::job::FailureCode;

fn readme() -> String {
    fs::read_to_string(folders::root().join("README.md")).expect("README.md")
}

/// Rows of tables, paragraphs and blocks of commands: what is read in one go.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.lines() {
        let is_alone = line.is_empty() || line.starts_with('|') || line.starts_with('#');
        if is_alone {
            pieces.push(line.to_owned());
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    pieces
}

/// From a heading to the next one.
fn section(heading: &str) -> String {
    let text = readme();
    let (_, rest) = text.split_once(&format!("\n### {heading}\n")).expect("the heading");
    rest.split("\n##").next().unwrap_or_default().to_owned()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|one| one == word)
}

/// `sam deploy` alone uploads the source folders, or whatever an earlier build has left.
#[test]
fn whoever_is_told_to_deploy_is_told_to_build_first() {
    let text = readme();
    let told: Vec<_> = pieces(&text).into_iter().filter(|piece| has_word(piece, "deploy")).collect();
    assert!(told.len() >= 3, "the first deployment and those of the runbook");
    for piece in told {
        let before = piece.split("sam deploy").next().unwrap_or_default();
        assert!(before.contains("sam build"), "no sam build before it: {piece}");
        assert!(piece.contains("sam deploy"), "no command: {piece}");
    }
}

#[test]
fn a_name_that_the_reader_puts_in_is_an_output_of_the_stack() {
    let template = Template::read().expect("template.yaml");
    let text = readme();
    let asked: Vec<_> = text
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric))
        .collect();
    assert!(asked.contains(&"SecretsTableName") && asked.contains(&"SyncFunctionName"));
    for name in asked {
        assert!(template.value()["Outputs"][name].is_object(), "{name}");
    }
}

#[test]
fn the_runbook_explains_reasons_that_there_are_and_both_accounts_that_an_operator_stores() {
    let text = readme();
    let named = |line: &'_ str| line.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name.to_owned());
    let reasons: Vec<_> =
        text.lines().filter_map(named).filter(|name| name.chars().all(char::is_alphanumeric)).collect();
    let of_accounts = [FailureCode::SignInFailed, FailureCode::TargetSignInFailed];
    for code in of_accounts {
        assert!(reasons.iter().any(|reason| reason == code.name()), "{code:?}");
    }
    for reason in reasons.iter().filter(|reason| reason.starts_with(char::is_uppercase)) {
        // What the configuration's table lists looks the same.
        let is_parameter = Template::read().expect("template.yaml").value()["Parameters"][reason].is_object();
        assert!(is_parameter || FailureCode::named(reason).is_some(), "{reason}");
    }
}

/// DynamoDB restores items, indexes and, if it is told so, encryption. The rest is set again by hand.
#[test]
fn whoever_restores_a_table_is_told_to_set_again_what_the_template_sets() {
    let (template, section) = (Template::read().expect("template.yaml"), section("Restore a table"));
    for table in ["StateTableName", "CustomersTableName", "SecretsTableName"] {
        assert!(section.contains(&format!("<{table}>")), "{table}");
        let table = template.behind(table).expect("a table");
        let properties = [
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "TimeToLiveSpecification",
        ];
        for (property, _) in table.property(&[]).as_object().expect("properties") {
            assert!(properties.contains(&property.as_str()), "{}: does a restore keep {property}?", table.id);
        }
        if let Some(attribute) = table.property(&["TimeToLiveSpecification", "AttributeName"]).as_str() {
            let command = format!("--time-to-live-specification Enabled=true,AttributeName={attribute}\n");
            assert!(section.contains(&command), "{}: {command}", table.id);
        }
    }
    for command in [
        "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        "--deletion-protection-enabled",
        "--sse-specification-override Enabled=true,SSEType=KMS",
        ",KMSMasterKeyId=<arn>",
    ] {
        assert!(section.contains(command), "{command}");
    }
}

#[test]
fn the_file_that_the_tools_are_installed_from_has_them() {
    let text = readme();
    let (_, file) = text.split_once("pip install -r ").expect("a file of requirements");
    let file = file.split_whitespace().next().unwrap_or_default();
    let required = fs::read_to_string(folders::root().join(file)).expect("the file");
    for tool in ["aws-sam-cli", "cargo-lambda", "ziglang"] {
        assert!(required.lines().any(|line| line.starts_with(&format!("{tool}=="))), "{tool}");
    }
}
