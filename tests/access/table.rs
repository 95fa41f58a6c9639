//! The table, from the column 'who' of the contract.

/// Who asks. Everybody but the first four is a user; tenant `t1` is the one asked about, and customer `a` in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// Nobody, or somebody whose token does not count.
    Untrusted,
    /// `Operator` by the word of an issuer whose word does not count for that.
    OperatorByOther,
    /// The operator.
    Operator,
    /// Signed in, and no user anywhere.
    Stranger,
    /// An administrator of another tenant.
    OtherTenant,
    /// A customer administrator of another customer.
    OtherCustomer,
    /// A member of the customer, whom the objects belong to.
    Member,
    /// A customer administrator of the customer.
    CustomerAdministrator,
    /// The data protection officer.
    Officer,
    /// An administrator.
    Administrator,
    /// A member of the customer until they were deactivated.
    Deactivated,
}

impl Who {
    pub(crate) const ALL: [Self; 11] = [
        Self::Untrusted,
        Self::OperatorByOther,
        Self::Operator,
        Self::Stranger,
        Self::OtherTenant,
        Self::OtherCustomer,
        Self::Member,
        Self::CustomerAdministrator,
        Self::Officer,
        Self::Administrator,
        Self::Deactivated,
    ];
}

/// One operation and the status that each gets.
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) step_up: bool,
    pub(crate) expected: [u16; 11],
}

const fn row(operation: &'static str, expected: [u16; 11]) -> Row {
    Row { operation, step_up: false, expected }
}

const fn step_up(operation: &'static str, expected: [u16; 11]) -> Row {
    Row { operation, step_up: true, expected }
}

#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    //                                                    untrusted  by other  operator  stranger
    //                                                                                               other t.  other c.
    //                                                                                                                   member  cust.adm.  officer  admin  deactivated
    row("GET /api/config",                               [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/health",                               [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/keys",                                 [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/openapi.json",                         [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/sub-processors",                       [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/sub-processors/history",               [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/sub-processors/feed",                  [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("GET /api/me",                                   [401,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),

    row("POST /api/tenants",                             [401,       403,      201,      403,        403,      403,      403,    403,       403,     403,   403]),
    row("GET /api/tenants",                              [401,       403,      200,      403,        403,      403,      403,    403,       403,     403,   403]),
    row("GET /api/tenants/{}",                           [401,       404,      200,      404,        404,      403,      403,    403,       200,     200,   403]),
    row("PATCH /api/tenants/{}",                         [401,       404,      404,      404,        404,      403,      403,    403,       403,     200,   403]),
    row("GET /api/tenants/{}/about",                     [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("POST /api/tenants/{}/administrators",           [401,       403,      201,      403,        403,      403,      403,    403,       403,     403,   403]),

    row("POST /api/tenants/{}/customers",                [401,       404,      404,      404,        404,      403,      403,    403,       403,     201,   403]),
    row("GET /api/tenants/{}/customers",                 [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   403]),
    row("PATCH /api/tenants/{}/customers/{}",            [401,       404,      404,      404,        404,      403,      403,    403,       403,     200,   403]),
    row("PUT /api/tenants/{}/customers/{}/users/{}",     [401,       404,      404,      404,        404,      404,      403,    200,       403,     200,   403]),
    row("DELETE /api/tenants/{}/customers/{}/users/{}",  [401,       404,      404,      404,        404,      404,      403,    204,       403,     204,   403]),

    row("POST /api/tenants/{}/invites",                  [401,       404,      404,      404,        404,      404,      403,    201,       403,     201,   403]),
    row("POST /api/tenants/{}/invites/import",           [401,       404,      404,      404,        404,      200,      403,    200,       403,     200,   403]),
    row("GET /api/tenants/{}/invites",                   [401,       404,      404,      404,        404,      200,      403,    200,       403,     200,   403]),
    row("DELETE /api/tenants/{}/invites/{}",             [401,       404,      404,      404,        404,      404,      403,    204,       403,     204,   403]),
    row("POST /api/tenants/{}/invites/{}/resend",        [401,       404,      404,      404,        404,      404,      403,    200,       403,     200,   403]),
    // The invitation is somebody else's: who may accept it is seen wherever somebody joins.
    row("POST /api/invites/lookup",                      [200,       200,      200,      200,        200,      200,      200,    200,       200,     200,   200]),
    row("POST /api/invites/accept",                      [401,       403,      403,      403,        403,      403,      403,    403,       403,     403,   403]),

    row("POST /api/tenants/{}/sub-processor-objections", [401,       404,      404,      404,        404,      403,      403,    403,       403,     201,   403]),
    row("GET /api/tenants/{}/sub-processor-objections",  [401,       404,      404,      404,        404,      403,      403,    403,       200,     200,   403]),
    row("POST /api/tenants/{}/sub-processor-objections/{}/answer",[401,       403,      200,      403,        403,      403,      403,    403,       403,     403,   403]),
    row("GET /api/tenants/{}/agreement/annex",           [401,       404,      404,      404,        404,      403,      403,    403,       200,     200,   403]),
    row("GET /api/tenants/{}/notices",                   [401,       404,      404,      404,        404,      403,      403,    403,       200,     200,   403]),

    row("GET /api/tenants/{}/users",                     [401,       404,      404,      404,        404,      200,      403,    200,       200,     200,   403]),
    row("POST /api/tenants/{}/users/search",             [401,       404,      404,      404,        404,      200,      403,    200,       200,     200,   403]),
    row("GET /api/tenants/{}/users/{}",                  [401,       404,      404,      404,        404,      404,      403,    200,       200,     200,   403]),
    row("PATCH /api/tenants/{}/users/{}",                [401,       404,      404,      404,        404,      403,      403,    403,       403,     200,   403]),
    row("POST /api/tenants/{}/users/{}/reinvite",        [401,       404,      404,      404,        404,      404,      403,    201,       403,     201,   403]),
    row("GET /api/tenants/{}/users/{}/picture",          [401,       404,      404,      404,        404,      404,      200,    200,       404,     200,   403]),

    row("GET /api/tenants/{}/profile",                   [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("PATCH /api/tenants/{}/profile",                 [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("DELETE /api/tenants/{}/profile/email-change",   [401,       404,      404,      404,        404,      204,      204,    204,       204,     204,   204]),
    row("POST /api/email-changes/confirm",               [401,       404,      404,      404,        404,      404,      200,    404,       404,     404,   404]),
    row("GET /api/tenants/{}/profile/sign-ins",          [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("GET /api/tenants/{}/profile/lookups",           [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("PUT /api/tenants/{}/profile/picture",           [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("GET /api/tenants/{}/profile/picture",           [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("DELETE /api/tenants/{}/profile/picture",        [401,       404,      404,      404,        404,      204,      204,    204,       204,     204,   204]),

    row("POST /api/tenants/{}/files",                    [401,       404,      404,      404,        404,      404,      201,    201,       403,     201,   403]),
    row("GET /api/tenants/{}/files",                     [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("GET /api/tenants/{}/files/{}",                  [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("GET /api/tenants/{}/files/{}/content",          [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("POST /api/tenants/{}/files/{}/download",        [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("DELETE /api/tenants/{}/files/{}",               [401,       404,      404,      404,        404,      404,      204,    403,       403,     204,   403]),

    row("POST /api/tenants/{}/files/uploads",            [401,       404,      404,      404,        404,      404,      201,    201,       403,     201,   403]),
    row("GET /api/tenants/{}/files/uploads/{}",          [401,       404,      404,      404,        404,      404,      200,    404,       403,     404,   403]),
    row("POST /api/tenants/{}/files/uploads/{}/complete",[401,       404,      404,      404,        404,      404,      202,    404,       403,     404,   403]),

    row("GET /api/tenants/{}/threads",                   [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("POST /api/tenants/{}/comments",                 [401,       404,      404,      404,        404,      404,      201,    201,       403,     201,   403]),
    row("GET /api/tenants/{}/comments",                  [401,       404,      404,      404,        404,      404,      200,    200,       200,     200,   403]),
    row("PATCH /api/tenants/{}/comments/{}",             [401,       404,      404,      404,        404,      404,      200,    403,       403,     403,   403]),
    row("DELETE /api/tenants/{}/comments/{}",            [401,       404,      404,      404,        404,      404,      204,    403,       403,     204,   403]),

    row("POST /api/tenants/{}/requests",                 [401,       404,      404,      404,        404,      201,      201,    201,       201,     201,   201]),
    row("GET /api/tenants/{}/requests",                  [401,       404,      404,      404,        404,      200,      200,    200,       200,     200,   200]),
    row("GET /api/tenants/{}/requests/{}",               [401,       404,      404,      404,        404,      404,      200,    404,       200,     200,   404]),
    row("GET /api/tenants/{}/requests/{}/plan",          [401,       404,      404,      404,        404,      404,      200,    404,       200,     200,   404]),
    row("POST /api/tenants/{}/requests/{}/withdrawal",   [401,       404,      404,      404,        404,      404,      200,    404,       403,     403,   404]),
    step_up("GET /api/tenants/{}/requests/{}/package",   [401,       404,      404,      404,        404,      404,      200,    404,       403,     200,   404]),
];
