//! The list of syncs.

use shared::table::jobs::MOST_LISTED;

use super::*;

#[test]
fn while_a_sync_runs_the_list_links_to_it_and_offers_no_other() {
    let idle = page(&listed(vec![completed()], None), &view(Language::English));
    assert!(idle.contains(r#"<form method="post" action="/codelock/axema/usersync">"#), "{idle}");
    assert!(idle.contains(r#"name="DryRun" value="true""#), "{idle}");
    assert!(!idle.contains("data-refresh"), "{idle}");
    let busy = page(&listed(vec![running(), completed()], None), &view(Language::English));
    assert!(!busy.contains("<form") && busy.contains("data-refresh"), "{busy}");
    assert!(busy.contains(&format!("href=\"/codelock/axema/usersync/{}\"", running().id)), "{busy}");
}

#[test]
fn a_total_is_told_only_where_the_list_has_every_sync() {
    for (jobs, status, told) in [
        (50, None, ""),
        (51, None, "The 50 newest of 51 syncs."),
        (999, None, "The 50 newest of 999 syncs."),
        (MOST_LISTED, None, "Only the 50 newest are shown."),
        (51, Some(Status::Completed), "Only the 50 newest are shown."),
    ] {
        let page = page(&listed(vec![completed(); jobs], status), &view(Language::English));
        assert_eq!(between(&page, "</table></div><p class=\"quiet\">", "</p>").concat(), told, "{jobs}");
    }
}
