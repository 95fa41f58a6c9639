//! The front door: the real routes on a socket, an issuer of tokens, a host that delivers messages and timers, and a client
//! that holds every answer against the description of the interface.
//!
//! ```ignore
//! let portal = Portal::start().await;
//! let tenant = portal.tenant("t1").await;
//! let answer = portal.as_(&tenant.administrator).get("/api/tenants/t1/profile").await.expect(200);
//! ```

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod answer;
mod azurite;
mod caller;
mod consistency;
mod contract;
mod figures;
mod files;
mod host;
mod issuer;
mod on_account;
pub(crate) mod package;
mod people;
mod portal;
mod register;
mod served;
mod tools;

pub(crate) use answer::Answer;
pub(crate) use azurite::Azurite;
pub(crate) use caller::Caller;
pub(crate) use contract::contract;
pub(crate) use figures::figure;
pub(crate) use files::{give_file, sha256};
pub(crate) use host::{Delivery, NO_ANSWER, function_of_queue, queue_envelope, timer_envelope};
pub(crate) use issuer::{Issuer, Speaker};
pub(crate) use on_account::Reached;
pub(crate) use people::{Person, Tenant, User};
pub(crate) use portal::{Portal, Storage};
pub(crate) use register::{announced_today, one_more_region, parsed, register, written, written_with};
pub(crate) use served::{Snapshot, fault, free_port, temporary_folder};
pub(crate) use tools::{python_tool, succeeds};
