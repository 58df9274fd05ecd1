//! The programs that have figures to tell.

/// How long a program takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Minutes.
    Short,
    /// Longer than anybody waits for.
    Nightly,
}

/// A cargo command that prints figures on its standard output.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// What `cargo local figures <name>` asks for.
    pub name: &'static str,
    /// What cargo is given.
    pub arguments: &'static [&'static str],
    /// How long that takes, for whoever waits.
    pub takes: &'static str,
    /// When it is run.
    pub profile: Profile,
}

impl Program {
    /// The command as it would be typed.
    #[must_use]
    pub fn command(&self) -> String {
        format!("cargo {}", self.arguments.join(" "))
    }
}

/// All of them, in the order of the page.
pub const PROGRAMS: [Program; 6] = [
    Program {
        name: "crash-points",
        arguments: &["test", "--test", "suite", "--", "crash_points", "--nocapture"],
        takes: "some three minutes",
        profile: Profile::Short,
    },
    Program {
        name: "model",
        arguments: &["run", "--package", "model"],
        takes: "some five minutes",
        profile: Profile::Short,
    },
    Program {
        name: "simulation",
        arguments: &["run", "--profile", "simulation", "--package", "simulation", "--", "--runs", "2000"],
        takes: "some ten minutes with the build",
        profile: Profile::Short,
    },
    Program {
        name: "simulation-long",
        arguments: &["run", "--profile", "simulation", "--package", "simulation", "--", "--runs", "100000"],
        takes: "some hours",
        profile: Profile::Nightly,
    },
    Program { name: "hostile-input", arguments: &["local", "fuzz"], takes: "up to an hour", profile: Profile::Nightly },
    Program { name: "mutants", arguments: &["local", "mutants"], takes: "some hours", profile: Profile::Nightly },
];
