//! The three requests that read.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expression::{Bound, Item, compare, holds, projected};
use super::{Key, Reply, Table, Tables, Whims, as_json, attributes, needed, text};

impl Tables {
    pub(super) fn get(&self, request: &Value, now_ms: i64, whims: Whims) -> Result<Reply, String> {
        let table = self.table(text(request, "TableName")?)?;
        let key = table.key_of(&attributes(needed(request, "Key")?)?)?;
        let found = if is_consistent(request) || !whims.stale {
            table.items.get(&key).cloned()
        } else {
            table.lagging(now_ms).remove(&key)
        };
        Ok(Reply::ok(&found.map_or(json!({}), |item| json!({"Item": as_json(&item)}))))
    }

    pub(super) fn batch_get(&self, request: &Value, whims: Whims) -> Result<Reply, String> {
        let tables = needed(request, "RequestItems")?.as_object().ok_or("RequestItems is no object")?;
        let (mut found, mut left) = (serde_json::Map::new(), serde_json::Map::new());
        for (name, wanted) in tables {
            let table = self.table(name)?;
            let mut keys = Vec::new();
            for key in needed(wanted, "Keys")?.as_array().ok_or("Keys is no list")? {
                keys.push((table.key_of(&attributes(key)?)?, key.clone()));
            }
            if keys.len() > 100 {
                return Err("more than a hundred keys in a batch".to_owned());
            }
            // They come in the order of a hash map, which is another one in each process.
            keys.sort_by(|one, other| one.0.cmp(&other.0));
            if keys.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err("a key twice in a batch".to_owned());
            }
            let rest = keys.split_off(whims.batch.unwrap_or(keys.len()).clamp(1, keys.len().max(1)).min(keys.len()));
            let items = keys.iter().filter_map(|(key, _)| table.items.get(key)).map(as_json);
            found.insert(name.clone(), items.collect());
            if !rest.is_empty() {
                let keys: Vec<_> = rest.into_iter().map(|(_, key)| key).collect();
                left.insert(name.clone(), json!({"Keys": keys, "ConsistentRead": is_consistent(wanted)}));
            }
        }
        Ok(Reply::ok(&json!({"Responses": found, "UnprocessedKeys": left})))
    }

    pub(super) fn query(&self, request: &Value, now_ms: i64, whims: Whims) -> Result<Reply, String> {
        let table = self.table(text(request, "TableName")?)?;
        let bound = Bound::of(request);
        let condition = text(request, "KeyConditionExpression")?;
        let index = request.get("IndexName").and_then(Value::as_str);
        let stale = whims.stale && !is_consistent(request);
        let past: BTreeMap<Key, Item>;
        let items = if stale {
            past = table.lagging(now_ms);
            &past
        } else {
            &table.items
        };
        let mut rows = Vec::new();
        for (key, item) in partition(table, items, index, request)? {
            if holds(condition, &bound, Some(item))? {
                rows.push((key, item));
            }
        }
        if rows.is_empty() {
            // Read once all the same, so that what it means is known to be understood.
            holds(condition, &bound, None)?;
        }
        if let Some(index) = index {
            let (_, _, range) = table.index(index)?;
            let at = |item: &Item| item.get(range).cloned().unwrap_or_default();
            rows.sort_by(|one, other| compare(&at(one.1), &at(other.1)).unwrap_or(Ordering::Equal));
        }
        if request.get("ScanIndexForward") == Some(&Value::Bool(false)) {
            rows.reverse();
        }
        if let Some(start) = request.get("ExclusiveStartKey") {
            let start = table.key_of(&attributes(start)?)?;
            let at = rows.iter().position(|(key, _)| **key == start).ok_or("a start that is not there")?;
            rows.drain(..=at);
        }
        let limit = request.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let whim = whims.page.filter(|_| index.is_none());
        let most = limit.into_iter().chain(whim).min().unwrap_or(usize::MAX);
        let last = (rows.len() > most).then(|| rows.get(most - 1).map(|(_, item)| table.key_json(item))).flatten();
        rows.truncate(most);
        let mut found = Vec::new();
        for (_, item) in rows {
            if let Some(filter) = request.get("FilterExpression").and_then(Value::as_str)
                && !holds(filter, &bound, Some(item))?
            {
                continue;
            }
            found.push(match request.get("ProjectionExpression").and_then(Value::as_str) {
                None => as_json(item),
                Some(wanted) => {
                    let wanted = projected(wanted, &bound)?;
                    item.iter()
                        .filter(|(name, _)| wanted.contains(*name))
                        .map(|(n, v)| (n.clone(), v.clone()))
                        .collect()
                }
            });
        }
        let mut answer = json!({"Count": found.len(), "Items": found});
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = last;
        }
        Ok(Reply::ok(&answer))
    }
}

/// The items whose partition key is the one that the request is about.
fn partition<'a>(
    table: &Table,
    items: &'a BTreeMap<Key, Item>,
    index: Option<&str>,
    request: &Value,
) -> Result<Vec<(&'a Key, &'a Item)>, String> {
    let condition = text(request, "KeyConditionExpression")?;
    let mut words = condition.split_whitespace();
    let (name, operator, value) = (words.next(), words.next(), words.next());
    let bound = |member: &str, token: Option<&str>| request.get(member)?.get(token?).cloned();
    let hash = match index {
        Some(index) => table.index(index)?.1,
        None => table.hash,
    };
    if bound("ExpressionAttributeNames", name) != Some(json!(hash)) || operator != Some("=") {
        return Err(format!("the key condition {condition}"));
    }
    let value = bound("ExpressionAttributeValues", value).ok_or_else(|| format!("the key condition {condition}"))?;
    let of_partition = |item: &Item| item.get(hash) == Some(&value);
    if index.is_some() {
        return Ok(items.iter().filter(|(_, item)| of_partition(item)).collect());
    }
    let from = value.get("S").and_then(Value::as_str).ok_or("a partition that is no text")?.to_owned();
    Ok(items.range((from, String::new())..).take_while(|(_, item)| of_partition(item)).collect())
}

fn is_consistent(request: &Value) -> bool {
    request.get("ConsistentRead") == Some(&Value::Bool(true))
}

impl Table {
    fn index(&self, name: &str) -> Result<(&'static str, &'static str, &'static str), String> {
        self.indexes.iter().find(|(index, _, _)| *index == name).copied().ok_or_else(|| format!("the index {name}"))
    }

    fn key_json(&self, item: &Item) -> Value {
        let names = [Some(self.hash), self.range].into_iter().flatten();
        Value::Object(names.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect())
    }
}
