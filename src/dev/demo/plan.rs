//! Who and what there is in the demo data. Everybody and everything is made up; addresses and phone numbers are of the
//! ranges kept free for that.

/// A tenant of the demo.
pub(crate) struct Tenant {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) organisation_number: &'static str,
    pub(crate) locale: &'static str,
    pub(crate) officer: Option<(&'static str, &'static str, &'static str)>,
    pub(crate) administrator: Person,
    pub(crate) customers: &'static [Customer],
    /// Invited by the administrator, and accepting.
    pub(crate) users: &'static [User],
    /// Invited, and not answering.
    pub(crate) pending: &'static [(Person, &'static str)],
    pub(crate) comments: &'static [Comment],
    pub(crate) files: &'static [File],
}

/// Somebody who can sign in.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: Option<&'static str>,
    pub(crate) locale: &'static str,
    pub(crate) picture: bool,
}

/// A customer of a tenant.
pub(crate) struct Customer {
    pub(crate) name: &'static str,
    pub(crate) organisation_number: Option<&'static str>,
}

/// A person with a role, and the customer where the role is one of a customer.
pub(crate) struct User {
    pub(crate) person: Person,
    pub(crate) role: &'static str,
    pub(crate) customer: Option<&'static str>,
}

/// Something said in a thread.
pub(crate) struct Comment {
    pub(crate) author: &'static str,
    pub(crate) customer: &'static str,
    pub(crate) thread: &'static str,
    pub(crate) text: &'static str,
}

/// A file, made by code.
pub(crate) struct File {
    pub(crate) author: &'static str,
    pub(crate) customer: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) text: &'static str,
}

/// What a file is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A page of text.
    Pdf,
    /// A letter.
    Docx,
    /// A picture that says where it was taken.
    Png,
}

/// The operator's own account.
pub(crate) const OPERATOR: &str = "operator@example.com";

const KARIN: Person = Person {
    name: "Karin Öberg",
    email: "karin.oberg@example.se",
    phone: Some("070-174 06 05"),
    locale: "sv",
    picture: true,
};
const NILS: Person =
    Person {
        name: "Nils Åström", email: "dataskydd@example.se", phone: None, locale: "sv", picture: false
    };
const ASA: Person = Person {
    name: "Åsa Lindgren",
    email: "asa.lindgren@example.com",
    phone: Some("070-174 06 10"),
    locale: "sv",
    picture: true,
};
const YUSUF: Person = Person {
    name: "Yusuf Demir",
    email: "yusuf.demir@example.com",
    phone: Some("070-174 06 11"),
    locale: "sv",
    picture: false,
};
const JORGEN: Person = Person {
    name: "Jörgen Ekström",
    email: "jorgen.ekstrom@example.com",
    phone: Some("070-174 06 12"),
    locale: "sv",
    picture: false,
};
const LINNEA: Person = Person {
    name: "Linnéa Wikström",
    email: "linnea.wikstrom@example.com",
    phone: None,
    locale: "sv",
    picture: false,
};
const JAMES: Person = Person {
    name: "James O'Connor",
    email: "james.oconnor@example.com",
    phone: Some("070-174 06 20"),
    locale: "en",
    picture: false,
};
const ZOE: Person = Person {
    name: "Zoë Fernández",
    email: "zoe.fernandez@example.com",
    phone: Some("070-174 06 21"),
    locale: "en",
    picture: true,
};
const PRIYA: Person = Person {
    name: "Priya Natarajan",
    email: "priya.natarajan@example.com",
    phone: None,
    locale: "en",
    picture: false,
};

/// Who asks for everything that is held about them: tenant and address.
pub(crate) const REQUESTS: &[(&str, &str)] = &[("nordljus", ASA.email), ("harbour", ZOE.email)];

/// Both tenants.
pub(crate) const TENANTS: &[Tenant] = &[
    Tenant {
        id: "nordljus",
        name: "Nordljus Fastigheter AB",
        organisation_number: "559900-0014",
        locale: "sv",
        officer: Some((NILS.name, NILS.email, "070-174 06 06")),
        administrator: KARIN,
        customers: &[
            Customer { name: "Brf Björkbacken", organisation_number: None },
            Customer { name: "Café Åkerbär AB", organisation_number: Some("559900-0022") },
            Customer { name: "Lindqvist & Söner Bygg AB", organisation_number: Some("559900-0030") },
        ],
        users: &[
            User { person: NILS, role: "dataProtectionOfficer", customer: None },
            User { person: ASA, role: "customerAdministrator", customer: Some("Brf Björkbacken") },
            User { person: YUSUF, role: "member", customer: Some("Brf Björkbacken") },
            User { person: JORGEN, role: "customerAdministrator", customer: Some("Café Åkerbär AB") },
            User { person: ASA, role: "member", customer: Some("Café Åkerbär AB") },
        ],
        pending: &[(LINNEA, "Lindqvist & Söner Bygg AB")],
        comments: &[
            Comment {
                author: ASA.email,
                customer: "Brf Björkbacken",
                thread: "Stambyte 2027",
                text: "Hej! När börjar arbetet i trapphus B?",
            },
            Comment {
                author: KARIN.email,
                customer: "Brf Björkbacken",
                thread: "Stambyte 2027",
                text: "Vecka 6. Tidplanen ligger bland filerna.",
            },
            Comment {
                author: YUSUF.email,
                customer: "Brf Björkbacken",
                thread: "Cykelrum",
                text: "Låset till cykelrummet kärvar sedan i måndags.",
            },
            Comment {
                author: JORGEN.email,
                customer: "Café Åkerbär AB",
                thread: "Uteservering",
                text: "Vi skulle vilja ha två bord till i sommar.",
            },
        ],
        files: &[
            File {
                author: KARIN.email,
                customer: "Brf Björkbacken",
                name: "Tidplan stambyte.pdf",
                kind: Kind::Pdf,
                text: "Tidplan: trapphus A vecka 4, trapphus B vecka 6.",
            },
            File {
                author: ASA.email,
                customer: "Brf Björkbacken",
                name: "Protokoll årsmöte.docx",
                kind: Kind::Docx,
                text: "Protokoll fört vid föreningens årsmöte.",
            },
            File {
                author: YUSUF.email,
                customer: "Brf Björkbacken",
                name: "cykelrum.png",
                kind: Kind::Png,
                text: "",
            },
            File {
                author: JORGEN.email,
                customer: "Café Åkerbär AB",
                name: "Ritning uteservering.pdf",
                kind: Kind::Pdf,
                text: "Ritning: två nya bord mot gatan.",
            },
        ],
    },
    Tenant {
        id: "harbour",
        name: "Harbour Analytics AB",
        organisation_number: "559900-0048",
        locale: "en",
        officer: None,
        administrator: JAMES,
        customers: &[
            Customer { name: "Northwind Shipping AB", organisation_number: Some("559900-0055") },
            Customer { name: "Östersjö Redovisning AB", organisation_number: Some("559900-0063") },
        ],
        users: &[
            User { person: ZOE, role: "customerAdministrator", customer: Some("Northwind Shipping AB") },
            User { person: PRIYA, role: "member", customer: Some("Östersjö Redovisning AB") },
            User { person: ASA, role: "member", customer: Some("Northwind Shipping AB") },
        ],
        pending: &[(LINNEA, "Östersjö Redovisning AB")],
        comments: &[
            Comment {
                author: ZOE.email,
                customer: "Northwind Shipping AB",
                thread: "Quarterly report",
                text: "The figures for October look twice as high as ours.",
            },
            Comment {
                author: JAMES.email,
                customer: "Northwind Shipping AB",
                thread: "Quarterly report",
                text: "Well spotted: one port was counted twice. A new version is here.",
            },
            Comment {
                author: PRIYA.email,
                customer: "Östersjö Redovisning AB",
                thread: "Access",
                text: "Could a colleague get access for the audit in January?",
            },
        ],
        files: &[
            File {
                author: JAMES.email,
                customer: "Northwind Shipping AB",
                name: "Quarterly report.pdf",
                kind: Kind::Pdf,
                text: "Quarterly report, second version: 1,204 calls in nine ports.",
            },
            File {
                author: ZOE.email,
                customer: "Northwind Shipping AB",
                name: "Questions.docx",
                kind: Kind::Docx,
                text: "Questions about the October figures.",
            },
            File {
                author: PRIYA.email,
                customer: "Östersjö Redovisning AB",
                name: "office.png",
                kind: Kind::Png,
                text: "",
            },
        ],
    },
];
