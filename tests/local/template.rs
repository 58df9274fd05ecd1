//! `template.yaml` as a value: what the stack is made of, read from the one place that says it.
//!
//! Short forms (`!Ref`, `!Sub`, ...) become the long ones, so that the rest of this room meets
//! plain JSON, and what is deployed is the template itself in JSON and not a copy that can stray.
//! Names are resolved from the outputs backwards, so that logical ids may change.
//!
//! It evaluates nothing: no `Fn::Sub`, no conditions, no SAM.

mod long_form;

use std::path::PathBuf;
use std::{fs, io};

use serde_json::Value;
use thiserror::Error;

use crate::folders;

/// Why the template cannot be used.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        #[source]
        source: io::Error,
    },
    /// It is no YAML.
    #[error("template.yaml is not YAML")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// A key that is not a text.
    #[error("template.yaml has a key that is not a text")]
    Key,
    /// A part is missing or has another shape.
    #[error("template.yaml: {place} is missing or is not what is expected there")]
    Shape {
        /// Where.
        place: String,
    },
}

/// The template, every short form written out.
#[derive(Debug, Clone)]
pub struct Template {
    root: Value,
}

/// One resource.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its logical id.
    pub id: &'a str,
    value: &'a Value,
}

impl Template {
    /// Reads `template.yaml` at the root of the source tree.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn read() -> Result<Self, TemplateError> {
        let path = folders::root().join("template.yaml");
        let text = fs::read_to_string(&path).map_err(|source| TemplateError::Unreadable { path, source })?;
        Self::parse(&text)
    }

    /// Parses a template's text.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(yaml: &str) -> Result<Self, TemplateError> {
        Ok(Self { root: long_form::of(serde_yaml_ng::from_str(yaml)?)? })
    }

    /// The whole template.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.root
    }

    /// The resources of one type, in no certain order.
    pub fn resources_of<'a>(&'a self, of_type: &str) -> impl Iterator<Item = Resource<'a>> {
        let of_type = of_type.to_owned();
        let all = self.root["Resources"].as_object().into_iter().flatten();
        all.filter(move |(_, value)| value["Type"] == *of_type).map(|(id, value)| Resource { id, value })
    }

    /// The resource that an output names by a plain `!Ref`.
    ///
    /// # Errors
    /// [`TemplateError::Shape`] if there is no such output or it is no reference.
    pub fn behind(&self, output: &str) -> Result<Resource<'_>, TemplateError> {
        let reference = &self.root["Outputs"][output]["Value"]["Ref"];
        let found = reference.as_str().and_then(|id| self.root["Resources"].as_object()?.get_key_value(id));
        let (id, value) = found.ok_or_else(|| shape(format!("Outputs.{output}.Value: !Ref to a resource")))?;
        Ok(Resource { id, value })
    }

    /// The template with each function's code at the place that `code` gives for it, and nothing
    /// else changed: what `sam package` does.
    ///
    /// # Errors
    /// [`TemplateError::Shape`] if a function has no properties, and whatever `code` fails with.
    pub fn with_code<E: From<TemplateError>>(
        &self,
        mut code: impl FnMut(Resource<'_>) -> Result<String, E>,
    ) -> Result<Value, E> {
        let mut changed = self.root.clone();
        for function in self.resources_of(FUNCTION) {
            let place = code(function)?;
            let properties = changed["Resources"][function.id]["Properties"].as_object_mut();
            let properties = properties.ok_or_else(|| shape(format!("Resources.{}.Properties", function.id)))?;
            properties.insert("CodeUri".to_owned(), Value::String(place));
        }
        Ok(changed)
    }
}

/// The type of a function as SAM writes it.
pub const FUNCTION: &str = "AWS::Serverless::Function";

impl<'a> Resource<'a> {
    /// A property by its path, `Value::Null` if it is not set.
    #[must_use]
    pub fn property(&self, path: &[&str]) -> &'a Value {
        path.iter().fold(&self.value["Properties"], |value, step| &value[*step])
    }

    /// A property that has to be a text.
    ///
    /// # Errors
    /// [`TemplateError::Shape`].
    pub fn text(&self, path: &[&str]) -> Result<&'a str, TemplateError> {
        self.property(path).as_str().ok_or_else(|| shape(format!("Resources.{}.{}", self.id, path.join("."))))
    }

    /// The binary that a function is built from (`Metadata.BuildProperties.Binary`).
    ///
    /// # Errors
    /// [`TemplateError::Shape`].
    pub fn binary(&self) -> Result<&'a str, TemplateError> {
        let binary = self.value["Metadata"]["BuildProperties"]["Binary"].as_str();
        binary.ok_or_else(|| shape(format!("Resources.{}.Metadata.BuildProperties.Binary", self.id)))
    }
}

pub(crate) fn shape(place: String) -> TemplateError {
    TemplateError::Shape { place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_forms_become_long_ones_at_every_depth() -> Result<(), TemplateError> {
        let template = Template::parse(
            "Resources:\n  A:\n    Type: T\n    Properties:\n      X: !GetAtt B.Arn\n      Y: [!Ref B, !Sub 'a-${B}']\n      Z: !If [C, !Ref D, 2]\n",
        )?;
        let expected = json!({
            "X": {"Fn::GetAtt": ["B", "Arn"]},
            "Y": [{"Ref": "B"}, {"Fn::Sub": "a-${B}"}],
            "Z": {"Fn::If": ["C", {"Ref": "D"}, 2]},
        });
        assert_eq!(template.value()["Resources"]["A"]["Properties"], expected);
        Ok(())
    }

    #[test]
    fn only_the_place_of_the_code_changes_for_a_deployment() -> Result<(), TemplateError> {
        let template = Template::read()?;
        let mut changed = template.with_code(|function| function.binary().map(|name| format!("s3://code/{name}")))?;
        let functions: Vec<_> = template.resources_of(FUNCTION).map(|one| one.id).collect();
        assert_eq!(functions.len(), 3);
        for id in functions {
            let before = &template.value()["Resources"][id]["Properties"]["CodeUri"];
            changed["Resources"][id]["Properties"]["CodeUri"] = before.clone();
            if before.is_null() {
                changed["Resources"][id]["Properties"].as_object_mut().map(|all| all.remove("CodeUri"));
            }
        }
        assert_eq!(&changed, template.value());
        Ok(())
    }
}
