//! A package is as long as its files, the memory that it takes is not. A test of its own: the peak is the whole process's.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use serde_json::json;
use support::{Portal, Storage, give_file};

const MIB: usize = 1024 * 1024;

/// The most memory that this process ever had in use, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[tokio::test]
async fn a_package_of_many_megabytes_grows_the_process_by_few() {
    let portal = Portal::start_on(Storage::Embedded).await;
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    let mut state = 1_u32;
    for number in 0..25 {
        // What does not compress.
        let content: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()
        })
        .take(8 * MIB / 4)
        .flatten()
        .collect();
        give_file(&portal, &tenant, &customer, &user, number, &format!("stor {number}.bin"), content).await;
    }
    let path = tenant.path("/requests");
    let request = portal.as_(&user).post(&path, json!({"kind": "access"})).await.expect(201).text_at("/id");
    let before = peak();
    portal.pump_all().await;
    let grown = peak() - before;
    let case = portal.as_(&user).get(&format!("{path}/{request}")).await.expect(200);
    assert_eq!(case.text_at("/state"), "fulfilled");
    let size = usize::try_from(case.at("/package/size").as_u64().expect("a size")).expect("it fits");
    assert!(size > 200 * MIB, "{size}");
    assert!(grown < 32 * MIB, "{grown} bytes more");
}
