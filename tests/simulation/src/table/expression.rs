//! Expressions of DynamoDB, as far as the functions write them.
//!
//! Conditions, key conditions and filters are one grammar here: `OR`, `AND`, parentheses,
//! comparisons, `BETWEEN`, `IN`, `attribute_exists`, `attribute_not_exists`, `begins_with`. Updates
//! are `SET` and `REMOVE`, with `if_not_exists` and `+`. Anything else is an error and never a guess:
//! a new word in the functions' expressions makes the simulation fail until it is taught here.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Attributes by name, each as DynamoDB's JSON has it: `{"S": "text"}`.
pub(crate) type Item = BTreeMap<String, Value>;

/// What `#name` and `:value` stand for in one request, and which of them were met.
pub(super) struct Bound<'a> {
    names: Option<&'a Map<String, Value>>,
    values: Option<&'a Map<String, Value>>,
    met: RefCell<BTreeSet<String>>,
}

impl<'a> Bound<'a> {
    /// The names and values of a request, or of one action of it.
    pub(super) fn of(request: &'a Value) -> Self {
        let member = |name: &str| request.get(name).and_then(Value::as_object);
        let (names, values) = (member("ExpressionAttributeNames"), member("ExpressionAttributeValues"));
        Self { names, values, met: RefCell::default() }
    }

    fn name(&self, token: &str) -> Result<String, String> {
        if !token.starts_with('#') {
            return Err(format!("`{token}` is no `#name`"));
        }
        self.met.borrow_mut().insert(token.to_owned());
        let name = self.names.and_then(|names| names.get(token)).and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(|| format!("{token} stands for nothing"))
    }

    fn value(&self, token: &str) -> Result<Value, String> {
        self.met.borrow_mut().insert(token.to_owned());
        self.values.and_then(|values| values.get(token)).cloned().ok_or_else(|| format!("{token} stands for nothing"))
    }

    /// DynamoDB refuses a request with a name or value that no expression has.
    pub(super) fn all_were_met(&self) -> Result<(), String> {
        let given = [self.names, self.values].into_iter().flatten().flat_map(Map::keys);
        let met = self.met.borrow();
        given.filter(|name| !met.contains(*name)).try_for_each(|name| Err(format!("{name} is in no expression")))
    }
}

/// Whether a condition holds of an item that may not be there.
pub(super) fn holds(text: &str, bound: &Bound<'_>, item: Option<&Item>) -> Result<bool, String> {
    let mut reader = Reader::new(text, bound, item);
    let held = reader.any()?;
    reader.end()?;
    Ok(held)
}

/// Does an update to an item; every value is of the item as it was.
pub(super) fn update(text: &str, bound: &Bound<'_>, item: &mut Item) -> Result<(), String> {
    let before = item.clone();
    let mut reader = Reader::new(text, bound, Some(&before));
    while let Some(clause) = reader.next() {
        loop {
            let name = reader.name()?;
            match clause.as_str() {
                "SET" => {
                    reader.expect("=")?;
                    item.insert(name, reader.sum()?);
                }
                "REMOVE" => drop(item.remove(&name)),
                other => return Err(format!("the clause {other}")),
            }
            if !reader.takes(",") {
                break;
            }
        }
    }
    Ok(())
}

/// The attributes that a projection names.
pub(super) fn projected(text: &str, bound: &Bound<'_>) -> Result<BTreeSet<String>, String> {
    text.split(',').map(|name| bound.name(name.trim())).collect()
}

/// How two values of one kind compare; `None` where DynamoDB would not compare them.
pub(super) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    let number = |value: &Value| value.get("N")?.as_str()?.parse::<i128>().ok();
    let text = |value: &Value, kind: &str| value.get(kind)?.as_str().map(str::to_owned);
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return Some(one.cmp(&other));
    }
    if let (Some(one), Some(other)) = (text(one, "S"), text(other, "S")) {
        return Some(one.cmp(&other));
    }
    (one == other).then_some(Ordering::Equal)
}

struct Reader<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<String>>,
    bound: &'a Bound<'a>,
    item: Option<&'a Item>,
}

impl<'a> Reader<'a> {
    fn new(text: &str, bound: &'a Bound<'a>, item: Option<&'a Item>) -> Self {
        Self { tokens: tokens(text).into_iter().peekable(), bound, item }
    }

    fn next(&mut self) -> Option<String> {
        self.tokens.next()
    }

    fn takes(&mut self, token: &str) -> bool {
        self.tokens.next_if(|next| next == token).is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.takes(token) { Ok(()) } else { Err(format!("{:?} in the place of {token}", self.tokens.peek())) }
    }

    fn end(&mut self) -> Result<(), String> {
        self.next().map_or(Ok(()), |left| Err(format!("`{left}` after the end")))
    }

    fn name(&mut self) -> Result<String, String> {
        let token = self.next().unwrap_or_default();
        self.bound.name(&token)
    }

    // Both sides are read whatever the first one says, so that all of an expression is understood.
    fn any(&mut self) -> Result<bool, String> {
        let mut held = self.all()?;
        while self.takes("OR") {
            held |= self.all()?;
        }
        Ok(held)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut held = self.one()?;
        while self.takes("AND") {
            held &= self.one()?;
        }
        Ok(held)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.takes("(") {
            let held = self.any()?;
            self.expect(")")?;
            return Ok(held);
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.takes(function) {
                self.expect("(")?;
                let there = self.operand()?.is_some();
                self.expect(")")?;
                return Ok(there == wanted);
            }
        }
        if self.takes("begins_with") {
            self.expect("(")?;
            let whole = self.operand()?;
            self.expect(",")?;
            let prefix = self.operand()?;
            self.expect(")")?;
            let text = |value: Option<Value>| value?.get("S")?.as_str().map(str::to_owned);
            return Ok(text(whole).zip(text(prefix)).is_some_and(|(whole, prefix)| whole.starts_with(&prefix)));
        }
        let left = self.operand()?;
        self.comparison(left.as_ref())
    }

    fn comparison(&mut self, left: Option<&Value>) -> Result<bool, String> {
        let operator = self.next().unwrap_or_default();
        if operator == "IN" {
            self.expect("(")?;
            let mut held = false;
            loop {
                held |= is(left, self.operand()?.as_ref(), Ordering::is_eq);
                if !self.takes(",") {
                    break;
                }
            }
            self.expect(")")?;
            return Ok(held);
        }
        let right = self.operand()?;
        let right = right.as_ref();
        Ok(match operator.as_str() {
            "=" => is(left, right, Ordering::is_eq),
            "<=" => is(left, right, Ordering::is_le),
            "<" => is(left, right, Ordering::is_lt),
            "BETWEEN" => {
                self.expect("AND")?;
                let most = self.operand()?;
                is(left, right, Ordering::is_ge) && is(left, most.as_ref(), Ordering::is_le)
            }
            other => return Err(format!("the operator {other}")),
        })
    }

    /// A value, or what an attribute has; `None` where the item has it not.
    fn operand(&mut self) -> Result<Option<Value>, String> {
        let token = self.next().unwrap_or_default();
        if token.starts_with(':') {
            return self.bound.value(&token).map(Some);
        }
        let name = self.bound.name(&token)?;
        Ok(self.item.and_then(|item| item.get(&name)).cloned())
    }

    fn sum(&mut self) -> Result<Value, String> {
        let mut total = self.term()?;
        while self.takes("+") {
            let number = |value: &Value| value.get("N").and_then(Value::as_str).and_then(|n| n.parse::<i128>().ok());
            let more = self.term()?;
            let sum = number(&total).zip(number(&more)).map(|(one, other)| one + other);
            total = json!({"N": sum.ok_or("a sum of what is no number")?.to_string()});
        }
        Ok(total)
    }

    fn term(&mut self) -> Result<Value, String> {
        if !self.takes("if_not_exists") {
            return self.operand()?.ok_or_else(|| "an attribute that is not there".to_owned());
        }
        self.expect("(")?;
        let there = self.operand()?;
        self.expect(",")?;
        let otherwise = self.operand()?;
        self.expect(")")?;
        there.or(otherwise).ok_or_else(|| "an attribute that is not there".to_owned())
    }
}

fn is(left: Option<&Value>, right: Option<&Value>, wanted: fn(Ordering) -> bool) -> bool {
    left.zip(right).and_then(|(left, right)| compare(left, right)).is_some_and(wanted)
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in text.chars().chain([' ']) {
        if character.is_ascii_alphanumeric() || "#:_".contains(character) {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match (character, tokens.last_mut()) {
            ('=', Some(last)) if last == "<" || last == ">" => last.push('='),
            (character, _) if character.is_whitespace() => {}
            (character, _) => tokens.push(character.to_string()),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Value {
        json!({
            "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":ten": {"N": "10"}, ":x": {"S": "x"}},
        })
    }

    fn item() -> Item {
        Item::from([("a".to_owned(), json!({"N": "9"})), ("b".to_owned(), json!({"S": "xy"}))])
    }

    #[test]
    fn conditions_are_judged_as_dynamodb_judges_them() {
        let request = request();
        for (condition, held) in [
            ("#a <= :ten AND begins_with(#b, :x)", true),
            ("#a BETWEEN :one AND :ten", true),
            ("#a = :one OR #a = :ten", false),
            ("attribute_not_exists(#a) OR (#a < :ten AND attribute_exists(#b))", true),
            ("#a IN (:one, :ten)", false),
            ("#b = :one", false),
        ] {
            assert_eq!(holds(condition, &Bound::of(&request), Some(&item())), Ok(held), "{condition}");
        }
        assert_eq!(holds("#a = :one", &Bound::of(&request), None), Ok(false));
        assert_eq!(holds("attribute_not_exists(#a)", &Bound::of(&request), None), Ok(true));
    }

    #[test]
    fn what_is_not_known_is_an_error_and_so_is_what_is_in_no_expression() {
        let request = request();
        for unknown in ["NOT #a = :one", "size(#a) = :one", "#a <> :one", "a = :one", "#a = :none", "#a = :one )"] {
            assert!(holds(unknown, &Bound::of(&request), Some(&item())).is_err(), "{unknown}");
        }
        let bound = Bound::of(&request);
        assert_eq!(holds("#a = :ten", &bound, Some(&item())), Ok(false));
        assert!(bound.all_were_met().is_err());
    }

    #[test]
    fn an_update_counts_from_the_item_as_it_was() {
        let request = request();
        let mut changed = item();
        let text = "SET #a = if_not_exists(#a, :one) + :one, #b = #a REMOVE #b";
        assert_eq!(update(text, &Bound::of(&request), &mut changed), Ok(()));
        assert_eq!(changed, Item::from([("a".to_owned(), json!({"N": "10"}))]));
    }
}
