use super::*;
use axum::body::{Body, Bytes};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use crate::plain_http;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(20);

async fn grant(vaka: &Vaka, scope: &str) -> Result<(StatusCode, Value), Box<dyn std::error::Error>> {
    let form =
        format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&scope={scope}");
    let request = Request::post(vaka.token_url())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))?;
    let (status, body) = plain_http::send(request, PATIENCE).await?;
    Ok((status, serde_json::from_slice(&body)?))
}

async fn sign_in(vaka: &Vaka) -> Result<String, Box<dyn std::error::Error>> {
    let (_, body) = grant(vaka, SCOPE).await?;
    Ok(body["access_token"].as_str().unwrap_or_default().to_owned())
}

async fn fetch(
    vaka: &Vaka,
    device: Uuid,
    token: &str,
    key: &str,
    query: &str,
) -> Result<(StatusCode, Bytes), plain_http::PlainHttpError> {
    let request = Request::get(format!("{}/v1/reservations/users/fetch/{device}{query}", vaka.base_url()))
        .header("authorization", format!("Bearer {token}"))
        .header("x-api-key", key)
        .body(Body::empty())?;
    plain_http::send(request, PATIENCE).await
}

#[tokio::test]
async fn a_call_needs_a_live_token_and_the_key_of_its_own_system() -> Outcome {
    let vaka = Vaka::start()?;
    let (ours, theirs) = (vaka.add_system("ours"), vaka.add_system("theirs"));
    let token = sign_in(&vaka).await?;
    assert_eq!(fetch(&vaka, ours, &token, "ours", "").await?.0, 200);
    assert_eq!(fetch(&vaka, theirs, &token, "ours", "").await?.0, 403);
    assert_eq!(fetch(&vaka, Uuid::new_v4(), &token, "ours", "").await?.0, 404);
    vaka.revoke_tokens();
    assert_eq!(fetch(&vaka, ours, &token, "ours", "").await?.0, 401);
    Ok(())
}

#[tokio::test]
async fn a_token_is_given_for_the_documented_scope_alone() -> Outcome {
    let vaka = Vaka::start()?;
    assert_eq!(grant(&vaka, SCOPE).await?.0, 200);
    assert_eq!(
        grant(&vaka, "api://another/.default").await?,
        (StatusCode::BAD_REQUEST, json!({"error": "invalid_scope"}))
    );
    Ok(())
}

#[tokio::test]
async fn pages_hold_everybody_once_and_a_change_touches_exactly_as_many_as_asked() -> Outcome {
    let vaka = Vaka::start()?;
    let device = vaka.add_system("key");
    vaka.populate(device, 230, 7);
    vaka.page_users(Some(100));
    let token = sign_in(&vaka).await?;
    let mut listed = Vec::new();
    let mut query = "?pageSize=100".to_owned();
    loop {
        let (_, body) = fetch(&vaka, device, &token, "key", &query).await?;
        let body: Value = serde_json::from_slice(&body)?;
        listed.extend(body["userAccounts"].as_array().cloned().unwrap_or_default());
        let Some(next) = body["continuationToken"].as_str() else { break };
        let encoded: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        query = format!("?pageSize=100&continuationToken={encoded}");
    }
    assert_eq!(listed.len(), 230);

    let before = vaka.users(device);
    assert_eq!(vaka.change(device, 100).len(), 100);
    let after = vaka.users(device);
    assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 100);
    Ok(())
}

#[tokio::test]
async fn a_scripted_answer_comes_once_and_a_broken_body_is_an_error_to_its_reader() -> Outcome {
    let vaka = Vaka::start()?;
    let device = vaka.add_system("key");
    vaka.populate(device, 10, 7);
    let token = sign_in(&vaka).await?;
    vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", "2"));
    vaka.on(Route::Users).nth(2).fault(Fault::ResetMidBody);
    assert_eq!(fetch(&vaka, device, &token, "key", "").await?.0, 429);
    let broken = fetch(&vaka, device, &token, "key", "").await;
    assert!(matches!(broken, Err(plain_http::PlainHttpError::CutShort(_))), "{broken:?}");
    assert_eq!(fetch(&vaka, device, &token, "key", "").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_huge_answer_is_as_long_as_was_asked_and_well_formed() -> Outcome {
    let vaka = Vaka::start()?;
    let device = vaka.add_system("key");
    let token = sign_in(&vaka).await?;
    vaka.on(Route::Users).fault(Fault::Huge { bytes: 1_000_000 });
    let (_, body) = fetch(&vaka, device, &token, "key", "").await?;
    assert!(body.len() > 1_000_000);
    serde_json::from_slice::<Value>(&body)?;
    Ok(())
}
