//! A request at the HTTP door, step by step as `api::handle` takes it: route, form, token, binding,
//! lock and message, answer.
//!
//! Not by `handle` itself: that reads an issuer's keys over HTTP, within a time that a machine may not
//! give to a program that valgrind runs.

use std::hint::black_box;

use api::answer::{Answer, Form};
use api::binding::StartSync;
use api::caller::claims::ClaimPath;
use api::caller::may;
use api::caller::signature::{Jwk, PublicKey};
use api::caller::token::SealedToken;
use api::event::{Event, Request};
use api::route;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::handoff::{Accept, accept};
use shared::queue::Queue;
use shared::table::Table;
use tokio::runtime::Runtime;

use crate::Part;
use crate::aws::{self, answering};
use crate::people::COMPANY;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const RSA_KEY: &str = include_str!("../../local/issuer/keys/test-rsa-1.pem");
const KEY_ID: &str = "test-rsa-1";
const PATH: &str = "/codelock/axema/usersync";

pub fn parts() -> Vec<Part> {
    vec![Part { name: "door.post", times: 10, of: "a POST that starts a sync, from event to reply", prepare: post }]
}

/// What one process keeps from one request to the next.
struct Door {
    key: PublicKey,
    roles: ClaimPath,
    company: ClaimPath,
    table: Table,
    queue: Queue,
    runtime: Runtime,
}

fn post() -> Box<dyn FnMut()> {
    // The text before the first line of dashes is for people.
    let lines = RSA_KEY.lines().skip_while(|line| !line.starts_with("--")).skip(1);
    let body: String = lines.take_while(|line| !line.starts_with("--")).collect();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a key");
    let sent = json!({ "MessageId": "5d0d3f7e-8a57-4ec1-a5d0-0f6d3a2b9c11" }).to_string();
    let aws = answering(vec![("TransactWriteItems", "{}".to_owned()), ("SendMessage", sent)]);
    let door = Door {
        key: published(&key),
        roles: ClaimPath::parse("realm_access.roles").expect("a path"),
        company: ClaimPath::parse("company_id").expect("a path"),
        table: Table::new(&aws, "state"),
        queue: Queue::new(&aws, "http://aws.invalid/queue"),
        runtime: aws::runtime(),
    };
    let event = json!({
        "rawPath": PATH,
        "headers": {
            "authorization": format!("Bearer {}", token(&key)),
            "content-type": "application/json", "accept": "application/json", "host": "api.example",
            "user-agent": "ServiceStack .NET Client 8.5", "x-forwarded-proto": "https",
        },
        "body": json!({ "CompanyId": COMPANY }).to_string(),
        "requestContext": { "http": { "method": "POST" } },
    })
    .to_string();
    Box::new(move || door.answer(&event))
}

impl Door {
    fn answer(&self, event: &str) {
        let event: Event = serde_json::from_str(black_box(event)).expect("an event");
        let request = Request::from(event);
        let route = route::find(&request.method, &request.path);
        let (form, _) = Form::wanted(&request, &route);
        let sealed = SealedToken::parse(request.header("authorization")).expect("a token");
        let claims = sealed.open(&self.key).expect("the issuer's");
        claims.judge(NOW, &[]).expect("in force");
        let roles = may::roles(claims.texts(std::slice::from_ref(&self.roles)));
        assert_eq!((roles.len(), claims.company(&self.company)), (1, Some(COMPANY)));
        let wanted = StartSync::bind(&request).expect("a request");
        let clock = Clock::set_to(NOW);
        let accepted = accept(&self.table, &self.queue, &clock, COMPANY, wanted.mode);
        let Accept::Accepted(job) = aws::done(&self.runtime, accepted) else { unreachable!("the lock is free") };
        let reply = form.reply(&Ok(Answer::Started(Box::new(job))));
        assert_eq!(reply.status_code, 200, "{}", reply.body);
        black_box(serde_json::to_string(&reply).expect("a reply"));
    }
}

/// The key as the issuer publishes it.
fn published(key: &KeyPair) -> PublicKey {
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public: PublicKeyComponents<Vec<u8>> = key.public().into();
    let key = json!({
        "kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256", "n": number(&public.n), "e": number(&public.e),
    });
    let key: Jwk = serde_json::from_value(key).expect("a key");
    key.into_key().expect("of use").1
}

fn token(key: &KeyPair) -> String {
    let part = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let claims = json!({
        "iss": "https://identity.example/realms/bookmore", "exp": NOW.seconds() + 300, "iat": NOW.seconds(),
        "typ": "Bearer", "azp": "bookmore", "sub": "5d0d3f7e-8a57-4ec1-a5d0-0f6d3a2b9c11", "company_id": COMPANY,
        "realm_access": { "roles": ["offline_access", "bookingsupplier-administrator-write"] },
    });
    let signed = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID })), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
