//! A part of a page that a command writes, between two marks that stay.

/// The part's end, whichever part it is.
const END: &str = "<!-- to here -->";

/// The page with this text after the mark; `None` when it has no such place.
#[must_use]
pub fn written(page: &str, begin: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- from here -->";

    #[test]
    fn the_text_is_put_between_its_marks_and_nowhere_else() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n<!-- and here -->\nother\n{END}\n");
        let once = written(&page, BEGIN, "| new |\n").unwrap_or_default();
        assert_eq!(once, page.replace("\nold\n", "\n\n| new |\n\n"));
        assert_eq!(written(&once, BEGIN, "| new |\n").as_deref(), Some(once.as_str()));
        assert_eq!(written("no marks", BEGIN, ""), None);
    }
}
