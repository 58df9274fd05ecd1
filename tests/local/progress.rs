//! One line on the terminal while something takes longer than a person's patience.
//!
//! It is written to standard error, and only to a terminal: logs and pipes get a plain line.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Often enough to look alive, seldom enough to cost nothing.
const TICK: Duration = Duration::from_millis(120);

/// A line that shows for how long something has been going on; removed when it is dropped.
#[derive(Debug)]
pub struct Waiting {
    line: ProgressBar,
}

impl Waiting {
    /// Shows the line, with the seconds that pass.
    #[must_use]
    pub fn on(what: &str) -> Self {
        let line = ProgressBar::new_spinner();
        if line.is_hidden() {
            eprintln!("{what} ...");
        }
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            line.set_style(style);
        }
        line.set_message(what.to_owned());
        line.enable_steady_tick(TICK);
        Self { line }
    }

    /// Says what is going on now.
    pub fn now(&self, what: &str) {
        self.line.set_message(what.to_owned());
    }

    /// Removes the line.
    pub fn done(self) {
        self.line.finish_and_clear();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}
