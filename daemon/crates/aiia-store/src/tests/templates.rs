//! Templates and their versions.

use aiia_protocol::template::TemplateContent;

use super::*;

fn content(name: &str, body: &str) -> TemplateContent {
    TemplateContent { name: name.into(), body: body.into(), ..TemplateContent::default() }
}

#[tokio::test]
async fn a_template_keeps_all_that_it_said() {
    let store = fixture();
    let made = store.create_templates(vec![content("a", "one"), content("b", "other")]).await.unwrap();
    let id = made[0].id.clone();
    assert_eq!((made[0].revision, made[0].version, made[0].content.body.as_str()), (1, 1, "one"));
    let second = store.update_template(id.clone(), content("a", "two"), Some(1)).await.unwrap();
    assert_eq!((second.revision, second.version), (2, 2));
    let same = store.update_template(id.clone(), content("a", "two"), None).await;
    assert_eq!(same, Ok(second), "what is the same is no change");
    let late = store.update_template(id.clone(), content("a", "three"), Some(1)).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "template", .. })), "{late:?}");
    let revisions = store.template_revisions(id.clone()).await.unwrap();
    let bodies: Vec<_> = revisions.iter().map(|old| (old.revision, old.content.body.as_str())).collect();
    assert_eq!(bodies, [(2, "two"), (1, "one")]);

    store.favour_template(id.clone(), true).await.unwrap();
    store.favour_template("builtin-x".into(), true).await.unwrap();
    assert!(store.get_template(id.clone()).await.unwrap().favourite);
    assert_eq!(store.favourite_templates().await.unwrap().len(), 2);
    store.favour_template(id.clone(), false).await.unwrap();
    assert!(!store.get_template(id.clone()).await.unwrap().favourite);

    store.delete_template(id.clone(), None).await.unwrap();
    is_not_found(store.get_template(id.clone()).await, "template");
    is_not_found(store.template_revisions(id).await, "template");
    assert_eq!(store.list_templates().await.unwrap().len(), 1);
    store.assert_clean().await;
}
