//! The token check: a token is taken if and only if the issuer signed just that text with the
//! algorithm of its header, and it is in force, and then its roles and its company are what it says.
//!
//! What is forged is known choice by choice (`forged`), so both directions are held: no forgery is
//! taken, and no sound token refused.

mod forged;

use api::caller::claims::ClaimPath;
use api::caller::keys::{self, Issuer as TrustedIssuer};
use api::caller::may::{MayNot, Right};
use api::caller::token::LONGEST_TOKEN_BYTES;
use api::caller::{Caller, CallerError, Callers};
use shared::clock::{Clock, Timestamp};
use shared::ids::CompanyId;
use tokio::runtime::{Builder, Runtime};

use self::forged::{Forged, Verdict};
use crate::issuer::{Issuer, Signer};
use crate::tape::Tape;

/// The time at which every token is judged.
const NOW_S: i64 = 1_800_000_000;

/// The audience that tokens are for.
const AUDIENCE: &str = "axema-sync";

/// What stands before a token here is no longer.
const LONGEST_SCHEME: usize = 16;

/// Stands in every claim that no error may show.
const MARK: &str = "marked-person";

struct Door {
    runtime: Runtime,
    issuer: Issuer,
    callers: Callers,
}

impl Door {
    fn open() -> Self {
        let issuer = Issuer::start();
        let trusted = TrustedIssuer::new(&issuer.name, keys::client()).expect("an issuer");
        let path = |text| ClaimPath::parse(text).expect("a path");
        let callers = Callers::new(
            vec![trusted],
            vec![AUDIENCE.to_owned()],
            vec![path("realm_access.roles"), path("resource_access.*.roles")],
            path("company_id"),
            Clock::set_to(Timestamp::from_ms(NOW_S * 1_000)),
        );
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let door = Self { runtime, issuer, callers };
        // The keys are read now, so that no later answer is for want of them.
        let first = Forged::sound(&door.issuer);
        assert!(door.ask(Some(&first.authorization)).is_ok(), "a sound token is taken");
        door
    }

    fn ask(&self, authorization: Option<&str>) -> Result<Caller, CallerError> {
        self.runtime.block_on(self.callers.recognize(authorization))
    }
}

thread_local! {
    static DOOR: Door = Door::open();
}

/// # Panics
/// When something does not hold.
pub fn holds(tape: &[u8]) {
    DOOR.with(|door| {
        let mut tape = Tape::new(tape);
        if tape.seldom(16) {
            let text = String::from_utf8_lossy(tape.rest());
            assert!(door.ask(Some(&text)).is_err(), "nobody signed {text}");
            return;
        }
        let forged = Forged::from_tape(&mut tape, &door.issuer);
        let text = &forged.authorization;
        let answered = door.ask(Some(text));
        if let Err(error) = &answered {
            let shown = format!("{error:?} {error}");
            assert!(!shown.contains(MARK), "an error shows what the token says: {shown}");
            assert!(!matches!(error, CallerError::KeysUnavailable(_)), "the keys are known");
            let cut_off = matches!(error, CallerError::TooLong | CallerError::Missing);
            assert!(text.len() <= LONGEST_TOKEN_BYTES + LONGEST_SCHEME || cut_off, "{error}");
        }
        match (&forged.verdict, &answered) {
            (Verdict::Sound { roles, company }, Ok(caller)) => may_what_it_says(caller, roles, *company),
            (Verdict::Sound { .. }, Err(error)) => panic!("a sound token was refused, {error}: {text}"),
            (Verdict::Forged(flaw), Ok(_)) => panic!("a token was taken, although {flaw}: {text}"),
            (Verdict::Forged(_), Err(_)) | (Verdict::Unknown, _) => {}
        }
        // What cannot be judged by its parts is at least signed.
        if answered.is_ok() {
            assert!(matches!(forged.signer, Signer::Ec | Signer::Rsa), "{text}");
            assert_eq!(text.trim().rsplit(' ').next(), Some(forged.signed.as_str()), "not the text that was signed");
        }
    });
}

/// The rights as `tests/suite` has them from the contract, from the names alone.
fn may_what_it_says(caller: &Caller, roles: &[&str], company: Option<CompanyId>) {
    let other = CompanyId::from_uuid(uuid::Uuid::max());
    let superadmin = roles.contains(&"superadmin");
    let writes = superadmin || roles.contains(&"bookingsupplier-administrator-write");
    let reads = writes || roles.contains(&"bookingsupplier-administrator-read");
    for (right, has) in [(Right::Write, writes), (Right::Read, reads)] {
        for named in [None, Some(other)] {
            let expected = match named.filter(|_| superadmin).or(company) {
                _ if !has => Err(MayNot::NoRole),
                None if superadmin => Err(MayNot::NoCompanyNamed),
                None => Err(MayNot::NoCompany),
                Some(company) => Ok(company),
            };
            assert_eq!(caller.may(right, named), expected, "{roles:?} {company:?} {right:?} {named:?}");
        }
    }
}
