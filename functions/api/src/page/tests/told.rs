//! What is told of the customers that a sync has changed, or has not.

use super::*;

#[test]
fn a_dry_run_says_that_nothing_is_changed_from_its_beginning_to_its_end() {
    let codes = FailureCode::ALL.map(Some).into_iter().chain([None]);
    let failed = codes.map(|code| (failed(code, None), "ingen kund ändrades"));
    let others =
        [(pending(), "ingen kund ändras"), (running(), "ingen kund ändras"), (completed(), "ingen kund ändrades")];
    for (job, says) in others.into_iter().chain(failed) {
        let job = Job { mode: Mode::DryRun, ..job };
        let of_report = Report { job: job.clone(), ..report(3, 3, 0) };
        let name = format!("{job:?}");
        let of_report = page(&Ok(Answer::Users(Box::new(of_report))), &view(Language::Swedish));
        let of_job = job_page(job, Language::Swedish);
        assert!(of_job.contains("<span class=\"tag\">Provkörning</span>"), "{name}: {of_job}");
        for page in [of_job, of_report] {
            assert!(page.to_lowercase().contains(says), "{name}: {page}");
            assert!(!page.contains("är kvar"), "{name}: {page}");
            let whole = page.contains(Language::Swedish.texts().completed_dry_run);
            assert_eq!(whole, name.contains("status: Completed"), "{name}: {page}");
        }
    }
    assert!(!job_page(completed(), Language::Swedish).contains("class=\"tag\""));
}

#[test]
fn a_sync_that_failed_or_may_be_cancelled_says_that_what_it_did_is_kept() {
    for (language, kept) in [(Language::English, "is kept."), (Language::Swedish, "är kvar.")] {
        for job in
            FailureCode::ALL.map(|code| failed(Some(code), None)).into_iter().chain([failed(None, None), running()])
        {
            let page = job_page(job, language);
            assert_eq!(page.matches(kept).count(), 1, "{page}");
        }
        let nothing_done = Job { counters: None, ..failed(Some(FailureCode::Cancelled), None) };
        assert!(!job_page(nothing_done, language).contains(kept));
    }
}
