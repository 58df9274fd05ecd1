//! What is logged while a test runs a function in its own process.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Subscriber};

/// Where there is one subscriber alone, tracing asks the thread that comes to a line first whether anybody wants it, and
/// believes that for good: a test beside this one says that nobody does.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// The lines that were written, as the deployed functions write them.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// What writes them.
    pub fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        LazyLock::force(&ANOTHER);
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
