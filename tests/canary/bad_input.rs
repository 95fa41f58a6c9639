//! The canary in every place of every request where it does not belong.

use kundportal_functions::{FUNCTIONS, Function, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    good_input::Story,
    support::{Caller, Portal, contract},
    watch::{CANARY, Watch},
};

/// Every operation, with everything wrong in turn, by everybody.
pub(crate) async fn send(portal: &Portal, watch: &Watch, story: &Story) {
    for operation in FUNCTIONS.iter().flat_map(Function::operations) {
        let callers = [
            portal.anyone(),
            portal.with_token(format!("{CANARY}.{CANARY}.{CANARY}")),
            story.canary(portal),
            portal.as_(&story.tenant.administrator),
            portal.operator(),
        ];
        for caller in callers {
            with(portal, &caller, watch, operation, story).await;
        }
    }
}

async fn with(portal: &Portal, caller: &Caller<'_>, watch: &Watch, operation: &Operation, story: &Story) {
    let caller = &caller.clone().off_the_description();
    let right = right_path(operation.path, story);
    let wrong = operation.path.split('/').map(|part| if part.starts_with('{') { CANARY } else { part });
    let wrong = wrong.collect::<Vec<_>>().join("/");
    let query = format!(
        "{right}?customer={CANARY}&thread={CANARY}&limit={CANARY}&cursor={CANARY}&status={CANARY}&dryRun={CANARY}"
    );
    for path in [&wrong, &query, &format!("{right}/{CANARY}")] {
        watch.look_at(caller.send(operation.method.clone(), path, |request| request).await);
    }
    let headers = caller
        .clone()
        .header("if-match", CANARY)
        .key(&CANARY.repeat(60))
        .header("range", CANARY)
        .header("content-disposition", CANARY)
        .header("accept-language", CANARY);
    if operation.method != Method::DELETE {
        watch.look_at(headers.send(operation.method.clone(), &right, |request| request).await);
    }
    if matches!(operation.method, Method::POST | Method::PUT | Method::PATCH) {
        let send = |media_type, body| caller.send_bytes(operation.method.clone(), &right, media_type, body);
        for body in bodies(operation) {
            watch.look_at(send("application/json", body).await);
        }
        for media_type in ["text/csv", "image/png", "text/plain", CANARY] {
            watch.look_at(
                send(media_type, format!("email,name,role,customer\n{CANARY},{CANARY},,{CANARY}\n")).await,
            );
        }
    }
    Watch::look_at_messages(&portal.pump().await);
}

/// The path with the story's own objects in it.
fn right_path(template: &str, story: &Story) -> String {
    let mut path = String::new();
    let mut before = "";
    for part in template.split('/').skip(1) {
        path.push('/');
        path.push_str(match (before, part.starts_with('{')) {
            ("tenants", true) => &story.tenant.id,
            ("customers", true) => &story.customer,
            ("users", true) => &story.member.id,
            ("files", true) => &story.file,
            ("uploads", true) => &story.upload,
            ("comments", true) => &story.comment,
            ("invites", true) => &story.invite,
            ("requests", true) => &story.request,
            _ => part,
        });
        before = part;
    }
    path
}

/// Text that is no JSON, JSON of the wrong kind, and objects in which one member at a time, or all, hold the canary.
fn bodies(operation: &Operation) -> Vec<String> {
    let mut bodies = vec![
        CANARY.to_owned(),
        json!(CANARY).to_string(),
        json!([CANARY]).to_string(),
        json!({CANARY: CANARY}).to_string(),
        format!(r#"{{"name":"{CANARY}"#),
        format!("email,name,role,customer\n{CANARY},{CANARY},{CANARY},{CANARY}\n"),
    ];
    let document = contract().document();
    let method = operation.method.as_str().to_lowercase();
    let schema =
        &document["paths"][operation.path][method]["requestBody"]["content"]["application/json"]["schema"];
    let resolved = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).expect("a schema"),
        None => schema,
    };
    let members: Vec<_> =
        resolved["properties"].as_object().into_iter().flat_map(|members| members.keys().cloned()).collect();
    let wrong = [
        json!(CANARY),
        json!([CANARY]),
        json!({CANARY: CANARY}),
        json!(format!("{CANARY}@example.com")),
        json!(CANARY.repeat(2_000)),
        json!(format!("http://{CANARY}.example.com")),
        json!({"name": CANARY, "email": CANARY, "phone": CANARY}),
    ];
    for value in &wrong {
        let all: serde_json::Map<String, Value> =
            members.iter().map(|member| (member.clone(), value.clone())).collect();
        bodies.push(Value::Object(all).to_string());
        bodies.extend(members.iter().map(|member| json!({member: value}).to_string()));
    }
    bodies
}
