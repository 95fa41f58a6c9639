//! The index key is changed twice in a row while the portal is in use: nobody is locked out, and nobody is there twice.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use crate::{
    load::Load,
    office::{INDEX_KEYS, Office, key},
    support::figure,
};

/// How long everybody goes on in each state of the handlers.
const SPELL: Duration = Duration::from_millis(400);
/// At which of its calls to storage a rebuild is ended, one run after the other.
const KILLED_AT: [usize; 6] = [4, 40, 90, 200, 30, 150];
/// The same where each call takes a while.
const KILLED_ON_AZURITE_AT: [usize; 2] = [60, 150];

struct Rotation<'a> {
    office: &'a Office,
    load: &'a Load<'a>,
    killed_at: &'a [usize],
    rounds: usize,
    killed: usize,
}

impl Rotation<'_> {
    /// One handler after the other is started anew with these keys, under load.
    async fn roll_out(&mut self, keys: &str) {
        self.rounds += 1;
        {
            let _hush = self.load.hush().await;
            self.office.settle().await;
            self.load.give(self.office.pairs(self.rounds, 2).await);
        }
        for handler in &self.office.handlers {
            handler.reconfigure(&[(INDEX_KEYS, keys)]).await;
            tokio::time::sleep(SPELL).await;
        }
        let _hush = self.load.hush().await;
        self.office.settle().await;
    }

    /// A rebuild under load, ended again and again.
    async fn rebuild(&mut self, keys: &str, arguments: &[&str]) -> String {
        let arguments: Vec<_> = ["index", "rebuild"].iter().chain(arguments).copied().collect();
        {
            let _hush = self.load.hush().await;
            self.office.settle().await;
            self.load.give(self.office.pairs(100 + self.rounds, 1).await);
        }
        let portal = &self.office.handlers[0];
        let variables = [&[(INDEX_KEYS, keys)], self.office.of_commands].concat();
        for nth in self.killed_at {
            let fault = json!({"nth": nth, "moment": "after", "action": "kill"}).to_string();
            let variables = [&variables[..], &[("KUNDPORTAL_TEST_FAULT", fault.as_str())]].concat();
            let (well, said) = portal.run_command(&arguments, &variables).await;
            if well {
                break;
            }
            assert!(!said.contains("cannot be used"), "{said}");
            self.killed += 1;
        }
        let (well, said) = portal.run_command(&arguments, &variables).await;
        assert!(well, "{said}");
        assert!(!said.contains('@'), "{said}");
        said
    }

    /// From one key to the next, as the operations page says.
    async fn rotate(&mut self, from: u8, to: u8) {
        let (old, new) = (key(from), key(to));
        self.roll_out(&format!("{old},+{new}")).await;
        let both = format!("{new},{old}");
        self.roll_out(&both).await;
        self.rebuild(&both, &[]).await;
        {
            let _hush = self.load.hush().await;
            self.office.settle().await;
            self.office.handlers[1].assert_consistent("t1").await;
        }
        self.roll_out(&new).await;
        let retired = format!("k{from}");
        let said = self.rebuild(&new, &["--retired-key", &retired]).await;
        assert!(!said.contains("not configured"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_key_is_changed_twice_in_a_row_and_nobody_is_locked_out() {
    let office = Office::open().await;
    let (killed, done) = Box::pin(change_the_key_twice(&office, &KILLED_AT)).await;
    figure("a rotation of the index key, twice", &format!("{killed} rebuilds killed, {done:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_key_is_changed_twice_in_a_row_on_azurite_and_nobody_is_locked_out() {
    let office = Office::open_on_azurite().await;
    let (killed, done) = Box::pin(change_the_key_twice(&office, &KILLED_ON_AZURITE_AT)).await;
    figure("a rotation of the index key on Azurite, twice", &format!("{killed} rebuilds killed, {done:?}"));
}

/// How many rebuilds were killed, and how often each promise was kept meanwhile.
async fn change_the_key_twice(
    office: &Office,
    killed_at: &[usize],
) -> (usize, BTreeMap<&'static str, usize>) {
    let load = Load::new(office);
    let mut rotation = Rotation { office, load: &load, killed_at, rounds: 0, killed: 0 };
    let script = async {
        rotation.rotate(1, 2).await;
        rotation.rotate(2, 3).await;
        load.end();
    };
    tokio::join!(script, load.run());
    office.settle().await;
    load.threads_are_one().await;
    let done = load.outcome();
    office.handlers[0].assert_consistent("t1").await;
    let names = office.handlers[0].names().await;
    for old in ["/k1-", "/k2-"] {
        let left: Vec<_> = names.iter().filter(|name| name.contains(old) && !name.contains("/key")).collect();
        assert_eq!(left, [""; 0], "names under a key that was taken out");
    }
    (rotation.killed, done)
}
