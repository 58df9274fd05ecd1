//! The formats, and how one is chosen: a suffix on the path, then `?format=`, then `Accept`.
//!
//! A name that no format has chooses nothing, and the next rule speaks; when none does, it is
//! JSON.
//!
//! XML, CSV, JSV, JSONL and HTML come here: a variant with its row in each method below, and a
//! file beside `json.rs` that writes a [`Document`].

use super::json;
use super::wire::Document;

/// A format that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The default.
    Json,
}

impl Format {
    /// Chooses by the three rules.
    #[must_use]
    pub fn choose(suffix: Option<&str>, named: Option<&str>, accept: Option<&str>) -> Self {
        suffix
            .and_then(Self::named)
            .or_else(|| named.and_then(Self::named))
            .or_else(|| accept.and_then(Self::accepted))
            .unwrap_or(Self::Json)
    }

    /// The format of this name, in any case.
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The format that a media type stands for; a wildcard stands for the default.
    fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.to_ascii_lowercase().as_str() {
            "application/json" | "text/json" | "application/*" | "*/*" => Some(Self::Json),
            _ => None,
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// Writes a document.
    #[must_use]
    pub fn write(self, document: &Document) -> String {
        match self {
            Self::Json => json::write(document),
        }
    }

    /// The format that the header `Accept` prefers.
    fn accepted(accept: &str) -> Option<Self> {
        by_preference(accept).into_iter().find_map(Self::of_media_type)
    }
}

/// The media types of a header `Accept`, the most wanted first and the unwanted left out.
fn by_preference(accept: &str) -> Vec<&str> {
    let mut wanted: Vec<(&str, f32)> = accept
        .split(',')
        .map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            let weight = parts
                .filter_map(|part| part.split_once('='))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
                .map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0));
            (media_type, weight)
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    wanted.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    wanted.into_iter().map(|(media_type, _)| media_type).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_media_types_stand_for_formats_in_any_case() {
        assert_eq!(Format::named("JSON"), Some(Format::Json));
        assert_eq!(Format::named("jason"), None);
        assert_eq!(Format::of_media_type("Application/JSON"), Some(Format::Json));
        assert_eq!(Format::of_media_type("*/*"), Some(Format::Json));
        assert_eq!(Format::of_media_type("image/png"), None);
    }

    #[test]
    fn accept_is_read_by_weight_and_then_by_order() {
        for (accept, expected) in [
            ("text/html,application/xml;q=0.9,*/*;q=0.8", "text/html application/xml */*"),
            ("a/a;q=0.1, b/b ; Q=0.5, c/c", "c/c b/b a/a"),
            ("a/a;q=0, b/b;q=x, c/c;v=1;q=1.0", "c/c"),
            ("", ""),
        ] {
            assert_eq!(by_preference(accept).join(" ").trim(), expected, "{accept}");
        }
    }

    #[test]
    fn what_no_format_is_named_after_chooses_json() {
        assert_eq!(Format::choose(Some("foo"), Some("bar"), Some("image/png")), Format::Json);
        assert_eq!(Format::choose(None, None, None), Format::Json);
    }
}
