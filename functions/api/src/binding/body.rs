//! The members of a body in JSON, XML, JSV or as a form.
//!
//! A body that cannot be read whole is refused whole, whatever its media type: cut short, not
//! UTF-8, with a NUL byte, nested deeper than 128 levels (the limit of `serde_json`, which also
//! holds for members that nobody asked for), or, in JSON and JSV, with a name given twice.

pub(crate) mod jsv;
pub(crate) mod xml;

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{BindingError, Members, pairs};
use crate::event::{Body, Request};

/// The contract's limit. A request of this contract needs 60 bytes.
pub const LARGEST_BODY_BYTES: usize = 64 * 1024;

/// Some clients begin their UTF-8 with it, and it means nothing.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a body is written.
enum MediaType {
    Json,
    Xml,
    Jsv,
    Form,
}

/// Reads the body. An empty one has no members, whatever its media type.
pub(super) fn read(request: &Request) -> Result<Members, BindingError> {
    let bytes = bytes_of(&request.body)?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Members::default());
    }
    let media_type = media_type(request.header("content-type"))?;
    let text = text_of(&bytes)?;
    match media_type {
        _ if text.is_empty() => Ok(Members::default()),
        MediaType::Json => json(text),
        MediaType::Xml => xml::members(text).map(Members::new).map_err(|refused| match refused {
            xml::Refused::NotXml => BindingError::Malformed("is not an XML document"),
            xml::Refused::Envelope => BindingError::MediaType,
        }),
        MediaType::Jsv => distinct(jsv::members(text).map_err(|_| BindingError::Malformed("is not a JSV object"))?),
        MediaType::Form => Ok(Members::new(pairs(text.as_bytes()))),
    }
}

/// The body as it was sent; its size is judged before anything is decoded.
fn bytes_of(body: &Body) -> Result<Cow<'_, [u8]>, BindingError> {
    let bytes = match body {
        Body::Text(text) => Cow::Borrowed(text.as_bytes()),
        // Four characters carry three bytes.
        Body::Base64(coded) if coded.len() / 4 * 3 > LARGEST_BODY_BYTES + 2 => return Err(BindingError::TooLarge),
        Body::Base64(coded) => {
            Cow::Owned(STANDARD.decode(coded).map_err(|_| BindingError::Malformed("did not arrive whole"))?)
        }
    };
    if bytes.len() > LARGEST_BODY_BYTES { Err(BindingError::TooLarge) } else { Ok(bytes) }
}

fn text_of(bytes: &[u8]) -> Result<&str, BindingError> {
    let text = str::from_utf8(bytes).map_err(|_| BindingError::Malformed("is not UTF-8"))?;
    if text.contains('\0') {
        return Err(BindingError::Malformed("has a NUL character"));
    }
    Ok(text.trim_start_matches(BYTE_ORDER_MARK).trim())
}

/// A body without a media type is taken for JSON, the default of the contract.
fn media_type(header: Option<&str>) -> Result<MediaType, BindingError> {
    let Some(header) = header else {
        return Ok(MediaType::Json);
    };
    let essence = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/json" | "text/json" => Ok(MediaType::Json),
        "application/xml" | "text/xml" => Ok(MediaType::Xml),
        "application/jsv" | "text/jsv" | "application/x-jsv" | "text/x-jsv" => Ok(MediaType::Jsv),
        "application/x-www-form-urlencoded" => Ok(MediaType::Form),
        // As in `xml`, where older envelopes come to that are not told apart by their media type.
        "application/soap+xml" => Err(BindingError::MediaType),
        other => match other.strip_prefix("application/").and_then(|subtype| subtype.rsplit_once('+')) {
            Some((_, "json")) => Ok(MediaType::Json),
            Some((_, "xml")) => Ok(MediaType::Xml),
            _ => Err(BindingError::MediaType),
        },
    }
}

fn json(text: &str) -> Result<Members, BindingError> {
    let Object(members) = serde_json::from_str(text).map_err(|_| BindingError::Malformed("is not a JSON object"))?;
    distinct(members)
}

fn distinct(members: Vec<(String, Value)>) -> Result<Members, BindingError> {
    let mut names: Vec<String> = members.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(BindingError::Malformed("has a member more than once"));
    }
    Ok(Members::new(members))
}

/// A JSON object with its members as they stand, so that a name given twice is seen twice.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}
