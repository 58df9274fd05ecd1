use super::*;
use std::time::Duration;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(10);

fn server() -> io::Result<Serving> {
    Serving::start(|_| async { Response::new(Body::from("an answer of some length")) })
}

async fn ask(
    proxy: &Proxy,
    operation: &str,
    body: &'static str,
) -> Result<(StatusCode, Bytes), plain_http::PlainHttpError> {
    let request = Request::post(proxy.url())
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(Body::from(body))?;
    plain_http::send(request, PATIENCE).await
}

#[tokio::test]
async fn a_lost_answer_counts_as_applied_and_a_refusal_does_not() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    let put = r#"{"TableName":"t"}"#;
    proxy.on("PutItem").nth(1).lose_answer();
    proxy.on("PutItem").nth(2).refuse();

    assert!(ask(&proxy, "PutItem", put).await.is_err());
    assert!(ask(&proxy, "PutItem", put).await.is_err());
    assert!(ask(&proxy, "PutItem", put).await.is_ok());

    let seen = proxy.seen();
    assert_eq!((seen.requests("PutItem"), seen.applied("PutItem"), seen.writes_to("t")), (3, 2, 2));
    Ok(())
}

#[tokio::test]
async fn a_transaction_counts_its_writes_by_table_and_not_its_checks() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    let body = r#"{"TransactItems":[{"Put":{"TableName":"a"}},{"Update":{"TableName":"b"}},
        {"ConditionCheck":{"TableName":"a"}},{"Delete":{"TableName":"arn:aws:dynamodb:r:1:table/a"}}]}"#;
    ask(&proxy, "TransactWriteItems", body).await?;
    let seen = proxy.seen();
    assert_eq!((seen.writes_to("a"), seen.writes_to("b"), seen.writes().count()), (2, 1, 3));
    let operation = &seen.entries()[0].operation;
    assert_eq!(operation.actions, 4);
    let rights: Vec<_> =
        operation.rights.iter().map(|right| (right.action.as_str(), right.resource.as_str())).collect();
    let expected = [
        ("dynamodb:PutItem", "a"),
        ("dynamodb:UpdateItem", "b"),
        ("dynamodb:ConditionCheckItem", "a"),
        ("dynamodb:DeleteItem", "a"),
    ];
    assert_eq!(rights, expected);
    Ok(())
}

#[tokio::test]
async fn a_scripted_answer_names_its_error_and_every_third_request_gets_it() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    proxy.on("*").every(3).throttle();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(ask(&proxy, "Query", "{}").await?.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 400, 200, 200, 400]);
    Ok(())
}

#[tokio::test]
async fn a_held_request_goes_on_when_its_gate_is_released() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    let gate = proxy.on("PutItem").containing("lock").nth(1).hold_before();
    let asked = ask(&proxy, "PutItem", r#"{"TableName":"lock"}"#);
    let watched = async {
        gate.reached().await;
        let before = proxy.seen().requests("PutItem");
        gate.release();
        before
    };
    let (answer, settled_while_held) = tokio::join!(asked, watched);
    assert_eq!(answer?.0, StatusCode::OK);
    assert_eq!(settled_while_held, 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_an_error_to_its_reader() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    proxy.on("Query").cut_short();
    let answer = ask(&proxy, "Query", "{}").await;
    assert!(matches!(answer, Err(plain_http::PlainHttpError::CutShort(_))), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_message_shows_its_group_and_is_kept_back_no_longer_than_sqs_allows() -> Outcome {
    let server = server()?;
    let proxy = Proxy::in_front_of(&server.url())?;
    assert_eq!(ask(&proxy, "SendMessage", r#"{"DelaySeconds":900,"MessageGroupId":"a"}"#).await?.0, 200);
    assert_eq!(ask(&proxy, "SendMessage", r#"{"DelaySeconds":901,"MessageGroupId":"a"}"#).await?.0, 400);
    assert_eq!(proxy.seen().messages(), [Message { group: Some("a".to_owned()), delay_s: 900 }]);
    Ok(())
}
