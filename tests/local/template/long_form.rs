//! CloudFormation's short forms (YAML tags) as the objects that they stand for.

use serde_json::{Map, Number, Value};
use serde_yaml_ng::Value as Yaml;

use super::TemplateError;

pub(super) fn of(yaml: Yaml) -> Result<Value, TemplateError> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(value) => number(&value),
        Yaml::String(value) => Value::String(value),
        Yaml::Sequence(values) => Value::Array(values.into_iter().map(of).collect::<Result<_, _>>()?),
        Yaml::Mapping(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Ok((key_text(key)?, of(value)?)));
            Value::Object(pairs.collect::<Result<Map<_, _>, TemplateError>>()?)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            function(tag.trim_start_matches('!'), of(tagged.value)?)
        }
    })
}

fn function(tag: &str, argument: Value) -> Value {
    let (name, argument) = match (tag, argument) {
        ("Ref" | "Condition", argument) => (tag.to_owned(), argument),
        ("GetAtt", Value::String(dotted)) => {
            let (resource, attribute) = dotted.split_once('.').unwrap_or((&dotted, ""));
            ("Fn::GetAtt".to_owned(), Value::from(vec![resource, attribute]))
        }
        (other, argument) => (format!("Fn::{other}"), argument),
    };
    Value::Object(Map::from_iter([(name, argument)]))
}

fn number(value: &serde_yaml_ng::Number) -> Value {
    let whole = value.as_i64().map(Number::from).or_else(|| value.as_u64().map(Number::from));
    whole.or_else(|| value.as_f64().and_then(Number::from_f64)).map_or(Value::Null, Value::Number)
}

/// A number as a key (an account id in a mapping) is read as its text, as CloudFormation does.
fn key_text(key: Yaml) -> Result<String, TemplateError> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        _ => Err(TemplateError::Key),
    }
}
