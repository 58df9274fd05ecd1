//! Conditions and updates, as far as the functions and their rivals write them.
//!
//! What is not known here is an error that says so, never a guess: nested paths, `contains`, `size`,
//! `NOT`, `list_append`, `DELETE`.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::item::{Attribute, Item};

/// What the endpoint does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bench's DynamoDB does not know {0}")]
pub struct Unknown(pub String);

/// The names and values that an expression stands on.
#[derive(Debug, Default)]
pub struct Bound<'a> {
    /// `#name`.
    pub names: Option<&'a HashMap<Box<str>, Box<str>>>,
    /// `:value`.
    pub values: Option<&'a HashMap<Box<str>, Attribute>>,
}

/// An expression being read.
pub struct Reader<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
    bound: &'a Bound<'a>,
}

/// One side of a comparison, with the item put in.
type Side<'a> = Option<std::borrow::Cow<'a, Attribute>>;

impl<'a> Reader<'a> {
    /// Splits an expression into its tokens.
    pub fn new(expression: &'a str, bound: &'a Bound<'a>) -> Result<Self, Unknown> {
        let mut tokens = Vec::new();
        let mut rest = expression.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '(' | ')' | ',' | '=' | '+' | '-' => 1,
                '<' | '>' => 1 + usize::from(rest[1..].starts_with(['=', '>'])),
                _ => {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '#' || c == ':';
                    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
                }
            };
            if length == 0 {
                return Err(Unknown(format!("{first:?} in {expression:?}")));
            }
            tokens.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
        Ok(Self { tokens: tokens.into_iter().peekable(), bound })
    }

    /// Whether the whole expression holds for the item.
    pub fn holds(mut self, item: Option<&Item>) -> Result<bool, Unknown> {
        let holds = self.any(item)?;
        self.end()?;
        Ok(holds)
    }

    /// Changes the item as the whole expression says.
    pub fn change(mut self, item: &mut Item) -> Result<(), Unknown> {
        let before = item.clone();
        while let Some(clause) = self.tokens.next() {
            loop {
                let name = self.name()?;
                match clause.to_ascii_uppercase().as_str() {
                    "SET" => {
                        self.expect("=")?;
                        let value = self.sum(&before)?;
                        item.insert(name, value);
                    }
                    "REMOVE" => drop(item.remove(&name)),
                    "ADD" => {
                        let added = self.value()?.clone();
                        let value = match before.get(&name) {
                            None => added,
                            Some(was) => add(was, &added, 1)?,
                        };
                        item.insert(name, value);
                    }
                    other => return Err(Unknown(format!("the clause {other}"))),
                }
                if !self.take(",") {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The next token, as an operator.
    pub(super) fn operator(&mut self) -> &'a str {
        self.tokens.next().unwrap_or_default()
    }

    fn any(&mut self, item: Option<&Item>) -> Result<bool, Unknown> {
        let mut holds = self.all(item)?;
        while self.take("OR") {
            holds |= self.all(item)?;
        }
        Ok(holds)
    }

    fn all(&mut self, item: Option<&Item>) -> Result<bool, Unknown> {
        let mut holds = self.one(item)?;
        while self.take("AND") {
            holds &= self.one(item)?;
        }
        Ok(holds)
    }

    fn one(&mut self, item: Option<&Item>) -> Result<bool, Unknown> {
        if self.take("(") {
            let holds = self.any(item)?;
            self.expect(")")?;
            return Ok(holds);
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.take(function) {
                self.expect("(")?;
                let name = self.name()?;
                self.expect(")")?;
                return Ok(item.is_some_and(|item| item.contains_key(&name)) == wanted);
            }
        }
        if self.take("begins_with") {
            self.expect("(")?;
            let text = self.side(item)?;
            self.expect(",")?;
            let start = self.side(item)?;
            self.expect(")")?;
            return Ok(match (text.as_deref(), start.as_deref()) {
                (Some(Attribute::S(text)), Some(Attribute::S(start))) => text.starts_with(&**start),
                _ => false,
            });
        }
        let left = self.side(item)?;
        let operator = self.operator();
        if operator.eq_ignore_ascii_case("IN") {
            self.expect("(")?;
            let mut found = false;
            loop {
                let right = self.side(item)?;
                found |= left.is_some() && left == right;
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
            return Ok(found);
        }
        let right = self.side(item)?;
        match (left.as_deref(), right.as_deref()) {
            (Some(left), Some(right)) => compare(left, operator, right),
            // An absent attribute is unlike any value, and neither more nor less.
            _ => Ok(operator == "<>"),
        }
    }

    fn side<'i>(&mut self, item: Option<&'i Item>) -> Result<Side<'i>, Unknown>
    where
        'a: 'i,
    {
        use std::borrow::Cow;
        if self.tokens.peek().is_some_and(|token| token.starts_with(':')) {
            return Ok(Some(Cow::Borrowed(self.value()?)));
        }
        let name = self.name()?;
        Ok(item.and_then(|item| item.get(&name)).map(Cow::Borrowed))
    }

    fn sum(&mut self, before: &Item) -> Result<Attribute, Unknown> {
        let mut total = self.operand(before)?;
        loop {
            let sign = if self.take("+") {
                1
            } else if self.take("-") {
                -1
            } else {
                return Ok(total);
            };
            total = add(&total, &self.operand(before)?, sign)?;
        }
    }

    fn operand(&mut self, before: &Item) -> Result<Attribute, Unknown> {
        if self.tokens.peek().is_some_and(|token| token.starts_with(':')) {
            return self.value().cloned();
        }
        let otherwise = self.take("if_not_exists");
        if otherwise {
            self.expect("(")?;
        }
        let name = self.name()?;
        let found = before.get(&name).cloned();
        if otherwise {
            self.expect(",")?;
            let default = self.operand(before)?;
            self.expect(")")?;
            return Ok(found.unwrap_or(default));
        }
        found.ok_or_else(|| Unknown(format!("an operand that is not there: {name}")))
    }

    pub(super) fn name(&mut self) -> Result<Box<str>, Unknown> {
        let token = self.tokens.next().unwrap_or_default();
        let known = self.bound.names.and_then(|names| names.get(token));
        match known {
            Some(name) => Ok(name.clone()),
            None if token.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(token.into()),
            None => Err(Unknown(format!("the name {token:?}"))),
        }
    }

    pub(super) fn value(&mut self) -> Result<&'a Attribute, Unknown> {
        let token = self.tokens.next().unwrap_or_default();
        let value = self.bound.values.and_then(|values| values.get(token));
        value.ok_or_else(|| Unknown(format!("the value {token:?}")))
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        self.tokens.next_if(|next| next.eq_ignore_ascii_case(token)).is_some()
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), Unknown> {
        if self.take(token) { Ok(()) } else { Err(Unknown(format!("an expression without {token:?} in its place"))) }
    }

    pub(super) fn end(&mut self) -> Result<(), Unknown> {
        match self.tokens.next() {
            None => Ok(()),
            Some(token) => Err(Unknown(format!("an expression that goes on with {token:?}"))),
        }
    }
}

fn add(one: &Attribute, other: &Attribute, sign: i128) -> Result<Attribute, Unknown> {
    match (one.number(), other.number()) {
        (Some(one), Some(other)) => Ok(Attribute::N((one + sign * other).to_string().into())),
        _ => Err(Unknown("a sum of what are no whole numbers".to_owned())),
    }
}

/// Whether two values stand to each other as the operator says.
pub(super) fn compare(left: &Attribute, operator: &str, right: &Attribute) -> Result<bool, Unknown> {
    let order = order(left, right);
    Ok(match operator {
        "=" => left == right,
        "<>" => left != right,
        "<" => order == Some(Ordering::Less),
        "<=" => order.is_some_and(Ordering::is_le),
        ">" => order == Some(Ordering::Greater),
        ">=" => order.is_some_and(Ordering::is_ge),
        other => return Err(Unknown(format!("the operator {other:?}"))),
    })
}

fn order(left: &Attribute, right: &Attribute) -> Option<Ordering> {
    match (left, right) {
        (Attribute::S(left), Attribute::S(right)) => Some(left.cmp(right)),
        (Attribute::N(_), Attribute::N(_)) => Some(left.number()?.cmp(&right.number()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = HashMap<Box<str>, Box<str>>;
    type Values = HashMap<Box<str>, Attribute>;

    fn bound() -> (Names, Values) {
        let names = [("#a", "a"), ("#b", "b"), ("#none", "none")].map(|(token, name)| (token.into(), name.into()));
        let values = [(":one", "1"), (":two", "2")].map(|(token, digits)| (token.into(), Attribute::N(digits.into())));
        let mut values = HashMap::from(values);
        values.insert(":text".into(), Attribute::S("te".into()));
        (HashMap::from(names), values)
    }

    fn item() -> Item {
        serde_json::from_str(r##"{"a":{"N":"1"},"b":{"S":"text"}}"##).expect("an item")
    }

    #[test]
    fn conditions_hold_as_they_do_at_aws() {
        let (names, values) = bound();
        let bound = Bound { names: Some(&names), values: Some(&values) };
        for (condition, expected) in [
            ("#a = :one", true),
            ("#a = :two OR #a IN (:two, :one)", true),
            ("#a < :two AND (attribute_not_exists(#none) OR #a > :two)", true),
            ("#none <= :one", false),
            ("#none <> :one", true),
            ("attribute_exists(a) AND begins_with(#b, :text)", true),
            ("#a = :one AND #a = :two OR #a = :one", true),
        ] {
            let holds = Reader::new(condition, &bound).and_then(|reader| reader.holds(Some(&item())));
            assert_eq!(holds, Ok(expected), "{condition}");
        }
        let absent = Reader::new("attribute_not_exists(#a)", &bound).and_then(|reader| reader.holds(None));
        assert_eq!(absent, Ok(true));
    }

    #[test]
    fn updates_change_what_they_name_from_what_was_there_before() {
        let (names, values) = bound();
        let bound = Bound { names: Some(&names), values: Some(&values) };
        let mut changed = item();
        let update = "SET #a = #a + :two, c = #a, #none = if_not_exists(#none, :one) + :one REMOVE #b ADD d :two";
        Reader::new(update, &bound).and_then(|reader| reader.change(&mut changed)).expect("a change");
        let expected = r#"{"a":{"N":"3"},"c":{"N":"1"},"d":{"N":"2"},"none":{"N":"2"}}"#;
        assert_eq!(changed, serde_json::from_str::<Item>(expected).expect("an item"));
    }

    #[test]
    fn what_is_not_known_is_refused_and_not_guessed() {
        let (names, values) = bound();
        let bound = Bound { names: Some(&names), values: Some(&values) };
        for condition in ["NOT #a = :one", "contains(#b, :text)", "#a.#b = :one", "#a = :three", "#a = :one #b", ""] {
            let read = Reader::new(condition, &bound).and_then(|reader| reader.holds(Some(&item())));
            assert!(read.is_err(), "{condition}");
        }
        for update in ["DELETE #a :one", "SET #a = list_append(#a, :one)", "SET #a = #none"] {
            let read = Reader::new(update, &bound).and_then(|reader| reader.change(&mut item()));
            assert!(read.is_err(), "{update}");
        }
    }
}
