use super::*;

const ID: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";

fn person(firstname: &str, lastname: &str, email: Option<&str>) -> Person {
    Person {
        firstname: firstname.to_owned(),
        lastname: lastname.to_owned(),
        vaka_name: String::new(),
        email: email.map(str::to_owned),
        group_name: None,
        apartment_id: None,
        reference_id: None,
    }
}

fn record(json: &str) -> Record {
    Record::read(json.as_bytes()).expect("a customer")
}

#[test]
fn every_member_goes_back_as_it_came_but_for_those_that_vaka_has() {
    let json = format!(
        r#"{{"Id":"{ID}","firstname":"Tuva","Lastname":"Ek","Phone":"070","Balance":12345678901234567890.10,
            "CustomFields":[{{"Id":7,"Value":null}}],"Email":"old@example.com"}}"#
    );
    let body = record(&json).merged(&person("Tuva", "Gran", None));
    let sent: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&body).expect("JSON");
    let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
    assert_eq!(
        sent,
        [
            ("Balance", "12345678901234567890.10"),
            ("CustomFields", r#"[{"Id":7,"Value":null}]"#),
            ("Email", r#""old@example.com""#),
            ("Id", &format!("\"{ID}\"")),
            ("Lastname", r#""Gran""#),
            ("Phone", r#""070""#),
            ("firstname", r#""Tuva""#),
        ]
    );
}

#[test]
fn what_vaka_does_not_have_is_no_difference() {
    let json = format!(r#"{{"Id":"{ID}","Firstname":"Tuva","Lastname":"Ek","Email":"tuva@example.com"}}"#);
    for (person, differs) in [
        (person("Tuva", "Ek", None), false),
        (person("Tuva", "Ek", Some("tuva@example.com")), false),
        (person("Tuva", "Ek", Some("other@example.com")), true),
        (person("Tuva", "Gran", None), true),
    ] {
        assert_eq!(record(&json).differs_from(&person), differs);
    }
    assert!(record(&format!(r#"{{"Id":"{ID}"}}"#)).differs_from(&person("", "Ek", None)));
}

#[test]
fn a_list_is_read_wrapped_or_bare_and_is_none_if_one_of_it_cannot_be_read() {
    for (json, count) in [
        (format!(r#"[{{"Id":"{ID}"}}]"#), Some(1)),
        (format!(r#"{{"Offset":0,"Total":9,"Results":[{{"Id":"{ID}"}}]}}"#), Some(1)),
        (format!(r#"{{"results":[{{"id":"{ID}"}}]}}"#), Some(1)),
        (r#"{"Results":[]}"#.to_owned(), Some(0)),
        ("[]".to_owned(), Some(0)),
        ("{}".to_owned(), None),
        (String::new(), None),
        (r#"[{"Id":"?"}]"#.to_owned(), None),
        (r#"[{"Id":"00000000-0000-0000-0000-000000000000"}]"#.to_owned(), None),
        (r#"["a"]"#.to_owned(), None),
        ("<html>".to_owned(), None),
    ] {
        assert_eq!(read_list(json.as_bytes()).map(|list| list.len()), count, "{json}");
    }
}

#[test]
fn a_refusal_is_told_by_its_status_and_by_the_member_that_it_names() {
    let names = |field: &str| {
        format!(r#"{{"ResponseStatus":{{"ErrorCode":"X","Message":"m","Errors":[{{"FieldName":"{field}"}}]}}}}"#)
    };
    for (status, body, refusal) in [
        (400, names("Phone"), Refusal::Phone),
        (400, names("phone"), Refusal::Phone),
        (422, names("Lastname"), Refusal::Member),
        (400, names(""), Refusal::Unsaid),
        (400, r#"{"ResponseStatus":{"ErrorCode":"X"}}"#.to_owned(), Refusal::Unsaid),
        (400, "Bad Request".to_owned(), Refusal::Unsaid),
        (403, "Forbidden".to_owned(), Refusal::Forbidden),
        (403, names("Phone"), Refusal::Forbidden),
        (404, r#"{"ResponseStatus":{"ErrorCode":"NotFound"}}"#.to_owned(), Refusal::NotThere),
        (409, String::new(), Refusal::Other),
    ] {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(Refusal::read(status, body.as_bytes()), Some(refusal), "{status} {body}");
    }
    for not_its_own in ["", "<html>404</html>", r#"{"message":"no Route matched"}"#, r#"{"ResponseStatus":"#] {
        assert_eq!(Refusal::read(StatusCode::NOT_FOUND, not_its_own.as_bytes()), None, "{not_its_own}");
    }
}

#[test]
fn an_error_inside_a_200_is_a_refusal_and_an_empty_status_is_none() {
    for (body, refusal) in [
        (r#"{"ResponseStatus":{"ErrorCode":"Busy"}}"#, Some(Refusal::Other)),
        (r#"{"ResponseStatus":{"ErrorCode":"X","Errors":[{"FieldName":"Phone"}]}}"#, Some(Refusal::Phone)),
        (r#"{"ResponseStatus":{}}"#, None),
        (r#"{"ResponseStatus":null,"Id":"1"}"#, None),
        ("[]", None),
        ("", None),
    ] {
        assert_eq!(refusal_in(body.as_bytes()), refusal, "{body}");
    }
}

#[test]
fn a_new_customer_has_an_empty_phone_and_no_address_that_vaka_does_not_have() {
    let id = CustomerId::parse(ID).expect("an id");
    let expected = format!(
        r#"{{"CustomerId":"{ID}","Firstname":"Tuva","Lastname":"Ek","Phone":"","SubscribedToNewsletter":false}}"#
    );
    assert_eq!(new(id, &person("Tuva", "Ek", None)), expected);
}
