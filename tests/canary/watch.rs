//! Looks for the canaries.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracing_subscriber::fmt::MakeWriter;

use super::support::{Answer, Delivery, Portal};

/// Whatever the person, their name, address, words and files are called, this is in it.
pub(crate) const CANARY: &str = "qzx7";
/// Of the numbers of Sweden's fictional series.
pub(crate) const PHONE: &str = "070-1740642";
pub(crate) const IP: &str = "203.0.113.77";

/// Parts by which each canary is found, in whatever form it is written.
const TRACES: [&str; 4] = [CANARY, "1740642", IP, "203-0-113-77"];

/// Blobs that may hold a person's data: the person's own, the tenant's records, and who is to be turned to.
const MAY_HOLD: [&str; 9] = [
    "tenant-t1/subjects/",
    "tenant-t1/invites/",
    "tenant-t1/customers/",
    "tenant-t1/files/",
    "tenant-t1/comments/",
    "tenant-t1/threads/",
    "tenant-t1/requests/",
    "platform/tenants/",
    "staging/t1/",
];

fn trace_in(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    TRACES.into_iter().find(|trace| text.contains(trace))
}

#[track_caller]
fn assert_clean(bytes: &[u8], place: impl FnOnce() -> String) {
    if let Some(trace) = trace_in(bytes) {
        panic!("{trace} in {}", place());
    }
}

#[derive(Clone, Default)]
pub(crate) struct Watch {
    log: Arc<Mutex<Vec<u8>>>,
    shown: Arc<AtomicUsize>,
}

impl Watch {
    /// Keeps every log line of the process from now on.
    pub(crate) fn begin() -> Self {
        let watch = Self::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(watch.clone())
            .init();
        watch
    }

    /// How many answers showed a canary to whoever may see it.
    pub(crate) fn shown(&self) -> usize {
        self.shown.load(Ordering::Relaxed)
    }

    /// No problem repeats what it rejects, and no URL that we give out holds any of it.
    #[track_caller]
    pub(crate) fn look_at(&self, answer: Answer) -> Answer {
        for (name, value) in &answer.headers {
            // A file's own name comes with the file.
            if name != "content-disposition" {
                assert_clean(value.as_bytes(), || format!("{name} of {}", answer.asked));
            }
        }
        if answer.status >= 400 {
            assert_clean(&answer.body, || format!("{}: {}", answer.asked, answer.text()));
        } else if trace_in(&answer.body).is_some() {
            self.shown.fetch_add(1, Ordering::Relaxed);
        }
        if let Ok(body) = serde_json::from_slice::<serde_json::Value>(&answer.body) {
            for pointer in ["/picture/href", "/href", "/upload/url", "/id", "/next", "/user"] {
                let value = body.pointer(pointer).map(ToString::to_string).unwrap_or_default();
                assert_clean(value.as_bytes(), || format!("{pointer} of {}", answer.asked));
            }
        }
        answer
    }

    /// Messages hold ids.
    pub(crate) fn look_at_messages(deliveries: &[Delivery]) {
        for delivery in deliveries {
            assert_clean(delivery.message.as_bytes(), || format!("a message: {delivery:?}"));
        }
    }

    /// Names of blobs, of mails and what waits in queues; and that only the places that the data map names hold any of it.
    pub(crate) async fn look_at_storage(&self, portal: &Portal) {
        for message in portal.lose_messages() {
            assert_clean(message.message.as_bytes(), || format!("{message:?}"));
            portal.put_back(vec![(portal.now(), message)]);
        }
        for mail in portal.mails() {
            assert_clean(mail.message_id.as_bytes(), || format!("Message-ID {}", mail.message_id));
        }
        for (name, content) in portal.dump().await {
            assert_clean(name.as_bytes(), || format!("the name {name}"));
            if !MAY_HOLD.iter().any(|prefix| name.starts_with(prefix)) {
                assert_clean(&content, || format!("{name}: {}", String::from_utf8_lossy(&content)));
            }
        }
    }

    /// Our own lines at every level; other people's at the levels that are switched on.
    pub(crate) fn look_at_logs(&self) {
        let log = self.log.lock().expect("the log");
        let text = String::from_utf8_lossy(&log);
        let ours = |line: &str| line.contains("kundportal");
        let detail =
            |line: &str| line.trim_start().starts_with("TRACE") || line.trim_start().starts_with("DEBUG");
        let lines: Vec<_> = text.lines().filter(|line| ours(line) || !detail(line)).collect();
        assert!(lines.len() > 100, "nothing was logged");
        for line in lines {
            assert_clean(line.as_bytes(), || format!("the log: {line}"));
        }
    }
}

impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.log.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Watch {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
