//! Tokens, sound or with flaws that are known.

use serde_json::{Value, json};
use shared::ids::CompanyId;

use super::{AUDIENCE, MARK, NOW_S};
use crate::issuer::{EC, Issuer, RSA, Signer};
use crate::tape::Tape;

const COMPANY: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const WRITE: &str = "bookingsupplier-administrator-write";
const READ: &str = "bookingsupplier-administrator-read";
const SUPERADMIN: &str = "superadmin";

/// A token, with what is known of it.
pub(super) struct Forged {
    /// The header `Authorization`.
    pub authorization: String,
    /// The token as it was signed.
    pub signed: String,
    /// Who signed it.
    pub signer: Signer,
    pub verdict: Verdict,
}

/// Whether the token is to be taken.
pub(super) enum Verdict {
    Sound {
        roles: Vec<&'static str>,
        company: Option<CompanyId>,
    },
    Forged(&'static str),
    /// It holds what the tape made up.
    Unknown,
}

/// What has been decided so far.
#[derive(Default)]
struct Making {
    /// Of what it says.
    flaw: Option<&'static str>,
    /// Of its signature, or of the way it is sent.
    unsigned: Option<&'static str>,
    /// What it says was changed at random, and a flaw of it may be gone.
    made_up: bool,
}

impl Making {
    fn flawed(&mut self, flaw: &'static str) {
        self.flaw.get_or_insert(flaw);
    }

    /// The same for who signs it, and how it is sent.
    fn choose_sending<T: Clone>(&mut self, tape: &mut Tape<'_>, choices: &[(T, Option<&'static str>)]) -> T {
        let mut sending = Self::default();
        let value = sending.choose(tape, choices);
        self.unsigned = self.unsigned.or(sending.flaw);
        value
    }

    /// A value with its flaw, if it has one; the first is sound.
    fn choose<T: Clone>(&mut self, tape: &mut Tape<'_>, choices: &[(T, Option<&'static str>)]) -> T {
        // Nine of ten decisions are for the sound one, or hardly any token would be sound.
        let (value, flaw) = if tape.seldom(24) { tape.one_of(choices) } else { choices[0].clone() };
        if let Some(flaw) = flaw {
            self.flawed(flaw);
        }
        value
    }
}

impl Forged {
    /// The plainest of all sound ones.
    pub fn sound(issuer: &Issuer) -> Self {
        Self::from_tape(&mut Tape::new(&[]), issuer)
    }

    pub fn from_tape(tape: &mut Tape<'_>, issuer: &Issuer) -> Self {
        let mut making = Making::default();
        // A signature of RSA takes as long as fifty others.
        let signer = making.choose_sending(
            tape,
            &[
                (Signer::Ec, None),
                (Signer::Rsa, None),
                (Signer::Foreign, Some("the issuer never had the key")),
                (Signer::HmacOfRsa, Some("a public key is no secret")),
                (Signer::HmacOfEc, Some("a public key is no secret")),
                (Signer::Nobody, Some("nobody signed it")),
            ],
        );
        let header = header(tape, &mut making, signer);
        let (roles, company, claims) = claims(tape, &mut making, issuer);
        let mut signed = issuer.token(signer, &header, &claims);
        if tape.seldom(8) {
            making.unsigned.get_or_insert("other claims were signed");
            let other = issuer.token(signer, &header, "{}");
            let (text, _) = signed.rsplit_once('.').expect("three parts");
            let (_, signature) = other.rsplit_once('.').expect("three parts");
            signed = format!("{text}.{signature}");
        }
        let sent = if tape.seldom(48) { tape.edited(signed.as_bytes(), 3) } else { signed.clone().into_bytes() };
        let sent = String::from_utf8_lossy(&sent).into_owned();
        if sent.trim() != signed {
            making.unsigned.get_or_insert("it was changed after it was signed");
        }
        let scheme = making.choose_sending(
            tape,
            &[
                ("Bearer ", None),
                ("bEaReR   ", None),
                (" Bearer ", None),
                ("Basic ", Some("it is no bearer token")),
                ("Bearer\t", Some("no space is after the scheme")),
                ("", Some("no scheme is before it")),
            ],
        );
        let verdict = match making {
            Making { unsigned: Some(flaw), .. } => Verdict::Forged(flaw),
            Making { made_up: true, .. } => Verdict::Unknown,
            Making { flaw: Some(flaw), .. } => Verdict::Forged(flaw),
            Making { .. } => Verdict::Sound { roles, company },
        };
        Self { authorization: format!("{scheme}{sent}"), signed, signer, verdict }
    }
}

fn header(tape: &mut Tape<'_>, making: &mut Making, signer: Signer) -> String {
    let own = match signer {
        Signer::Ec | Signer::Foreign => ("ES256", EC),
        Signer::Rsa => ("RS256", RSA),
        Signer::HmacOfRsa => ("HS256", RSA),
        Signer::HmacOfEc => ("HS256", EC),
        Signer::Nobody => ("none", EC),
    };
    let other = Some("the algorithm is another than that of the signature");
    let rest: Vec<_> = ["none", "HS256", "RS256", "ES256", "PS256", "RS512", "ES384", "es256", "", MARK]
        .into_iter()
        .filter(|alg| *alg != own.0)
        .map(|alg| (json!(alg), other))
        .chain([(json!(null), other), (json!(["ES256"]), other)])
        .collect();
    let alg = making.choose(tape, &[vec![(json!(own.0), None)], rest].concat());
    let wrong_key = Some("the key is another");
    let mut members = vec![("alg", alg)];
    let kid = making.choose(
        tape,
        &[
            (Some(json!(own.1)), None),
            (Some(json!(if own.1 == EC { RSA } else { EC })), wrong_key),
            (Some(json!("elsewhere")), wrong_key),
            (Some(json!("")), wrong_key),
            (Some(json!(7)), wrong_key),
            (None, wrong_key),
        ],
    );
    members.extend(kid.map(|kid| ("kid", kid)));
    let kind = Some("it is another kind of token");
    let typ = making.choose(
        tape,
        &[
            (Some(json!("JWT")), None),
            (Some(json!("at+jwt")), None),
            (None, None),
            (Some(json!(null)), None),
            (Some(json!("logout+jwt")), kind),
            (Some(json!(["JWT"])), kind),
        ],
    );
    members.extend(typ.map(|typ| ("typ", typ)));
    let critical = Some("it has an extension that must be understood");
    let crit = making.choose(tape, &[(None, None), (Some(json!(["b64"])), critical), (Some(json!({})), critical)]);
    members.extend(crit.map(|crit| ("crit", crit)));
    if tape.seldom(8) {
        members.push(("jku", json!(format!("http://127.0.0.1:1/{MARK}"))));
        members.push(("jwk", json!({"kty": "oct", "k": "AA"})));
    }
    if tape.seldom(8) {
        making.flawed("a name in the header comes twice");
        members.push(members[0].clone());
    }
    // What nobody asks for is passed over in a header, however deep.
    written(tape, making, &members, None)
}

type Claims = (Vec<&'static str>, Option<CompanyId>, String);

fn claims(tape: &mut Tape<'_>, making: &mut Making, issuer: &Issuer) -> Claims {
    let untrusted = Some("nobody trusts the issuer");
    let name = making.choose(
        tape,
        &[
            (json!(issuer.name), None),
            (json!(format!("{}/", issuer.name)), untrusted),
            (json!(issuer.name.to_uppercase()), untrusted),
            (json!([issuer.name]), untrusted),
            (json!("https://id.example"), untrusted),
            (json!(null), untrusted),
        ],
    );
    let over = Some("it has expired, or has no end");
    let exp = making.choose(
        tape,
        &[
            (json!(NOW_S + 300), None),
            (json!(NOW_S - 29), None),
            (json!(i64::MAX), None),
            (json!(1e300), None),
            (json!(NOW_S - 30), over),
            (json!(0), over),
            (json!(i64::MIN), over),
            (json!(-1e300), over),
            (json!((NOW_S + 300).to_string()), over),
            (json!([NOW_S + 300]), over),
            (json!(null), over),
        ],
    );
    let early = Some("it is not valid yet");
    let nbf = making.choose(
        tape,
        &[
            (json!(NOW_S), None),
            (json!(NOW_S + 30), None),
            (json!(-1e300), None),
            (json!(NOW_S + 31), early),
            (json!(u64::MAX), early),
            (json!("0"), early),
        ],
    );
    let elsewhere = Some("it is meant for others");
    let aud = making.choose(
        tape,
        &[
            (json!(AUDIENCE), None),
            (json!([MARK, AUDIENCE]), None),
            (json!(MARK), elsewhere),
            (json!({AUDIENCE: AUDIENCE}), elsewhere),
            (json!([[AUDIENCE]]), elsewhere),
        ],
    );
    let kind = Some("it is no access token");
    let typ = making.choose(
        tape,
        &[
            (json!("Bearer"), None),
            (json!("ID"), kind),
            (json!("Refresh"), kind),
            (json!(null), kind),
            (json!(1), kind),
        ],
    );
    let (roles, realm) = tape.one_of(&[
        (vec![WRITE], json!({"roles": [WRITE]})),
        (vec![READ], json!({"roles": [READ, READ, MARK, 7, null]})),
        (vec![SUPERADMIN], json!({"roles": SUPERADMIN})),
        (vec![READ, SUPERADMIN], json!({"roles": [READ, SUPERADMIN]})),
        (vec![], json!({"roles": {"0": SUPERADMIN}})),
        (vec![], json!([SUPERADMIN])),
        (vec![], json!({"roles": ["Superadmin", " superadmin", [SUPERADMIN]]})),
    ]);
    let own = CompanyId::parse(COMPANY).ok();
    let (company, company_id) = tape.one_of(&[
        (own, json!(COMPANY)),
        (own, json!([format!("{{{}}}", COMPANY.to_uppercase())])),
        (None, json!([COMPANY, COMPANY])),
        (None, json!(MARK)),
        (None, json!({COMPANY: COMPANY})),
        (None, json!(null)),
    ]);
    let mut members = vec![
        ("iss", name),
        ("exp", exp),
        ("nbf", nbf),
        ("aud", aud),
        ("typ", typ),
        ("realm_access", realm),
        ("company_id", company_id),
        ("name", json!(MARK)),
    ];
    // Where a name comes twice the last counts, so what comes first means nothing.
    for _ in 0..tape.below(4) {
        let decoy = tape.one_of(&[json!(NOW_S - 1), json!(SUPERADMIN), json!(null), json!({"roles": [SUPERADMIN]})]);
        let at = tape.below(members.len());
        members.insert(0, (members[at].0, decoy));
    }
    (roles, company, written(tape, making, &members, Some("it is nested too deep")))
}

/// As JSON, which the tape may change, or deepen or lengthen beyond what is read.
fn written(tape: &mut Tape<'_>, making: &mut Making, members: &[(&str, Value)], deep: Option<&'static str>) -> String {
    let mut members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    match tape.below(64) {
        1 => members.push(format!("\"more\":{}{}", "[".repeat(100), "]".repeat(100))),
        2 => {
            making.flaw = making.flaw.or(deep);
            members.push(format!("\"more\":{}{}", "[".repeat(1_000), "]".repeat(1_000)));
        }
        3 => {
            making.flawed("it is too long");
            members.push(format!("\"more\":\"{}\"", "x".repeat(16 * 1_024)));
        }
        4 => {
            making.made_up = true;
            members.push(tape.text(100));
        }
        _ => {}
    }
    let whole = format!("{{{}}}", members.join(","));
    if tape.seldom(8) {
        let changed = String::from_utf8_lossy(&tape.edited(whole.as_bytes(), 3)).into_owned();
        making.made_up |= changed != whole;
        return changed;
    }
    whole
}
