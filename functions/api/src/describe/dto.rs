//! The DTOs as programming languages see them, read from the schemas.
//!
//! Each language writes the same list: the enums and answers first, what they are made of before
//! them, and then the requests. Members stand in the order of the structs.
//!
//! What this module does not do: know every schema. It knows those that `scalar` and the derives
//! of this crate make; a test reads them all.

use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value};

use super::catalogue::{self, Described, OPERATIONS};

/// Where OpenAPI keeps its schemas.
const DEFINITIONS: &str = "/components/schemas";

/// Every schema by the name of its type.
pub(crate) struct Schemas {
    /// What is sent.
    pub requests: Map<String, Value>,
    /// What is answered.
    pub answers: Map<String, Value>,
}

/// A type with a name.
#[derive(Debug)]
pub(crate) struct Dto {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// What it holds.
    pub shape: Shape,
}

/// What a type holds.
#[derive(Debug)]
pub(crate) enum Shape {
    /// One of these names.
    Enum(Vec<String>),
    /// All of these.
    Members(Vec<Member>),
}

/// A member of a DTO.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name, as the contract writes it.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it is always there.
    pub required: bool,
    /// The largest number that it may be.
    pub maximum: Option<u64>,
}

/// The type of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// An id.
    Guid,
    /// A moment.
    DateTime,
    /// A whole number of 32 bits.
    Int,
    /// Yes or no.
    Bool,
    /// Many of one type.
    List(Box<Self>),
    /// Texts by name.
    Texts,
    /// One of the names of an enum.
    Enum(String),
    /// A DTO.
    Dto(String),
}

impl Schemas {
    /// Makes all of them.
    pub fn generate() -> Self {
        let mut requests = generator(Contract::Deserialize);
        let mut answers = generator(Contract::Serialize);
        for operation in &OPERATIONS {
            (operation.request)(&mut requests);
            (operation.answer)(&mut answers);
        }
        catalogue::refused(&mut answers);
        Self { requests: requests.take_definitions(true), answers: without_null(answers.take_definitions(true)) }
    }

    /// The DTOs in the order in which languages write them.
    pub fn dtos(&self) -> Vec<Dto> {
        let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        let is_request = |name: &&String| names.contains(&name.as_str());
        let shared = self.requests.iter().filter(|(name, _)| !is_request(name));
        let answers = self.answers.iter().filter(|(name, _)| *name != "ErrorResponse");
        let mut dtos: Vec<Dto> = shared.chain(answers).map(|(name, schema)| self.dto(name, schema)).collect();
        in_order_of_use(&mut dtos);
        dtos.extend(OPERATIONS.iter().filter_map(|operation| self.request(operation)));
        dtos
    }

    /// The DTO of an operation's request.
    pub fn request(&self, operation: &Described) -> Option<Dto> {
        self.requests.get(operation.name).map(|schema| self.dto(operation.name, schema))
    }

    fn dto(&self, name: &str, schema: &Value) -> Dto {
        let shape = names_of(schema).map_or_else(|| Shape::Members(self.members_of(schema)), Shape::Enum);
        Dto { name: name.to_owned(), summary: description_of(schema), shape }
    }

    fn members_of(&self, schema: &Value) -> Vec<Member> {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
        let properties = schema.get("properties").and_then(Value::as_object);
        let member = |(name, schema): (&String, &Value)| Member {
            name: name.clone(),
            summary: description_of(schema),
            kind: self.kind_of(schema),
            required: is_required(name),
            maximum: schema.get("maximum").and_then(Value::as_u64),
        };
        properties.into_iter().flatten().map(member).collect()
    }

    fn kind_of(&self, schema: &Value) -> Kind {
        // An optional enum is the reference, or null.
        let any = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
        if let Some(name) = any.chain([schema]).find_map(reference_of) {
            let is_enum = self.requests.get(name).is_some_and(|schema| names_of(schema).is_some());
            return if is_enum { Kind::Enum(name.to_owned()) } else { Kind::Dto(name.to_owned()) };
        }
        let format = schema.get("format").and_then(Value::as_str);
        match (type_of(schema), format) {
            (Some("integer"), _) => Kind::Int,
            (Some("boolean"), _) => Kind::Bool,
            (Some("array"), _) => {
                Kind::List(Box::new(schema.get("items").map_or(Kind::Text, |item| self.kind_of(item))))
            }
            (Some("object"), _) => Kind::Texts,
            (_, Some("uuid")) => Kind::Guid,
            (_, Some("date-time")) => Kind::DateTime,
            _ => Kind::Text,
        }
    }
}

fn generator(contract: Contract) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = DEFINITIONS.into();
            settings.contract = contract;
            settings.meta_schema = None;
        })
        .into_generator()
}

/// A member without a value is left out of an answer, so none is ever null.
fn without_null(mut definitions: Map<String, Value>) -> Map<String, Value> {
    let properties = definitions.values_mut().filter_map(|schema| schema.get_mut("properties")?.as_object_mut());
    for schema in properties.flat_map(|properties| properties.values_mut()) {
        never_null(schema);
    }
    definitions
}

/// Takes the null out of what a value may be.
fn never_null(schema: &mut Value) {
    let plain = type_of(schema).map(|name| Value::from(name.to_owned()));
    let any = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let reference = any.filter_map(|one| one.get("$ref")).next().cloned();
    if let Some(schema) = schema.as_object_mut() {
        if let Some(plain) = plain {
            schema.insert("type".to_owned(), plain);
        }
        if let Some(reference) = reference {
            schema.remove("anyOf");
            schema.insert("$ref".to_owned(), reference);
        }
    }
}

impl Dto {
    /// Its members; an enum has none.
    pub fn members(&self) -> &[Member] {
        match &self.shape {
            Shape::Enum(_) => &[],
            Shape::Members(members) => members,
        }
    }

    /// Whether one of its members is of this type, alone or in a list.
    fn uses(&self, name: &str) -> bool {
        self.members().iter().any(|member| match &member.kind {
            Kind::List(inner) => inner.is(name),
            kind => kind.is(name),
        })
    }
}

impl Kind {
    fn is(&self, name: &str) -> bool {
        matches!(self, Self::Enum(used) | Self::Dto(used) if used == name)
    }
}

/// Puts what is used before what uses it, as languages that are read from the top want it.
fn in_order_of_use(dtos: &mut Vec<Dto>) {
    let mut rest = std::mem::take(dtos);
    while !rest.is_empty() {
        let free =
            rest.iter().position(|dto| !rest.iter().any(|other| other.name != dto.name && dto.uses(&other.name)));
        // Types that use one another have no order; none here do.
        dtos.push(rest.remove(free.unwrap_or_default()));
    }
}

/// The type of a value that may also be null.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    }
}

fn reference_of(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The names of an enum. A description at a variant makes it one of several constants.
fn names_of(schema: &Value) -> Option<Vec<String>> {
    let names = schema.get("enum")?.as_array()?;
    Some(names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect())
}

fn description_of(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}
