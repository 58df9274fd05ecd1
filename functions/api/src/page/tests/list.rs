//! The list of syncs.

use super::*;

#[test]
fn while_a_sync_runs_the_list_links_to_it_and_offers_no_other() {
    let idle = page(&Ok(Answer::Jobs(vec![completed()])), &view(Language::English));
    assert!(idle.contains(r#"<form method="post" action="/codelock/axema/usersync">"#), "{idle}");
    assert!(idle.contains(r#"name="DryRun" value="true""#), "{idle}");
    assert!(!idle.contains("data-refresh"), "{idle}");
    let busy = page(&Ok(Answer::Jobs(vec![running(), completed()])), &view(Language::English));
    assert!(!busy.contains("<form") && busy.contains("data-refresh"), "{busy}");
    assert!(busy.contains(&format!("href=\"/codelock/axema/usersync/{}\"", running().id)), "{busy}");
}
