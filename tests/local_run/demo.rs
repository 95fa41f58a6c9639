//! The demo data: every list shows something, and a start that is killed in the middle does no harm.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::process::{LocalRun, program};

pub(crate) async fn token(run: &LocalRun, email: &str) -> String {
    let answer: Value = run.post("/dev/token", &json!({"email": email})).await.json().await.unwrap();
    answer["accessToken"].as_str().unwrap().to_owned()
}

pub(crate) async fn items(run: &LocalRun, token: &str, path: &str) -> Vec<Value> {
    let request = reqwest::Client::new().get(format!("{}{path}", run.address)).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
}

/// How many there are of everything, by list.
async fn inventory(run: &LocalRun) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (tenant, administrator) in
        [("nordljus", "karin.oberg@example.se"), ("harbour", "james.oconnor@example.com")]
    {
        let token = token(run, administrator).await;
        let base = format!("/api/tenants/{tenant}");
        for list in ["users", "customers", "requests", "invites?status=pending", "invites?status=accepted"] {
            found.insert(
                format!("{tenant} {list}"),
                items(run, &token, &format!("{base}/{list}")).await.len(),
            );
        }
        for customer in items(run, &token, &format!("{base}/customers")).await {
            let (id, name) = (customer["id"].as_str().unwrap(), customer["name"].as_str().unwrap());
            for list in ["files", "threads"] {
                let path = format!("{base}/{list}?customer={id}");
                found.insert(format!("{tenant} {list} of {name}"), items(run, &token, &path).await.len());
            }
        }
    }
    found
}

#[tokio::test]
async fn starts_that_are_killed_end_in_the_same_demo_data() {
    let folder = tempfile::tempdir().unwrap();
    for milliseconds in [400, 900, 1600] {
        let mut command = program(folder.path(), &[]);
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        child.kill().await.unwrap();
    }
    let run = LocalRun::start_with(folder.path(), &[]).await;
    let expected = [
        ("nordljus users", 5),
        ("nordljus customers", 3),
        ("nordljus requests", 1),
        ("nordljus invites?status=pending", 1),
        ("nordljus invites?status=accepted", 6),
        ("nordljus files of Brf Björkbacken", 3),
        ("nordljus threads of Brf Björkbacken", 2),
        ("nordljus files of Café Åkerbär AB", 1),
        ("nordljus threads of Café Åkerbär AB", 1),
        ("nordljus files of Lindqvist & Söner Bygg AB", 0),
        ("nordljus threads of Lindqvist & Söner Bygg AB", 0),
        ("harbour users", 4),
        ("harbour customers", 2),
        ("harbour requests", 1),
        ("harbour invites?status=pending", 1),
        ("harbour invites?status=accepted", 4),
        ("harbour files of Northwind Shipping AB", 2),
        ("harbour threads of Northwind Shipping AB", 1),
        ("harbour files of Östersjö Redovisning AB", 1),
        ("harbour threads of Östersjö Redovisning AB", 1),
    ];
    let expected = expected.map(|(list, count)| (list.to_owned(), count));
    assert_eq!(inventory(&run).await, BTreeMap::from(expected));
}
