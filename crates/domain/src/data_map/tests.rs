use std::collections::HashSet;

use super::*;
use crate::{Locale, Texts};

#[test]
fn each_category_has_a_row_of_its_own_and_a_key_that_is_its_json() {
    let keys: HashSet<_> = Category::ALL.map(Category::key).into();
    assert_eq!(keys.len(), Category::ALL.len());
    for category in Category::ALL {
        assert_eq!(category.entry().category, category);
        assert_eq!(category.key().parse(), Ok(category));
        assert_eq!(serde_json::to_value(category).expect("JSON"), category.key());
    }
}

#[test]
fn each_row_can_be_said_in_both_languages() {
    for texts in Locale::ALL.map(Texts::of) {
        for category in Category::ALL {
            let mut ids = vec![
                category.name_text(),
                category.purpose_text(),
                category.source_text(),
                category.counted_from_text(),
                category.entry().basis.text().to_owned(),
                category.entry().on_erasure.text().to_owned(),
            ];
            if let InPackage::Section(id) | InPackage::LeftOut(id) = category.entry().in_package {
                ids.push(id.to_owned());
            }
            for id in ids {
                assert!(texts.has(&id) && texts.variables(&id).is_empty(), "{id}");
            }
        }
        for id in LegalBasis::ALL.map(LegalBasis::text).into_iter().chain(OnErasure::ALL.map(OnErasure::text))
        {
            assert!(texts.has(id), "{id}");
        }
    }
}

#[test]
fn what_is_stored_is_found_in_the_map() {
    let user = "subjects/usr_01";
    for (container, path, category) in [
        (Container::Tenant, format!("{user}/profile.json"), Category::Profile),
        (Container::Tenant, format!("{user}/picture/01"), Category::Pictures),
        (Container::Tenant, format!("{user}/last-use"), Category::LastUse),
        (Container::Tenant, format!("{user}/sign-ins/ffff965abc7f"), Category::SignIns),
        (Container::Tenant, format!("{user}/activity/01"), Category::Activity),
        (Container::Tenant, format!("{user}/keys/ab"), Category::IdempotencyKeys),
        (Container::Tenant, format!("{user}/open-request/access"), Category::References),
        (Container::Tenant, format!("{user}/refs/file/fil_01"), Category::References),
        (Container::Tenant, format!("{user}/outbox/01.json"), Category::Mails),
        (Container::Tenant, format!("{user}/uploads/fil_01.json"), Category::Uploads),
        (Container::Tenant, "reads/rec_01.json".into(), Category::Work),
        (Container::Tenant, "files/fil_01/content".into(), Category::Files),
        (Container::Tenant, "comments/com_01.json".into(), Category::Comments),
        (Container::Tenant, "requests/req_01/case.json".into(), Category::Cases),
        (Container::Tenant, "requests/req_01/package.zip".into(), Category::Packages),
        (Container::Tenant, "requests/req_01/package-plan.json".into(), Category::Packages),
        (Container::Tenant, "settings/administrators.json".into(), Category::Settings),
        (Container::Tenant, "index/email/ab/invite/inv_01".into(), Category::IdentityIndex),
        (Container::Tenant, "index/users/usr_01".into(), Category::Index),
        (Container::Tenant, "due/2026-11-24/file/fil_01".into(), Category::Work),
        (Container::Platform, "tenants/t.json".into(), Category::Settings),
        (Container::Platform, "memberships/ab/t".into(), Category::IdentityIndex),
        (Container::Platform, "work/2026-11-24/t/01".into(), Category::Work),
        (Container::Platform, "index-rebuild/all.json".into(), Category::Work),
        (Container::Audit, "2026-11-24/01-02.json".into(), Category::Audit),
        (Container::Audit, "seals/1.json".into(), Category::Audit),
        (Container::Staging, "t/fil_01".into(), Category::Uploads),
    ] {
        assert_eq!(Category::of(container, &path), Some(category), "{path}");
    }
}

#[test]
fn what_the_map_does_not_name_is_not_found() {
    for path in [
        "",
        "notes/1",
        "subjects/usr_01",
        "subjects/usr_01/notes.txt",
        "subjects/usr_01/profile.json.bak",
        "index",
    ] {
        assert_eq!(Category::of(Container::Tenant, path), None, "{path}");
    }
    assert_eq!(Category::of(Container::Platform, "files/fil_01/content"), None);
}

#[test]
fn what_is_a_persons_own_is_deleted_with_them() {
    for category in Category::ALL {
        let entry = category.entry();
        let own = entry.places.iter().any(|place| place.is_a_persons_own());
        assert!(!own || matches!(entry.on_erasure, OnErasure::Delete | OnErasure::Expire), "{category}");
    }
}
