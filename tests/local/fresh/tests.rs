use super::*;
use crate::cloud::Cloud;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn fresh_tables_have_the_keys_and_the_indexes_of_the_template() -> Outcome {
    let cloud = Cloud::shared().await?;
    let fresh = Fresh::create(cloud.endpoint()).await?;
    let described = cloud.endpoint().dynamodb().describe_table().table_name(&fresh.state_table).send().await?;
    let table = described.table().ok_or("no table")?;
    let keys: Vec<_> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    assert_eq!(keys, ["company", "item"]);
    let indexes: Vec<_> = table.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
    assert_eq!(indexes, ["leases", "due"]);
    fresh.remove().await?;
    Ok(())
}
