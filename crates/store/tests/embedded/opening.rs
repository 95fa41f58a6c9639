//! What the person at the terminal is told when a store does not open.

use std::fs;

use kundportal_store::{BlobStore as _, BlobStoreExt as _, Condition, OpenError};

use crate::{at, clock, container, open, open_at};

fn assert_one_sentence(error: &OpenError, folder: &std::path::Path) {
    let sentence = error.to_string();
    assert!(sentence.contains(&folder.display().to_string()), "{sentence}");
    assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
}

#[test]
fn a_folder_that_cannot_be_made_is_said_to_be_unwritable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("below")] {
        let Err(error) = open_at(&place, clock()) else { panic!("opened") };
        assert!(matches!(error, OpenError::Unwritable { .. }), "{error:?}");
        assert_one_sentence(&error, &place);
    }
}

/// In `/proc` not even root can make a file.
#[cfg(target_os = "linux")]
#[test]
fn contents_that_cannot_be_written_are_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let contents = folder.path().join("contents");
    std::os::unix::fs::symlink("/proc", &contents).unwrap();
    let Err(error) = open_at(folder.path(), clock()) else { panic!("opened") };
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error:?}");
    assert_one_sentence(&error, &contents);
}

#[test]
fn a_database_that_is_none_is_said_to_be_damaged() {
    for nonsense in [&b"not a database, but long enough to be looked at"[..], &[0xff; 5000]] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("store.sqlite3"), nonsense).unwrap();
        let Err(error) = open_at(folder.path(), clock()) else { panic!("opened") };
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert_one_sentence(&error, folder.path());
    }
}

#[tokio::test]
async fn a_database_with_damaged_or_missing_pages_is_said_to_be_damaged() {
    for cut_off in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.create_container(&container()).await.unwrap();
        for number in 0..200 {
            let body = vec![b'x'; 5000];
            store.put_bytes(&at(&number.to_string()), body.into(), Condition::Always).await.unwrap();
        }
        store.sweep().await.unwrap();
        assert!(store.checkpoint().await.unwrap());
        drop(store);
        let file = folder.path().join("store.sqlite3");
        let mut bytes = fs::read(&file).unwrap();
        if cut_off {
            bytes.truncate(bytes.len() / 2 / 4096 * 4096);
        } else {
            for page in bytes.chunks_mut(4096).skip(2) {
                page[..64].fill(0xff);
            }
        }
        fs::write(&file, bytes).unwrap();
        for ending in ["-wal", "-shm"] {
            let _absent = fs::remove_file(folder.path().join(format!("store.sqlite3{ending}")));
        }
        let Err(error) = open_at(folder.path(), clock()) else { panic!("opened") };
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_lost_database_does_not_take_the_contents_with_it() {
    for emptied in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.create_container(&container()).await.unwrap();
        store.put_bytes(&at("large"), vec![b'x'; 100_000].into(), Condition::Always).await.unwrap();
        assert!(store.checkpoint().await.unwrap());
        drop(store);
        for ending in ["", "-wal", "-shm"] {
            let _absent = fs::remove_file(folder.path().join(format!("store.sqlite3{ending}")));
        }
        if emptied {
            fs::write(folder.path().join("store.sqlite3"), "").unwrap();
        }
        let Err(error) = open_at(folder.path(), clock()) else { panic!("opened") };
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert_eq!(fs::read_dir(folder.path().join("contents")).unwrap().count(), 1);
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let raw = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let Err(error) = open_at(folder.path(), clock()) else { panic!("opened") };
    assert!(matches!(error, OpenError::Newer { .. }), "{error:?}");
    assert_one_sentence(&error, folder.path());
}

#[tokio::test]
async fn a_database_of_an_earlier_version_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let raw = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    raw.execute_batch(
        "ALTER TABLE mails DROP COLUMN times;
         INSERT INTO mails (message_id, recipient, subject, text, html, sent)
         VALUES ('1@example.se', 'kim@example.se', 'one', 'Hej', '<p>Hej</p>', 0);",
    )
    .unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    drop(raw);
    for _ in 0..2 {
        let mails = open(folder.path()).outbox().list().await.unwrap();
        let found: Vec<_> = mails.iter().map(|mail| (mail.message_id.as_str(), mail.times)).collect();
        assert_eq!(found, [("1@example.se", 1)]);
    }
}

#[cfg(unix)]
#[test]
fn other_users_of_the_machine_cannot_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("data");
    drop(open(&place));
    assert_eq!(fs::metadata(place).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn several_processes_may_begin_a_store_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..4).map(|_| scope.spawn(|| open_at(folder.path(), clock()).map(drop))).collect();
            for start in starts {
                start.join().unwrap().unwrap();
            }
        });
    }
}
