//! What every page has around its content, and the headers that hold it in.
//!
//! The one style and the one script stand inline and are allowed by the hash of the very text
//! that is sent; nothing else may be loaded, run, framed or sent elsewhere. A page therefore has
//! no `style` attribute, no event attribute and no address of another host, and a test looks for
//! them in each.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

use super::View;
use super::language::Language;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Without a script, a page that moves is loaded anew after this.
const RELOAD_S: u32 = 5;

static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        source(STYLE),
        source(SCRIPT)
    )
});

/// Of a page that only stands there.
static POLICY_OF_STILLS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src {}; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        source(STYLE)
    )
});

/// A page's content.
pub(super) struct Content {
    /// For the tab and the history.
    pub title: String,
    /// After how many milliseconds the content is old; `None` where it stays as it is.
    pub refresh_ms: Option<u32>,
    /// What is in `main`.
    pub main: Markup,
    /// What stands behind it and is not replaced when `main` is.
    pub beside: Markup,
}

/// The headers of every page beside those that every answer has.
pub(super) fn headers(view: &View) -> [(&'static str, String); 6] {
    [
        ("content-security-policy", POLICY.clone()),
        // By `no-referrer` a form would say `Origin: null`, and where a browser says no more it would be refused.
        ("referrer-policy", "same-origin".to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
        ("cross-origin-resource-policy", "same-origin".to_owned()),
        ("content-language", view.language.tag().to_owned()),
        ("vary", "Accept, Accept-Language".to_owned()),
    ]
}

/// The whole document.
pub(super) fn document(view: &View, content: &Content) -> String {
    let texts = view.language.texts();
    html! {
        (DOCTYPE)
        html lang=(view.language.tag()) {
            head {
                (head(&content.title, texts.site))
                @if content.refresh_ms.is_some() {
                    noscript { meta http-equiv="refresh" content=(RELOAD_S); }
                }
            }
            body {
                header { (texts.site) }
                main #live tabindex="-1" data-refresh=[content.refresh_ms] { (content.main) }
                footer {
                    p #trouble role="status" data-out-of-touch=(texts.out_of_touch) data-cancel-trouble=(texts.cancel_trouble) {}
                    (content.beside)
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// A page in English that is the same for everybody and has no script, with its headers.
pub(crate) fn still(title: &str, main: &Markup) -> (Vec<(&'static str, String)>, String) {
    let site = Language::English.texts().site;
    let document = html! {
        (DOCTYPE)
        html lang=(Language::English.tag()) {
            head { (head(title, site)) }
            body {
                header { (site) }
                main { (main) }
            }
        }
    };
    let policy = POLICY_OF_STILLS.clone();
    let headers = vec![("content-security-policy", policy), ("referrer-policy", "no-referrer".to_owned())];
    (headers, document.into_string())
}

fn head(title: &str, site: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="robots" content="noindex";
        title { (title) " – " (site) }
        link rel="icon" href="data:,";
        style { (PreEscaped(STYLE)) }
    }
}

/// The source expression that allows this inline text and no other.
fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inside `style` and `script` nothing is escaped, so nothing may look like their end.
    #[test]
    fn the_inline_texts_cannot_end_their_element() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'), "{text}");
        }
    }
}
