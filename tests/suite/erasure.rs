//! A company that has left is forgotten: `cargo local forget`.

use local::forget::{ForgetError, forget};
use local::vaka::User;
use uuid::Uuid;

use crate::works::{Works, text};

/// Items of a company in the state table.
async fn items(works: &Works, company: Uuid) -> usize {
    let query = works.fresh.endpoint.dynamodb().query().table_name(&works.fresh.state_table);
    let query = query.key_condition_expression("company = :c").expression_attribute_values(":c", text(company));
    query.consistent_read(true).send().await.expect("a page").items.unwrap_or_default().len()
}

async fn has_secrets(works: &Works, company: Uuid) -> bool {
    let get = works.fresh.endpoint.dynamodb().get_item().table_name(&works.fresh.secrets_table);
    get.key("owner", text(company)).send().await.expect("an answer").item.is_some()
}

#[tokio::test]
async fn a_company_that_is_forgotten_leaves_nothing_but_its_customers_and_nobody_else_is_touched() {
    let works = Works::with_users((0..60).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()).await;
    works.completed().await;
    let (own, other) = (*works.company.as_uuid(), Uuid::new_v4());
    let neighbour = shared::ids::CompanyId::from_uuid(other);
    works.connect(neighbour, &[works.device], true).await;
    works.put_api_key(neighbour, "another key").await;
    let before = items(&works, own).await;
    assert!(before > 60, "{before} items");

    let (dynamodb, fresh) = (works.fresh.endpoint.dynamodb(), &works.fresh);
    let erase = || forget(&dynamodb, &fresh.state_table, &fresh.secrets_table, own);
    // The connection is not among those that are counted.
    assert_eq!(erase().await.expect("it is erased"), before - 1);
    assert_eq!((items(&works, own).await, has_secrets(&works, own).await), (0, false));
    assert_eq!(works.customers().await.len(), 60);
    assert_eq!((items(&works, other).await, has_secrets(&works, other).await), (1, true));
    assert_eq!(erase().await.expect("it is erased already"), 0);
}

#[tokio::test]
async fn a_company_whose_sync_is_under_way_is_not_forgotten() {
    let works = Works::with_users(vec![User::named("Ek Tuva")]).await;
    works.accept().await;
    let own = *works.company.as_uuid();
    let before = items(&works, own).await;
    let (dynamodb, fresh) = (works.fresh.endpoint.dynamodb(), &works.fresh);
    let refused = forget(&dynamodb, &fresh.state_table, &fresh.secrets_table, own).await;
    assert!(matches!(refused, Err(ForgetError::SyncUnderWay)), "{refused:?}");
    assert_eq!((items(&works, own).await, has_secrets(&works, own).await), (before, true));
}
