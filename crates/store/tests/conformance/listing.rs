//! Listings.

use kundportal_store::{BlobStoreExt as _, Condition, Continuation};

use crate::stores::{Subject, at, container};

async fn make<N: AsRef<str>>(subject: &Subject, names: impl IntoIterator<Item = N>) {
    for name in names {
        subject.store.put_bytes(&at(name.as_ref()), "1".into(), Condition::IfAbsent).await.unwrap();
    }
}

/// All names with a prefix, page by page.
async fn all(subject: &Subject, prefix: &str, max: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut from: Option<Continuation> = None;
    loop {
        let page = subject.store.list(&container(), prefix, from.as_ref(), max).await.unwrap();
        assert!(page.entries.len() <= max);
        names.extend(page.entries.into_iter().map(|entry| entry.name));
        match page.next {
            Some(next) => from = Some(next),
            None => return names,
        }
    }
}

pub(crate) async fn names_come_in_byte_order(subject: Subject) {
    let ordered =
        ["!", "0", "A", "B", "Z/", "a", "a-", "a/", "a0", "aa", "z", "ä", "å", "ö", "€", "\u{d7ff}", "😀"]
            .map(|name| format!("{name}x"));
    let mut bytes = ordered.clone();
    bytes.sort_by(|one, two| one.as_bytes().cmp(two.as_bytes()));
    make(&subject, ordered.iter().rev()).await;
    assert_eq!(all(&subject, "", 3).await, bytes);
}

pub(crate) async fn a_prefix_is_taken_literally(subject: Subject) {
    make(&subject, ["a%b", "a%c", "aXb", "a_b", "A%b", "a*b", "a[b", "a'b", "a/b/c", "a/bc", "ab"]).await;
    for (prefix, found) in [
        ("a%", vec!["a%b", "a%c"]),
        ("a_", vec!["a_b"]),
        ("a*", vec!["a*b"]),
        ("a[", vec!["a[b"]),
        ("a'", vec!["a'b"]),
        ("A", vec!["A%b"]),
        ("a/b", vec!["a/b/c", "a/bc"]),
        ("a/b/", vec!["a/b/c"]),
        ("a/b/c", vec!["a/b/c"]),
        ("a/b/cd", vec![]),
    ] {
        assert_eq!(all(&subject, prefix, 10).await, found, "{prefix}");
    }
}

pub(crate) async fn a_prefix_ends_where_its_bytes_end(subject: Subject) {
    let last = format!("p{}", char::MAX);
    let names = ["o", "p", "p/", "pz", "på", "p\u{d7ff}", &last, "q"].map(|name| format!("{name}1"));
    make(&subject, &names).await;
    let inside = &names[1..7];
    let mut sorted = inside.to_vec();
    sorted.sort();
    assert_eq!(all(&subject, "p", 2).await, sorted);
    assert_eq!(all(&subject, &last, 2).await, [format!("{last}1")]);
    assert_eq!(all(&subject, "på", 2).await, ["på1"]);
}

pub(crate) async fn pages_join_without_gap_or_repetition(subject: Subject) {
    let mut names: Vec<_> = (0..57).map(|number| format!("index/files/{number:03}")).collect();
    make(&subject, &names).await;
    make(&subject, ["index/file", "index/files", "index/files0", "index/g"]).await;
    names.sort();
    for max in [1, 7, 19, 57, 58, 5000] {
        assert_eq!(all(&subject, "index/files/", max).await, names, "{max} a page");
    }
}

pub(crate) async fn an_exact_last_page_says_that_it_is_the_last(subject: Subject) {
    make(&subject, ["a/1", "a/2", "b/1"]).await;
    let mut page = subject.store.list(&container(), "a/", None, 2).await.unwrap();
    let mut seen = page.entries.len();
    while let Some(next) = page.next {
        page = subject.store.list(&container(), "a/", Some(&next), 2).await.unwrap();
        seen += page.entries.len();
    }
    assert_eq!(seen, 2);
}

pub(crate) async fn a_listing_shows_what_existed_throughout(subject: Subject) {
    make(&subject, ["a", "c", "e", "g"]).await;
    let first = subject.store.list(&container(), "", None, 2).await.unwrap();
    let mut names: Vec<_> = first.entries.into_iter().map(|entry| entry.name).collect();
    subject.store.delete(&at("c"), None).await.unwrap();
    make(&subject, ["b", "d"]).await;
    let mut next = first.next;
    while let Some(from) = next {
        let page = subject.store.list(&container(), "", Some(&from), 2).await.unwrap();
        names.extend(page.entries.into_iter().map(|entry| entry.name));
        next = page.next;
    }
    for name in ["a", "e", "g"] {
        assert_eq!(names.iter().filter(|seen| *seen == name).count(), 1, "{name} in {names:?}");
    }
}

pub(crate) async fn entries_tell_what_properties_tell(subject: Subject) {
    let etag = subject.store.put_bytes(&at("a"), vec![0; 70_000].into(), Condition::Always).await.unwrap();
    let page = subject.store.list(&container(), "", None, 10).await.unwrap();
    let [entry] = page.entries.as_slice() else { panic!("{} entries", page.entries.len()) };
    let properties = subject.store.properties(&at("a")).await.unwrap();
    assert_eq!((&entry.properties.etag, entry.properties.size), (&etag, 70_000));
    assert_eq!(entry.properties.last_modified, properties.last_modified);
}

pub(crate) async fn nothing_is_an_empty_page(subject: Subject) {
    make(&subject, ["a"]).await;
    let page = subject.store.list(&container(), "b", None, 10).await.unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
}
