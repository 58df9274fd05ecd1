//! What a worker says in its log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::instrument::WithSubscriber as _;

/// The lines that this leaves in the log, as JSON.
pub async fn logged(what: impl Future<Output = ()>) -> Vec<Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    what.with_subscriber(log).await;
    let lines = lines.0.lock().expect("lines");
    lines.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

#[derive(Default, Clone)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lines").write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
