//! A program under test: its output is read as it comes, and it dies with the test.

use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use std::io::{BufRead, BufReader, Read};

/// How long anything in a test may take before the test fails. Long, because test machines are slow; nothing waits
/// for it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program whose standard error is read line by line.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Starts `command`. Nothing ever comes on its standard input, which ends with the test at the latest: so `cat` is a
    /// command that runs until then, and is not left behind even when its parent was killed.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = mpsc::channel();
        follow(child.stdout.take().expect("stdout is piped"), sender.clone());
        follow(child.stderr.take().expect("stderr is piped"), sender);
        let input = child.stdin.take();
        Self { child, input, lines, seen: Vec::new() }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line (of either output) that contains `text`, from the present place on, and returns it.
    pub fn line_with(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.seen.push(line.clone());
                    if found {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no line with {text:?} in time; so far:\n{}", self.seen.join("\n"))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!(
                        "ended ({:?}) without a line with {text:?}; it said:\n{}",
                        self.child.wait(),
                        self.seen.join("\n")
                    )
                }
            }
        }
    }

    /// Everything said so far that has been read.
    pub fn said(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Kills it (−9) and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process is ours");
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        signal_pid(self.pid(), signal);
    }

    /// Waits for its end, and for all it has said.
    pub fn wait(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push(line);
        }
        assert!(Instant::now() < deadline, "still running; it said:\n{}", self.seen.join("\n"));
        (self.child.wait().expect("the process is ours"), self.seen.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends a signal to a process by its id.
pub fn signal_pid(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    rustix::process::kill_process(pid, signal).expect("the process is ours");
}

/// Whether a process of this id still does anything; one that only waits to be buried does not.
pub fn runs(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains("Z (zombie)"))
}

/// How many files a process has open.
pub fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is ours").count()
}

/// Runs `command` to its end and returns exit code (128+n for a signal), standard output and standard error.
pub fn run(command: &mut Command) -> (i32, String, String) {
    use std::os::unix::process::ExitStatusExt;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let outputs = [
        collect(child.stdout.take().expect("stdout is piped")),
        collect(child.stderr.take().expect("stderr is piped")),
    ];
    let deadline = Instant::now() + PATIENCE;
    let [stdout, stderr] = outputs.map(|output| {
        let left = deadline.saturating_duration_since(Instant::now());
        output.recv_timeout(left).unwrap_or_else(|_| {
            drop(child.kill());
            drop(child.wait());
            panic!("{command:?} does not end")
        })
    });
    let status = child.wait().expect("the process is ours");
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("an end");
    (code, stdout, stderr)
}

/// The same command line behind another one that changes where or as whom it runs: `setpriv`, `ip netns exec`.
pub fn under(wrapper: &[&str], command: &Command) -> Command {
    let Some((program, arguments)) = wrapper.split_first() else { panic!("no wrapper") };
    let mut wrapped = Command::new(program);
    wrapped.args(arguments).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}

/// Everything that comes out, when it has ended.
fn collect(mut output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, text) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).expect("a pipe can be read");
        // Nobody listens any more after a test has lost its patience.
        drop(sender.send(String::from_utf8(bytes).expect("programs print UTF-8")));
    });
    text
}

fn follow(output: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { return };
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}
