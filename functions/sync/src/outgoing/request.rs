//! One request, from its sending to the last piece of its answer, within patience and budget.

use shared::http::{Answer, Error, Request, StatusCode};

use super::budget::{Budget, RanOut};
use super::patience::Patience;
use super::trouble::Trouble;

/// Sends a request and waits for the head of its answer.
///
/// # Errors
/// [`RanOut`] when the budget ended first: whether the request took effect is not known then.
pub async fn send(request: Request, patience: &Patience, budget: &Budget) -> Result<Result<Answer, Trouble>, RanOut> {
    let answered = tokio::time::timeout(patience.answer, request.send());
    Ok(match budget.spend(answered).await? {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(trouble_of(error)),
        Err(_) => Err(Trouble::Silence),
    })
}

/// Waits for the next piece of a body; `None` at its end.
///
/// # Errors
/// [`RanOut`] when the budget ended first.
pub async fn next_piece(
    answer: &mut Answer,
    patience: &Patience,
    budget: &Budget,
) -> Result<Result<Option<bytes::Bytes>, Trouble>, RanOut> {
    let piece = tokio::time::timeout(patience.silence, answer.piece());
    Ok(match budget.spend(piece).await? {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) => Err(trouble_of(error)),
        Err(_) => Err(Trouble::Silence),
    })
}

/// Reads a whole body of at most this many bytes; `None` when it is longer.
///
/// # Errors
/// [`RanOut`] when the budget ended first.
pub async fn read_small(
    answer: &mut Answer,
    longest: usize,
    patience: &Patience,
    budget: &Budget,
) -> Result<Result<Option<Vec<u8>>, Trouble>, RanOut> {
    let mut body = Vec::new();
    loop {
        match next_piece(answer, patience, budget).await? {
            Ok(Some(piece)) if body.len() + piece.len() > longest => return Ok(Ok(None)),
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(Ok(Some(body))),
            Err(trouble) => return Ok(Err(trouble)),
        }
    }
}

/// Whether a status speaks of a trouble that passes by itself.
#[must_use]
pub fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT || status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn trouble_of(error: Error) -> Trouble {
    match error {
        Error::NotConnected(_) | Error::Unwritable(_) => Trouble::NoConnection(error),
        Error::Lost(_) | Error::CutOff(_) => Trouble::ConnectionLost(error),
    }
}
