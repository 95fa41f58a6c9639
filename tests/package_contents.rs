//! A package holds all that is its person's and nothing of anybody else, in the person's language.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use std::{collections::HashSet, fmt::Write as _};

use bytes::Bytes;
use kundportal_domain::{Locale, Texts};
use kundportal_functions::{FUNCTIONS, Trigger};
use reqwest::Method;
use serde_json::{Value, json};
use support::{
    Portal, Tenant, User,
    package::{Entries, entries_for, page, parsed},
    sha256,
};

const AWKWARD: [&str; 8] = [
    "../../å|ä?.pdf",
    "CON.txt",
    "avtal.pdf",
    "avtal.pdf",
    "tom.bin",
    "100 % säkert.txt",
    "a\u{30a}.txt",
    "å.txt",
];

/// What somebody left in a portal, and by what it is known again.
struct Traces {
    user: User,
    address: String,
    pending: String,
    /// Check sums and what is in the files.
    files: Vec<(String, Vec<u8>)>,
    comments: Vec<String>,
}

fn picture(shade: u8) -> Bytes {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 8, image::Rgb([shade; 3]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("a picture");
    png.into_inner().into()
}

/// Somebody uses the portal: signs in, uploads, comments beside others, shows a picture, wants another address.
async fn lives(portal: &Portal, tenant: &Tenant, user: User, customers: &[&str], files: usize) -> Traces {
    let tag = user.email.split('@').next().expect("a name").to_owned();
    let shade = u8::try_from(tag.len() * 20).expect("a short name");
    let address = format!("198.51.100.{shade}");
    let earlier = json!({"auth_time": portal.now().as_second() - 30});
    let caller = portal.as_with(&user, earlier).header("client-ip", &address);
    let mut traces = Traces {
        user: user.clone(),
        address: address.clone(),
        pending: format!("ny-{tag}@example.se"),
        files: Vec::new(),
        comments: Vec::new(),
    };
    for number in 0..files {
        let name =
            AWKWARD.get(number).map_or_else(|| format!("fil {tag} {number}.txt"), |name| (*name).to_owned());
        let content = if name == "tom.bin" {
            Vec::new()
        } else {
            format!("innehåll {tag} {number}\n").repeat(number % 50 + 1).into_bytes()
        };
        let encoded = name.bytes().fold(String::new(), |mut encoded, byte| {
            let _ = write!(encoded, "%{byte:02X}");
            encoded
        });
        let customer = customers[number % customers.len()];
        let uploaded = caller
            .clone()
            .header("content-disposition", &format!("attachment; filename*=UTF-8''{encoded}"))
            .send_bytes(
                Method::POST,
                &tenant.path(&format!("/files?customer={customer}")),
                "text/plain",
                content.clone(),
            )
            .await
            .expect(201);
        assert_eq!(uploaded.text_at("/sha256"), sha256(&content));
        traces.files.push((sha256(&content), content));
    }
    for number in 0..12 {
        let customer = customers[number % customers.len()];
        let text = format!("kommentar {tag} nummer {number}.\nAndra raden.");
        let body = json!({"customer": customer, "thread": format!("Tråd {}", number % 3), "text": text});
        caller.post(&tenant.path("/comments"), body).await.expect(201);
        traces.comments.push(text);
    }
    caller
        .send_bytes(Method::PUT, &tenant.path("/profile/picture"), "image/png", picture(shade))
        .await
        .expect(200);
    caller
        .patch(&tenant.path("/profile"), json!({"email": traces.pending, "phone": "070-1740605"}))
        .await
        .expect(200);
    portal.pump_all().await;
    traces
}

fn texts_of<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    let items = list.as_array().expect("a list").iter();
    items.map(|item| item[member].as_str().expect("a text")).collect()
}

#[track_caller]
fn assert_holds_all(entries: &Entries, own: &Traces, customers: usize) {
    let profile = parsed(entries, "data/profile.json");
    assert_eq!(profile["id"], own.user.id.as_str());
    assert_eq!(profile["email"], own.user.email.as_str());
    assert_eq!(profile["pendingEmail"]["email"], own.pending.as_str());
    assert_eq!(profile["phone"], "+46701740605");
    let picture = profile["picture"].as_str().expect("a picture");
    assert!(!entries[&format!("data/{picture}")].is_empty());
    assert_eq!(parsed(entries, "data/memberships.json").as_array().map(Vec::len), Some(customers));

    let files = parsed(entries, "data/files.json");
    assert_eq!(files.as_array().map(Vec::len), Some(own.files.len()));
    let mut listed = Vec::new();
    for file in files.as_array().expect("a list") {
        let path = file["path"].as_str().expect("a path");
        let base = path.strip_prefix("files/").expect("a file");
        assert!(!base.contains(['/', '\\', '|', '?', '%']) && !base.starts_with("CON."), "{base}");
        let content = &entries[&format!("data/{path}")];
        assert_eq!(file["sha256"], sha256(content));
        listed.push(sha256(content));
    }
    let mut expected: Vec<_> = own.files.iter().map(|(sum, _)| sum.clone()).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected, "every file as it was uploaded");

    let comments = parsed(entries, "data/comments.json");
    let mut listed = texts_of(&comments, "text");
    let mut expected: Vec<_> = own.comments.iter().map(String::as_str).collect();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);

    let sign_ins = parsed(entries, "data/sign-ins.json");
    assert!(texts_of(&sign_ins, "ipAddress").contains(&own.address.as_str()), "{sign_ins}");
    assert!(!parsed(entries, "data/look-ups.json").as_array().expect("a list").is_empty());
    assert!(!parsed(entries, "data/invitations.json").as_array().expect("a list").is_empty());
    assert_eq!(parsed(entries, "data/not-included.json"), json!([]));
}

/// Nothing of somebody else's in any byte of any entry, unpacked, nor in a name.
#[track_caller]
fn assert_holds_nothing_of(entries: &Entries, other: &Traces) {
    let person = &other.user.person;
    let mut signs = vec![
        other.user.id.clone(),
        person.name.clone(),
        person.email.clone(),
        person.sub.clone(),
        other.address.clone(),
        other.pending.clone(),
    ];
    signs.extend(other.comments.iter().map(|text| text.lines().next().unwrap_or_default().to_owned()));
    let empty = sha256(b"");
    for (sum, content) in &other.files {
        let text = String::from_utf8_lossy(content);
        signs.extend(text.lines().next().map(str::to_owned));
        signs.extend((*sum != empty).then(|| sum.clone()));
    }
    for (name, content) in entries {
        let content = String::from_utf8_lossy(content);
        for sign in &signs {
            assert!(!content.contains(sign.as_str()), "{sign} in {name}");
            assert!(!name.contains(sign.as_str()), "{sign} is named in {name}");
        }
    }
}

/// No text of the other language stands anywhere in the page, and no identifier of an operation in either.
#[track_caller]
fn assert_speaks(entries: &Entries, locale: Locale) {
    let page = page(entries);
    assert!(page.contains(&format!("<html lang=\"{locale}\">")), "{page}");
    let texts = Texts::of(locale);
    let known: HashSet<_> = texts.ids().map(|id| texts.get(id)).collect();
    let mut compared = 0;
    for foreign in Locale::ALL.into_iter().filter(|other| *other != locale).map(Texts::of) {
        let said = ["package-", "activity-", "role-", "data-"];
        for id in foreign.ids().filter(|id| said.iter().any(|start| id.starts_with(start))) {
            let text = foreign.get(id);
            if foreign.variables(id).is_empty() && !known.contains(&text) {
                compared += 1;
                assert!(!page.contains(&format!(">{text}<")), "{id}: {text}");
            }
        }
    }
    assert!(compared > 100, "{compared} texts");
    assert!(!page.contains(">package-") && !page.contains(">activity-"), "a text is missing: {page}");
    for function in FUNCTIONS {
        if let Trigger::Http { operations, .. } = function.trigger {
            for operation in operations {
                assert!(!page.contains(operation.id), "{} is no word for people", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn a_package_holds_all_that_is_the_persons_and_nothing_of_anybody_else() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund & Söner AB").await;
    let second = portal.customer(&tenant, "Andra Kunden AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let again = portal.member(&tenant, &second, "kim@example.com").await;
    assert_eq!(kim.id, again.id, "one person in two customers");
    let robin = portal.member(&tenant, &customer, "robin@example.com").await;
    let elsewhere = portal.tenant("annan").await;
    let third = portal.customer(&elsewhere, "Tredje Bolaget AB").await;
    let alexandra = portal.member(&elsewhere, &third, "alexandra@example.com").await;

    let kim = lives(&portal, &tenant, kim, &[&customer, &second], 300).await;
    let robin = lives(&portal, &tenant, robin, &[&customer], 20).await;
    let alexandra = lives(&portal, &elsewhere, alexandra, &[&third], 5).await;
    portal.as_(&robin.user).patch(&tenant.path("/profile"), json!({"locale": "en"})).await.expect(200);
    let administrator = portal.as_(&tenant.administrator);
    for user in [&kim.user, &robin.user] {
        administrator.get(&tenant.path(&format!("/users/{}", user.id))).await.expect(200);
    }
    administrator.get(&tenant.path(&format!("/users?customer={customer}"))).await.expect(200);
    let nobody = |user: &User| Traces {
        user: user.clone(),
        address: "no address".into(),
        pending: "no address".into(),
        files: Vec::new(),
        comments: Vec::new(),
    };
    let staff = [nobody(&tenant.administrator), nobody(&elsewhere.administrator)];

    let kims = entries_for(&portal, &tenant, &kim.user).await;
    assert_holds_all(&kims, &kim, 2);
    assert_speaks(&kims, Locale::Sv);
    let robins = entries_for(&portal, &tenant, &robin.user).await;
    assert_holds_all(&robins, &robin, 1);
    assert_speaks(&robins, Locale::En);
    let alexandras = entries_for(&portal, &elsewhere, &alexandra.user).await;
    for (entries, others) in
        [(&kims, [&robin, &alexandra]), (&robins, [&kim, &alexandra]), (&alexandras, [&kim, &robin])]
    {
        for other in others.into_iter().chain(&staff) {
            assert_holds_nothing_of(entries, other);
        }
    }
    let look_ups = parsed(&kims, "data/look-ups.json");
    let seen = look_ups.as_array().expect("a list");
    assert!(seen.iter().any(|look_up| look_up["action"] == "getUser"
        && look_up["description"] == "Din användarpost öppnades"
        && look_up["purposeDescription"] == "användaradministration"));
    assert!(seen.iter().any(|look_up| look_up["action"] == "listUsers"), "{look_ups}");

    // Whoever is deactivated still gets all of it.
    let path = tenant.path(&format!("/users/{}", kim.user.id));
    administrator.patch(&path, json!({"status": "deactivated"})).await.expect(200);
    portal.pump_all().await;
    let kims = entries_for(&portal, &tenant, &kim.user).await;
    assert_eq!(parsed(&kims, "data/profile.json")["status"], "deactivated");
    assert_holds_all(&kims, &kim, 2);
    assert_speaks(&kims, Locale::Sv);
    for other in [&robin, &alexandra].into_iter().chain(&staff) {
        assert_holds_nothing_of(&kims, other);
    }
}

#[tokio::test]
async fn what_people_write_is_text_in_the_page_and_never_markup() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let markup = "<script>alert(\"1\")</script> & 'x'";
    let customer = portal.customer(&tenant, markup).await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    let kim = portal.as_(&user);
    kim.patch(&tenant.path("/profile"), json!({"name": markup})).await.expect(200);
    let body = json!({"customer": customer, "thread": format!("T {markup}"), "text": format!("K {markup}")});
    kim.post(&tenant.path("/comments"), body).await.expect(201);
    // A file's name has no slash.
    let file = "F <script> & 'x' \"y\"";
    support::give_file(&portal, &tenant, &customer, &user, 0, file, b"x".to_vec()).await;

    let entries = entries_for(&portal, &tenant, &user).await;
    let page = page(&entries);
    let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
    for (before, what) in [("<td>", "name and customer"), ("<td>T ", "the thread"), ("<td>K ", "the comment")]
    {
        assert!(page.contains(&format!("{before}{escaped}<")), "{what}: {page}");
    }
    assert!(page.contains(">F &lt;script&gt; &amp; &#39;x&#39; &quot;y&quot;</a>"), "{page}");
    for markup in ["<script", "alert(\"", "javascript:", " & ", "'x'"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    assert_eq!(parsed(&entries, "data/profile.json")["name"], markup, "JSON keeps it as it is");
}
