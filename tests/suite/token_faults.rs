//! Which tokens are taken and which are not, at the real door.

use local::issuer::{Signature, Token};
use serde_json::json;
use shared::ids::CompanyId;
use uuid::Uuid;

use crate::http_door::{Answered, Ask, Door, READ, REALMS, SETTINGS, SUPERADMIN, SYNCS, WRITE, company};

/// Fault 37.
#[tokio::test]
async fn every_bad_token_is_answered_401_alike_and_nothing_is_written() {
    let door = Door::open().await;
    let own = door.connected().await;
    let now_s = door.clock.now().seconds();
    let good = || door.good_token(&door.realm).role(WRITE).company(&own.to_string());
    let elsewhere = door.issuer.realm(REALMS[3]);
    let other_realm = door.issuer.realm(REALMS[1]);
    let bad: Vec<(&str, Token)> = vec![
        ("alg none", good().signature(Signature::None)),
        ("HS256 with the public key", good().signature(Signature::Hs256WithPublicKey)),
        ("another key under our key's id", good().signature(Signature::ForeignKey)),
        ("a signature over other claims", good().signature(Signature::OfOtherClaims)),
        ("a header with another algorithm", good().signature(Signature::OtherAlgorithmInHeader)),
        ("no kid", good().signature(Signature::NoKeyId)),
        ("an unknown kid", good().signature(Signature::UnknownKey)),
        ("an issuer nobody trusts", door.good_token(&elsewhere).role(WRITE)),
        ("an issuer that signed for another", good().claim("iss", other_realm.url())),
        ("an issuer with a slash more", good().claim("iss", format!("{}/", door.realm.url()))),
        ("no issuer", good().without("iss")),
        ("expired", good().claim("exp", now_s - 31)),
        ("without an end", good().without("exp")),
        ("not yet valid", good().claim("nbf", now_s + 31)),
        ("an ID token", good().id_token()),
        ("a refresh token", good().claim("typ", "Refresh")),
        ("100 KB of token", good().padded_to(100 * 1024)),
    ];
    for (name, token) in bad {
        let answered = door.ask(&Ask::post().bearer(&token.sign().expect("a token"))).await;
        assert_unauthorized(name, &answered);
    }
    for authorization in
        ["", "Bearer", "Bearer ", "Bearer x", "Bearer ..", "Basic dTpw", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.e30", "å"]
    {
        assert_unauthorized(authorization, &door.ask(&Ask::post().header("Authorization", authorization)).await);
    }
    assert_unauthorized("no header", &door.ask(&Ask::post()).await);
    assert_eq!(door.items().await, ["CONNECTION"]);
    assert!(door.messages().await.is_empty());
    // The same token without the fault is taken, so that each refusal above had its own reason.
    assert_eq!(door.ask(&Ask::post().bearer(&good().sign().expect("a token"))).await.status, 200);
}

/// Fault 37.
#[tokio::test]
async fn a_token_for_another_audience_is_refused_where_audiences_are_configured() {
    let door =
        Door::with(|settings| settings.token_audiences = vec!["axema-sync".to_owned(), "backoffice".to_owned()]).await;
    let own = door.connected().await;
    let token = || door.good_token(&door.realm).role(READ).company(&own.to_string());
    for (name, token, status) in [
        ("the audiences of Keycloak", token(), 401),
        ("no audience", token().without("aud").without("azp"), 401),
        ("our audience", token().audience("axema-sync"), 200),
        ("our audience among others", token().claim("aud", json!(["account", "axema-sync"])), 200),
        ("a client of ours", token().claim("azp", "backoffice"), 200),
    ] {
        let answered = door.ask(&Ask::get(SYNCS).bearer(&token.sign().expect("a token"))).await;
        assert_eq!(answered.status, status, "{name}");
    }
}

#[tokio::test]
async fn tokens_of_every_trusted_realm_are_taken_with_either_kind_of_key() {
    let door = Door::open().await;
    for name in &REALMS[..3] {
        let realm = door.issuer.realm(name);
        for signature in [Signature::Rs256, Signature::Es256] {
            let token = door.good_token(&realm).role(READ).company(&company().to_string()).signature(signature);
            let answered = door.ask(&Ask::get(SYNCS).bearer(&token.sign().expect("a token"))).await;
            assert_eq!(answered.status, 200, "{name} {signature:?}");
        }
        assert_eq!((realm.discovery_requests(), realm.key_set_requests()), (1, 1), "{name}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let door = Door::open().await;
    let token = door.token(&[READ], Some(company()));
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let answered = door.ask(&Ask::get(SYNCS).header("authorization", &format!("{scheme} {token}"))).await;
        assert_eq!(answered.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn roles_and_company_are_found_wherever_keycloak_or_the_settings_put_them() {
    let door = Door::open().await;
    let own = door.connected().await;
    let at_a_client = door.good_token(&door.realm).role_at("bookmore-api", READ).company(&own.to_string());
    let in_a_list = door.good_token(&door.realm).role(READ).claim("company_id", json!([own]));
    for token in [at_a_client, in_a_list] {
        assert_eq!(door.ask(&Ask::get(SYNCS).bearer(&token.sign().expect("a token"))).await.status, 200);
    }
    let two = door.good_token(&door.realm).role(READ).claim("company_id", json!([own, company()]));
    let answered = door.ask(&Ask::get(SYNCS).bearer(&two.sign().expect("a token"))).await;
    assert_eq!((answered.status, answered.field().as_str()), (400, "CompanyId"));

    let elsewhere = Door::with(|settings| {
        settings.role_claims = api::caller::claims::ClaimPath::parse("groups").into_iter().collect();
        settings.company_claim = api::caller::claims::ClaimPath::parse("https://id.example/company").expect("a path");
    })
    .await;
    let token = elsewhere
        .good_token(&elsewhere.realm)
        .claim("groups", json!([SUPERADMIN]))
        .claim("https://id.example/company", json!(own));
    assert_eq!(elsewhere.ask(&Ask::get(SYNCS).bearer(&token.sign().expect("a token"))).await.status, 200);
    let token = elsewhere.token(&[SUPERADMIN], Some(own));
    assert_eq!(elsewhere.ask(&Ask::get(SYNCS).bearer(&token)).await.status, 403);
}

/// .NET writes it for a company that was never set, so it would be one company for everybody without any.
#[tokio::test]
async fn a_token_whose_company_is_the_guid_of_zeros_has_no_company() {
    let door = Door::open().await;
    let nobody = CompanyId::from_uuid(Uuid::nil());
    door.connect(nobody, true).await;
    for role in [WRITE, READ, SUPERADMIN] {
        let token = door.token(&[role], Some(nobody));
        let asks = [Ask::get(SYNCS), Ask::get(SETTINGS), Ask::post(), Ask::new("DELETE", SETTINGS)];
        for ask in &asks[..if role == READ { 2 } else { 4 }] {
            let answered = door.ask(&ask.clone().bearer(&token)).await;
            assert_eq!((answered.status, answered.error_code().as_str()), (400, "SerializationException"), "{role}");
            assert_eq!(answered.field(), "CompanyId", "{role}");
        }
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
    let named = Ask::get(SYNCS).query(&format!("CompanyId={}", company()));
    assert_eq!(door.ask(&named.bearer(&door.token(&[SUPERADMIN], Some(nobody)))).await.status, 200);
}

fn assert_unauthorized(name: &str, answered: &Answered) {
    assert_eq!((answered.status, answered.error_code().as_str()), (401, "Unauthorized"), "{name}");
    assert_eq!(answered.header("www-authenticate"), Some("Bearer"), "{name}");
    // Which of the checks failed is for the log alone.
    assert_eq!(
        answered.text,
        r#"{"ResponseStatus":{"ErrorCode":"Unauthorized","Message":"You were unauthorized to call this service","Errors":[]}}"#
    );
}
