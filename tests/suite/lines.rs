//! What is logged while a test runs a function in its own process.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::Subscriber;

/// The lines that were written, as the deployed functions write them.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// What writes them.
    pub fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        let written = self.clone();
        tracing_subscriber::fmt().json().with_writer(move || written.clone()).finish()
    }

    /// The fields of each line, oldest first.
    pub fn fields(&self) -> Vec<Value> {
        let written = self.0.lock().expect("lines");
        let lines = String::from_utf8_lossy(&written);
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["fields"].take()).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::Error::other("poisoned"))?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
