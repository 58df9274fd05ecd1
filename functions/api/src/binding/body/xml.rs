//! A body in XML: the members are the child elements of the root, whatever the root is named.
//!
//! Names count without their prefix, `i:nil="true"` is null, and an element with elements of its
//! own is a list of what they hold, whatever they are named: the form that .NET gives a list. What
//! is nested deeper is an object, whose content no field of this contract takes. There is no document type
//! and so no entity beyond XML's five, nothing is fetched, and nothing expands.
//!
//! Not looked at: the encoding that the declaration names. The body has been found to be UTF-8,
//! and .NET writes `utf-16` there for texts that it then sends as UTF-8.

use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};
use serde_json::{Map, Value};

use self::Refused::{Envelope, NotXml};
use crate::answer::xml::holds;

/// As deep as JSON may be.
const DEEPEST: usize = 128;

/// The namespaces of SOAP 1.1 and 1.2.
const SOAP: [&str; 2] = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];

/// Why the text is no XML document of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is no document that is read.
    NotXml,
    /// It is an envelope of SOAP, which has the request further inside, where it would be passed over.
    Envelope,
}

type Read<T> = Result<T, Refused>;

impl From<quick_xml::Error> for Refused {
    fn from(_: quick_xml::Error) -> Self {
        NotXml
    }
}

/// Reads the members in the order in which they stand.
pub(crate) fn members(text: &str) -> Read<Vec<(String, Value)>> {
    if !text.chars().all(holds) {
        return Err(NotXml);
    }
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_comments = true;
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading::default();
    loop {
        let at_the_beginning = reader.buffer_position() == 0;
        match reader.read_event()? {
            Event::Start(start) if reading.depth == 0 && is_envelope(&start, reader.resolver()) => {
                return Err(Envelope);
            }
            Event::Start(start) => reading.start(&start, start.attributes().has_nil(reader.resolver()))?,
            Event::End(_) => reading.end(),
            Event::Text(text) => reading.text(&text.xml10_content())?,
            Event::CData(text) if reading.depth > 0 => reading.text(&text.xml10_content())?,
            Event::GeneralRef(reference) if reading.depth > 0 => reading.text(&resolved(&reference)?)?,
            Event::Decl(_) if at_the_beginning => {}
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return reading.whole(),
            Event::CData(_) | Event::GeneralRef(_) | Event::Decl(_) | Event::DocType(_) | Event::Empty(_) => {
                return Err(NotXml);
            }
        }
    }
}

fn is_envelope(root: &BytesStart<'_>, resolver: &NamespaceResolver) -> bool {
    let (namespace, name) = resolver.resolve_element(root.name());
    let of_soap = SOAP.iter().any(|soap| namespace == ResolveResult::Bound(Namespace(soap)));
    of_soap && name.into_inner() == "Envelope"
}

/// One of XML's five entities, or a character by its number.
fn resolved(reference: &BytesRef<'_>) -> Read<String> {
    match reference.resolve_char_ref()? {
        Some(character) if holds(character) => Ok(character.into()),
        Some(_) => Err(NotXml),
        None => resolve_xml_entity(reference).map(str::to_owned).ok_or(NotXml),
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    members: Vec<(String, Value)>,
    /// The member that is open.
    member: Option<Member>,
    /// How many elements are open.
    depth: usize,
    root_seen: bool,
}

struct Member {
    name: String,
    text: String,
    nil: bool,
    /// What its elements hold, if it has any.
    items: Option<Vec<Value>>,
}

impl Reading {
    fn start(&mut self, start: &BytesStart<'_>, nil: bool) -> Read<()> {
        if start.attributes().any(|attribute| attribute.is_err()) {
            return Err(NotXml);
        }
        match (self.depth, &mut self.member) {
            (0, _) if self.root_seen => return Err(NotXml),
            (0, _) => self.root_seen = true,
            (2, Some(member)) => {
                let item = if nil { Value::Null } else { Value::String(String::new()) };
                member.items.get_or_insert_default().push(item);
            }
            (_, Some(member)) => {
                if let Some(item) = member.items.as_mut().and_then(|items| items.last_mut()) {
                    *item = Value::Object(Map::new());
                }
            }
            (_, None) => {
                let name = start.local_name().into_inner().to_owned();
                self.member = Some(Member { name, text: String::new(), nil, items: None });
            }
        }
        self.depth += 1;
        if self.depth > DEEPEST { Err(NotXml) } else { Ok(()) }
    }

    /// The reader has seen to it that something is open, and that it has this name.
    fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 1
            && let Some(Member { name, text, nil, items }) = self.member.take()
        {
            let value = match (nil, items) {
                (true, _) => Value::Null,
                (false, Some(items)) => Value::Array(items),
                (false, None) => Value::String(text),
            };
            self.members.push((name, value));
        }
    }

    /// Outside a member there is nothing but white space.
    fn text(&mut self, text: &str) -> Read<()> {
        match &mut self.member {
            Some(Member { items: Some(items), .. }) if self.depth > 2 => {
                if let Some(Value::String(item)) = items.last_mut() {
                    item.push_str(text);
                }
            }
            Some(member) => member.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(NotXml),
        }
        Ok(())
    }

    fn whole(self) -> Read<Vec<(String, Value)>> {
        if self.root_seen && self.depth == 0 { Ok(self.members) } else { Err(NotXml) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Read<Vec<(String, Value)>> {
        members(text)
    }

    #[test]
    fn the_children_of_any_root_are_members_in_any_namespace() {
        for text in [
            "<R><CompanyId>x</CompanyId></R>",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<!-- c --><R>\n  <CompanyId>x</CompanyId>\n</R>\n<!-- c -->",
            "<CreateAxemaUserSync xmlns='urn:a' xmlns:i='urn:i'><CompanyId>x</CompanyId></CreateAxemaUserSync>",
            "<a:R xmlns:a='urn:a' xmlns:b='urn:b'><b:CompanyId a:kind='k'>x</b:CompanyId></a:R>",
            "<R><CompanyId><![CDATA[x]]></CompanyId></R>",
            "<R><CompanyId>&#120;<!-- c --></CompanyId></R>",
            "<R><CompanyId>&#x78;</CompanyId ></R >",
        ] {
            assert_eq!(read(text), Ok(vec![("CompanyId".to_owned(), json!("x"))]), "{text}");
        }
    }

    #[test]
    fn a_member_is_text_null_or_a_list() {
        const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
        for (member, value) in [
            ("<A/>".to_owned(), json!("")),
            ("<A> &lt;&gt;&amp;&quot;&apos; </A>".to_owned(), json!(" <>&\"' ")),
            (format!("<A xmlns:i='{XSI}' i:nil='true'/>"), json!(null)),
            (format!("<A xmlns:x='{XSI}' x:nil='1'></A>"), json!(null)),
            (format!("<A xmlns:i='{XSI}' i:nil='false'>x</A>"), json!("x")),
            ("<A nil='true'>x</A>".to_owned(), json!("x")),
            ("<A xmlns:i='urn:i' i:nil='true'>x</A>".to_owned(), json!("x")),
            ("<A> <A>x</A>\n<B/> </A>".to_owned(), json!(["x", ""])),
            ("<A><A>x</A><B>y<C>z</C></B></A>".to_owned(), json!(["x", {}])),
            (format!("<A xmlns:i='{XSI}'><B i:nil='true'/></A>"), json!([null])),
        ] {
            let text = format!("<R>{member}</R>");
            assert_eq!(read(&text), Ok(vec![("A".to_owned(), value)]), "{text}");
        }
        assert_eq!(read("<R/>"), Ok(Vec::new()));
        assert_eq!(read("<R><A/><a>x</a></R>").map(|members| members.len()), Ok(2));
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        let deep = format!("<R>{}{}</R>", "<a>".repeat(128), "</a>".repeat(128));
        for text in [
            "x",
            "{}",
            "<",
            "<R",
            "<R>",
            "<R><A>x</A>",
            "<R><A>x</R>",
            "<R></A></R>",
            "</R>",
            "<R/><R/>",
            "<R/>x",
            "x<R/>",
            "<R/>&amp;",
            "<R/><![CDATA[]]>",
            "<R>x</R>",
            "<R>&amp;</R>",
            "<R><A a='1' a='2'/></R>",
            "<R><A a=1/></R>",
            "<R><A a/></R>",
            "<R><A>&</A></R>",
            "<R><A>&nbsp;</A></R>",
            "<R><A>&#0;</A></R>",
            "<R><A>&#1;</A></R>",
            "<R><A>&#xd800;</A></R>",
            "<R><A>\u{1}</A></R>",
            "<R/><!-- a -- b -->",
            "<R><!-- x</R>",
            "<R/><?xml version='1.0'?>",
            "<!DOCTYPE R><R/>",
            "<!DOCTYPE R [<!ENTITY e 'x'>]><R><A>&e;</A></R>",
            "<!DOCTYPE R SYSTEM 'file:///etc/passwd'><R/>",
            "<?xml version='1.0'?>",
            "<!-- nothing -->",
            deep.as_str(),
        ] {
            assert_eq!(read(text), Err(NotXml), "{text:.60}");
        }
    }
}
