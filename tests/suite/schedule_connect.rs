//! `cargo local connect` gives a company its schedule.

use clap::Parser;
use local::connect::{self, Connection, Secret};
use local::timetable::{Change, Timetable, change};
use shared::schedule::NotASchedule;

use crate::works::Works;

#[derive(Debug, Parser)]
struct Connect {
    #[command(flatten)]
    timetable: Timetable,
}

fn asked(arguments: &str) -> Result<Change, NotASchedule> {
    let all = std::iter::once("connect").chain(arguments.split_ascii_whitespace());
    Connect::try_parse_from(all).expect("arguments that go together").timetable.change()
}

fn set(schedule: &str) -> Result<Change, NotASchedule> {
    Ok(Change::Set(schedule.parse().expect("a schedule")))
}

#[test]
fn the_options_say_which_schedule_is_meant() {
    assert_eq!(asked("--daily 03:30"), set("daily@03:30 Europe/Stockholm"));
    assert_eq!(asked("--weekly mon@03:30 --time-zone Europe/Helsinki"), set("mon@03:30 Europe/Helsinki"));
    assert_eq!(asked("--unscheduled"), Ok(Change::Remove));
    assert_eq!(asked(""), Ok(Change::Keep));
    assert_eq!(asked("--daily 25:00"), Err(NotASchedule::Time));
    assert_eq!(asked("--weekly daily@03:30"), Err(NotASchedule::Days));
    assert_eq!(asked("--daily 03:30 --time-zone Sweden"), Err(NotASchedule::Zone));
    for both in ["--daily 03:30 --weekly mon@03:30", "--daily 03:30 --unscheduled"] {
        let all = std::iter::once("connect").chain(both.split_ascii_whitespace());
        assert!(Connect::try_parse_from(all).is_err(), "{both}");
    }
}

#[tokio::test]
async fn to_connect_again_keeps_the_schedule_unless_told_otherwise() {
    let works = Works::open().await;
    let (aws, dynamodb) = (works.fresh.endpoint.sdk(), works.fresh.endpoint.dynamodb());
    let company = *works.company.as_uuid();
    let connection = Connection { company, devices: vec![works.device], active: true };
    for (arguments, schedule) in [
        ("--daily 03:30", Some("daily@03:30 Europe/Stockholm")),
        ("", Some("daily@03:30 Europe/Stockholm")),
        ("--weekly sun@23:00 --time-zone UTC", Some("sun@23:00 UTC")),
        ("--unscheduled", None),
        ("", None),
    ] {
        let (state, secrets) = (&works.fresh.state_table, &works.fresh.secrets_table);
        connect::connect(&dynamodb, state, secrets, &connection, &Secret::known("a key")).await.expect("a connection");
        let asked = asked(arguments).expect("a schedule");
        change(&aws, state, company, &asked, works.clock.now()).await.expect("a change");
        let found = works.table.schedule(works.company).await.expect("an answer");
        assert_eq!(found.map(|schedule| schedule.to_string()).as_deref(), schedule, "{arguments}");
    }
}
