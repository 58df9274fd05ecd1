//! What a company is shown when all is at rest: each of its syncs once, the newest first, and of each that
//! completed a report that fits its counters.

use serde_json::{Value, json};

use crate::hosts::Deployment;
use crate::play::SYNCS;

/// A report lists those of whom something was decided; who is as before is counted alone.
const LISTED: [(&str, &str); 3] =
    [("Created", "UsersCreated"), ("Updated", "UsersUpdated"), ("Skipped", "UsersSkipped")];

/// So few items make several pages of a company's jobs, and of most reports.
const ITEMS_OF_A_PAGE: usize = 2;

impl Deployment {
    /// Reads what there is to read, page by page.
    pub(crate) async fn read_all(&self, company: usize) {
        self.shared.lock().character.pages = Some(ITEMS_OF_A_PAGE);
        let id = self.company(company);
        let mut there: Vec<_> = {
            let (id, world) = (id.to_string(), self.shared.lock());
            world.tables.of_company(&id, "JOB#").map(|(item, _)| item.replacen("JOB#", "", 1)).collect()
        };
        there.reverse();
        let listed = self.read(company, SYNCS).await;
        let listed = listed["Results"].as_array().cloned().unwrap_or_default();
        if !listed.iter().map(|job| job["Id"].as_str().unwrap_or_default()).eq(there.iter().map(String::as_str)) {
            self.shared.broken(format!("a company is shown {} of its {} syncs", listed.len(), there.len()));
        }
        for job in listed.iter().filter(|job| job["StatusName"] == "Completed") {
            let report = self.read(company, &format!("{SYNCS}/{}/users", job["Id"].as_str().unwrap_or_default())).await;
            let rows = report["Results"].as_array().map(Vec::as_slice).unwrap_or_default();
            for (outcome, counter) in LISTED {
                let of_it = rows.iter().filter(|row| row["Outcome"] == outcome).count();
                if json!(of_it) != report[counter] {
                    self.shared
                        .broken(format!("{counter} is {}, and the report lists {of_it}: {job}", report[counter]));
                }
            }
        }
        self.shared.lock().character.pages = None;
    }

    async fn read(&self, company: usize, path: &str) -> Value {
        match self.ask(self.company(company), "GET", path, json!({})).await {
            Some(told) if told.status == 200 => told.body,
            other => {
                self.shared.broken(format!("what is at rest is told of as {other:?}"));
                Value::Null
            }
        }
    }
}
