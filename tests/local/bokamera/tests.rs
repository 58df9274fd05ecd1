use super::*;
use std::time::Duration;

use axum::body::Body;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use crate::plain_http;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(20);

async fn grant(bokamera: &BokaMera, form: &str) -> Result<(StatusCode, Value), Box<dyn std::error::Error>> {
    let url = format!("{}/realms/bookmore-admin/protocol/openid-connect/token", bokamera.url());
    let request = Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("client_id=bm-external-api-users&{form}")))?;
    let (status, body) = plain_http::send(request, PATIENCE).await?;
    Ok((status, serde_json::from_slice(&body)?))
}

async fn sign_in(bokamera: &BokaMera) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(grant(bokamera, &format!("grant_type=password&username={USERNAME}&password={PASSWORD}")).await?.1)
}

async fn call(
    bokamera: &BokaMera,
    token: &Value,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<(StatusCode, Value), Box<dyn std::error::Error>> {
    call_as("application/json", bokamera, token, method, path, body).await
}

async fn call_as(
    media_type: &str,
    bokamera: &BokaMera,
    token: &Value,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<(StatusCode, Value), Box<dyn std::error::Error>> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", bokamera.url()))
        .header("authorization", format!("Bearer {}", token["access_token"].as_str().unwrap_or_default()))
        .header("x-api-key", API_KEY)
        .header("content-type", media_type)
        .body(Body::from(body.to_string()))?;
    let (status, body) = plain_http::send(request, PATIENCE).await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

#[tokio::test]
async fn a_token_is_given_for_a_password_and_once_for_each_refresh_token() -> Outcome {
    let bokamera = BokaMera::start()?;
    assert_eq!(grant(&bokamera, "grant_type=password&username=x&password=y").await?.0, 401);
    let first = sign_in(&bokamera).await?;
    let refresh =
        format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().unwrap_or_default());
    assert_eq!(grant(&bokamera, &refresh).await?.0, 200);
    assert_eq!(grant(&bokamera, &refresh).await?.0, 401);
    let path = format!("/customers?CompanyId={}", Uuid::new_v4());
    assert_eq!(call(&bokamera, &first, Method::GET, &path, &Value::Null).await?.0, 200);
    bokamera.revoke_tokens();
    assert_eq!(call(&bokamera, &first, Method::GET, &path, &Value::Null).await?.0, 401);
    Ok(())
}

#[tokio::test]
async fn what_an_update_leaves_out_is_cleared_and_an_own_account_is_left_alone() -> Outcome {
    let bokamera = BokaMera::start()?;
    let (company, token) = (Uuid::new_v4(), sign_in(&bokamera).await?);
    let id = bokamera.add(company, "Tuva", "Ek", "tuva@example.com");
    let path = format!("/customers/{id}?CompanyId={company}");
    assert_eq!(call(&bokamera, &token, Method::PUT, &path, &json!({"Lastname": "Gran"})).await?.0, 200);
    let customers = bokamera.customers(company);
    assert_eq!(Value::Object(customers[0].clone()), json!({"Id": id.to_string(), "Lastname": "Gran"}));
    bokamera.give_account(company, id);
    assert_eq!(call(&bokamera, &token, Method::PUT, &path, &json!({})).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_refused() -> Outcome {
    let bokamera = BokaMera::start()?;
    let (company, token) = (Uuid::new_v4(), sign_in(&bokamera).await?);
    let id = bokamera.add(company, "Tuva", "Ek", "tuva@example.com");
    let new = json!({"Firstname": "a", "Lastname": "b", "Phone": ""});
    for (method, path) in [(Method::POST, "/customers".to_owned()), (Method::PUT, format!("/customers/{id}"))] {
        let path = format!("{path}?CompanyId={company}");
        assert_eq!(call_as("text/plain", &bokamera, &token, method.clone(), &path, &new).await?.0, 415, "{method}");
        let json = "Application/JSON; charset=utf-8";
        assert_eq!(call_as(json, &bokamera, &token, method.clone(), &path, &new).await?.0, 200, "{method}");
    }
    Ok(())
}

#[tokio::test]
async fn switches_decide_what_a_create_does() -> Outcome {
    let bokamera = BokaMera::start()?;
    let (company, id, token) = (Uuid::new_v4(), Uuid::new_v4(), sign_in(&bokamera).await?);
    let path = format!("/customers?CompanyId={company}");
    let new = json!({"CustomerId": id, "Firstname": "a", "Lastname": "b", "Phone": "", "Email": "a@example.com"});
    let create = async || call(&bokamera, &token, Method::POST, &path, &new).await;
    assert_eq!(create().await?.1["Id"], json!(id));
    assert_eq!(create().await?.0, 409);
    bokamera.behave(Manners { ids: Ids::Ignored, ..Manners::default() });
    let (status, made) = create().await?;
    assert!(status == 200 && made["Id"] != json!(id), "{made}");
    bokamera.behave(Manners { ids: Ids::Ignored, duplicate_email: DuplicateEmail::Refused, ..Manners::default() });
    assert_eq!(create().await?.1["ResponseStatus"]["Errors"][0]["FieldName"], "Email");
    bokamera.behave(Manners { ids: Ids::Ignored, phone: Phone::Required, ..Manners::default() });
    assert_eq!(create().await?.1["ResponseStatus"]["Errors"][0]["FieldName"], "Phone");
    assert_eq!(bokamera.customers(company).len(), 2);
    bokamera.on(Route::Create).nth(1).fault(Fault::LoseAnswer);
    bokamera.behave(Manners { ids: Ids::Ignored, ..Manners::default() });
    assert!(create().await.is_err());
    assert_eq!(bokamera.customers(company).len(), 3);
    Ok(())
}
