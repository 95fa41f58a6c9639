//! The operations that are cut: those that write more than one thing.

use reqwest::Method;
use serde_json::json;

use crate::{
    act::{Act, Request},
    deed::Deed,
    stand::{Scene, announcement},
    support::Portal,
};

/// More than storage takes in one request.
const LARGE: usize = 5 * 1024 * 1024;

/// One operation.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Portal, &Scene) -> Deed,
    /// The answer when all goes well.
    pub(crate) done: u16,
    /// What may be answered to somebody who sends it again after it has been done.
    pub(crate) moot: Option<u16>,
}

/// Three requests, one of them to storage itself by a signed URL: that one is cut here, the others have rows of their own.
const SENT: &str = "a file is sent straight to storage";

pub(crate) const ROWS: [Row; 11] = [
    Row {
        name: "somebody is invited",
        make: |portal, scene| invite(portal, scene).into(),
        done: 201,
        moot: None,
    },
    Row {
        name: "an invitation is accepted",
        make: |portal, scene| accept(portal, scene).into(),
        done: 200,
        moot: None,
    },
    Row {
        name: "a profile is changed",
        make: |portal, scene| change(portal, scene).into(),
        done: 200,
        moot: None,
    },
    Row { name: "a file is sent", make: |portal, scene| send(portal, scene).into(), done: 201, moot: None },
    Row {
        name: "a file is sent in blocks",
        make: |portal, scene| send_large(portal, scene).into(),
        done: 201,
        moot: None,
    },
    Row {
        name: "a comment is written",
        make: |portal, scene| comment(portal, scene).into(),
        done: 201,
        moot: None,
    },
    Row {
        name: "a file is deleted",
        make: |portal, scene| delete(portal, scene).into(),
        done: 204,
        moot: Some(404),
    },
    Row {
        name: "a package is asked for and written",
        make: |portal, scene| ask(portal, scene).into(),
        done: 201,
        moot: None,
    },
    Row {
        name: "a direct upload is announced",
        make: |portal, scene| announce(portal, scene).into(),
        done: 201,
        moot: None,
    },
    Row {
        name: "a direct upload is completed and checked",
        make: |portal, scene| complete(portal, scene).into(),
        done: 202,
        moot: None,
    },
    Row { name: SENT, make: |_, scene| Deed::straight(scene), done: 202, moot: None },
];

impl Row {
    /// Whether an exchange of it is cut.
    pub(crate) fn is_cut_at(&self, exchange: &str) -> bool {
        self.name != SENT || self.is_sending(exchange)
    }

    /// Whether whoever began it may not come again after an exchange. What was sent by a URL and not completed is neither
    /// everything nor nothing: it waits for its day.
    pub(crate) fn may_be_left_at(&self, exchange: &str) -> bool {
        !self.is_sending(exchange)
    }

    fn is_sending(&self, exchange: &str) -> bool {
        self.name == SENT && exchange.starts_with("PUT ") && exchange.contains("/staging/")
    }
}

fn invite(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"email": "nora@example.com", "name": "Nora Ny", "role": "member",
        "customer": scene.customer, "message": "Välkommen"});
    Request::post(scene.tenant.path("/invites"), &body).keyed().by(portal, &scene.tenant.administrator)
}

fn accept(portal: &Portal, scene: &Scene) -> Act {
    Request::post("/api/invites/accept", &json!({"token": scene.token})).by(portal, &scene.nils)
}

fn change(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"phone": "070-174 06 20"});
    Request::patch(scene.tenant.path("/profile"), &body).by(portal, &scene.kim)
}

fn file(portal: &Portal, scene: &Scene, content: Vec<u8>) -> Act {
    let path = scene.tenant.path(&format!("/files?customer={}", scene.customer));
    Request::new(Method::POST, path)
        .header("content-disposition", "attachment; filename=plan.txt")
        .body("text/plain", content)
        .keyed()
        .by(portal, &scene.kim)
}

fn send(portal: &Portal, scene: &Scene) -> Act {
    file(portal, scene, b"Plan".to_vec())
}

fn send_large(portal: &Portal, scene: &Scene) -> Act {
    file(portal, scene, b"Plan\n".repeat(LARGE / 5))
}

fn comment(portal: &Portal, scene: &Scene) -> Act {
    let body = json!({"customer": scene.customer, "thread": "Avtal", "text": "Vi ses."});
    Request::post(scene.tenant.path("/comments"), &body).keyed().by(portal, &scene.kim)
}

fn delete(portal: &Portal, scene: &Scene) -> Act {
    Request::new(Method::DELETE, scene.tenant.path(&format!("/files/{}", scene.file))).by(portal, &scene.kim)
}

fn ask(portal: &Portal, scene: &Scene) -> Act {
    Request::post(scene.tenant.path("/requests"), &json!({"kind": "access"})).keyed().by(portal, &scene.kim)
}

fn announce(portal: &Portal, scene: &Scene) -> Act {
    let body = announcement(&scene.customer);
    Request::post(scene.tenant.path("/files/uploads"), &body).keyed().by(portal, &scene.kim)
}

fn complete(portal: &Portal, scene: &Scene) -> Act {
    let path = scene.tenant.path(&format!("/files/uploads/{}/complete", scene.upload));
    Request::new(Method::POST, path).by(portal, &scene.kim)
}
