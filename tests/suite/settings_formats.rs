//! The connection in every format, both ways, and on its page.

use serde_json::json;

use crate::http_door::{Answered, Ask, Door, READ, SETTINGS, SYNCS, WRITE, company};
use crate::settings_write::{KEY, ONE, TWO, create, wanted};

const DTOS: &str = "http://schemas.datacontract.org/2004/07/BokaMera.API.ServiceModel.Dtos";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const DAILY: &str = "daily@03:30 Europe/Stockholm";
const NOON: &str = "2100-01-31T12:00:00.0000000Z";

#[tokio::test]
async fn a_body_is_read_in_every_media_type() {
    let door = Door::open().await;
    let xml = format!(
        "<CreateAxemaSetting xmlns='{DTOS}'><ApiKey>{KEY}</ApiKey>\
         <DeviceIds xmlns:d2p1='{ARRAYS}'><d2p1:guid>{ONE}</d2p1:guid><d2p1:guid>{TWO}</d2p1:guid></DeviceIds>\
         </CreateAxemaSetting>"
    );
    for (media_type, body) in [
        ("application/json", wanted().to_string()),
        ("application/xml", xml),
        ("text/jsv", format!("{{ApiKey:{KEY},DeviceIds:[{ONE},{TWO}],Active:true}}")),
        ("application/x-www-form-urlencoded", format!("ApiKey={KEY}&DeviceIds={ONE}&DeviceIds={TWO}&Active=1")),
    ] {
        let writer = door.token(&[WRITE], Some(company()));
        let ask = Ask::new("POST", SETTINGS).header("Content-Type", media_type).text(&body).bearer(&writer);
        let created = door.ask(&ask).await;
        assert_eq!(created.status, 200, "{media_type}: {}", created.text);
        assert_eq!(created.json()["DeviceIds"], json!([ONE, TWO]), "{media_type}");
    }
}

#[tokio::test]
async fn the_connection_is_written_in_every_format() {
    let door = Door::open().await;
    let own = company();
    let writer = door.token(&[WRITE], Some(own));
    let mut body = wanted();
    body["Schedule"] = json!(DAILY);
    door.ask(&create(&body).bearer(&writer)).await;
    let written = [
        (
            "xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
                 <AxemaSettingResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"{DTOS}\">\
                 <Active>true</Active><CompanyId>{own}</CompanyId><Created>{NOON}</Created>\
                 <DeviceIds xmlns:d2p1=\"{ARRAYS}\"><d2p1:guid>{ONE}</d2p1:guid><d2p1:guid>{TWO}</d2p1:guid></DeviceIds>\
                 <HasApiKey>true</HasApiKey><Schedule>{DAILY}</Schedule><Updated>{NOON}</Updated></AxemaSettingResponse>"
            ),
        ),
        (
            "csv",
            format!(
                "CompanyId,HasApiKey,DeviceIds,Active,Schedule,Created,Updated\r\n\
                 {own},true,\"[{ONE},{TWO}]\",true,{DAILY},{NOON},{NOON}\r\n"
            ),
        ),
        (
            "jsv",
            format!(
                "{{CompanyId:{own},HasApiKey:true,DeviceIds:[{ONE},{TWO}],Active:true,Schedule:{DAILY},Created:{NOON},Updated:{NOON}}}"
            ),
        ),
        (
            "jsonl",
            format!(
                "{{\"CompanyId\":\"{own}\",\"HasApiKey\":true,\"DeviceIds\":[\"{ONE}\",\"{TWO}\"],\"Active\":true,\
                 \"Schedule\":\"{DAILY}\",\"Created\":\"{NOON}\",\"Updated\":\"{NOON}\"}}\n"
            ),
        ),
    ];
    for (format, text) in written {
        let answered = door.ask(&Ask::get(SETTINGS).suffix(format).bearer(&writer)).await;
        assert_eq!((answered.status, answered.text), (200, text), "{format}");
    }
    let by_name = door.ask(&Ask::get("/json/reply/AxemaSettingQuery").bearer(&writer)).await;
    assert_eq!(by_name.json(), door.ask(&Ask::get(SETTINGS).bearer(&writer)).await.json());
}

async fn page(door: &Door, ask: Ask, language: &str, token: &str) -> Answered {
    door.ask(&ask.header("Accept", "text/html").header("Accept-Language", language).bearer(token)).await
}

#[tokio::test]
async fn a_browser_is_shown_the_connection_and_led_to_it_from_the_list() {
    let door = Door::open().await;
    let own = company();
    let (writer, reader) = (door.token(&[WRITE], Some(own)), door.token(&[READ], Some(own)));
    for (language, title) in [("en", "Not connected to Axema VAKA"), ("sv", "Inte ansluten till Axema VAKA")] {
        let absent = page(&door, Ask::get(SETTINGS), language, &reader).await;
        assert!(absent.status == 404 && absent.text.contains(title), "{}", absent.text);
    }
    door.ask(&create(&wanted()).bearer(&writer)).await;
    for (language, in_use, test) in [("en", "In use", "Test the connection"), ("sv", "Aktiv", "Testa anslutningen")] {
        let shown = page(&door, Ask::get(SETTINGS), language, &writer).await;
        assert_eq!((shown.status, shown.header("content-language")), (200, Some(language)));
        assert!(shown.text.contains(in_use) && shown.text.contains(ONE) && shown.text.contains(TWO), "{}", shown.text);
        assert!(shown.text.contains(test) && shown.text.contains("action=\"/codelock/axema/settings/test\""));
        let policy = shown.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let of_reader = page(&door, Ask::get(SETTINGS), language, &reader).await;
        assert!(of_reader.text.contains(in_use) && !of_reader.text.contains("<form"), "{}", of_reader.text);
        let list = page(&door, Ask::get(SYNCS), language, &reader).await;
        assert!(list.text.contains(&format!("href=\"{SETTINGS}\"")), "{}", list.text);
    }
}
