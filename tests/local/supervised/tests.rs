use super::*;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use crate::folders;
use crate::setup::Python;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(20);

/// The variable by which the test below tells the process that it starts, and later kills, where
/// to put its program.
const FOLDER: &str = "SUPERVISED_TEST_FOLDER";

/// Starts a process in its group and one in a session of its own, writes their ids, and stays.
const PROGRAM: &str = "
import os, subprocess, time
grandchild = subprocess.Popen(['sleep', '600'])
deserter = subprocess.Popen(['sleep', '600'], start_new_session=True)
with open('ids.new', 'w') as ids:
    ids.write(f'{os.getpid()} {grandchild.pid} {deserter.pid}')
os.rename('ids.new', 'ids')
time.sleep(600)
";

fn start_in(scratch: &Path) -> Result<Supervised, Box<dyn std::error::Error>> {
    let python = Python::find()?;
    let name = python.path().display().to_string();
    let command = [name.as_str(), "-c", PROGRAM];
    Ok(Supervised::start(&Program { python: python.path(), command: &command, environment: &[], scratch })?)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() > deadline {
            return Err(format!("waited in vain until {what}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn ids_in(scratch: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let file: PathBuf = scratch.join("ids");
    wait_until("the program has started", || file.exists())?;
    Ok(fs::read_to_string(file)?.split(' ').map(str::to_owned).collect())
}

fn runs(id: &str) -> bool {
    let asked = Command::new("sh").args(["-c", "kill -0 \"$0\"", id]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

#[test]
fn a_program_and_all_it_started_are_gone_when_its_value_is_dropped() -> Outcome {
    let scratch = folders::scratch("supervised-test")?;
    let program = start_in(&scratch)?;
    let ids = ids_in(&scratch)?;
    assert_eq!(ids.iter().filter(|id| runs(id)).count(), 3);
    drop(program);
    assert_eq!(ids.iter().filter(|id| runs(id)).count(), 0);
    assert!(!scratch.exists());
    Ok(())
}

#[test]
fn a_program_and_all_it_started_are_gone_when_its_owner_is_killed() -> Outcome {
    let scratch = folders::scratch("supervised-test")?;
    let mut owner = Command::new(env::current_exe()?)
        .args(["--exact", "supervised::tests::owner_that_is_killed", "--ignored"])
        .env(FOLDER, &scratch)
        .stdout(Stdio::null())
        .spawn()?;
    let ids = ids_in(&scratch)?;
    assert_eq!(ids.iter().filter(|id| runs(id)).count(), 3);
    owner.kill()?;
    owner.wait()?;
    wait_until("the scratch folder is removed", || !scratch.exists())?;
    assert_eq!(ids.iter().filter(|id| runs(id)).count(), 0);
    Ok(())
}

#[test]
#[ignore = "it is no test but the process that the test above starts and kills"]
fn owner_that_is_killed() -> Outcome {
    let Some(folder) = env::var_os(FOLDER) else { return Ok(()) };
    let _program = start_in(Path::new(&folder))?;
    thread::sleep(PATIENCE * 2);
    Ok(())
}

#[test]
fn the_log_of_a_program_that_ended_by_itself_can_still_be_read() -> Outcome {
    let scratch = folders::scratch("supervised-test")?;
    let python = Python::find()?;
    let command = ["sh", "-c", "echo why it failed; exit 3"];
    let mut program =
        Supervised::start(&Program { python: python.path(), command: &command, environment: &[], scratch: &scratch })?;
    let mut status = None;
    wait_until("the program has ended", || {
        status = program.ended().unwrap_or_default();
        status.is_some()
    })?;
    assert_eq!(status.and_then(|status| status.code()), Some(3));
    assert_eq!(program.log(), "why it failed\n");
    Ok(())
}
