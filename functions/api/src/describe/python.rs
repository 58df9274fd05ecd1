//! `/types/python`: the DTOs as Add ServiceStack Reference writes them for Python.
//!
//! Members are in the cases that ServiceStack gives them there; a client asks for `?jsconfig=`
//! names in its case. `ResponseStatus` and `ResponseError` come with the package `servicestack`.

use std::fmt::Write;

use super::catalogue::{Described, OPERATIONS};
use super::dto::{Dto, Kind, Member, Schemas, Shape};
use super::reference;

const IMPORTS: &str = "import datetime
import decimal
from marshmallow.fields import *
from servicestack import *
from typing import *
from dataclasses import dataclass, field
from dataclasses_json import dataclass_json, LetterCase, Undefined, config
from enum import Enum, IntEnum
";

const DECORATORS: &str = "@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)\n@dataclass\n";

/// What the package `servicestack` has already.
const OF_SERVICESTACK: [&str; 2] = ["ResponseStatus", "ResponseError"];

/// Writes the file.
pub(crate) fn write(schemas: &Schemas, base_url: &str) -> String {
    let mut file = format!("\"\"\" Options:\n{}\"\"\"\n\n{IMPORTS}", reference::options(base_url));
    for dto in schemas.dtos().iter().filter(|dto| !OF_SERVICESTACK.contains(&dto.name.as_str())) {
        file.push_str("\n\n");
        // Writing to a String cannot fail.
        let _ = match OPERATIONS.iter().find(|operation| operation.name == dto.name) {
            Some(operation) => request(&mut file, operation, dto),
            None => shared(&mut file, dto),
        };
    }
    file
}

fn shared(file: &mut String, dto: &Dto) -> std::fmt::Result {
    match &dto.shape {
        Shape::Enum(names) => {
            writeln!(file, "class {}(str, Enum):", dto.name)?;
            summary(file, &dto.summary)?;
            for name in names {
                writeln!(file, "    {} = '{name}'", snake_case(name).to_uppercase())?;
            }
            Ok(())
        }
        Shape::Members(members) => {
            writeln!(file, "{DECORATORS}class {}:", dto.name)?;
            summary(file, &dto.summary)?;
            body(file, members)
        }
    }
}

fn request(file: &mut String, operation: &Described, dto: &Dto) -> std::fmt::Result {
    writeln!(file, "# @Route(\"{}\", \"{}\")", operation.path(), operation.verb)?;
    writeln!(file, "# Any of the roles: {}", reference::roles(operation))?;
    let verb = reference::verb(operation);
    writeln!(file, "{DECORATORS}class {}(IReturn[{}], {verb}):", operation.name, operation.answer_name)?;
    summary(file, operation.summary)?;
    body(file, dto.members())
}

fn body(file: &mut String, members: &[Member]) -> std::fmt::Result {
    if members.is_empty() {
        return writeln!(file, "    pass");
    }
    for (nth, member) in members.iter().enumerate() {
        if nth > 0 {
            file.push('\n');
        }
        writeln!(file, "    {}: Optional[{}] = None", snake_case(&member.name), type_of(&member.kind))?;
        if !member.summary.is_empty() {
            writeln!(file, "    \"\"\"\n    {}\n    \"\"\"", member.summary)?;
        }
    }
    Ok(())
}

fn summary(file: &mut String, text: &str) -> std::fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(file, "    \"\"\"\n    {text}\n    \"\"\"\n") }
}

fn type_of(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Guid => "str".to_owned(),
        Kind::DateTime => "datetime.datetime".to_owned(),
        Kind::Int => "int".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::List(inner) => format!("List[{}]", type_of(inner)),
        Kind::Texts => "Dict[str, str]".to_owned(),
        Kind::Enum(name) | Kind::Dto(name) => name.clone(),
    }
}

fn snake_case(name: &str) -> String {
    let mut written = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.push(character.to_ascii_lowercase());
    }
    written
}
