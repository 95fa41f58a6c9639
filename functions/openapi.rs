//! The description of the interface (`OpenAPI` 3.1), made from the table of operations.

use std::collections::BTreeSet;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use crate::{
    FUNCTIONS,
    function::{Function, Trigger},
    operation::{Access, Operation, Parameter, RequestBody, Roles, SchemaOf, Success},
    problem::{self, ProblemType},
};

/// The whole document.
#[must_use]
pub fn document(version: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    // A member that may be left out is not a member that is null.
    let settings = settings.with_transform(RecursiveTransform(|schema: &mut Schema| {
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
    }));
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for (function, operation) in operations() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(
                operation.method.as_str().to_ascii_lowercase(),
                describe(function, operation, &mut generator),
            );
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem::schema());
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Kundportal", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

/// Every operation with the function that it belongs to.
pub fn operations() -> impl Iterator<Item = (&'static Function, &'static Operation)> {
    FUNCTIONS.iter().flat_map(|function| match function.trigger {
        Trigger::Http { operations, .. } => {
            operations.iter().map(|operation| (function, operation)).collect::<Vec<_>>()
        }
        Trigger::Timer { .. } | Trigger::Queue { .. } => Vec::new(),
    })
}

fn describe(function: &Function, operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut description = json!({
        "operationId": operation.id,
        "tags": [function.name],
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": responses(operation, generator),
    });
    if !matches!(operation.access, Access::Anyone(_)) {
        description["security"] = json!([{"bearer": []}]);
    }
    if let Some(body) = request_body(&operation.request, generator) {
        description["requestBody"] = body;
    }
    description
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let others = operation.parameters.iter().map(|parameter: &Parameter| {
        let schema: Value = serde_json::from_str(parameter.schema).unwrap_or_default();
        json!({
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.required,
            "description": parameter.description,
            "schema": schema,
        })
    });
    path.chain(others).collect()
}

fn request_body(request: &RequestBody, generator: &mut SchemaGenerator) -> Option<Value> {
    let content = match request {
        RequestBody::Empty => return None,
        RequestBody::Json(schema) => json!({"application/json": {"schema": made(*schema, generator)}}),
        RequestBody::MergePatch(schema) => {
            let schema = made(*schema, generator);
            json!({"application/merge-patch+json": {"schema": schema}, "application/json": {"schema": schema}})
        }
        RequestBody::Bytes(media_types) | RequestBody::Stream(media_types) => of_bytes(media_types),
    };
    Some(json!({"required": true, "content": content}))
}

fn of_bytes(media_types: &[&str]) -> Value {
    media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({}))).collect::<Map<_, _>>().into()
}

fn made(schema: SchemaOf, generator: &mut SchemaGenerator) -> Value {
    schema(generator).to_value()
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    match operation.success {
        Success::Json(status, schema) => {
            let content = json!({"application/json": {"schema": made(schema, generator)}});
            responses.insert(status.to_string(), json!({"description": "Done", "content": content}));
        }
        Success::Kept { json, others } => {
            let mut content = of_bytes(others);
            if let (Some(schema), Some(content)) = (json, content.as_object_mut()) {
                content.insert("application/json".to_owned(), json!({"schema": made(schema, generator)}));
            }
            responses.insert("200".to_owned(), json!({"description": "Done", "content": content}));
            responses.insert("304".to_owned(), json!({"description": "The caller has it"}));
        }
        Success::Empty(status) => {
            responses.insert(status.to_string(), json!({"description": "Done"}));
        }
        Success::Bytes { media_types, ranges } => {
            let content = of_bytes(media_types);
            responses.insert("200".to_owned(), json!({"description": "The content", "content": content}));
            if ranges {
                responses
                    .insert("206".to_owned(), json!({"description": "A part of it", "content": content}));
            }
        }
    }
    let mut by_status = std::collections::BTreeMap::<u16, BTreeSet<&str>>::new();
    for (slug, status) in problems(operation).into_iter().map(ProblemType::parts) {
        by_status.entry(status.as_u16()).or_default().insert(slug);
    }
    for (status, slugs) in by_status {
        let description =
            slugs.into_iter().map(|slug| format!("/problems/{slug}")).collect::<Vec<_>>().join(", ");
        let content =
            json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        responses.insert(status.to_string(), json!({"description": description, "content": content}));
    }
    responses.into()
}

/// Every status that an operation's answers have.
#[cfg(feature = "fuzzing")]
pub(crate) fn statuses(operation: &Operation) -> Vec<u16> {
    let mut statuses: Vec<_> =
        problems(operation).into_iter().map(|problem| problem.parts().1.as_u16()).collect();
    match operation.success {
        Success::Json(status, _) | Success::Empty(status) => statuses.push(status),
        Success::Kept { .. } => statuses.extend([200, 304]),
        Success::Bytes { ranges, .. } => statuses.extend([200].into_iter().chain(ranges.then_some(206))),
    }
    statuses
}

/// What can go wrong: what the entry names, and what follows from the rest of it.
#[must_use]
pub fn problems(operation: &Operation) -> Vec<ProblemType> {
    let mut problems = operation.problems.to_vec();
    problems.extend([ProblemType::Internal, ProblemType::Unavailable]);
    if !matches!(operation.access, Access::Anyone(_)) {
        problems.push(ProblemType::Unauthenticated);
    }
    match operation.access {
        Access::Operator(_) => problems.push(ProblemType::Forbidden),
        Access::User(roles, _) | Access::UserOrOperator(roles, _) => {
            problems.push(ProblemType::AwaitingAgreement);
            if roles != Roles::ALL {
                problems.extend([ProblemType::Forbidden, ProblemType::UserDeactivated]);
            }
        }
        Access::Anyone(_) | Access::SignedIn(_) => {}
    }
    if !operation.goes_on_without_region_lock() {
        problems.push(ProblemType::RegionLock);
    }
    if operation.step_up {
        problems.push(ProblemType::StepUpRequired);
    }
    if operation.path.contains('{') {
        problems.push(ProblemType::NotFound);
    }
    if operation.parameters.iter().any(|parameter| parameter.name == "If-Match") {
        problems.push(ProblemType::PreconditionFailed);
    }
    if operation.parameters.iter().any(|parameter| parameter.name == "Idempotency-Key") {
        problems.push(ProblemType::IdempotencyMismatch);
    }
    // What cannot be read of them says nothing, and breaks no rule.
    if operation.parameters.iter().any(|parameter| parameter.name != Parameter::IF_NONE_MATCH.name) {
        problems.push(ProblemType::InvalidInput);
    }
    if matches!(operation.success, Success::Bytes { ranges: true, .. }) {
        problems.push(ProblemType::RangeNotSatisfiable);
    }
    match operation.request {
        RequestBody::Empty => {}
        RequestBody::Json(_) | RequestBody::MergePatch(_) => problems.extend([
            ProblemType::Malformed,
            ProblemType::UnsupportedMediaType,
            ProblemType::TooLarge,
            ProblemType::InvalidInput,
        ]),
        RequestBody::Bytes(_) | RequestBody::Stream(_) => {
            problems.extend([ProblemType::Malformed, ProblemType::TooLarge, ProblemType::InvalidInput]);
        }
    }
    problems
}
