//! What each function may do, action by action and resource by resource (fault 40).
//!
//! The lists are the decision; the template has to agree with them to the letter.

use std::collections::BTreeSet;

use local::template::{FUNCTION, Template};
use serde_json::{Value, json};

const LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

pub const API: [(&str, &str); 10] = [
    ("dynamodb:ConditionCheckItem", "StateTable.Arn"),
    ("dynamodb:DeleteItem", "StateTable.Arn"),
    ("dynamodb:GetItem", "StateTable.Arn"),
    ("dynamodb:PutItem", "StateTable.Arn"),
    ("dynamodb:Query", "StateTable.Arn"),
    ("dynamodb:UpdateItem", "SecretsTable.Arn"),
    ("dynamodb:UpdateItem", "StateTable.Arn"),
    ("kms:Decrypt", "SecretsKey.Arn"),
    ("lambda:InvokeFunction", "SyncFunction.Arn"),
    ("sqs:SendMessage", "SyncQueue.Arn"),
];

pub const SYNC: [(&str, &str); 14] = [
    ("dynamodb:BatchGetItem", "CustomersTable.Arn"),
    ("dynamodb:GetItem", "SecretsTable.Arn"),
    ("dynamodb:GetItem", "StateTable.Arn"),
    ("dynamodb:PutItem", "CustomersTable.Arn"),
    ("dynamodb:PutItem", "StateTable.Arn"),
    ("dynamodb:Query", "CustomersTable.Arn"),
    ("dynamodb:Query", "StateTable.Arn"),
    ("dynamodb:UpdateItem", "CustomersTable.Arn"),
    ("dynamodb:UpdateItem", "StateTable.Arn"),
    ("kms:Decrypt", "SecretsKey.Arn"),
    ("sqs:DeleteMessage", "SyncQueue.Arn"),
    ("sqs:GetQueueAttributes", "SyncQueue.Arn"),
    ("sqs:ReceiveMessage", "SyncQueue.Arn"),
    ("sqs:SendMessage", "SyncQueue.Arn"),
];

pub const RECOVER: [(&str, &str); 9] = [
    ("dynamodb:ConditionCheckItem", "StateTable.Arn"),
    ("dynamodb:DeleteItem", "StateTable.Arn"),
    ("dynamodb:GetItem", "StateTable.Arn"),
    ("dynamodb:PutItem", "StateTable.Arn"),
    ("dynamodb:Query", "${StateTable.Arn}/index/due"),
    ("dynamodb:Query", "${StateTable.Arn}/index/leases"),
    ("dynamodb:UpdateItem", "StateTable.Arn"),
    ("events:PutEvents", EVENT_BUS),
    ("sqs:SendMessage", "SyncQueue.Arn"),
];

pub const EVENT_BUS: &str = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}";

const THROUGH_DYNAMODB: &str = "dynamodb.${AWS::Region}.${AWS::URLSuffix}";

fn template() -> Template {
    Template::read().expect("template.yaml")
}

/// The statements of a role, which has one policy and no other source of rights.
fn statements(template: &Template, role: &str) -> Vec<Value> {
    let role = &template.value()["Resources"][role]["Properties"];
    assert_eq!(role.get("ManagedPolicyArns"), None);
    let policies = role["Policies"].as_array().expect("policies");
    assert_eq!(policies.len(), 1);
    policies[0]["PolicyDocument"]["Statement"].as_array().expect("statements").clone()
}

/// One or many, as IAM writes them.
fn each(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// `StateTable.Arn` for an attribute of a resource, the text itself for a substitution.
fn named(resource: &Value) -> String {
    if let Some(attribute) = resource["Fn::GetAtt"].as_array() {
        return attribute.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".");
    }
    resource["Fn::Sub"].as_str().expect("an attribute or a substitution").to_owned()
}

fn rights(template: &Template, role: &str) -> BTreeSet<(String, String)> {
    let mut rights = BTreeSet::new();
    for statement in statements(template, role) {
        assert_eq!(statement["Effect"], "Allow");
        for action in each(&statement["Action"]) {
            for resource in each(&statement["Resource"]) {
                let action = action.as_str().expect("an action").to_owned();
                assert!(rights.insert((action, named(&resource))), "each right is given once");
            }
        }
    }
    rights
}

/// The role that a function runs in, which is no other function's.
fn role_of(template: &Template, output: &str) -> String {
    let function = template.behind(output).expect("a function behind the output");
    assert_eq!(function.property(&["Policies"]), &Value::Null, "its rights are in its role");
    let role = named(function.property(&["Role"]));
    role.strip_suffix(".Arn").expect("the ARN of a role").to_owned()
}

fn may_do_exactly(output: &str, log_group: &str, listed: &[(&str, &str)]) {
    let template = template();
    let log = format!(
        "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/${{AWS::StackName}}/{log_group}:*"
    );
    let own_log = LOG.iter().map(|action| ((*action).to_owned(), log.clone()));
    let listed = listed.iter().map(|(action, resource)| ((*action).to_owned(), (*resource).to_owned()));
    assert_eq!(rights(&template, &role_of(&template, output)), listed.chain(own_log).collect());
}

/// Fault 40.
#[test]
fn the_api_function_takes_locks_reads_jobs_stores_keys_and_sends_messages_and_does_no_more() {
    may_do_exactly("ApiFunctionName", "api", &API);
}

/// Fault 40.
#[test]
fn the_sync_function_works_on_jobs_customers_and_messages_and_only_reads_secrets() {
    may_do_exactly("SyncFunctionName", "sync", &SYNC);
}

/// Fault 40.
#[test]
fn the_recover_function_moves_jobs_and_sends_messages_and_events_and_does_no_more() {
    may_do_exactly("RecoverFunctionName", "recover", &RECOVER);
}

/// Fault 40.
#[test]
fn each_function_has_a_role_of_its_own_that_lambda_alone_takes_on() {
    let template = template();
    let roles: BTreeSet<_> = template.resources_of("AWS::IAM::Role").map(|role| role.id.to_owned()).collect();
    let taken: BTreeSet<_> = ["ApiFunctionName", "SyncFunctionName", "RecoverFunctionName"]
        .map(|output| role_of(&template, output))
        .into_iter()
        .collect();
    assert_eq!(taken.len(), 3);
    assert_eq!(roles, taken);
    assert_eq!(template.resources_of(FUNCTION).count(), 3);
    for role in template.resources_of("AWS::IAM::Role") {
        let lambda = json!({"Service": "lambda.amazonaws.com"});
        let trust = json!([{"Effect": "Allow", "Principal": lambda, "Action": "sts:AssumeRole"}]);
        assert_eq!(role.property(&["AssumeRolePolicyDocument", "Statement"]), &trust);
    }
}

/// Fault 40.
#[test]
fn no_right_has_a_star_in_its_action() {
    let template = template();
    for role in template.resources_of("AWS::IAM::Role") {
        for (action, resource) in rights(&template, role.id) {
            assert!(!action.contains('*'), "{}: {action}", role.id);
            assert!(resource != "*", "{}: {action}", role.id);
        }
    }
}

/// Fault 40.
#[test]
fn the_sync_role_alone_reads_the_secrets_and_the_api_role_alone_writes_some_of_them() {
    let template = template();
    let secrets = template.behind("SecretsTableName").expect("the secrets table");
    let key = named(secrets.property(&["SSESpecification", "KMSMasterKeyId"]));
    let key = key.strip_suffix(".Arn").expect("the ARN of a key");
    let (sync, api) = (role_of(&template, "SyncFunctionName"), role_of(&template, "ApiFunctionName"));
    for role in template.resources_of("AWS::IAM::Role") {
        let rights = rights(&template, role.id);
        let meets = |to: &&(String, String)| to.1.contains(secrets.id) || to.1.contains(key);
        let actions: Vec<_> = rights.iter().filter(meets).map(|(action, _)| action.as_str()).collect();
        let expected: &[&str] = match role.id {
            id if id == sync => &["dynamodb:GetItem", "kms:Decrypt"],
            id if id == api => &["dynamodb:UpdateItem", "kms:Decrypt"],
            _ => &[],
        };
        assert_eq!(actions, expected, "{}", role.id);
    }
    for role in [&sync, &api] {
        let decrypts = statements(&template, role).into_iter().find(|statement| statement["Action"] == "kms:Decrypt");
        let condition = json!({"StringEquals": {"kms:ViaService": {"Fn::Sub": THROUGH_DYNAMODB}}});
        assert_eq!(decrypts.expect("a right to decrypt")["Condition"], condition);
    }
}

#[test]
fn an_api_key_goes_in_and_nothing_of_the_secrets_comes_back() {
    let template = template();
    let api = role_of(&template, "ApiFunctionName");
    let of_secrets = |statement: &Value| named(&statement["Resource"]).starts_with("SecretsTable");
    let statements: Vec<_> = statements(&template, &api).into_iter().filter(of_secrets).collect();
    assert_eq!(statements.len(), 1);
    let condition = json!({
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "api_key", "fingerprint_key"]},
        "ForAllValues:StringNotEquals": {"dynamodb:LeadingKeys": ["INTEGRATOR", "BOKAMERA"]},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"},
    });
    assert_eq!(statements[0]["Condition"], condition);
}

/// Fault 40.
#[test]
fn whoever_uses_the_key_of_the_secrets_does_so_through_dynamodb() {
    let template = template();
    let keys: Vec<_> = template.resources_of("AWS::KMS::Key").collect();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].property(&["EnableKeyRotation"]), true);
    let opens = ["Decrypt", "Encrypt", "Generate", "ReEncrypt", "CreateGrant", "kms:*"];
    for statement in each(keys[0].property(&["KeyPolicy", "Statement"])) {
        let principal = json!({"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}});
        assert_eq!(statement["Principal"], principal);
        let actions = each(&statement["Action"]);
        let is_use =
            actions.iter().filter_map(Value::as_str).any(|action| opens.iter().any(|one| action.contains(one)));
        let via = &statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"];
        assert_eq!(is_use, via == THROUGH_DYNAMODB, "{}", statement["Sid"]);
    }
}
