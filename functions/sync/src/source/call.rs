//! One HTTP request to VAKA, from the credentials to the head of a 200.
//!
//! Every status has its place in [`get_list`]: what passes by itself is tried again, 401 gets one
//! new token and a look at the api key, 403 the look alone, everything else is an error. Only a 200
//! reaches the caller, and its body has not been read yet: that a body may still break is
//! [`super::paging`]'s business.

use shared::http::header::{AUTHORIZATION, RETRY_AFTER};
use shared::http::{self, Method, StatusCode, Url};

use crate::outgoing::API_KEY_HEADER;
use crate::outgoing::budget::Budget;
use crate::outgoing::patience::{Tries, asked_pause};
use crate::outgoing::request::{is_passing, send};
use crate::outgoing::trouble::Trouble;

use super::error::{Server, SourceError};
use super::key::ReadAgain;
use super::{CompanyKey, Door};

/// What came of asking for a page.
pub(super) enum Answer {
    /// 200; the body is still to be read.
    Page(http::Answer),
    /// 400 or 410 on a continuation token: the place in the list is lost.
    PositionRefused,
}

/// Which page is asked for.
pub(super) struct PageRequest<'a> {
    pub(super) url: Url,
    pub(super) api_key: &'a CompanyKey,
    /// Whether the URL holds a continuation token.
    pub(super) continued: bool,
}

/// Asks for a page until there is a 200, a reason not to ask again, or no try left.
pub(super) async fn get_list(
    door: &Door,
    page: &PageRequest<'_>,
    budget: &Budget,
    tries: &mut Tries<'_, Server>,
) -> Result<Answer, SourceError> {
    let (mut credentials_renewed, mut key_renewed) = (false, false);
    loop {
        let token = door.tokens.token(door, budget).await?;
        let api_key = page.api_key.current();
        let request = door
            .http
            .request(Method::GET, page.url.clone())
            .header(AUTHORIZATION, token.credentials.clone())
            .header(API_KEY_HEADER, api_key.header());
        let answer = match send(request, &door.patience, budget).await? {
            Ok(answer) => answer,
            Err(trouble) => {
                tries.pause_after(trouble, None).await?;
                continue;
            }
        };
        let status = answer.status();
        if is_passing(status) {
            let asked = asked_pause(answer.headers().get(RETRY_AFTER), &door.clock, &door.patience);
            tries.pause_after(Trouble::Status { status: status.as_u16() }, asked).await?;
            continue;
        }
        match status {
            StatusCode::OK => return Ok(Answer::Page(answer)),
            StatusCode::UNAUTHORIZED if credentials_renewed => return Err(SourceError::Refused { by: Server::Vaka }),
            // It does not say which of the two it is about.
            StatusCode::UNAUTHORIZED => {
                door.tokens.refused(&token, budget).await?;
                page.api_key.read_again(&api_key, budget).await?;
                credentials_renewed = true;
            }
            StatusCode::BAD_REQUEST | StatusCode::GONE if page.continued => return Ok(Answer::PositionRefused),
            StatusCode::FORBIDDEN if key_renewed => return Err(SourceError::Forbidden),
            StatusCode::FORBIDDEN => match page.api_key.read_again(&api_key, budget).await? {
                ReadAgain::Another => key_renewed = true,
                ReadAgain::Same => return Err(SourceError::Forbidden),
            },
            StatusCode::NOT_FOUND => return Err(SourceError::NoSuchDevice),
            other => return Err(SourceError::UnexpectedStatus { by: Server::Vaka, status: other.as_u16() }),
        }
    }
}
