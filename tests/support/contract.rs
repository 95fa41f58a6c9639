//! The description of the interface, and whether an answer keeps to it.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::answer::Answer;

/// The description, read once per process.
pub(crate) struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// The one contract.
pub(crate) fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract {
        document: kundportal_functions::openapi::document("0.0.0-test"),
        validators: Mutex::default(),
    })
}

impl Contract {
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// The described path that a request's path is an instance of. A fixed part wins over a parameter.
    pub(crate) fn template(&self, path: &str) -> Option<&str> {
        let asked: Vec<_> = path.split('/').collect();
        let paths = self.document["paths"].as_object().expect("paths");
        paths
            .keys()
            .map(String::as_str)
            .filter(|template| {
                let parts: Vec<_> = template.split('/').collect();
                parts.len() == asked.len()
                    && parts.iter().zip(&asked).all(|(part, asked)| {
                        if part.starts_with('{') { !asked.is_empty() } else { part == asked }
                    })
            })
            .min_by_key(|template| template.matches('{').count())
    }

    /// Panics unless the answer to this request is described: its status, its media type, its body.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let asked = &answer.asked;
        let template = self.template(path).unwrap_or_else(|| panic!("{asked}: no such path is described"));
        let operation = &self.document["paths"][template][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{asked}: no such method is described");
        let described = &operation["responses"][answer.status.to_string()];
        assert!(described.is_object(), "{asked}: {} is not described: {}", answer.status, answer.text());
        let content = described["content"].as_object().filter(|content| !content.is_empty());
        let Some(content) = content else {
            assert!(answer.body.is_empty(), "{asked}: a body where none is described: {}", answer.text());
            return;
        };
        let media_type = answer.header("content-type").unwrap_or("").split(';').next().unwrap_or("");
        let (range, described) = content
            .iter()
            .find(|(range, _)| *range == media_type)
            .or_else(|| content.iter().find(|(range, _)| *range == "*/*"))
            .unwrap_or_else(|| panic!("{asked}: {} {media_type} is not described", answer.status));
        if let Some(schema) = described.get("schema").filter(|_| media_type.ends_with("json")) {
            let key = format!("{method} {template} {} {range}", answer.status);
            self.check_schema(key, schema, answer);
        }
    }

    /// Panics unless the answer is a problem as every problem is described.
    pub(crate) fn check_problem(&self, answer: &Answer) {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        self.check_schema("problem".to_owned(), &schema, answer);
    }

    fn check_schema(&self, key: String, schema: &Value, answer: &Answer) {
        let validator = *self.validators.lock().expect("the validators").entry(key).or_insert_with(|| {
            let schema = json!({"allOf": [schema], "components": self.document["components"]});
            let validator = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|error| panic!("{}: the schema itself is wrong: {error}", answer.asked));
            Box::leak(Box::new(validator))
        });
        let body = answer.json();
        let broken: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(broken.is_empty(), "{}: {broken:#?} in {body:#}", answer.asked);
    }
}
