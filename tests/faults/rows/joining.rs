//! Tenants and people come: founding, invitations, acceptances.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::{
    act::Request,
    driver::Row,
    scene::{BARE, Invitation, Scene},
    support::Snapshot,
};

pub(super) fn rows(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Vec<Row> {
    let mut rows = vec![founding(snapshot), further_administrator(snapshot, scene)];
    rows.extend(inviting(snapshot, scene));
    rows.extend(accepting(snapshot, scene));
    rows
}

fn founding(snapshot: &Arc<Snapshot>) -> Row {
    let body = json!({
        "id": "beta",
        "name": "Leverantör beta AB",
        "organisationNumber": "556000-0001",
        "contact": {"name": "Karin Kontakt", "email": "kontakt-beta@example.com"},
        "locale": "sv",
        "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
        "retention": {"files": "P24M", "comments": "P24M"},
        "administrator": {"name": "Bea Betasson", "email": "bea@example.com"},
    });
    Row::new("a tenant is set up", snapshot, move |portal| {
        Request::post("/api/tenants", &body).keyed().by_operator(portal)
    })
}

fn further_administrator(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> Row {
    let path = scene.path("/administrators");
    let body = json!({"name": "Ada Ny", "email": "ada@example.com", "authority": "Brev från styrelsen"});
    Row::new("an administrator is invited by the operator", snapshot, move |portal| {
        Request::post(&path, &body).keyed().by_operator(portal)
    })
}

fn inviting(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> [Row; 6] {
    let own = || Arc::clone(scene);
    let [invite, again, revoke, anew] = [own(), own(), own(), own()];
    [
        Row::new("somebody is invited", snapshot, move |portal| {
            let body = json!({"email": "nora@example.com", "name": "Nora Ny", "role": "member",
                "customer": invite.north.id, "message": "Välkommen"});
            Request::post(invite.path("/invites"), &body).keyed().by(portal, invite.admin())
        }),
        import(snapshot, scene, "somebody is invited by a file", "x,,member,\n"),
        import(snapshot, scene, "people are invited by a file", "siv@example.com,Siv Ny,member,Norr AB\n")
            .in_parts(),
        Row::new("an invitation is sent again", snapshot, move |portal| {
            let path = again.path(&format!("/invites/{}/resend", again.nils.thing.id));
            Request::new(Method::POST, path).if_match(&again.nils.thing.etag).by(portal, again.admin())
        })
        .or_again(&[412]),
        Row::new("an invitation is taken back", snapshot, move |portal| {
            let path = revoke.path(&format!("/invites/{}", revoke.nils.thing.id));
            Request::new(Method::DELETE, path).by(portal, revoke.admin())
        })
        .or_again(&[404]),
        Row::new("somebody is invited to sign in anew", snapshot, move |portal| {
            let path = anew.path(&format!("/users/{}/reinvite", anew.lisa.id));
            Request::new(Method::POST, path).keyed().by(portal, anew.admin())
        }),
    ]
}

/// A file with one row and another.
fn import(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>, name: &'static str, other: &str) -> Row {
    let csv = format!("email,name,role,customer\nada@example.com,Ada Ny,member,Norr AB\n{other}");
    let scene = Arc::clone(scene);
    Row::new(name, snapshot, move |portal| {
        Request::new(Method::POST, scene.path("/invites/import"))
            .body("text/csv", csv.clone().into_bytes())
            .by(portal, scene.admin())
    })
}

fn accepting(snapshot: &Arc<Snapshot>, scene: &Arc<Scene>) -> [Row; 5] {
    let accepted = |name, invitation: &Invitation| {
        let invitation = invitation.clone();
        Row::new(name, snapshot, move |portal| {
            let body = json!({"token": invitation.token});
            Request::post("/api/invites/accept", &body).by(portal, &invitation.person)
        })
    };
    let (olga, otto, code) = (scene.olga.clone(), scene.otto.clone(), scene.code.clone());
    [
        accepted("somebody new accepts", &scene.nils),
        accepted("somebody accepts for another customer", &scene.kim_to_south),
        accepted("somebody accepts to sign in anew", &scene.rut_anew),
        Row::new("somebody asks for a code", snapshot, move |portal| {
            let body = json!({"token": olga.token});
            Request::post("/api/invites/accept", &body).by_word_of(portal, BARE, &olga.person)
        })
        .answers(&[409]),
        Row::new("somebody accepts by a code", snapshot, move |portal| {
            let body = json!({"token": otto.token, "code": code});
            Request::post("/api/invites/accept", &body).by_word_of(portal, BARE, &otto.person)
        }),
    ]
}
