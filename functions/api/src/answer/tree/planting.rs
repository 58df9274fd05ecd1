//! The serde side of the tree: what serde hands over becomes nodes.

use std::fmt;

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer, StdError};

use super::{Node, Object};

/// The name of the wire type whose items are ids.
const GUIDS: &str = "Guids";

/// Makes nodes.
pub(super) struct Planter;

/// A value that the contract has no form for.
#[derive(Debug)]
pub(in crate::answer) struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value has no form in the contract")
    }
}

impl StdError for Unsupported {}

impl Error for Unsupported {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Planted = Result<Node, Unsupported>;

impl Serializer for Planter {
    type Ok = Node;
    type Error = Unsupported;
    type SerializeSeq = List;
    type SerializeTuple = Impossible<Node, Unsupported>;
    type SerializeTupleStruct = Impossible<Node, Unsupported>;
    type SerializeTupleVariant = Impossible<Node, Unsupported>;
    type SerializeMap = Map;
    type SerializeStruct = Object;
    type SerializeStructVariant = Impossible<Node, Unsupported>;

    fn serialize_bool(self, value: bool) -> Planted {
        Ok(Node::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Planted {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Planted {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Planted {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Planted {
        Ok(Node::Number(value.into()))
    }

    fn serialize_u8(self, value: u8) -> Planted {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Planted {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Planted {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Planted {
        Ok(Node::Number(value.into()))
    }

    fn serialize_f32(self, _: f32) -> Planted {
        Err(Unsupported)
    }

    fn serialize_f64(self, _: f64) -> Planted {
        Err(Unsupported)
    }

    fn serialize_char(self, value: char) -> Planted {
        Ok(Node::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Planted {
        Ok(Node::Text(value.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Planted {
        Err(Unsupported)
    }

    fn serialize_none(self) -> Planted {
        Ok(Node::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Planted {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Planted {
        Ok(Node::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Planted {
        Ok(Node::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Planted {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Planted {
        match value.serialize(self)? {
            Node::List(items) if name == GUIDS => {
                let text = |item| if let Node::Text(text) = item { Ok(text) } else { Err(Unsupported) };
                Ok(Node::Guids(items.into_iter().map(text).collect::<Result<_, _>>()?))
            }
            node => Ok(node),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Planted {
        Err(Unsupported)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Unsupported> {
        Ok(List(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map, Unsupported> {
        Ok(Map { entries: Vec::new(), name: None })
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Object, Unsupported> {
        Ok(Object { name, members: Vec::with_capacity(length) })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unsupported> {
        Err(Unsupported)
    }
}

/// A list in the making.
pub(super) struct List(Vec<Node>);

impl SerializeSeq for List {
    type Ok = Node;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.0.push(value.serialize(Planter)?);
        Ok(())
    }

    fn end(self) -> Planted {
        Ok(Node::List(self.0))
    }
}

/// A map in the making, with the name whose value comes next.
pub(super) struct Map {
    entries: Vec<(String, Node)>,
    name: Option<String>,
}

impl SerializeMap for Map {
    type Ok = Node;
    type Error = Unsupported;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unsupported> {
        let Node::Text(name) = key.serialize(Planter)? else { return Err(Unsupported) };
        self.name = Some(name);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        let name = self.name.take().ok_or(Unsupported)?;
        self.entries.push((name, value.serialize(Planter)?));
        Ok(())
    }

    fn end(self) -> Planted {
        Ok(Node::Map(self.entries))
    }
}

impl SerializeStruct for Object {
    type Ok = Node;
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unsupported> {
        self.members.push((name, value.serialize(Planter)?));
        Ok(())
    }

    /// What `skip_serializing_if` leaves out in JSON has a place in XML and CSV.
    fn skip_field(&mut self, name: &'static str) -> Result<(), Unsupported> {
        self.members.push((name, Node::Null));
        Ok(())
    }

    fn end(self) -> Planted {
        Ok(Node::Object(self))
    }
}
