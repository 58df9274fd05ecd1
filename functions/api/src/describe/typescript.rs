//! `/types/typescript`: the DTOs as Add ServiceStack Reference writes them for TypeScript.
//!
//! The file stands alone, as ServiceStack's does: it declares the interfaces that
//! `@servicestack/client` looks for, because a runtime that only strips types cannot import
//! an interface. Dates are texts there, and so are Guids.

use std::fmt::Write;

use super::catalogue::{Described, OPERATIONS};
use super::dto::{Dto, Kind, Member, Schemas, Shape};
use super::reference;

/// What the requests implement.
const INTERFACES: &str = "
export interface IReturn<T>
{
    createResponse(): T;
}

export interface IReturnVoid
{
    createResponse(): void;
}

export interface IGet
{
}

export interface IPost
{
}

export interface IPut
{
}

export interface IDelete
{
}
";

/// Writes the file.
pub(crate) fn write(schemas: &Schemas, base_url: &str) -> String {
    let mut file = format!("/* Options:\n{}*/\n\n", reference::options(base_url));
    file.push_str(INTERFACES);
    for dto in schemas.dtos() {
        file.push('\n');
        // Writing to a String cannot fail.
        let _ = match OPERATIONS.iter().find(|operation| operation.name == dto.name) {
            Some(operation) => request(&mut file, operation, &dto),
            None => shared(&mut file, &dto),
        };
    }
    file
}

fn shared(file: &mut String, dto: &Dto) -> std::fmt::Result {
    summary(file, "", &dto.summary)?;
    match &dto.shape {
        Shape::Enum(names) => {
            writeln!(file, "export enum {}\n{{", dto.name)?;
            for name in names {
                writeln!(file, "    {name} = '{name}',")?;
            }
        }
        Shape::Members(members) => {
            writeln!(file, "export class {}\n{{", dto.name)?;
            body(file, &dto.name, members)?;
        }
    }
    writeln!(file, "}}")
}

fn request(file: &mut String, operation: &Described, dto: &Dto) -> std::fmt::Result {
    let (name, answer) = (operation.name, operation.answer_name);
    summary(file, "", operation.summary)?;
    writeln!(file, "// @Route(\"{}\", \"{}\")", operation.path(), operation.verb)?;
    writeln!(file, "// Any of the roles: {}", reference::roles(operation))?;
    writeln!(file, "export class {name} implements IReturn<{answer}>, {}\n{{", reference::verb(operation))?;
    body(file, name, dto.members())?;
    writeln!(file, "    public getTypeName() {{ return '{name}'; }}")?;
    writeln!(file, "    public getMethod() {{ return '{}'; }}", operation.verb)?;
    writeln!(file, "    public createResponse() {{ return new {answer}(); }}")?;
    writeln!(file, "}}")
}

fn body(file: &mut String, name: &str, members: &[Member]) -> std::fmt::Result {
    for member in members {
        summary(file, "    ", &member.summary)?;
        let optional = if member.required { "" } else { "?" };
        writeln!(file, "    public {}{optional}: {};", member.name, type_of(&member.kind))?;
    }
    writeln!(file, "\n    public constructor(init?: Partial<{name}>) {{ (Object as any).assign(this, init); }}")
}

fn summary(file: &mut String, indent: &str, text: &str) -> std::fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(file, "{indent}/** @description {text} */") }
}

fn type_of(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Guid | Kind::DateTime => "string".to_owned(),
        Kind::Int => "number".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::List(inner) => format!("{}[]", type_of(inner)),
        Kind::Texts => "{ [index:string]: string; }".to_owned(),
        Kind::Enum(name) | Kind::Dto(name) => name.clone(),
    }
}
