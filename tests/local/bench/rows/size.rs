//! What a deployment of each function is: the bootstrap for arm64 that `sam build` makes, as the one file of a zip.

use std::fs;
use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::count;
use crate::bench::BenchError;
use crate::bench::figure::{Figure, Table};
use crate::check;

const MOST_MB: f64 = 1.8;

/// The level at which this writer's result is nearest to that of zlib, by which `sam deploy` packs.
const BEST: i64 = 9;

/// Builds and measures.
///
/// # Errors
/// [`BenchError`].
pub async fn measure() -> Result<Vec<Table>, BenchError> {
    let mut figures = Vec::new();
    for (function, bootstrap) in check::bootstraps().await? {
        let binary = fs::read(bootstrap)?;
        let package = deflated(&binary).map_err(io::Error::other)?;
        figures.push(Figure::told(format!("{function}: zipped"), megabytes(package), "MB").at_most(MOST_MB));
        figures.push(Figure::told(format!("{function}: as it is"), megabytes(binary.len()), "MB"));
    }
    let notes = vec!["Deflated; stripped, and without tables for unwinding.".to_owned()];
    Ok(vec![Table { row: "size", title: "Deployment packages for arm64".to_owned(), figures, notes }])
}

fn deflated(binary: &[u8]) -> zip::result::ZipResult<usize> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let options = options.compression_level(Some(BEST));
    archive.start_file("bootstrap", options)?;
    archive.write_all(binary)?;
    Ok(archive.finish()?.into_inner().len())
}

fn megabytes(bytes: usize) -> f64 {
    count(bytes as u64) / 1e6
}
