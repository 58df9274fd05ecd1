//! What holds for every resource of a kind: settings, tables, queues, logs, alarms, parameters.

use std::collections::BTreeSet;

use local::template::{FUNCTION, Template};
use serde_json::{Value, json};
use shared::table::schema::{COMPANY, DUE, ITEM, LEASES};
use shared::telemetry::MendedBy;

const API: [&str; 10] = [
    "COMPANY_CLAIM",
    "CORS_ORIGINS",
    "LOG_LEVEL",
    "ROLE_CLAIMS",
    "SECRETS_TABLE",
    "STATE_TABLE",
    "SYNC_FUNCTION",
    "SYNC_QUEUE_URL",
    "TOKEN_AUDIENCES",
    "TRUSTED_ISSUERS",
];

const SYNC: [&str; 12] = [
    "BOKAMERA_BASE_URL",
    "BOKAMERA_CONCURRENCY",
    "BOKAMERA_IDENTITY_URL",
    "CUSTOMERS_HOME",
    "CUSTOMERS_TABLE",
    "LOG_LEVEL",
    "SECRETS_TABLE",
    "STATE_TABLE",
    "SYNC_QUEUE_URL",
    "VAKA_BASE_URL",
    "VAKA_SCOPE",
    "VAKA_TOKEN_URL",
];

const RECOVER: [&str; 4] = ["EVENT_BUS", "LOG_LEVEL", "STATE_TABLE", "SYNC_QUEUE_URL"];

const OUTPUTS: [&str; 9] = [
    "ApiFunctionName",
    "ApiUrl",
    "CustomersTableName",
    "RecoverFunctionName",
    "SecretsTableName",
    "StateTableName",
    "SyncDeadLetterQueueUrl",
    "SyncFunctionName",
    "SyncQueueUrl",
];

const TABLES: [&str; 3] = ["StateTableName", "CustomersTableName", "SecretsTableName"];

fn template() -> Template {
    Template::read().expect("template.yaml")
}

fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn each_function_is_given_the_settings_it_reads_and_no_other() {
    let template = template();
    for (output, expected) in
        [("ApiFunctionName", &API[..]), ("SyncFunctionName", &SYNC[..]), ("RecoverFunctionName", &RECOVER[..])]
    {
        let function = template.behind(output).expect("a function");
        assert_eq!(names(function.property(&["Environment", "Variables"])), expected, "{output}");
    }
}

#[test]
fn each_function_is_a_rust_binary_for_arm64() {
    let template = template();
    let globals = &template.value()["Globals"]["Function"];
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["Architectures"], json!(["arm64"]));
    let mut binaries = BTreeSet::new();
    for function in template.resources_of(FUNCTION) {
        assert_eq!(template.value()["Resources"][function.id]["Metadata"]["BuildMethod"], "rust-cargolambda");
        binaries.insert(function.binary().expect("a binary"));
    }
    assert_eq!(binaries, BTreeSet::from(["api", "recover", "sync"]));
}

#[test]
fn every_table_is_on_demand_protected_encrypted_restorable_and_outlives_the_stack() {
    let template = template();
    let tables: Vec<_> = template.resources_of("AWS::DynamoDB::Table").collect();
    assert_eq!(tables.len(), TABLES.len());
    for table in tables {
        let id = table.id;
        assert_eq!(table.property(&["BillingMode"]), "PAY_PER_REQUEST", "{id}");
        assert_eq!(table.property(&["DeletionProtectionEnabled"]), true, "{id}");
        let restorable = ["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"];
        assert_eq!(table.property(&restorable), true, "{id}");
        assert_eq!(table.property(&["SSESpecification", "SSEEnabled"]), true, "{id}");
        assert_eq!(table.property(&["TableName"]), &Value::Null, "{id}: a name would stand in its own way");
        outlives(&template, id);
    }
    for key in template.resources_of("AWS::KMS::Key") {
        outlives(&template, key.id);
    }
}

fn outlives(template: &Template, id: &str) {
    let resource = &template.value()["Resources"][id];
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(resource[policy], "Retain", "{id}: {policy}");
    }
}

/// What is kept is also kept by a deployment that fails, such as one for a bus that is not there.
#[test]
fn nothing_that_outlives_the_stack_is_made_before_it_is_known_that_the_bus_is_there() {
    let template = template();
    let rules: Vec<_> = template.resources_of("AWS::Events::Rule").collect();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].property(&["EventBusName"]), &json!({"Ref": "EventBusName"}));
    let resources = template.value()["Resources"].as_object().expect("resources");
    assert_eq!(resources[rules[0].id].get("Condition"), None, "who waits for it would not");
    let kept: Vec<_> = resources.iter().filter(|(_, resource)| resource["DeletionPolicy"] == "Retain").collect();
    assert_eq!(kept.len(), 4);
    for (id, resource) in kept {
        assert_eq!(resource["DependsOn"], rules[0].id, "{id}");
    }
}

#[test]
fn the_tables_have_the_keys_that_the_code_uses() {
    let template = template();
    let key = |name, kind| json!({"AttributeName": name, "KeyType": kind});
    let table = |output| template.behind(output).expect("a table");
    let state = table("StateTableName");
    assert_eq!(state.property(&["KeySchema"]), &json!([key(COMPANY, "HASH"), key(ITEM, "RANGE")]));
    assert_eq!(state.property(&["TimeToLiveSpecification"]), &json!({"AttributeName": "expires_on", "Enabled": true}));
    let index = |name, shard, at| {
        json!({
            "IndexName": name,
            "KeySchema": [key(shard, "HASH"), key(at, "RANGE")],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        })
    };
    let indexes = json!([index(LEASES, "lease_shard", "lease_expires_at"), index(DUE, "due_shard", "due_at")]);
    assert_eq!(state.property(&["GlobalSecondaryIndexes"]), &indexes);
    let customers = table("CustomersTableName");
    assert_eq!(customers.property(&["KeySchema"]), &json!([key("company", "HASH"), key("customer", "RANGE")]));
    let secrets = table("SecretsTableName");
    assert_eq!(secrets.property(&["KeySchema"]), &json!([key("owner", "HASH")]));
    assert_eq!(secrets.property(&["SSESpecification", "SSEType"]), "KMS");
}

#[test]
fn every_queue_is_encrypted() {
    let template = template();
    let queues: Vec<_> = template.resources_of("AWS::SQS::Queue").collect();
    assert_eq!(queues.len(), 2);
    for queue in queues {
        assert_eq!(queue.property(&["SqsManagedSseEnabled"]), true, "{}", queue.id);
    }
}

#[test]
fn every_log_is_kept_for_as_long_as_the_deployment_says() {
    let template = template();
    let retention = json!({"Ref": "LogRetentionDays"});
    let groups: BTreeSet<_> = template.resources_of("AWS::Logs::LogGroup").map(|group| group.id).collect();
    for group in template.resources_of("AWS::Logs::LogGroup") {
        assert_eq!(group.property(&["RetentionInDays"]), &retention, "{}", group.id);
    }
    for function in template.resources_of(FUNCTION) {
        let group = function.text(&["LoggingConfig", "LogGroup", "Ref"]).expect("a log group of the template");
        assert!(groups.contains(group), "{}", function.id);
        assert_eq!(function.property(&["LoggingConfig", "LogFormat"]), "JSON", "{}", function.id);
    }
}

#[test]
fn a_failed_job_is_counted_whichever_function_ends_it_if_it_is_the_operators_to_mend() {
    let template = template();
    let operators = format!(r#"$.fields.event = "job.failed" && $.fields.mended_by = "{}""#, MendedBy::Operator.name());
    let counted: BTreeSet<_> = counting(&template, &operators).collect();
    let logs: BTreeSet<_> = template
        .resources_of(FUNCTION)
        .map(|function| function.text(&["LoggingConfig", "LogGroup", "Ref"]).expect("a log group"))
        .collect();
    assert_eq!(counted, logs);
}

/// The logs in which lines are counted that this is true of.
fn counting<'a>(template: &'a Template, what: &str) -> impl Iterator<Item = &'a str> {
    let pattern = format!("{{ {what} }}");
    let filters = template.resources_of("AWS::Logs::MetricFilter");
    let filters = filters.filter(move |filter| filter.property(&["FilterPattern"]) == pattern.as_str());
    filters.map(|filter| filter.text(&["LogGroupName", "Ref"]).expect("a log group"))
}

#[test]
fn an_event_that_is_not_sent_is_counted_where_it_is_logged() {
    let template = template();
    let recover = template.behind("RecoverFunctionName").expect("a function");
    let log = recover.text(&["LoggingConfig", "LogGroup", "Ref"]).expect("a log group");
    assert_eq!(counting(&template, r#"$.fields.event = "event.not_sent""#).collect::<Vec<_>>(), [log]);
}

#[test]
fn every_alarm_says_what_it_means_and_goes_to_the_topic_if_there_is_one() {
    let template = template();
    let mut watched = BTreeSet::new();
    for alarm in template.resources_of("AWS::CloudWatch::Alarm") {
        assert!(alarm.text(&["AlarmDescription"]).is_ok_and(|text| text.ends_with('.')), "{}", alarm.id);
        let topic = json!({"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
        assert_eq!(alarm.property(&["AlarmActions"]), &topic, "{}", alarm.id);
        watched.insert(alarm.text(&["MetricName"]).expect("a metric"));
    }
    let expected = [
        "5xx",
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "Errors",
        "FailedJobs",
        "Invocations",
        "UnsentEvents",
    ];
    assert_eq!(watched, BTreeSet::from(expected));
}

#[test]
fn every_parameter_is_described_labelled_grouped_and_bounded() {
    let template = template();
    let interface = &template.value()["Metadata"]["AWS::CloudFormation::Interface"];
    let groups = interface["ParameterGroups"].as_array().expect("groups");
    let mut grouped: Vec<_> = groups
        .iter()
        .flat_map(|group| group["Parameters"].as_array().expect("names"))
        .filter_map(Value::as_str)
        .collect();
    grouped.sort_unstable();
    let parameters = &template.value()["Parameters"];
    assert_eq!(names(parameters), grouped);
    for (name, parameter) in parameters.as_object().expect("parameters") {
        assert!(parameter["Description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        assert!(interface["ParameterLabels"][name]["default"].is_string(), "{name}");
        let bounds = ["AllowedPattern", "AllowedValues", "MaxValue"];
        assert!(bounds.iter().any(|bound| parameter.get(bound).is_some()), "{name}");
        assert_eq!(
            parameter.get("Default").is_none(),
            name == "TrustedIssuers",
            "{name}: nobody is trusted by default"
        );
    }
}

#[test]
fn every_output_is_described() {
    let template = template();
    let outputs = &template.value()["Outputs"];
    assert_eq!(names(outputs), OUTPUTS);
    for (name, output) in outputs.as_object().expect("outputs") {
        assert!(output["Description"].as_str().is_some_and(|text| text.len() > 15), "{name}");
    }
}
