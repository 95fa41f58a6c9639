//! Envelopes of timers and queues: recorded, forged, malformed.

use serde_json::{Value, json};

use super::{
    listed,
    raw::exchange,
    support::{Person, Portal, Tenant},
    timers, triggered,
};

const DONE: &str = r#"{"Logs":[],"Outputs":{},"ReturnValue":null}"#;

async fn scene() -> (Portal, Tenant, String) {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund A AB").await;
    (portal, tenant, customer)
}

/// Invites somebody, and takes the message that announces the mail.
async fn announced_mail(portal: &Portal, tenant: &Tenant, customer: &str, email: &str) -> String {
    let body = json!({"email": email, "name": "Ny", "role": "member", "customer": customer});
    portal.as_(&tenant.administrator).post(&tenant.path("/invites"), body).await.expect(201);
    let mut messages = portal.lose_messages();
    let message = messages.pop().expect("a message");
    assert!(messages.is_empty() && message.queue == "work", "{messages:?}");
    message.message
}

#[tokio::test]
async fn every_recorded_timer_envelope_runs_each_timer() {
    let (portal, ..) = scene().await;
    for function in timers() {
        for vector in listed("timers") {
            let envelope = vector["envelope"].to_string().replace("NAME", function.name);
            let envelope = serde_json::from_str(&envelope).expect("an envelope");
            let (status, text) = portal.trigger(function.name, &envelope, None).await;
            assert_eq!((status, text.as_str()), (200, DONE), "{}: {}", function.name, vector["name"]);
        }
    }
}

#[tokio::test]
async fn every_recorded_form_of_a_message_has_its_effect_once() {
    let (portal, tenant, customer) = scene().await;
    for (number, vector) in listed("messages").into_iter().enumerate() {
        let email = format!("ny{number}@example.com");
        let text = announced_mail(&portal, &tenant, &customer, &email).await;
        let data = match vector["data"].as_str().expect("a form") {
            "TWICE" => Value::String(Value::String(text.clone()).to_string()),
            "ONCE" => Value::String(text.clone()),
            _ => serde_json::from_str(&text).expect("JSON"),
        };
        let mut envelope = super::support::queue_envelope("worker", &text, 1);
        envelope["Data"]["message"] = data;
        match &vector["metadata"] {
            Value::Object(own) => envelope["Metadata"].as_object_mut().expect("metadata").extend(own.clone()),
            _ if vector.get("metadata").is_some() => {
                envelope.as_object_mut().expect("an envelope").remove("Metadata");
            }
            _ => {}
        }
        for delivery in 1..=3 {
            let (status, said) = portal.trigger("worker", &envelope, None).await;
            assert_eq!((status, said.as_str()), (200, DONE), "{}: delivery {delivery}", vector["name"]);
        }
        assert_eq!(portal.mails_to(&email).len(), 1, "{}", vector["name"]);
        assert!(
            !portal.names().await.iter().any(|name| name.starts_with("platform/work/")),
            "{}: the marker remains",
            vector["name"]
        );
    }
}

#[tokio::test]
async fn a_lost_message_is_made_up_for_by_the_timer() {
    let (portal, tenant, customer) = scene().await;
    announced_mail(&portal, &tenant, &customer, "ny@example.com").await;
    portal.pump_all().await;
    assert_eq!(portal.mails_to("ny@example.com").len(), 0);
    portal.advance_hours(1);
    portal.timer("waiting_work").await;
    assert_eq!(portal.mails_to("ny@example.com").len(), 1);
}

#[tokio::test]
async fn what_is_no_envelope_of_the_function_is_malformed_and_does_nothing() {
    let (portal, tenant, customer) = scene().await;
    announced_mail(&portal, &tenant, &customer, "ny@example.com").await;
    let before = portal.dump().await;
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"Data":{{"timer":{deep},"message":{deep}"#);
    for function in triggered() {
        let texts = listed("malformed");
        let texts = texts.iter().map(|text| text.as_str().expect("text"));
        for text in texts.chain([deep.as_str(), nested.as_str()]) {
            let status = post(&portal, &format!("/{}", function.name), text.as_bytes(), &[]).await;
            assert_eq!(status, 400, "{}: {}", function.name, &text[..text.len().min(100)]);
        }
        let path = format!("/{}", function.name);
        let not_text = b"{\"Data\":{\"timer\":{},\"message\":\"\xff\"}}";
        assert_eq!(post(&portal, &path, not_text, &[]).await, 400, "{path}");
        let long = vec![b' '; 2 * 1024 * 1024];
        assert_eq!(post(&portal, &format!("/{}", function.name), &long, &[]).await, 413, "{}", function.name);
    }
    assert_eq!(portal.dump().await, before);
    assert!(portal.lose_messages().is_empty());
    assert_eq!(portal.mails_to("ny@example.com").len(), 0);
}

#[tokio::test]
async fn a_timers_envelope_is_none_of_a_queues_and_the_other_way_round() {
    let (portal, ..) = scene().await;
    for function in triggered() {
        let is_timer = timers().any(|timer| timer.name == function.name);
        let foreign = if is_timer {
            super::support::queue_envelope(function.name, "{}", 1)
        } else {
            super::support::timer_envelope(function.name)
        };
        let (status, _) = portal.trigger(function.name, &foreign, None).await;
        assert_eq!(status, 400, "{}", function.name);
    }
}

#[tokio::test]
async fn a_message_that_is_none_of_ours_fails_and_does_nothing() {
    let (portal, ..) = scene().await;
    let before = portal.dump().await;
    for function in triggered().filter(|function| !timers().any(|timer| timer.name == function.name)) {
        for text in [
            "hello åäö",
            "\"quoted\"",
            "[1,2]",
            "17",
            "",
            "{}",
            r#"{"tenant":"t1"}"#,
            r#"{"tenant":"../t1","day":"2026-03-02","id":"x"}"#,
        ] {
            let envelope = super::support::queue_envelope(function.name, text, 1);
            let (status, _) = portal.trigger(function.name, &envelope, None).await;
            // The host would only deliver to a poison queue's poison queue, which nobody reads: there it is done.
            let expected = if function.name.starts_with("poison_") { 200..201 } else { 400..500 };
            assert!(expected.contains(&status), "{}: {text}: {status}", function.name);
        }
    }
    assert_eq!(portal.dump().await, before);
}

#[tokio::test]
async fn a_message_for_something_that_is_gone_is_done() {
    let (portal, ..) = scene().await;
    for function in triggered().filter(|function| !timers().any(|timer| timer.name == function.name)) {
        for tenant in ["t1", "t9"] {
            let text = json!({"tenant": tenant, "day": "2026-03-02", "id": "gone"}).to_string();
            let envelope = super::support::queue_envelope(function.name, &text, 1);
            let (status, said) = portal.trigger(function.name, &envelope, None).await;
            assert_eq!((status, said.as_str()), (200, DONE), "{} for {tenant}", function.name);
        }
    }
}

#[tokio::test]
async fn nobody_but_the_host_sets_a_trigger_off() {
    let (portal, tenant, customer) = scene().await;
    let text = announced_mail(&portal, &tenant, &customer, "ny@example.com").await;
    let before = portal.dump().await;
    let proxied = [
        vec![
            ("x-ms-invocation-id", "ec89ddee-6cc3-4aa7-8bc8-74ff5efd77b7"),
            ("X-Forwarded-For", "127.0.0.1"),
        ],
        vec![("x-ms-invocation-id", "ec89ddee-6cc3-4aa7-8bc8-74ff5efd77b7")],
        vec![("X-Forwarded-For", "203.0.113.7")],
        vec![("x-forwarded-for", "")],
    ];
    for function in triggered() {
        let is_timer = timers().any(|timer| timer.name == function.name);
        let envelope = if is_timer {
            super::support::timer_envelope(function.name)
        } else {
            super::support::queue_envelope(function.name, &text, 1)
        };
        let body = envelope.to_string();
        let name = function.name;
        let upper = name.to_uppercase();
        let (encoded, rest) = name.split_at(1);
        let encoded = format!("/%{:02x}{rest}", encoded.as_bytes()[0]);
        for headers in &proxied {
            for path in
                [format!("/{name}"), format!("/{name}?x=1"), format!("/api/{name}"), format!("/x/../{name}")]
            {
                assert_eq!(post(&portal, &path, body.as_bytes(), headers).await, 404, "{path} {headers:?}");
            }
        }
        // Even from the host's own side, only the one path counts.
        for path in [
            format!("/{upper}"),
            format!("//{name}"),
            format!("/x/../{name}"),
            encoded,
            format!("/{name}/"),
            format!("/api/{name}"),
        ] {
            assert_eq!(post(&portal, &path, body.as_bytes(), &[]).await, 404, "{path}");
        }
        for method in ["GET", "PUT", "DELETE", "HEAD"] {
            let answer = exchange(portal.url(), &format!("{method} /{name}"), &[], b"").await;
            assert_eq!(answer.status, 404, "{method} /{name}");
        }
    }
    for function in
        kundportal_functions::FUNCTIONS.iter().filter(|function| !function.operations().is_empty())
    {
        let body = super::support::timer_envelope(function.name).to_string();
        assert_eq!(
            post(&portal, &format!("/{}", function.name), body.as_bytes(), &[]).await,
            404,
            "{}",
            function.name
        );
    }
    assert_eq!(portal.dump().await, before);
    assert!(portal.lose_messages().is_empty());
    assert!(portal.mails_to(&Person::new("ny@example.com").email).is_empty());
}

/// A POST as the host sends a trigger's call, and whatever headers besides; answers the status.
async fn post(portal: &Portal, path: &str, body: &[u8], headers: &[(&str, &str)]) -> u16 {
    let mut all = vec![
        ("X-Azure-Functions-HostVersion".to_owned(), "4.1037.0.0".to_owned()),
        ("X-Azure-Functions-InvocationId".to_owned(), "bad4a4f4-faf9-47fd-9765-232b0168bbf5".to_owned()),
        ("User-Agent".to_owned(), "Azure-Functions-Host/4.1037.0.0".to_owned()),
        ("Transfer-Encoding".to_owned(), "chunked".to_owned()),
        ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()),
    ];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let pieces = if body.is_empty() { vec![] } else { vec![body] };
    exchange(portal.url(), &format!("POST {path}"), &all, &super::raw::chunked(&pieces)).await.status
}
