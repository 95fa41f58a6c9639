//! `T/profile`: what a person reads and corrects of their own, deactivated or not.

pub(crate) mod email_change;
mod lookups;
mod own;
mod patch;
pub(crate) mod picture;
mod read;
mod sign_ins;

use http::Method;

use crate::{
    listing::List,
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
        problems: &[ProblemType::StepUpRequired, ProblemType::TooManyRequests],
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
    Operation {
        id: "listSignIns",
        method: Method::GET,
        path: "/api/tenants/{tenant}/profile/sign-ins",
        summary: "One's own sign-ins, newest first",
        access: Access::User(Roles::ALL, |context, user| Box::pin(sign_ins::list(context, user))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<sign_ins::SignInView>>),
        problems: &[],
    },
    Operation {
        id: "listLookUps",
        method: Method::GET,
        path: "/api/tenants/{tenant}/profile/lookups",
        summary: "When and why others looked one up, newest first",
        access: Access::User(Roles::ALL, |context, user| Box::pin(lookups::list(context, user))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<lookups::LookUp>>),
        problems: &[],
    },
    Operation {
        id: "putPicture",
        method: Method::PUT,
        path: "/api/tenants/{tenant}/profile/picture",
        summary: "Set one's own picture",
        access: Access::User(Roles::ALL, |context, user| Box::pin(picture::put(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Bytes(picture::IN),
        success: Success::Json(200, schema::<read::PictureView>),
        problems: &[ProblemType::UnsupportedMediaType],
    },
    Operation {
        id: "getPicture",
        method: Method::GET,
        path: "/api/tenants/{tenant}/profile/picture",
        summary: "One's own picture",
        access: Access::User(Roles::ALL, |context, user| Box::pin(picture::get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Bytes { media_types: picture::OUT, ranges: false },
        problems: &[],
    },
    Operation {
        id: "deletePicture",
        method: Method::DELETE,
        path: "/api/tenants/{tenant}/profile/picture",
        summary: "Remove one's own picture",
        access: Access::User(Roles::ALL, |context, user| Box::pin(picture::delete(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::Empty,
        success: Success::Empty(204),
        problems: &[],
    },
];
