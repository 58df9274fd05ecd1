//! The most memory that a sync holds, against the number of its users.

use super::count;
use crate::bench::figure::{Figure, Table};
use crate::bench::fixture::{Company, Fixture};
use crate::bench::{BenchError, Scale, process};
use crate::vaka::User;

/// What a sync may hold of nobody, and of each user, in bytes.
const OF_NOBODY: f64 = 25e6;
const OF_A_USER: f64 = 64.0;

/// Measures.
///
/// # Errors
/// [`BenchError`], unless it is the largest size that does not end.
pub async fn measure(fixture: &Fixture, scale: Scale) -> Result<Vec<Table>, BenchError> {
    let sizes: &[usize] = match scale {
        Scale::Full => &[1_000, 10_000, 100_000, 200_000, 1_000_000],
        Scale::Quick => &[1_000, 10_000],
    };
    let (mut figures, mut notes) = (Vec::new(), Vec::new());
    for users in sizes {
        eprintln!("bench: memory: {users} users");
        match of(fixture, *users).await {
            Ok(held) => figures.extend(held),
            Err(error @ BenchError::WentWrong { .. }) if *users > 200_000 => {
                notes.push(format!("{users} users could not be synced ({error})."));
            }
            Err(error) => return Err(error),
        }
    }
    notes.push(
        "Each is the peak of a process that has made this one sync. The servers are not in it. A re-sync reads the customers, \
         too, when it meets the first user who is new."
            .to_owned(),
    );
    let title = "Memory of a sync against the number of its users, at most 25 MB and 64 bytes a user".to_owned();
    Ok(vec![Table { row: "memory", title, figures, notes }])
}

async fn of(fixture: &Fixture, users: usize) -> Result<Vec<Figure>, BenchError> {
    fixture.clear().await?;
    let company = fixture.company(users, 1).await?;
    let held = of_syncs(fixture, &company).await;
    fixture.vaka.populate(company.device, 0, 1);
    let most = (OF_NOBODY + OF_A_USER * count(users as u64)) / 1e6;
    let users = crate::bench::figure::number(count(users as u64));
    let figure = |(sync, held)| Figure::told(format!("{users} users, {sync}"), held, "MB").at_most(most);
    Ok(held?.into_iter().map(figure).collect())
}

async fn of_syncs(fixture: &Fixture, company: &Company) -> Result<[(&'static str, f64); 3], BenchError> {
    let first = of_one(fixture, company).await?;
    let again = of_one(fixture, company).await?;
    // The last one: all addresses are held by then, and all customers from then on.
    let mut users = fixture.vaka.users(company.device);
    users.truncate(company.users - 1);
    users.push(User::named("Ek, Tuva"));
    fixture.vaka.set_users(company.device, users);
    let with_a_newcomer = of_one(fixture, company).await?;
    Ok([("first sync", first), ("re-sync", again), ("re-sync with a newcomer, the last", with_a_newcomer)])
}

/// The peak of a process that makes this one sync, in MB.
async fn of_one(fixture: &Fixture, company: &Company) -> Result<f64, BenchError> {
    let mut function = fixture.function()?;
    fixture.sync(&mut function, company).await?;
    Ok(count(process::peak_memory(function.id().unwrap_or_default())? / 1_000) / 1_000.0)
}
