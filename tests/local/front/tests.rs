use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream;
use http_body_util::BodyExt;
use hyper::Method;
use hyper::header::LOCATION;
use tokio::sync::Semaphore;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(10);
const HOST_OF_API: &str = "a1b2.execute-api.localhost";

fn in_front_of(server: &Serving) -> Api {
    Api { url: server.url(), host: HOST_OF_API.to_owned(), browser_url: String::new() }
}

/// Answers with what came: the method, the path, the headers and the body.
fn mirror() -> io::Result<Serving> {
    Serving::start(|request: Request<Incoming>| async {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let mut seen = format!("{} {}\n", parts.method, parts.uri);
        for (name, value) in &parts.headers {
            seen += &format!("{name}: {}\n", value.to_str().unwrap_or_default());
        }
        let mut response = Response::new(Body::from(seen + "\n" + &String::from_utf8_lossy(&body)));
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/codelock/axema/usersync/1"));
        response
    })
}

async fn get(url: &str) -> Result<(StatusCode, String), plain_http::PlainHttpError> {
    let (status, body) = plain_http::get(url, PATIENCE).await?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn counting() -> impl Fn() -> Result<String, TokenError> + Send + Sync + 'static {
    let made = AtomicUsize::new(0);
    move || Ok(format!("token-{}", made.fetch_add(1, Ordering::Relaxed)))
}

#[tokio::test]
async fn each_request_without_a_token_gets_one_of_its_own_and_one_that_has_a_token_keeps_it() -> Outcome {
    let api = mirror()?;
    let front = Front::signed_in(&in_front_of(&api), counting())?;
    for number in 0..2 {
        let (_, seen) = get(&front.url()).await?;
        assert!(seen.contains(&format!("authorization: Bearer token-{number}\n")), "{seen}");
    }
    let request = Request::get(front.url()).header(AUTHORIZATION, "Bearer mine").body(Body::empty())?;
    let (_, seen) = plain_http::send(request, PATIENCE).await?;
    let seen = String::from_utf8_lossy(&seen).into_owned();
    assert!(seen.contains("authorization: Bearer mine\n") && !seen.contains("token-"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_plain_front_signs_nobody_in() -> Outcome {
    let api = mirror()?;
    let (_, seen) = get(&Front::plain(&in_front_of(&api))?.url()).await?;
    assert!(!seen.contains("authorization"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn all_but_the_host_passes_as_it_is_and_so_does_the_answer() -> Outcome {
    let api = mirror()?;
    let front = Front::plain(&in_front_of(&api))?;
    let request = Request::builder()
        .method(Method::PUT)
        .uri(format!("{}/a%20path/?q=%C3%A5&q=2", front.url()))
        .header("sec-fetch-site", "cross-site")
        .header("accept-language", "sv")
        .body(Body::from("DryRun=true"))?;
    let response = plain_http::client().request(request).await?;
    assert_eq!(
        (response.status(), &response.headers()[LOCATION]),
        (StatusCode::SEE_OTHER, &HeaderValue::from_static("/codelock/axema/usersync/1"))
    );
    let seen = String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec())?;
    assert!(seen.starts_with("PUT /a%20path/?q=%C3%A5&q=2\n"), "{seen}");
    assert!(seen.ends_with("\nDryRun=true"), "{seen}");
    for header in ["sec-fetch-site: cross-site", "accept-language: sv", &format!("host: {HOST_OF_API}")] {
        assert!(seen.contains(&format!("\n{header}\n")), "no {header} in {seen}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_arrives_while_it_is_still_being_written() -> Outcome {
    let more = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&more);
    let api = Serving::start(move |_| {
        let waits = Arc::clone(&waits);
        let parts = stream::unfold(0, move |part| {
            let waits = Arc::clone(&waits);
            async move {
                match part {
                    0 => Some((io::Result::Ok("first"), 1)),
                    1 => {
                        drop(waits.acquire().await);
                        Some((Ok("last"), 2))
                    }
                    _ => None,
                }
            }
        });
        async { Response::new(Body::from_stream(parts)) }
    })?;
    let front = Front::plain(&in_front_of(&api))?;
    let response = plain_http::client().request(Request::get(front.url()).body(Body::empty())?).await?;
    let mut body = response.into_body();
    let first = tokio::time::timeout(PATIENCE, body.frame()).await?.ok_or("no first part")??;
    assert_eq!(first.into_data().ok().as_deref(), Some(&b"first"[..]));
    more.add_permits(1);
    assert_eq!(body.collect().await?.to_bytes(), "last");
    Ok(())
}

#[tokio::test]
async fn an_api_that_is_gone_is_said_to_be_gone() -> Outcome {
    let api = mirror()?;
    let front = Front::plain(&in_front_of(&api))?;
    drop(api);
    let (status, text) = get(&front.url()).await?;
    assert_eq!((status, text.contains("no answer from the HTTP API")), (StatusCode::BAD_GATEWAY, true));
    Ok(())
}
