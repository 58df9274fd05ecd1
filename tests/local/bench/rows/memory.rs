//! The most memory that a sync holds, against the number of its users.

use super::count;
use crate::bench::figure::{Figure, Table};
use crate::bench::fixture::Fixture;
use crate::bench::{BenchError, Scale, process};

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
    notes.push("Each is the peak of a process that has made this one sync. The servers are not in it.".to_owned());
    let title = "Memory of a sync against the number of its users, at most 25 MB and 64 bytes a user".to_owned();
    Ok(vec![Table { row: "memory", title, figures, notes }])
}

async fn of(fixture: &Fixture, users: usize) -> Result<[Figure; 2], BenchError> {
    fixture.clear().await?;
    let company = fixture.company(users, 1).await?;
    let most = (OF_NOBODY + OF_A_USER * count(users as u64)) / 1e6;
    let mut peaks = [0.0; 2];
    let mut synced = Ok(());
    for peak in &mut peaks {
        let mut function = fixture.function()?;
        synced = fixture.sync(&mut function, &company).await.map(drop);
        if synced.is_err() {
            break;
        }
        *peak = count(process::peak_memory(function.id().unwrap_or_default())? / 1_000) / 1_000.0;
    }
    fixture.vaka.populate(company.device, 0, 1);
    synced?;
    let named = |sync: &str| format!("{} users, {sync}", crate::bench::figure::number(count(users as u64)));
    let [first, again] = peaks;
    Ok([
        Figure::told(named("first sync"), first, "MB").at_most(most),
        Figure::told(named("re-sync"), again, "MB").at_most(most),
    ])
}
