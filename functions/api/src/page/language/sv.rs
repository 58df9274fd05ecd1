//! Swedish.

use shared::connection_test::Finding;
use shared::job::FailureCode;
use shared::outcome::SkipReason;
use shared::schedule::Parts;

use super::{Moment, ProblemText, Texts, TimeLeft, Wrong};

/// What pages say.
pub(super) static TEXTS: Texts = Texts {
    site: "BokaMera och Axema VAKA",
    list_title: "Användarsynkar",
    list_intro: "En synk läser alla användare i era VAKA-system och gör var och en till kund i BokaMera, så att de som \
                 kan öppna era dörrar kan boka. Den arbetar i bakgrunden, och bara en kan pågå åt gången.",
    list_caption: "Synkar, den senaste först",
    list_empty: "Det finns ingen synk än.",
    list_none: "Ingen synk har den statusen.",
    start: "Starta en synk",
    start_dry: "Prova utan att ändra något",
    start_dry_hint: "En provkörning läser och räknar allt som en synk gör, men ändrar ingen kund.",
    running_now: "Visa synken som pågår",
    newest_of: |shown, all| format!("De {shown} senaste av {all} synkar."),
    newest_only: |shown| format!("Bara de {shown} senaste visas."),
    job_title: "Synk",
    all_syncs: "Alla synkar",
    dry_run: "Provkörning",
    dry_run_hint: "Det här är en provkörning: ingen kund ändras.",
    pending: "Väntar på att börja",
    processing: "Pågår",
    completed: "Klar",
    failed: "Misslyckades",
    cancelled: "Avbruten",
    pending_hint: "Den börjar så snart det finns plats. Du kan lämna sidan: synken fortsätter ändå.",
    quarters: ["", "mer än en fjärdedel är klar", "mer än hälften är klart", "mer än tre fjärdedelar är klara"],
    progress: "Förlopp",
    progress_of: |done, expected| format!("{done} av ungefär {expected} användare"),
    progress_open: |done| format!("{done} användare hittills"),
    time_left: |left| match left {
        TimeLeft::Moments => "mindre än en minut kvar".to_owned(),
        TimeLeft::Minutes(minutes) => format!("ungefär {} kvar", counted(minutes, "minut", "minuter")),
        TimeLeft::Hours(hours) => format!("ungefär {} kvar", counted(hours, "timme", "timmar")),
    },
    completed_outcome: |found, grouped| match found {
        0 => "Det finns inga användare i VAKA att synka.".to_owned(),
        1 => "Den enda användaren i VAKA har gåtts igenom.".to_owned(),
        _ => format!("Alla {grouped} användare i VAKA har gåtts igenom."),
    },
    completed_dry_run: "Ingen kund ändrades. Det här är de antal som en synk skulle ha fått.",
    failed_dry_run: "Ingen kund ändrades: det här var en provkörning.",
    failure_title: "Varför den misslyckades",
    failure,
    failure_unknown: "Synken kunde inte slutföras. Starta den igen senare.",
    kept: "Det som hann göras är kvar.",
    counters: "Användare",
    started: "Startade",
    ended: "Avslutades",
    took: "Tidsåtgång",
    report: "Visa vad som hände med varje användare",
    cancel: "Avbryt synken",
    cancel_title: "Vill du avbryta synken?",
    cancel_hint: "Det som redan är gjort är kvar. Du kan starta en ny synk när du vill.",
    cancel_hint_dry_run: "Det här är en provkörning, så ingen kund har ändrats. Du kan starta en ny synk när du vill.",
    cancel_yes: "Avbryt synken",
    cancel_no: "Låt den fortsätta",
    cancel_trouble: "Synken kunde inte avbrytas just nu. Försök igen om en stund.",
    out_of_touch: "Tjänsten går inte att nå just nu, så det du ser kan vara inaktuellt. Försöker igen.",
    status: "Status",
    found: "Hittade",
    created: "Skapade",
    updated: "Uppdaterade",
    unchanged: "Oförändrade",
    skipped: "Överhoppade",
    report_title: "Vad som hände med varje användare",
    report_intro: "Användarna visas med sitt id i VAKA. De som inte behövde ändras räknas men visas inte.",
    report_empty: "Det finns ingen att visa.",
    report_kinds: "Vad som hände",
    report_all: "Alla",
    report_caption: |first, last, all| format!("Användare {first} till {last} av {all}"),
    user: "Användare i VAKA",
    outcome: "Resultat",
    customer: "Kund i BokaMera",
    made: "Skapad",
    changed: "Uppdaterad",
    as_it_was: "Oförändrad",
    left_out: "Överhoppad",
    reason,
    before: "Föregående användare",
    after: "Nästa användare",
    spreadsheet: "Ladda ner alla som kalkylark (CSV)",
    spreadsheets: |most| format!("Ladda ner alla som kalkylark (CSV), med högst {most} användare i varje"),
    setting_title: "Anslutning till Axema VAKA",
    setting_active: "Aktiv",
    setting_active_hint: "Det går att starta synkar.",
    setting_inactive: "Avstängd",
    setting_inactive_hint: "Ingen synk kan startas förrän anslutningen slås på igen.",
    key_stored: "Sparad. Den visas inte för någon.",
    key_missing: "Ingen är sparad",
    schedule: "Schema",
    scheduled,
    unscheduled: "Inget: synkar startas för hand",
    connected_at: "Ansluten",
    changed_at: "Senast ändrad",
    test: "Testa anslutningen",
    test_hint: "Ett test frågar VAKA efter det som en synk behöver. Det tar några sekunder och ändrar ingenting.",
    tested_title: "Test av anslutningen",
    tested,
    tested_caption: "Det här testades",
    tested_what: "Vad",
    check_sign_in: "Tjänstens inloggning",
    check_api_key: "API-nyckel",
    check_device: "VAKA-system",
    finding,
    problem,
    to_list: "Till listan över synkar",
    to_running: "Visa synken som pågår",
    to_ended: "Visa synken",
    try_again: "Försök igen",
    company: "Företagets id",
    company_hint: "32 siffror och bokstäver i fem grupper, till exempel 0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f.",
    group_separator: '\u{a0}',
    date,
    duration,
};

const WEEKDAYS: [&str; 7] = ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"];

fn scheduled(Parts { weekday, hour, minute, zone }: Parts<'_>) -> String {
    let day = weekday.map_or("dag", |weekday| WEEKDAYS[weekday]);
    format!("Varje {day} kl. {hour:02}:{minute:02} ({zone})")
}

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];

fn date(at: &Moment) -> String {
    let month = MONTHS.get(usize::from(at.month).saturating_sub(1)).copied().unwrap_or_default();
    format!("{} {month} {} kl. {:02}:{:02} UTC", at.day, at.year, at.hour, at.minute)
}

fn duration(hours: u64, minutes: u64, seconds: u64) -> String {
    let hours_text = counted(hours, "timme", "timmar");
    let minutes_text = counted(minutes, "minut", "minuter");
    let seconds_text = counted(seconds, "sekund", "sekunder");
    match (hours, minutes, seconds) {
        (0, 0, _) => seconds_text,
        (0, _, 0) => minutes_text,
        (0, _, _) => format!("{minutes_text} {seconds_text}"),
        (_, 0, _) => hours_text,
        (_, _, _) => format!("{hours_text} {minutes_text}"),
    }
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

const fn failure(code: FailureCode) -> &'static str {
    match code {
        FailureCode::NotHandedOff => {
            "Synken kunde inte lämnas över till bakgrundsarbetet. Starta den igen om en minut."
        }
        FailureCode::WorkersLost => {
            "Synken blev avbruten flera gånger i rad, eller väntade för länge på att få börja, och gavs upp. Starta den igen."
        }
        FailureCode::TooOld => "Synken blev inte klar inom 24 timmar. Starta den igen.",
        FailureCode::Cancelled => "En administratör avbröt synken.",
        FailureCode::NotConnected => {
            "Anslutningen till VAKA togs bort eller stängdes av innan synken hann börja. Anslut VAKA igen eller slå på anslutningen, och starta sedan synken."
        }
        FailureCode::NoDevices => {
            "Anslutningen till VAKA anger inget system. Lägg till systemets id och starta synken igen."
        }
        FailureCode::ApiKeyMissing => {
            "Det finns ingen API-nyckel sparad för anslutningen till VAKA. Spara den och starta synken igen."
        }
        FailureCode::ApiKeyUnusable => {
            "API-nyckeln som är sparad för anslutningen till VAKA går inte att använda. Spara den på nytt och starta synken igen."
        }
        FailureCode::SecretsUnavailable => "Den sparade API-nyckeln gick inte att läsa. Starta synken igen senare.",
        FailureCode::SignInFailed => {
            "Tjänsten kunde inte logga in hos VAKA Online. Det beror inte på era inställningar: den som driver tjänsten behöver kontrollera integratörskontot."
        }
        FailureCode::SourceRefused => {
            "VAKA Online nekade inloggningen. Kontrollera i VAKA att integrationen fortfarande är godkänd och att dess API-nyckel är den som är sparad här. Om båda stämmer, kontakta den som driver tjänsten."
        }
        FailureCode::SourceForbidden => {
            "VAKA Online låter inte tjänsten läsa det här systemet. Kontrollera i VAKA att integrationen är godkänd, att dess API-nyckel är den som är sparad här och att den har behörighet till systemet."
        }
        FailureCode::DeviceUnknown => {
            "VAKA Online känner inte till systemet. Kontrollera systemets id, och i VAKA att integrationen har behörighet till systemet."
        }
        FailureCode::SourceUnavailable => {
            "VAKA Online svarade inte i tid eller var inte tillgängligt. Starta synken igen senare."
        }
        FailureCode::SourceAnswerUnusable => {
            "VAKA Online gav ett svar som inte är en lista över användare eller grupper. Därför ändrades inget på grund av det. Starta synken igen senare, och om det händer igen, kontakta den som driver tjänsten."
        }
        FailureCode::SourceEndless => {
            "VAKA Onlines lista över användare eller grupper gick inte att läsa till slutet. Starta synken igen senare, och om det händer igen, kontakta den som driver tjänsten."
        }
        FailureCode::NobodyFound => {
            "VAKA Online listade inga användare alls i ett av era system, fast tidigare synkar har hittat några där. Det ser ut som en förlorad behörighet, så inga slutsatser drogs av det. Kontrollera i VAKA att integrationen fortfarande får läsa användarna i alla system. Ett system som alla har lämnat kan tas bort från anslutningen."
        }
        FailureCode::TargetSignInFailed => {
            "Tjänsten kunde inte logga in i BokaMera. Det beror inte på era inställningar: den som driver tjänsten måste kontrollera dess konto där."
        }
        FailureCode::TargetForbidden => {
            "BokaMera låter inte tjänsten läsa ert företags kunder. Kontakta den som driver tjänsten."
        }
        FailureCode::TargetUnavailable => {
            "BokaMera svarade inte i tid eller gick inte att nå. Starta synken igen senare."
        }
        FailureCode::TargetAnswerUnusable => {
            "BokaMera gav ett svar som inte går att använda. Starta synken igen senare, och kontakta den som driver tjänsten om det händer igen."
        }
        FailureCode::TargetRefuses => {
            "BokaMera avvisade mer än hälften av kunderna som skulle sparas, så något är fel där och inte med användarna. Kontakta den som driver tjänsten."
        }
        FailureCode::NoProgress => {
            "Synken kördes flera gånger i rad utan att komma vidare. Starta den igen senare, och om det händer igen, kontakta den som driver tjänsten."
        }
        FailureCode::TooManySlices => {
            "Synken fortsattes många gånger utan att bli klar. Kontakta den som driver tjänsten."
        }
    }
}

fn tested(works: bool, users: Option<u64>) -> String {
    match (works, users) {
        (true, None) => {
            "Anslutningen fungerar. VAKA har fler användare än vad som hinner räknas på några sekunder; en synk har mer tid på sig."
                .to_owned()
        }
        (true, Some(0)) => "Anslutningen fungerar, men VAKA har inga användare.".to_owned(),
        (true, Some(users)) => format!("Anslutningen fungerar: en synk hittar {}.", counted(users, "användare", "användare")),
        (false, _) => "Anslutningen fungerar inte än. Varje rad nedan säger vad som behöver göras.".to_owned(),
    }
}

const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Works => "Det fungerar.",
        Finding::NotTested => "Det testades inte, eftersom något annat inte fungerade.",
        Finding::SignInFailed => {
            "Tjänsten kunde inte logga in hos VAKA Online. Det beror inte på era inställningar: den som driver tjänsten behöver kontrollera integratörskontot."
        }
        Finding::ApiKeyMissing => "Ingen API-nyckel är sparad. Spara den som VAKA Online gav integrationen.",
        Finding::ApiKeyUnusable => {
            "Det som är sparat är ingen API-nyckel. Spara den som VAKA Online gav integrationen."
        }
        Finding::ApiKeyUnreadable => "Den sparade API-nyckeln gick inte att läsa just nu. Testa igen senare.",
        Finding::Refused => {
            "VAKA Online avvisade inloggningen. Kontrollera i VAKA att integrationen fortfarande är godkänd och att dess API-nyckel är den som är sparad här."
        }
        Finding::Forbidden => {
            "VAKA Online släpper inte in den här API-nyckeln. Kontrollera i VAKA att integrationen har behörighet till systemet och att dess API-nyckel är den som är sparad här."
        }
        Finding::DeviceUnknown => "VAKA Online känner inte till systemet. Kontrollera systemets id.",
        Finding::NoAnswer => "VAKA Online svarade inte i tid. Testa igen senare.",
        Finding::AnswerUnusable => {
            "VAKA Online gav ett svar som inte är en lista över användare eller grupper. Kontakta den som driver tjänsten om det händer igen."
        }
    }
}

const fn problem(wrong: Wrong) -> ProblemText {
    let (title, text) = match wrong {
        Wrong::SignIn => (
            "Logga in igen",
            "Du är inte inloggad, eller så har din inloggning gått ut. Logga in och öppna sidan igen.",
        ),
        Wrong::NoRole => (
            "Du får inte göra det här",
            "Ditt konto har inte den roll som behövs. En administratör på ditt företag kan ge dig den.",
        ),
        Wrong::NoCompany => (
            "Vilket företag?",
            "Ditt konto hör inte till ett bestämt företag, så det finns inga synkar att visa. Be din administratör att koppla ditt konto till företaget.",
        ),
        Wrong::NoCompanyNamed => (
            "Vilket företag?",
            "Ditt konto hör inte till ett bestämt företag men får se alla företags synkar. Ange id för det företag vars synkar du vill se.",
        ),
        Wrong::CrossSite => (
            "Inget gjordes",
            "Begäran kom från en annan webbplats, så den utfördes inte. Öppna listan över synkar och gör det därifrån.",
        ),
        Wrong::Unreadable => (
            "Begäran gick inte att läsa",
            "Adressen eller det som skickades med den stämmer inte. Gå till listan över synkar och välj därifrån.",
        ),
        Wrong::TooLarge => ("För mycket skickades", "Begäran är större än tjänsten tar emot. Inget gjordes."),
        Wrong::SyncRunning => (
            "En synk pågår redan",
            "Bara en synk kan pågå åt gången. Vänta tills den är slut, eller avbryt den, och starta sedan en ny.",
        ),
        Wrong::JobEnded => ("Synken är redan slut", "Därför går den inte att avbryta längre."),
        Wrong::NotConnected => (
            "Ingen aktiv anslutning till Axema VAKA",
            "Ert företag har ingen aktiv anslutning till Axema VAKA, så det finns inget att synka från. Anslut VAKA eller slå på anslutningen, och starta sedan synken igen.",
        ),
        Wrong::Connected => (
            "Redan ansluten till Axema VAKA",
            "Företaget har redan en anslutning till Axema VAKA. Ändra den, eller ta bort den först.",
        ),
        Wrong::NoSetting => (
            "Inte ansluten till Axema VAKA",
            "Företaget har ingen anslutning till Axema VAKA än. Anslut med den API-nyckel som VAKA Online gav integrationen och era systems id:n.",
        ),
        Wrong::NoSuchJob => (
            "Synken finns inte",
            "Den kan ha tagits bort, eftersom synkar sparas i 90 dagar, eller så hör den till ett annat företag.",
        ),
        Wrong::NoSuchPage => ("Sidan finns inte", "Kontrollera adressen, eller gå till listan över synkar."),
        Wrong::WrongMethod => ("Det går inte här", "Sidan finns, men den går inte att använda på det sättet."),
        Wrong::Unavailable => (
            "Tjänsten går inte att nå",
            "Det brukar gå över inom en minut. Inget är förlorat: en synk som pågår fortsätter. Försök igen snart.",
        ),
    };
    ProblemText { title, text }
}

const fn reason(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::MissingName => "VAKA har inget namn på användaren",
        SkipReason::MissingPhone => "ett telefonnummer behövs, och VAKA har inget",
        SkipReason::OwnAccount => "kunden har ett eget konto, som en synk inte får ändra",
        SkipReason::AmbiguousEmail => "flera kunder har samma e-postadress",
        SkipReason::CustomerDeleted => "kunden är borttagen i BokaMera",
        SkipReason::Rejected => "BokaMera kan inte ta emot det som VAKA har om användaren",
    }
}
