//! `T/profile`: what a person reads and corrects of their own, deactivated or not.

pub(crate) mod email_change;
mod own;
mod patch;
mod read;

use http::Method;

use crate::{
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::ProblemType,
};

pub(crate) use read::{CustomerRole, customers_of};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "getProfile",
        method: Method::GET,
        path: "/api/tenants/{tenant}/profile",
        summary: "One's own profile",
        access: Access::User(Roles::ALL, |context, user| Box::pin(read::get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<read::ProfileView>),
        problems: &[],
    },
    Operation {
        id: "patchProfile",
        method: Method::PATCH,
        path: "/api/tenants/{tenant}/profile",
        summary: "Correct one's own profile",
        access: Access::User(Roles::ALL, |context, user| Box::pin(patch::patch(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::MergePatch(schema::<patch::ProfilePatch>),
        success: Success::Json(200, schema::<read::ProfileView>),
        problems: &[ProblemType::StepUpRequired],
    },
    Operation {
        id: "cancelEmailChange",
        method: Method::DELETE,
        path: "/api/tenants/{tenant}/profile/email-change",
        summary: "Take back a change of address that is not confirmed",
        access: Access::User(Roles::ALL, |context, user| Box::pin(email_change::cancel(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[],
    },
];
