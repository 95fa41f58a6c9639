//! `T/users`: the people of a tenant, as those who keep them up to date see and change them.

mod change;
mod list;
mod one;
mod picture;
mod search;
mod view;

use http::Method;

use crate::{
    invites,
    listing::List,
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::ProblemType,
    profile,
};

pub(crate) use view::{Scope, UserView};

/// Who may see the people of a tenant, all of them or those of the own customers.
const READERS: Roles =
    Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER).or(Roles::CUSTOMER_ADMINISTRATOR);

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "listUsers",
        method: Method::GET,
        path: "/api/tenants/{tenant}/users",
        summary: "People of the tenant, or of one customer; a customer administrator sees those of the own customers",
        access: Access::User(READERS, |context, user| Box::pin(list::list(context, user))),
        step_up: false,
        parameters: &[
            Parameter { required: false, ..Parameter::CUSTOMER },
            Parameter::LIMIT,
            Parameter::CURSOR,
        ],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<UserView>>),
        problems: &[],
    },
    Operation {
        id: "searchUsers",
        method: Method::POST,
        path: "/api/tenants/{tenant}/users/search",
        summary: "The person who has an e-mail address, if there is one",
        access: Access::User(READERS, |context, user| Box::pin(search::search(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Json(schema::<search::Search>),
        success: Success::Json(200, schema::<List<UserView>>),
        problems: &[],
    },
    Operation {
        id: "getUser",
        method: Method::GET,
        path: "/api/tenants/{tenant}/users/{user}",
        summary: "One person",
        access: Access::User(READERS, |context, user| Box::pin(one::get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<UserView>),
        problems: &[],
    },
    Operation {
        id: "updateUser",
        method: Method::PATCH,
        path: "/api/tenants/{tenant}/users/{user}",
        summary: "Changes a person's role or status, or corrects their data with a reason; the person is told",
        access: Access::User(Roles::ADMINISTRATOR, |context, user| Box::pin(change::patch(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::MergePatch(schema::<change::UserPatch>),
        success: Success::Json(200, schema::<UserView>),
        problems: &[ProblemType::LastAdministrator, ProblemType::Conflict, ProblemType::PreconditionFailed],
    },
    invites::REINVITE,
    Operation {
        id: "getUserPicture",
        method: Method::GET,
        path: "/api/tenants/{tenant}/users/{user}/picture",
        summary: "The picture of a colleague; administrators see everybody's",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(picture::get(context, user))),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Bytes { media_types: profile::picture::OUT, ranges: false },
        problems: &[],
    },
];
