//! The formats, and how one is chosen: a suffix on the path, then `?format=`, then `Accept`.
//!
//! A name that no format has chooses nothing, and the next rule speaks; when none does, it is
//! JSON.
//!
//! `Accept` is read as RFC 9110 (12.5.1) says: of the ranges that fit a media type the most
//! specific gives its weight, and a weight of 0 excludes it. Where weights are equal the RFC
//! leaves the choice to us: the more specific range wins, then the one that stands first, then
//! the order of [`Format::ALL`].
//!
//! A new format is a variant with its row in each method below, and a file beside `json.rs` that
//! writes a [`Document`].

use std::cmp::Reverse;

use serde::Serialize;

use super::wire::Document;
use super::{csv, json, jsonl, jsv, tree, xml};

/// A format that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The default.
    Json,
    /// As a data contract of .NET.
    Xml,
    /// For a spreadsheet.
    Csv,
    /// ServiceStack's own.
    Jsv,
    /// JSON, a line for each item.
    Jsonl,
    /// For a person with a browser.
    Html,
}

impl Format {
    /// Every format, the first choice of a wildcard first.
    pub const ALL: [Self; 6] = [Self::Json, Self::Xml, Self::Csv, Self::Jsv, Self::Jsonl, Self::Html];

    /// The formats for programs, which carry a document as it is.
    pub const OF_DOCUMENTS: [Self; 5] = [Self::Json, Self::Xml, Self::Csv, Self::Jsv, Self::Jsonl];

    /// The name in a suffix or in `?format=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Csv => "csv",
            Self::Jsv => "jsv",
            Self::Jsonl => "jsonl",
            Self::Html => "html",
        }
    }

    /// The media type of the answer, and others that name the format in `Accept`.
    const fn media_types(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Json => ("application/json", &["text/json"]),
            Self::Xml => ("application/xml", &["text/xml"]),
            Self::Csv => ("text/csv", &[]),
            Self::Jsv => ("text/jsv", &["application/jsv", "application/x-jsv", "text/x-jsv"]),
            Self::Jsonl => ("text/jsonl", &["application/jsonl", "application/x-ndjson", "application/x-jsonlines"]),
            Self::Html => ("text/html", &["application/xhtml+xml"]),
        }
    }

    /// The media type of the answer.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        self.media_types().0
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> String {
        format!("{}; charset=utf-8", self.media_type())
    }

    /// Writes a document.
    #[must_use]
    pub fn write(self, document: &Document) -> String {
        match self {
            Self::Json => json::write(document),
            Self::Xml => xml::write(&tree::of(document)),
            Self::Csv => csv::write(&tree::of(document), document.blank_row().as_ref()),
            Self::Jsv => jsv::write(&tree::of(document)),
            Self::Jsonl => jsonl::write(&tree::of(document)),
            // A page knows more than the document: `crate::page` puts it in.
            Self::Html => String::new(),
        }
    }

    /// Writes a request, as a sample of one; `None` for a format that requests are not read in.
    pub(crate) fn write_request(self, request: &impl Serialize) -> Option<String> {
        match self {
            Self::Json => serde_json::to_string(request).ok(),
            Self::Xml => Some(xml::write(&tree::of(request))),
            Self::Jsv => Some(jsv::write(&tree::of(request))),
            Self::Csv | Self::Jsonl | Self::Html => None,
        }
    }

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
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// The format that the header `Accept` prefers.
    fn accepted(accept: &str) -> Option<Self> {
        let ranges: Vec<Range<'_>> = accept.split(',').map(Range::parse).collect();
        let wanted = Self::ALL.into_iter().filter_map(|format| Some((format, format.preference(&ranges)?)));
        // Of equals the last is the greatest: so the first of ALL comes last.
        let (format, _) = wanted.rev().max_by_key(|(_, preference)| *preference)?;
        Some(format)
    }

    /// How much the ranges want this format, in the best of its media types; `None`: not at all.
    fn preference(self, ranges: &[Range<'_>]) -> Option<Preference> {
        let (answered, others) = self.media_types();
        // A wildcard is met by what is answered, and by no other name of it.
        let others = others.iter().filter_map(|other| Preference::of(other, Fit::Exact, ranges));
        Preference::of(answered, Fit::Any, ranges).into_iter().chain(others).max()
    }
}

/// One range of `Accept`.
struct Range<'a> {
    media: &'a str,
    /// In thousandths, as the header has it at most.
    weight: u16,
}

/// How closely a range fits a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Any,
    Type,
    Exact,
}

/// Greater is more wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    weight: u16,
    fit: Fit,
    position: Reverse<usize>,
}

impl<'a> Range<'a> {
    /// A weight that cannot be read is none.
    fn parse(entry: &'a str) -> Self {
        let mut parts = entry.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let weight = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, weight)| thousandths(weight.trim()));
        Self { media, weight: weight.unwrap_or(0) }
    }

    fn fit(&self, media_type: &str) -> Option<Fit> {
        if self.media.eq_ignore_ascii_case(media_type) {
            return Some(Fit::Exact);
        }
        // A lone star is what Java's own client sends.
        if matches!(self.media, "*/*" | "*") {
            return Some(Fit::Any);
        }
        let (wanted, _) = self.media.split_once('/').filter(|(_, subtype)| *subtype == "*")?;
        let (given, _) = media_type.split_once('/')?;
        wanted.eq_ignore_ascii_case(given).then_some(Fit::Type)
    }
}

impl Preference {
    /// By the most specific of the ranges that fit at least so closely.
    fn of(media_type: &str, at_least: Fit, ranges: &[Range<'_>]) -> Option<Self> {
        let fitting = ranges.iter().enumerate().filter_map(|(position, range)| {
            let fit = range.fit(media_type).filter(|fit| *fit >= at_least)?;
            Some((fit, Reverse(position), range.weight))
        });
        let (fit, position, weight) = fitting.max()?;
        (weight > 0).then_some(Self { weight, fit, position })
    }
}

/// `0`, `1`, and up to three digits after a point, which may come first.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let whole: u16 = match whole {
        "" if !fraction.is_empty() => 0,
        "0" => 0,
        "1" => 1000,
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole + fraction).filter(|weight| *weight <= 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(accept: &str) -> &'static str {
        Format::accepted(accept).map_or("none", Format::name)
    }

    #[test]
    fn a_format_is_named_in_any_case() {
        for format in Format::ALL {
            assert_eq!(Format::named(&format.name().to_uppercase()), Some(format));
        }
        assert_eq!(Format::named("jason"), None);
    }

    #[test]
    fn what_no_format_is_named_after_chooses_json() {
        assert_eq!(Format::choose(Some("foo"), Some("bar"), Some("image/png")), Format::Json);
        assert_eq!(Format::choose(None, None, None), Format::Json);
    }

    #[test]
    fn the_suffix_is_stronger_than_the_parameter_and_the_parameter_than_accept() {
        assert_eq!(Format::choose(Some("xml"), Some("csv"), Some("text/jsv")), Format::Xml);
        assert_eq!(Format::choose(Some("foo"), Some("csv"), Some("text/jsv")), Format::Csv);
        assert_eq!(Format::choose(None, Some("bar"), Some("text/jsv")), Format::Jsv);
    }

    #[test]
    fn accept_is_read_as_the_rfc_says() {
        for (accept, format) in [
            ("application/json", "json"),
            ("TEXT/JSON", "json"),
            ("Application/XML; charset=utf-8", "xml"),
            ("text/xml", "xml"),
            ("text/csv", "csv"),
            ("text/jsv", "jsv"),
            ("application/jsv", "jsv"),
            ("application/x-ndjson", "jsonl"),
            ("image/png", "none"),
            ("", "none"),
            ("application/jsonp", "none"),
            // By weight.
            ("application/json;q=0.1, application/xml ; Q=0.5, text/csv;q=0.501", "csv"),
            ("image/png, text/csv;q=0.001", "csv"),
            ("application/json;q=.1, text/csv;q=.2", "csv"),
            // A weight of 0 excludes, and one that is no weight is none.
            ("application/json;q=0, */*", "xml"),
            ("application/json;q=0.000, application/xml;q=0, */*;q=0.1", "csv"),
            ("text/csv;q=x", "none"),
            ("text/csv;q=1.001, text/jsv;q=-1, application/xml;q=0.1", "xml"),
            ("text/csv;q=inf, text/jsv;q=0.1", "jsv"),
            ("*/*;q=0", "none"),
            // Wildcards.
            ("*/*", "json"),
            ("*", "json"),
            ("application/*", "json"),
            ("text/*", "csv"),
            ("Text/*;q=0.5, */*;q=0.1", "csv"),
            ("text/*;q=0.1, */*;q=0.5", "json"),
            ("image/png, */*;q=0.1", "json"),
            // The most specific range gives the weight, wherever it stands.
            ("*/*, application/json;q=0.2", "xml"),
            ("application/json;q=0.2, application/*;q=0.9, */*", "csv"),
            ("text/*, text/csv;q=0.1, text/jsonl;q=0.2, text/jsv;q=0, text/html;q=0", "jsonl"),
            // Of equal weight: the more specific, then the first.
            ("*/*, text/csv", "csv"),
            ("text/csv, */*", "csv"),
            ("application/xml, application/json", "xml"),
            ("application/json, application/xml", "json"),
            ("application/json, text/plain, */*", "json"),
            ("application/xml, text/xml, */*; q=0.01", "xml"),
            // Other parameters say nothing.
            ("text/csv;header=absent;q=0.3, text/jsv;q=0.2;level=1", "csv"),
        ] {
            assert_eq!(by(accept), format, "{accept}");
        }
    }

    #[test]
    fn a_weight_has_three_digits_and_is_one_at_most() {
        for (text, weight) in [
            ("0", Some(0)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0.5", Some(500)),
            (".25", Some(250)),
            ("0.", Some(0)),
            ("", None),
            (".", None),
            ("1.001", None),
            ("0.0001", None),
            ("2", None),
            ("0.+1", None),
            ("NaN", None),
        ] {
            assert_eq!(thousandths(text), weight, "{text}");
        }
    }
}
