//! The operations on a company's connection, described.

use super::{Described, Refusal, of, sample_of, written};
use crate::answer::wire::Document;
use crate::answer::wire::setting::{AxemaSettingResponse, AxemaSettingTestResponse};
use crate::caller::may::Right;
use crate::describe::requests::setting::{
    AxemaSettingQuery, CreateAxemaSetting, DeleteAxemaSetting, TestAxemaSetting, UpdateAxemaSetting,
};
use crate::describe::sample;
use crate::route::SETTINGS;

/// What is common to those that are answered with the connection.
const OF_SETTING: Described = Described {
    name: "",
    verb: "GET",
    root: SETTINGS,
    below: "",
    right: Right::Write,
    summary: "",
    notes: "",
    request: of::<AxemaSettingQuery>,
    sample_request: sample_of::<AxemaSettingQuery>,
    sample_body: written::<AxemaSettingQuery>,
    answer_name: "AxemaSettingResponse",
    answer: of::<AxemaSettingResponse>,
    sample_answer: || Document::Setting((&sample::setting()).into()),
    has_pages: false,
    refusals: &[],
};

pub(super) const QUERY: Described = Described {
    name: "AxemaSettingQuery",
    right: Right::Read,
    summary: "Gets the company's connection to Axema VAKA",
    notes: "The API key is never given back: HasApiKey tells whether one is stored.",
    refusals: &[Refusal::NoSetting],
    ..OF_SETTING
};

pub(super) const CREATE: Described = Described {
    name: "CreateAxemaSetting",
    verb: "POST",
    summary: "Connects the company to Axema VAKA",
    notes: "All members that are wrong or missing are named in one answer.",
    request: of::<CreateAxemaSetting>,
    sample_request: sample_of::<CreateAxemaSetting>,
    sample_body: written::<CreateAxemaSetting>,
    refusals: &[Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType, Refusal::Connected],
    ..OF_SETTING
};

pub(super) const UPDATE: Described = Described {
    name: "UpdateAxemaSetting",
    verb: "PUT",
    summary: "Changes what is given of the company's connection to Axema VAKA",
    notes: "What is left out stays as it is. Switching the connection off ends a sync that is under way, as \
            CancelAxemaUserSync does; another API key or other systems count for it from the next time that it reads \
            them.",
    request: of::<UpdateAxemaSetting>,
    sample_request: sample_of::<UpdateAxemaSetting>,
    sample_body: written::<UpdateAxemaSetting>,
    refusals: &[Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType, Refusal::NoSetting],
    ..OF_SETTING
};

pub(super) const DELETE: Described = Described {
    name: "DeleteAxemaSetting",
    verb: "DELETE",
    summary: "Removes the company's connection to Axema VAKA and its API key",
    notes: "A sync that is under way is ended, as CancelAxemaUserSync does. Customers stay, and so does the record of \
            which user is which customer, without names: a company that is connected again goes on where it was. The \
            answer is the connection as it was.",
    request: of::<DeleteAxemaSetting>,
    sample_request: sample_of::<DeleteAxemaSetting>,
    sample_body: written::<DeleteAxemaSetting>,
    refusals: &[Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType, Refusal::NoSetting],
    ..OF_SETTING
};

pub(super) const TEST: Described = Described {
    name: "TestAxemaSetting",
    verb: "POST",
    below: "/test",
    summary: "Tests the company's connection to Axema VAKA",
    notes: "VAKA is asked for what a sync will need: the sign-in, the API key, and the users of each system. Nothing is \
            changed, and a connection that is switched off is tested too. It takes a few seconds.",
    request: of::<TestAxemaSetting>,
    sample_request: sample_of::<TestAxemaSetting>,
    sample_body: written::<TestAxemaSetting>,
    answer_name: "AxemaSettingTestResponse",
    answer: of::<AxemaSettingTestResponse>,
    sample_answer: || Document::Tested((&sample::tested()).into()),
    refusals: &[Refusal::Malformed, Refusal::TooLarge, Refusal::MediaType, Refusal::NoSetting],
    ..OF_SETTING
};
