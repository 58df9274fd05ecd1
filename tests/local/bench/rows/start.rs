//! What a start and a warm request of the api function cost, as figures: [`start`] measures them.

use super::count;
use crate::bench::figure::{Figure, Table};
use crate::bench::start::{self, Measured, Start, StartError, Warm};

/// Measures.
///
/// # Errors
/// [`StartError`].
pub async fn measure() -> Result<Vec<Table>, StartError> {
    let measured = start::measure().await?;
    Ok(vec![starts(&measured), warm(&measured)])
}

fn starts(measured: &Measured) -> Table {
    let Measured { api, default_sdk, bare_runtime, .. } = measured;
    let mut figures = vec![
        Figure::told(
            "the SDK's default set-up: start to the first POST answered, processor time",
            default_sdk.answered_processor_ms / api.answered_processor_ms,
            "times ours",
        )
        .at_least(8.0),
        Figure::told(
            "the SDK's default set-up: start to the first POST answered, wall",
            default_sdk.answered_ms / api.answered_ms,
            "times ours",
        ),
        Figure::told(
            "ours: start to the first poll, processor time",
            api.ready_processor_ms / bare_runtime.ready_processor_ms,
            "times a bare runtime",
        )
        .at_most(1.5),
        Figure::told(
            "ours: start to the first poll, wall",
            api.ready_ms / bare_runtime.ready_ms,
            "times a bare runtime",
        ),
    ];
    for (name, start) in [("ours", api), ("the SDK's default set-up", default_sdk), ("a bare runtime", bare_runtime)] {
        figures.extend(parts(name, start));
    }
    let notes = vec![
        "The deployed binary behind the bench's Runtime API, DynamoDB and SQS behind TLS 1.3, an issuer whose keys are to \
         be fetched; medians of starts that take turns. Ours opens its connections and reads the keys before the first \
         poll; a bare runtime opens none. Lambda's own part, loading the package, is not in it. Under valgrind, which counts \
         the instructions, ours may give up waiting for a connection after its 300 ms and open another one: 1.3 million more."
            .to_owned(),
    ];
    Table { row: "start", title: "A start of the api function".to_owned(), figures, notes }
}

fn parts(name: &str, start: &Start) -> Vec<Figure> {
    let mut figures = vec![
        Figure::told(format!("{name}: processor time to the first answer"), start.answered_processor_ms, "ms"),
        Figure::told(format!("{name}: the binary, stripped"), count(start.binary_bytes / 1_000) / 1_000.0, "MB"),
    ];
    figures.extend(start.instructions.map(|of| {
        Figure::told(format!("{name}: instructions of a process that answers once"), millions(of), "million")
    }));
    figures
}

fn warm(measured: &Measured) -> Table {
    let mut figures = Vec::new();
    for (name, Warm { processor_ms, instructions }) in
        [("accepted", measured.accepted), ("refused with 409", measured.refused)]
    {
        figures.push(Figure::told(format!("{name}: processor time"), processor_ms, "ms").at_most(0.4));
        figures.extend(instructions.map(|of| Figure::told(format!("{name}: instructions"), millions(of), "million")));
    }
    let notes = vec!["The whole process, with its part of the Runtime API and TLS.".to_owned()];
    Table { row: "start", title: "A warm POST".to_owned(), figures, notes }
}

fn millions(instructions: u64) -> f64 {
    count(instructions / 1_000) / 1_000.0
}
