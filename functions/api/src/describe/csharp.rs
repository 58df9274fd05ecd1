//! `/types/csharp`: the DTOs as Add ServiceStack Reference writes them for C#.
//!
//! `ResponseStatus` and `ResponseError` are left out: every C# client has them from
//! `ServiceStack.Interfaces`, in the namespace `ServiceStack` that the file imports.

use std::fmt::Write;

use super::catalogue::{Described, NAMESPACE, OPERATIONS};
use super::dto::{Dto, Kind, Member, Schemas, Shape};
use super::reference;

const IMPORTS: &str = "using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.Serialization;
using ServiceStack;
using ServiceStack.DataAnnotations;
";

/// What every C# client has already.
const OF_SERVICESTACK: [&str; 2] = ["ResponseStatus", "ResponseError"];

/// Writes the file.
pub(crate) fn write(schemas: &Schemas, base_url: &str) -> String {
    let mut file = format!("/* Options:\n{}*/\n\n{IMPORTS}", reference::options(base_url));
    // Writing to a String cannot fail.
    let _ = write!(file, "using {NAMESPACE};\n\n\nnamespace {NAMESPACE}\n{{\n");
    for dto in schemas.dtos().iter().filter(|dto| !OF_SERVICESTACK.contains(&dto.name.as_str())) {
        let _ = match OPERATIONS.iter().find(|operation| operation.name == dto.name) {
            Some(operation) => request(&mut file, operation, dto),
            None => shared(&mut file, dto),
        };
        file.push('\n');
    }
    file.push_str("}\n");
    file
}

fn shared(file: &mut String, dto: &Dto) -> std::fmt::Result {
    summary(file, "    ", &dto.summary)?;
    match &dto.shape {
        Shape::Enum(names) => {
            writeln!(file, "    public enum {}\n    {{", dto.name)?;
            for name in names {
                writeln!(file, "        {name},")?;
            }
        }
        Shape::Members(members) => {
            writeln!(file, "    public partial class {}\n    {{", dto.name)?;
            body(file, members)?;
        }
    }
    writeln!(file, "    }}")
}

fn request(file: &mut String, operation: &Described, dto: &Dto) -> std::fmt::Result {
    summary(file, "    ", operation.summary)?;
    writeln!(file, "    [Route(\"{}\", \"{}\")]", operation.path(), operation.verb)?;
    writeln!(file, "    // Any of the roles: {}", reference::roles(operation))?;
    writeln!(file, "    public partial class {}", operation.name)?;
    writeln!(file, "        : IReturn<{}>, {}\n    {{", operation.answer_name, reference::verb(operation))?;
    body(file, dto.members())?;
    writeln!(file, "    }}")
}

fn body(file: &mut String, members: &[Member]) -> std::fmt::Result {
    for (nth, member) in members.iter().enumerate() {
        if nth > 0 {
            file.push('\n');
        }
        summary(file, "        ", &member.summary)?;
        writeln!(file, "        public virtual {} {} {{ get; set; }}", type_of(member), member.name)?;
    }
    Ok(())
}

fn summary(file: &mut String, indent: &str, text: &str) -> std::fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(file, "{indent}///<summary>\n{indent}///{text}\n{indent}///</summary>")
}

/// The type of a member as C# writes it. `pages` show it too.
pub(crate) fn type_of(member: &Member) -> String {
    let optional = if member.required { "" } else { "?" };
    match &member.kind {
        Kind::Guid => format!("Guid{optional}"),
        Kind::DateTime => format!("DateTime{optional}"),
        Kind::Int => format!("int{optional}"),
        Kind::Bool => format!("bool{optional}"),
        Kind::Enum(name) => format!("{name}{optional}"),
        kind => reference_type(kind),
    }
}

fn reference_type(kind: &Kind) -> String {
    match kind {
        Kind::Text => "string".to_owned(),
        Kind::Guid => "Guid".to_owned(),
        Kind::DateTime => "DateTime".to_owned(),
        Kind::Int => "int".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::List(inner) => format!("List<{}>", reference_type(inner)),
        Kind::Texts => "Dictionary<string, string>".to_owned(),
        Kind::Enum(name) | Kind::Dto(name) => name.clone(),
    }
}
