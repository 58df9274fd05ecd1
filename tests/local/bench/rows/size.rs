//! What a deployment of each function is: the bootstrap for arm64 that `sam build` makes, and the zip of it.

use super::count;
use crate::bench::BenchError;
use crate::bench::figure::{Figure, Table};
use crate::check;

/// Builds and measures.
///
/// # Errors
/// [`BenchError`].
pub async fn measure() -> Result<Vec<Table>, BenchError> {
    let mut figures = Vec::new();
    for package in check::packages().await? {
        let check::Package { function, bootstrap_bytes, zip_bytes } = package;
        figures.push(
            Figure::told(format!("{function}: zipped"), megabytes(zip_bytes), "MB")
                .at_most(megabytes(check::MOST_ZIPPED)),
        );
        figures.push(Figure::told(format!("{function}: as it is"), megabytes(bootstrap_bytes), "MB"));
    }
    let notes = vec!["Zipped as `sam deploy` does it; stripped, and without tables for unwinding.".to_owned()];
    Ok(vec![Table { row: "size", title: "Deployment packages for arm64".to_owned(), figures, notes }])
}

fn megabytes(bytes: u64) -> f64 {
    count(bytes) / 1e6
}
