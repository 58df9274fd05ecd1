//! The operations: what each does to the tables, what it answers, and what it is charged.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::expression::{Reader, Unknown};
use super::item::{Item, read_half_units, weight, write_units};
use super::meter::{Counts, Subject};
use super::store::{self, CUSTOMERS, Place, SECRETS, STATE, Table};
use super::wire::{Action, BatchAction, BatchGet, BatchWrite, Get, Query, Transaction};

/// What a transaction and a batch may hold.
const MOST_ACTIONS: usize = 100;
const MOST_BATCHED_WRITES: usize = 25;
const MOST_BATCHED_READS: usize = 100;

/// Everything that the endpoint holds.
#[derive(Debug)]
pub struct Tables {
    tables: HashMap<&'static str, Table>,
    /// Tokens of transactions that took effect.
    tokens: HashSet<String>,
    /// What has been asked so far.
    pub counts: Counts,
}

/// What is answered.
#[derive(Debug)]
pub enum Answer {
    /// 200 with this.
    Done(String),
    /// 400 with this, of DynamoDB's own kinds.
    Refused(Value),
}

/// What became of one write.
struct Written {
    before: Option<Item>,
    after: Option<Item>,
    place: Place,
    table: &'static str,
}

/// A write whose condition does not hold.
struct ConditionFailed {
    item: Option<Item>,
}

impl Default for Tables {
    fn default() -> Self {
        let tables = [STATE, CUSTOMERS, SECRETS].map(|shape| (shape.table, Table::new(shape)));
        Self { tables: HashMap::from(tables), tokens: HashSet::new(), counts: Counts::default() }
    }
}

impl Tables {
    /// A table by its name.
    ///
    /// # Errors
    /// [`Unknown`] when the template has none of this name.
    pub fn table(&self, name: &str) -> Result<&Table, Unknown> {
        self.tables.get(name).ok_or_else(|| Unknown(format!("the table {name}")))
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// [`Unknown`] when that is not known here.
    pub fn answer(&mut self, operation: &str, body: &[u8]) -> Result<Answer, Unknown> {
        let name = match operation {
            "GetItem" => "GetItem",
            "Query" => "Query",
            "BatchGetItem" => "BatchGetItem",
            "PutItem" => "PutItem",
            "UpdateItem" => "UpdateItem",
            "BatchWriteItem" => "BatchWriteItem",
            "TransactWriteItems" => "TransactWriteItems",
            other => return Err(Unknown(format!("the operation {other}"))),
        };
        *self.counts.requests.entry(name).or_default() += 1;
        match name {
            "GetItem" => self.get(&read(body)?),
            "Query" => self.query(&read(body)?),
            "BatchGetItem" => self.batch_get(&read(body)?),
            "PutItem" => self.single(Action::Put(read(body)?)),
            "UpdateItem" => self.single(Action::Update(read(body)?)),
            "BatchWriteItem" => self.batch_write(read(body)?),
            _ => self.transact(read(body)?),
        }
    }

    fn get(&mut self, get: &Get) -> Result<Answer, Unknown> {
        let table = self.table(&get.table_name)?;
        let place = table.place(&get.key)?;
        let (found, subject) = (table.get(&place), table.subject(&place));
        let units = read_half_units(found.map_or(0, weight), get.consistent_read);
        let answer = done(&found.map_or_else(HashMap::new, |item| HashMap::from([("Item", item)])));
        self.counts.read(subject, units);
        answer
    }

    fn query(&mut self, query: &Query) -> Result<Answer, Unknown> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Found<'a> {
            items: Vec<Cow<'a, Item>>,
            count: usize,
            scanned_count: usize,
            #[serde(skip_serializing_if = "Option::is_none")]
            last_evaluated_key: Option<Item>,
        }
        let (table, bound) = (self.table(&query.table_name)?, query.bound());
        let page = table.query(&store::Query {
            index: query.index_name.as_deref(),
            condition: &query.key_condition_expression,
            bound: &bound,
            after: query.exclusive_start_key.as_ref(),
            limit: query.limit.unwrap_or(usize::MAX),
            forward: query.scan_index_forward.unwrap_or(true),
        })?;
        let subject = match (&query.index_name, page.items.first()) {
            (Some(_), _) => Subject::Index,
            (None, Some(first)) => table.subject(&table.place(first)?),
            (None, None) => Subject::Job,
        };
        let wanted = query.projection_expression.as_deref().map(|names| projected(names, query)).transpose()?;
        let found = Found {
            count: page.items.len(),
            scanned_count: page.items.len(),
            last_evaluated_key: page.items.last().filter(|_| page.is_cut).map(|last| table.key_of(last)),
            items: page
                .items
                .iter()
                .map(|item| match &wanted {
                    None => Cow::Borrowed(*item),
                    Some(names) => Cow::Owned(
                        names.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect(),
                    ),
                })
                .collect(),
        };
        let (answer, units) = (done(&found), read_half_units(page.bytes, query.consistent_read));
        self.counts.read(subject, units);
        answer
    }

    fn batch_get(&mut self, batch: &BatchGet) -> Result<Answer, Unknown> {
        let mut responses: HashMap<&str, Vec<Item>> = HashMap::new();
        for (name, wanted) in &batch.request_items {
            for key in &wanted.keys {
                let table = self.table(name)?;
                let place = table.place(key)?;
                let (found, subject) = (table.get(&place).cloned(), table.subject(&place));
                self.counts.read(subject, read_half_units(found.as_ref().map_or(0, weight), wanted.consistent_read));
                responses.entry(name).or_default().extend(found);
            }
        }
        if batch.request_items.values().map(|wanted| wanted.keys.len()).sum::<usize>() > MOST_BATCHED_READS {
            return Err(Unknown(format!("more than {MOST_BATCHED_READS} keys in a batch")));
        }
        done(&json!({"Responses": responses, "UnprocessedKeys": {}}))
    }

    fn batch_write(&mut self, batch: BatchWrite) -> Result<Answer, Unknown> {
        if batch.request_items.values().map(Vec::len).sum::<usize>() > MOST_BATCHED_WRITES {
            return Err(Unknown(format!("more than {MOST_BATCHED_WRITES} writes in a batch")));
        }
        for (name, actions) in batch.request_items {
            let table = self.tables.get_mut(name.as_str()).ok_or_else(|| Unknown(format!("the table {name}")))?;
            for action in actions {
                let (place, after) = match action {
                    BatchAction::PutRequest { item } => (table.place(&item)?, Some(item)),
                    BatchAction::DeleteRequest { key } => (table.place(&key)?, None),
                };
                charge(&mut self.counts, table, &place, table.get(&place), after.as_ref(), 1);
                table.set(place, after);
            }
        }
        done(&json!({"UnprocessedItems": {}}))
    }

    fn single(&mut self, action: Action) -> Result<Answer, Unknown> {
        let (returns, on_failure) = match &action {
            Action::Put(write) | Action::Update(write) | Action::Delete(write) | Action::ConditionCheck(write) => {
                (write.return_values.clone(), write.return_values_on_condition_check_failure.clone())
            }
        };
        match self.judge(action, 1)? {
            Ok(written) => {
                let shown = match returns.as_deref() {
                    None | Some("NONE") => None,
                    Some("ALL_NEW") => written.after.clone(),
                    Some("ALL_OLD") => written.before.clone(),
                    Some(other) => return Err(Unknown(format!("ReturnValues {other}"))),
                };
                self.apply(written);
                done(&shown.map_or_else(HashMap::new, |item| HashMap::from([("Attributes", item)])))
            }
            Err(ConditionFailed { item }) => {
                let mut said = refusal("ConditionalCheckFailedException", "The conditional request failed");
                if let Some(item) = item.filter(|_| on_failure.as_deref() == Some("ALL_OLD")) {
                    said["Item"] = json!(item);
                }
                Ok(Answer::Refused(said))
            }
        }
    }

    fn transact(&mut self, transaction: Transaction) -> Result<Answer, Unknown> {
        if transaction.transact_items.len() > MOST_ACTIONS {
            return Err(Unknown(format!("more than {MOST_ACTIONS} actions in a transaction")));
        }
        if transaction.client_request_token.as_ref().is_some_and(|token| self.tokens.contains(token)) {
            return Ok(Answer::Done("{}".to_owned()));
        }
        let (mut all, mut reasons, mut failed) = (Vec::new(), Vec::new(), false);
        for action in transaction.transact_items {
            let (Action::Put(write) | Action::Update(write) | Action::Delete(write) | Action::ConditionCheck(write)) =
                &action;
            let shows = write.return_values_on_condition_check_failure.as_deref() == Some("ALL_OLD");
            match self.judge(action, 2)? {
                Ok(written) => {
                    reasons.push(json!({"Code": "None"}));
                    all.push(written);
                }
                Err(ConditionFailed { item }) => {
                    failed = true;
                    let mut reason =
                        json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
                    if let Some(item) = item.filter(|_| shows) {
                        reason["Item"] = json!(item);
                    }
                    reasons.push(reason);
                }
            }
        }
        if failed {
            let mut said = refusal("TransactionCanceledException", "Transaction cancelled");
            said["CancellationReasons"] = reasons.into();
            return Ok(Answer::Refused(said));
        }
        let mut places = HashSet::new();
        if !all.iter().all(|written| places.insert((written.table, written.place.clone()))) {
            return Err(Unknown("a transaction that takes an item twice".to_owned()));
        }
        all.into_iter().for_each(|written| self.apply(written));
        self.tokens.extend(transaction.client_request_token);
        Ok(Answer::Done("{}".to_owned()))
    }

    /// Finds out what a write would do, and charges for it: also one that its condition refuses costs.
    fn judge(&mut self, action: Action, times: u64) -> Result<Result<Written, ConditionFailed>, Unknown> {
        let (write, is_put) = match &action {
            Action::Put(write) => (write, true),
            Action::Update(write) | Action::Delete(write) | Action::ConditionCheck(write) => (write, false),
        };
        let found = self.tables.get_key_value(write.table_name.as_str());
        let (name, table) = found.ok_or_else(|| Unknown(format!("the table {}", write.table_name)))?;
        let key = if is_put { &write.item } else { &write.key };
        let key = key.as_ref().ok_or_else(|| Unknown("a write without a key".to_owned()))?;
        let place = table.place(key)?;
        let before = table.get(&place).cloned();
        let bound = write.bound();
        let holds = match write.condition_expression.as_deref() {
            None => true,
            Some(condition) => Reader::new(condition, &bound)?.holds(before.as_ref())?,
        };
        let after = match &action {
            Action::Put(write) => write.item.clone(),
            Action::Update(write) => {
                let mut item = before.clone().unwrap_or_else(|| key.clone());
                Reader::new(write.update_expression.as_deref().unwrap_or_default(), &bound)?.change(&mut item)?;
                Some(item)
            }
            Action::Delete(_) => None,
            Action::ConditionCheck(_) => before.clone(),
        };
        charge(&mut self.counts, table, &place, before.as_ref(), if holds { after.as_ref() } else { None }, times);
        Ok(if holds {
            Ok(Written { before, after, place, table: name })
        } else {
            Err(ConditionFailed { item: before })
        })
    }

    fn apply(&mut self, Written { after, place, table, before: _ }: Written) {
        if let Some(table) = self.tables.get_mut(table) {
            table.set(place, after);
        }
    }
}

/// Writes the units of a write down, with those of the indexes, which are never in a transaction.
fn charge(counts: &mut Counts, table: &Table, place: &Place, before: Option<&Item>, after: Option<&Item>, times: u64) {
    let units = write_units(before.map_or(0, weight), after.map_or(0, weight));
    counts.wrote(table.subject(place), units * times);
    let index_units = if after.is_some() { table.index_units(before, after) } else { 0 };
    if index_units > 0 {
        counts.wrote(Subject::Index, index_units);
    }
}

fn projected(names: &str, query: &Query) -> Result<Vec<Box<str>>, Unknown> {
    let bound = query.bound();
    let mut reader = Reader::new(names, &bound)?;
    let mut all = vec![reader.name()?];
    while reader.take(",") {
        all.push(reader.name()?);
    }
    reader.end()?;
    Ok(all)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unknown> {
    serde_json::from_slice(body).map_err(|error| Unknown(error.to_string()))
}

fn done(answer: &impl Serialize) -> Result<Answer, Unknown> {
    serde_json::to_string(answer).map(Answer::Done).map_err(|error| Unknown(error.to_string()))
}

fn refusal(kind: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": message})
}
