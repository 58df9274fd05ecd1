//! What libFuzzer says, line by line.

use std::fmt;

/// Where it stands: `#4096 pulse  cov: 1234 ft: 5678 corp: 90/12Kb lim: 400 exec/s: 512 rss: 99Mb`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    inputs: u64,
    branches: u64,
    memory_mb: u64,
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    /// The last that was said while it ran.
    pub pulse: Pulse,
    inputs: u64,
    most_memory_mb: u64,
    seconds: u64,
}

impl Pulse {
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        let inputs = words.first()?.strip_prefix('#')?.parse().ok()?;
        let after = |name: &str| words.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1]);
        Some(Self {
            inputs,
            branches: after("cov:")?.parse().ok()?,
            memory_mb: after("rss:")?.strip_suffix("Mb")?.parse().ok()?,
        })
    }
}

impl End {
    /// Takes what a line of the end says: `Done 1000 runs in 2 second(s)`, `stat::peak_rss_mb: 99`.
    pub fn read(&mut self, line: &str) {
        let last = || line.split_whitespace().last().and_then(|number| number.parse().ok());
        if let Some(seconds) = line.strip_prefix("Done ").and_then(|done| done.split(' ').nth(3)?.parse().ok()) {
            self.seconds = seconds;
        } else if line.starts_with("stat::number_of_executed_units:") {
            self.inputs = last().unwrap_or_default();
        } else if line.starts_with("stat::peak_rss_mb:") {
            self.most_memory_mb = last().unwrap_or_default();
        }
    }
}

impl fmt::Display for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} branches, {} MB, {} inputs", self.branches, self.memory_mb, self.inputs)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pulse, inputs, most_memory_mb, seconds } = self;
        write!(f, "{inputs} inputs in {seconds} s, {} branches, {most_memory_mb} MB at most", pulse.branches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_and_the_end_are_read_and_nothing_else_is() {
        let line =
            "#4096\tREDUCE cov: 1234 ft: 5678 corp: 90/12Kb lim: 400 exec/s: 512 rss: 99Mb L: 12/34 MS: 1 EraseBytes-";
        assert_eq!(Pulse::parse(line), Some(Pulse { inputs: 4096, branches: 1234, memory_mb: 99 }));
        for other in ["", "INFO: seed corpus: files: 500", "#", "#1\tread_corpus", "#x cov: 1 rss: 1Mb"] {
            assert_eq!(Pulse::parse(other), None, "{other}");
        }
        let mut end = End::default();
        for line in [
            "Done 1000001 runs in 320 second(s)",
            "stat::number_of_executed_units: 1000001",
            "stat::peak_rss_mb:              231",
        ] {
            end.read(line);
        }
        assert_eq!(end.to_string(), "1000001 inputs in 320 s, 0 branches, 231 MB at most");
    }
}
