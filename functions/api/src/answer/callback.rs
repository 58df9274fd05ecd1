//! JSONP: JSON as the argument of a function that the client names.
//!
//! The name is written into a script, so it is a path of plain identifiers and nothing else, in
//! ASCII and of bounded length. Characters beyond ASCII in the JSON are escaped, so that the
//! script means the same in whatever encoding a page reads it.

use std::fmt::Write;

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "application/javascript";

/// The names that libraries make up stay below; there is no use for a longer one.
pub const LONGEST_CALLBACK: usize = 128;

/// What [`Callback::parse`] takes, as a regular expression for descriptions. An empty callback is none.
pub const PATTERN: &str = r"^([A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*)*)?$";

/// A function's name.
#[derive(Debug, PartialEq, Eq)]
pub struct Callback(String);

/// The text is no path of JavaScript identifiers. It does not carry the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a path of JavaScript identifiers")]
pub struct NotACallback;

impl Callback {
    /// Reads a name such as `show` or `app.show`.
    ///
    /// # Errors
    /// [`NotACallback`] for everything else.
    pub fn parse(text: &str) -> Result<Self, NotACallback> {
        let fits = text.len() <= LONGEST_CALLBACK && text.split('.').all(is_identifier);
        fits.then(|| Self(text.to_owned())).ok_or(NotACallback)
    }

    /// The script that calls the function with the JSON.
    #[must_use]
    pub fn wrap(&self, json: &str) -> String {
        let mut script = String::with_capacity(self.0.len() + json.len() + 2);
        script.push_str(&self.0);
        script.push('(');
        for character in json.chars() {
            if character.is_ascii() {
                script.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(script, "\\u{unit:04x}");
                }
            }
        }
        script.push(')');
        script
    }
}

fn is_identifier(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    text.bytes().next().is_some_and(|first| inner(first) && !first.is_ascii_digit()) && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_identifiers_is_a_callback_and_nothing_else_is() {
        for text in ["f", "_", "$", "jQuery19_0", "app.views.show", "a.$b._c1"] {
            assert!(Callback::parse(text).is_ok(), "{text}");
        }
        for text in
            ["", ".", "a.", ".a", "a..b", "1a", "a.1", "a b", "a;b", "alert(1)", "a[0]", "a-b", "å", "</script>", "a\n"]
        {
            assert_eq!(Callback::parse(text), Err(NotACallback), "{text}");
        }
        assert_eq!(Callback::parse(&"a".repeat(129)), Err(NotACallback));
    }

    #[test]
    fn the_script_is_a_call_in_plain_ascii() {
        let script = Callback::parse("app.show").map(|callback| callback.wrap("{\"a\":\"å\u{2028}\u{1f600}\"}"));
        assert_eq!(script.as_deref(), Ok(r#"app.show({"a":"\u00e5\u2028\ud83d\ude00"})"#));
    }
}
