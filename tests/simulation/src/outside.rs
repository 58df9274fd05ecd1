//! The servers of other people: VAKA Online with its token server, and the OpenID issuer.
//!
//! The functions reach them by the client that they have, whose requests are answered here: a socket,
//! even to the same thread, would make a run depend on the machine.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use http::header::RETRY_AFTER;
use serde_json::{Value, json};
use shared::http::{Body, Client, Error, StatusCode};
use tokio::time::sleep;
use uuid::Uuid;

use crate::call::{Broken, Process, call};
use crate::source::API_KEY;
use crate::table::Reply;
use crate::world::{Shared, World};

/// What VAKA's token server gives out.
const TOKEN: &str = "token-of-the-simulated-vaka";

/// What is asked for with a 429: longer than a lease, so that a slice hands over and the job has a pause.
const COME_BACK_AFTER_S: u16 = 200;

/// The servers, as one process reaches them.
pub(crate) fn client(shared: &Shared, process: &Arc<Process>) -> Client {
    let (shared, process) = (shared.clone(), Arc::clone(process));
    Client::answered_by(move |request| answer(request, shared.clone(), Arc::clone(&process)))
}

async fn answer(
    request: http::Request<Body>,
    shared: Shared,
    process: Arc<Process>,
) -> Result<http::Response<Body>, Error> {
    sleep(shared.apart()).await;
    let path = request.uri().path().to_owned();
    let query = parsed(request.uri().query().unwrap_or_default());
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let may = header("authorization") == format!("Bearer {TOKEN}") && header("x-api-key") == API_KEY;
    let name = format!("{} {}", request.method(), place(&path));
    let refusal = |world: &mut World| {
        let status = [429, 500, 503][world.random.usize(0..3)];
        Reply { status, body: "{}".to_owned() }
    };
    let cut_short = shared.lock().cuts_short();
    let effect = move |world: &mut World, now_ms: i64| {
        let reply = world.outside(&path, &query, may, now_ms);
        let kept = if cut_short && reply.status == 200 { reply.body.len() / 2 } else { reply.body.len() };
        Reply { body: reply.body.chars().take(kept).collect(), ..reply }
    };
    let lost = |error: io::Error| Error::Lost(error.into());
    let reply = call(&shared, &process, name, refusal, effect).await;
    let Reply { status, body } = reply.map_err(|Broken| lost(io::ErrorKind::ConnectionReset.into()))?;
    let mut response = http::Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| lost(io::Error::other(error)))?;
    if status == 429 {
        response.headers_mut().insert(RETRY_AFTER, COME_BACK_AFTER_S.into());
    }
    Ok(response)
}

/// A path without its ids.
fn place(path: &str) -> String {
    let step = |step: &str| if Uuid::parse_str(step).is_ok() { "{device}".to_owned() } else { step.to_owned() };
    path.split('/').map(step).collect::<Vec<_>>().join("/")
}

fn parsed(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl World {
    fn cuts_short(&mut self) -> bool {
        self.character.cuts_short(&mut self.random)
    }

    fn outside(&mut self, path: &str, query: &HashMap<String, String>, may: bool, now_ms: i64) -> Reply {
        let refused = |status| Reply { status, body: "{}".to_owned() };
        let found = if path.starts_with("/realms/") {
            self.issuer.document(path)
        } else if path == "/token" {
            let life_s = 3_600 + now_ms.rem_euclid(1_800);
            Some(json!({"token_type": "Bearer", "expires_in": life_s, "access_token": TOKEN}))
        } else if !may {
            return refused(401);
        } else {
            self.list(path, query)
        };
        found.map_or_else(|| refused(404), |body| Reply::ok(&body))
    }

    fn list(&self, path: &str, query: &HashMap<String, String>) -> Option<Value> {
        if path.starts_with("/v1/usergroups/") {
            return Some(json!({"userGroups": [], "continuationToken": null}));
        }
        let device = Uuid::parse_str(path.strip_prefix("/v1/reservations/users/fetch/")?).ok()?;
        let asked = query.get("pageSize").and_then(|size| size.parse().ok());
        let after = query.get("continuationToken").and_then(|token| Uuid::parse_str(token).ok());
        self.companies.iter().find_map(|company| company.page(device, asked, after))
    }
}
