//! The functions of the customer portal: one folder each, with its `function.json` beside it, and what they share.

mod admission;
mod app;
mod audit;
mod auth;
mod authorship;
mod body;
mod cache;
pub mod content_disposition;
mod context;
pub mod csv_import;
mod due;
pub mod envelope;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod foreign;
mod function;
mod idempotency;
pub mod index_rebuild;
mod keys;
mod layout;
mod lingering;
mod links;
mod listen;
mod listing;
mod mail;
mod objects;
pub mod openapi;
mod operation;
mod package;
mod people;
pub mod picture;
mod problem;
pub mod range;
mod region_lock;
mod representation;
mod respond;
mod serve;
mod settings;
mod sign_ins;
mod stuck;
mod work;

mod about;
mod activity;
mod administrators;
mod agreement;
mod announcements;
mod comments;
mod config;
mod customers;
mod description;
mod email_changes;
mod export_worker;
mod files;
mod health;
mod invitation;
mod invites;
mod me;
mod notices;
mod poison_exports;
mod poison_retention;
mod poison_work;
mod profile;
mod requests;
mod retention;
mod retention_worker;
mod signing_keys;
mod sub_processor_objections;
mod sub_processors;
mod tenants;
#[cfg(feature = "faults")]
mod test_build;
mod threads;
mod users;
mod waiting_work;
mod worker;

pub use app::{Adapters, App};
pub use function::{Function, Trigger};
pub use keys::{KeyError, Keys};
pub use lingering::{Lingerers, Lingering};
pub use listen::serve;
#[cfg(feature = "faults")]
pub use listen::serve_test_build;
pub use operation::{Access, Operation, Parameter, RequestBody, Roles, SchemaOf, Success};
pub use problem::ProblemType;
pub use region_lock::{Place, StoragePlace};
pub use serve::routes;
pub use settings::{ClientIp, Concurrency, DirectUploads, FrontEnd, Limits, PackageLimits, Settings};
#[cfg(feature = "faults")]
pub use test_build::FUNCTION as TEST_FUNCTION;

/// Every deployed function.
pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "about",
        trigger: Trigger::Http { route: "tenants/{tenant}/about", operations: about::OPERATIONS },
    },
    Function {
        name: "activity",
        trigger: Trigger::Timer { schedule: activity::SCHEDULE, run: |app| Box::pin(activity::run(app)) },
    },
    Function {
        name: "administrators",
        trigger: Trigger::Http {
            route: "tenants/{tenant}/administrators",
            operations: administrators::OPERATIONS,
        },
    },
    Function {
        name: "agreement",
        trigger: Trigger::Http {
            route: "tenants/{tenant}/agreement/{*path}",
            operations: agreement::OPERATIONS,
        },
    },
    Function {
        name: "announcements",
        trigger: Trigger::Timer {
            schedule: announcements::SCHEDULE,
            run: |app| Box::pin(announcements::run(app)),
        },
    },
    Function {
        name: "comments",
        trigger: Trigger::Http { route: comments::ROUTE, operations: comments::OPERATIONS },
    },
    Function { name: "config", trigger: Trigger::Http { route: "config", operations: config::OPERATIONS } },
    Function {
        name: "customers",
        trigger: Trigger::Http {
            route: "tenants/{tenant}/customers/{*path}",
            operations: customers::OPERATIONS,
        },
    },
    Function {
        name: "description",
        trigger: Trigger::Http { route: "openapi.json", operations: description::OPERATIONS },
    },
    Function {
        name: "export_worker",
        trigger: Trigger::Queue {
            queue: "exports",
            run: |app, text| Box::pin(export_worker::run(app, text)),
        },
    },
    Function {
        name: "email_changes",
        trigger: Trigger::Http { route: "email-changes/confirm", operations: email_changes::OPERATIONS },
    },
    Function { name: "files", trigger: Trigger::Http { route: files::ROUTE, operations: files::OPERATIONS } },
    Function { name: "health", trigger: Trigger::Http { route: "health", operations: health::OPERATIONS } },
    Function {
        name: "invitation",
        trigger: Trigger::Http { route: "invites/{*path}", operations: invitation::OPERATIONS },
    },
    Function {
        name: "invites",
        trigger: Trigger::Http { route: "tenants/{tenant}/invites/{*path}", operations: invites::OPERATIONS },
    },
    Function { name: "me", trigger: Trigger::Http { route: "me", operations: me::OPERATIONS } },
    Function {
        name: "notices",
        trigger: Trigger::Http { route: "tenants/{tenant}/notices", operations: notices::OPERATIONS },
    },
    Function {
        name: "poison_exports",
        trigger: Trigger::Queue {
            queue: "exports-poison",
            run: |app, text| Box::pin(poison_exports::run(app, text)),
        },
    },
    Function {
        name: "poison_retention",
        trigger: Trigger::Queue {
            queue: "retention-poison",
            run: |app, text| Box::pin(poison_retention::run(app, text)),
        },
    },
    Function {
        name: "poison_work",
        trigger: Trigger::Queue {
            queue: "work-poison",
            run: |app, text| Box::pin(poison_work::run(app, text)),
        },
    },
    Function {
        name: "profile",
        trigger: Trigger::Http { route: "tenants/{tenant}/profile/{*path}", operations: profile::OPERATIONS },
    },
    Function {
        name: "requests",
        trigger: Trigger::Http {
            route: "tenants/{tenant}/requests/{*path}",
            operations: requests::OPERATIONS,
        },
    },
    Function {
        name: "retention",
        trigger: Trigger::Timer { schedule: retention::SCHEDULE, run: |app| Box::pin(retention::run(app)) },
    },
    Function {
        name: "retention_worker",
        trigger: Trigger::Queue {
            queue: "retention",
            run: |app, text| Box::pin(retention_worker::run(app, text)),
        },
    },
    Function {
        name: "signing_keys",
        trigger: Trigger::Http { route: "keys", operations: signing_keys::OPERATIONS },
    },
    Function {
        name: "sub_processor_objections",
        trigger: Trigger::Http {
            route: "tenants/{tenant}/sub-processor-objections/{*path}",
            operations: sub_processor_objections::OPERATIONS,
        },
    },
    Function {
        name: "sub_processors",
        trigger: Trigger::Http { route: "sub-processors/{*path}", operations: sub_processors::OPERATIONS },
    },
    Function {
        name: "tenants",
        trigger: Trigger::Http { route: "tenants/{tenant?}", operations: tenants::OPERATIONS },
    },
    Function {
        name: "users",
        trigger: Trigger::Http { route: "tenants/{tenant}/users/{*path}", operations: users::OPERATIONS },
    },
    Function {
        name: "threads",
        trigger: Trigger::Http { route: threads::ROUTE, operations: threads::OPERATIONS },
    },
    Function {
        name: "waiting_work",
        trigger: Trigger::Timer {
            schedule: waiting_work::SCHEDULE,
            run: |app| Box::pin(waiting_work::run(app)),
        },
    },
    Function {
        name: "worker",
        trigger: Trigger::Queue { queue: "work", run: |app, text| Box::pin(worker::run(app, text)) },
    },
];
