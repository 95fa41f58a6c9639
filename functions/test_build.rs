//! Operations of the test build: what a caller gets when a handler panics, and when the process ends. They are in no table,
//! manifest or description, and the router has them only where the program was asked for them.

use http::Method;

use crate::{
    context::Context,
    function::{Function, Trigger},
    operation::{Access, Operation, Outcome, RequestBody, Success},
};

/// Where the host forwards them: everything below `/api/test`.
pub static FUNCTION: Function =
    Function { name: "test_build", trigger: Trigger::Http { route: "test/{*path}", operations: OPERATIONS } };

const OPERATIONS: &[Operation] = &[
    operation("getPanic", Method::GET, "/api/test/panic", panics),
    operation("postPanic", Method::POST, "/api/test/panic", panics),
    operation("deletePanic", Method::DELETE, "/api/test/panic", panics),
    operation("getExit", Method::GET, "/api/test/exit", exits),
    operation("postExit", Method::POST, "/api/test/exit", exits),
    operation("deleteExit", Method::DELETE, "/api/test/exit", exits),
];

const fn operation(
    id: &'static str,
    method: Method,
    path: &'static str,
    handler: fn(Context) -> Outcome,
) -> Operation {
    Operation {
        id,
        method,
        path,
        summary: "",
        access: Access::Anyone(handler),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[],
    }
}

#[expect(clippy::panic, reason = "what it is for")]
fn panics(_: Context) -> Outcome {
    Box::pin(async { panic!("as a test asked") })
}

fn exits(_: Context) -> Outcome {
    Box::pin(async { std::process::exit(1) })
}
