//! A body in JSV, ServiceStack's own format; `answer::jsv` writes it and describes it.
//!
//! A little more is read than is written: white space between the parts, which nobody needs and
//! a person types. What is refused is what could be meant in two ways: a bare value with one of
//! JSV's own characters in it, and anything behind a closing quote or brace.

use serde_json::{Map, Value};

/// As deep as JSON may be.
const DEEPEST: usize = 128;

/// The text is no JSV object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJsv;

type Read<T> = Result<T, NotJsv>;

/// Reads the members in the order in which they stand. A value is a text, whatever it looks
/// like, and one without a character is null.
pub(crate) fn members(text: &str) -> Read<Vec<(String, Value)>> {
    let mut reading = Reading { rest: text.trim() };
    let members = reading.object(DEEPEST)?;
    if reading.rest.is_empty() { Ok(members) } else { Err(NotJsv) }
}

/// What is still to be read.
struct Reading<'a> {
    rest: &'a str,
}

impl<'a> Reading<'a> {
    fn object(&mut self, levels: usize) -> Read<Vec<(String, Value)>> {
        let mut members = Vec::new();
        self.sequence('{', '}', |reading| {
            let name = match reading.quoted()? {
                Some(name) => name,
                None => reading.bare(&[':'])?.to_owned(),
            };
            reading.take(':')?;
            if name.is_empty() {
                return Err(NotJsv);
            }
            members.push((name, reading.value(levels)?));
            Ok(())
        })?;
        Ok(members)
    }

    fn value(&mut self, levels: usize) -> Read<Value> {
        self.rest = self.rest.trim_start();
        let below = levels.checked_sub(1).ok_or(NotJsv);
        if self.rest.starts_with('{') {
            return Ok(Value::Object(self.object(below?)?.into_iter().collect::<Map<_, _>>()));
        }
        if self.rest.starts_with('[') {
            let (below, mut items) = (below?, Vec::new());
            self.sequence('[', ']', |reading| {
                items.push(reading.value(below)?);
                Ok(())
            })?;
            return Ok(Value::Array(items));
        }
        if let Some(text) = self.quoted()? {
            return Ok(Value::String(text));
        }
        let text = self.bare(&[])?;
        Ok(if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) })
    }

    /// Parts between an opening and a closing mark, with a comma between two of them.
    fn sequence(&mut self, open: char, close: char, mut part: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.take(open)?;
        if self.take(close).is_ok() {
            return Ok(());
        }
        loop {
            part(self)?;
            if self.take(close).is_ok() {
                return Ok(());
            }
            self.take(',')?;
        }
    }

    /// Takes this mark and the white space before it, or nothing.
    fn take(&mut self, mark: char) -> Read<()> {
        self.rest = self.rest.trim_start().strip_prefix(mark).ok_or(NotJsv)?;
        Ok(())
    }

    /// A text in quotes, if one comes next.
    fn quoted(&mut self) -> Read<Option<String>> {
        if self.take('"').is_err() {
            return Ok(None);
        }
        let mut text = String::new();
        loop {
            let (piece, rest) = self.rest.split_once('"').ok_or(NotJsv)?;
            text.push_str(piece);
            self.rest = rest;
            match rest.strip_prefix('"') {
                Some(rest) => {
                    text.push('"');
                    self.rest = rest;
                }
                None => return Ok(Some(text)),
            }
        }
    }

    /// A text without quotes, up to what ends it, without the white space around it.
    fn bare(&mut self, also_ends: &[char]) -> Read<&'a str> {
        let ends = |character: char| matches!(character, ',' | '}' | ']') || also_ends.contains(&character);
        let (text, rest) = self.rest.split_at(self.rest.find(ends).ok_or(NotJsv)?);
        let text = text.trim();
        if text.contains(['"', '{', '[', '\r', '\n']) {
            return Err(NotJsv);
        }
        self.rest = rest;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_bare_quoted_or_nested() {
        for (text, value) in [
            ("{A:x}", json!("x")),
            ("{A:12:30}", json!("12:30")),
            ("{A:a b}", json!("a b")),
            ("{A: x }", json!("x")),
            (r#"{A:" x "}"#, json!(" x ")),
            (r#"{A:"a ""b"", {[:]}\r\n"}"#, json!("a \"b\", {[:]}\\r\\n")),
            ("{A:\"a\nb\"}", json!("a\nb")),
            (r#"{"A":""}"#, json!("")),
            (r#"{"A":""""}"#, json!("\"")),
            ("{A:}", json!(null)),
            ("{A:null}", json!("null")),
            ("{A:[]}", json!([])),
            (r#"{A:[x,"y",,{B:[z]}]}"#, json!(["x", "y", null, {"B": ["z"]}])),
            ("{A:{}}", json!({})),
            (r#" { "A" : { "B" : "c" , D : 1 } } "#, json!({"B": "c", "D": "1"})),
        ] {
            assert_eq!(members(text), Ok(vec![("A".to_owned(), value)]), "{text}");
        }
        assert_eq!(members("{}"), Ok(Vec::new()));
        assert_eq!(members("{A:1,a:2,A:3}").map(|members| members.len()), Ok(3));
    }

    #[test]
    fn what_is_no_whole_object_is_refused() {
        let deep = |levels: usize| format!("{{A:{}{}}}", "[".repeat(levels), "]".repeat(levels));
        for text in [
            "",
            "x",
            "A:1",
            "[]",
            "\"\"",
            "{",
            "}",
            "{A",
            "{A:",
            "{A:x",
            "{A}",
            "{:x}",
            "{\"\":x}",
            "{A:x,}",
            "{,}",
            "{A:x}}",
            "{A:x} y",
            "{A:\"x}",
            "{A:\"x\"y}",
            "{A:x\"y\"}",
            "{A:x{y}}",
            "{A:x[y]}",
            "{A:[}",
            "{A:[x}",
            "{A:x]}",
            "{A:{B:x}",
            "{A:x\ny}",
            "{A;x}",
            "{\"A\"B:x}",
        ] {
            assert_eq!(members(text), Err(NotJsv), "{text}");
        }
        assert!(members(&deep(128)).is_ok());
        assert_eq!(members(&deep(129)), Err(NotJsv));
        assert_eq!(members(&deep(30_000)), Err(NotJsv));
    }
}
