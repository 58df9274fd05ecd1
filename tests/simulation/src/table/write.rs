//! The two requests that write, each all or nothing.

use serde_json::{Value, json};

use super::expression::{Bound, Item, holds, update};
use super::{Done, Key, Reply, TOKENS_ARE_KEPT_MS, Tables, as_json, attributes, needed, text};

/// One action of a write, judged but not done.
struct Judged {
    table: &'static str,
    key: Key,
    held: bool,
    before: Option<Item>,
    /// What the item is to be; not said by a mere check.
    after: Option<Option<Item>>,
    tells_before: bool,
}

impl Tables {
    pub(super) fn update_item(&mut self, request: &Value, now_ms: i64) -> Result<Done, String> {
        let judged = self.judge("Update", request)?;
        if !judged.held {
            let item = judged.before.filter(|_| judged.tells_before).map(|item| json!({"Item": as_json(&item)}));
            let reply = Reply::error("ConditionalCheckFailedException", item.unwrap_or(json!({})));
            return Ok(Done { reply, changes: Vec::new() });
        }
        let after = judged.after.flatten().ok_or("an update of nothing")?;
        let reply = match request.get("ReturnValues").and_then(Value::as_str) {
            Some("ALL_NEW") => Reply::ok(&json!({"Attributes": as_json(&after)})),
            None | Some("NONE") => Reply::ok(&json!({})),
            Some(other) => return Err(format!("ReturnValues {other}")),
        };
        let change = self.table_mut(judged.table)?.set(judged.key, Some(after), now_ms);
        Ok(Done { reply, changes: vec![change] })
    }

    pub(super) fn transact(&mut self, request: &Value, now_ms: i64) -> Result<Done, String> {
        let actions = needed(request, "TransactItems")?;
        let token = text(request, "ClientRequestToken")?;
        self.tokens.retain(|_, (_, at)| *at + TOKENS_ARE_KEPT_MS > now_ms);
        if let Some((same, _)) = self.tokens.get(token) {
            if same != actions {
                return Err("a client token that another transaction had".to_owned());
            }
            return Ok(Done { reply: Reply::ok(&json!({})), changes: Vec::new() });
        }
        let list = actions.as_array().ok_or("TransactItems is no list")?;
        if list.is_empty() || list.len() > 100 {
            return Err(format!("a transaction of {} actions", list.len()));
        }
        let mut judged: Vec<Judged> = Vec::new();
        for action in list {
            let (kind, action) = action.as_object().and_then(|action| action.iter().next()).ok_or("an empty action")?;
            let next = self.judge(kind, action)?;
            if judged.iter().any(|other| (other.table, &other.key) == (next.table, &next.key)) {
                return Err(format!("two actions on {:?}", next.key));
            }
            judged.push(next);
        }
        let may_be_torn = self.sabotage.is_some_and(|sabotage| sabotage.tears_transactions());
        if !may_be_torn && judged.iter().any(|action| !action.held) {
            let reasons: Vec<_> = judged.iter().map(reason).collect();
            let reply = Reply::error("TransactionCanceledException", json!({"CancellationReasons": reasons}));
            return Ok(Done { reply, changes: Vec::new() });
        }
        let mut changes = Vec::new();
        for action in judged.into_iter().filter(|action| action.held) {
            if let Some(after) = action.after {
                changes.push(self.table_mut(action.table)?.set(action.key, after, now_ms));
            }
        }
        self.tokens.insert(token.to_owned(), (actions.clone(), now_ms));
        Ok(Done { reply: Reply::ok(&json!({})), changes })
    }

    fn judge(&self, kind: &str, action: &Value) -> Result<Judged, String> {
        let table = self.table(text(action, "TableName")?)?;
        let key = table.key_of(&attributes(needed(action, if kind == "Put" { "Item" } else { "Key" })?)?)?;
        let before = table.items.get(&key).cloned();
        let bound = Bound::of(action);
        let written = action.get("ConditionExpression").and_then(Value::as_str);
        let mut held = match written {
            Some(condition) => holds(condition, &bound, before.as_ref())?,
            None => true,
        };
        if let Some(left) = self.sabotage.zip(written).and_then(|(sabotage, condition)| sabotage.instead_of(condition))
        {
            held = left.is_empty() || holds(left, &bound, before.as_ref())?;
        }
        let after = match kind {
            "Put" => Some(Some(attributes(needed(action, "Item")?)?)),
            "Delete" => Some(None),
            "ConditionCheck" => None,
            "Update" if held => {
                let mut item = before.clone().unwrap_or_default();
                for (name, value) in attributes(needed(action, "Key")?)? {
                    item.insert(name, value);
                }
                update(text(action, "UpdateExpression")?, &bound, &mut item)?;
                Some(Some(item))
            }
            // Of an item that is as the condition does not want it.
            "Update" => Some(before.clone()),
            other => return Err(format!("the action {other}")),
        };
        if held {
            bound.all_were_met()?;
        }
        let tells_before = match action.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some(other) => return Err(format!("ReturnValuesOnConditionCheckFailure {other}")),
        };
        Ok(Judged { table: table.name, key, held, before, after, tells_before })
    }
}

fn reason(action: &Judged) -> Value {
    if action.held {
        return json!({"Code": "None"});
    }
    let mut reason = json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
    if let Some(item) = action.before.as_ref().filter(|_| action.tells_before) {
        reason["Item"] = as_json(item);
    }
    reason
}
