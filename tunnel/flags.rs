//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::failure::EXIT_CODES;

/// Licence traffic through a firewall that lets only ssh (port 22) pass.
///
/// `lictunnel up ada@lic1.corp.example` is all: it finds the licence server's ports, listens on the same ones under an
/// address of its own on this machine, points the server's names there, and stays up.
#[derive(Debug, Parser)]
#[command(name = "lictunnel", version, after_help = EXIT_CODES)]
pub struct Flags {
    /// What is kept about servers; without it lictunnel.toml in the usual place.
    #[arg(long, global = true, value_name = "LICTUNNEL.TOML")]
    pub config: Option<PathBuf>,
    /// Log what is done, step by step; twice for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// This is the process in the background that `up -d` started.
    #[arg(long, hide = true)]
    pub detached: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring up tunnels and keep them up until Ctrl-C, or `lictunnel down`.
    ///
    /// A server that fails for good does not take the others with it. Once all have ended, or with -d all are ready or have
    /// failed, the exit code is that of the first server, in the order of the command line, that failed.
    Up {
        #[command(flatten)]
        server: Server,
        /// More servers, each with a tunnel of its own; equal ports are no trouble.
        #[arg(value_name = "SERVER")]
        more: Vec<String>,
        /// Go to the background once all tunnels are ready or have failed.
        #[arg(short, long)]
        detach: bool,
        /// Log to this file instead of the terminal; with -d the state directory has one, named after the first server.
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
    },
    /// Take tunnels down.
    Down {
        /// The server; not needed where only one tunnel is up.
        server: Option<String>,
        /// Take all tunnels down.
        #[arg(long, conflicts_with = "server")]
        all: bool,
    },
    /// Show how the tunnels are.
    Status {
        /// Only this server's.
        server: Option<String>,
        /// As JSON, an array with an object for each tunnel.
        #[arg(long)]
        json: bool,
    },
    /// Open the ssh session of a tunnel anew, now.
    Kick {
        /// The server; all of them without it.
        server: Option<String>,
    },
    /// Run an application with tunnels and a hosts file of its own; needs no rights (Linux).
    ///
    /// The application starts when all servers are ready or have failed, and at least one is ready.
    Run {
        #[command(flatten)]
        server: Server,
        /// More servers, each with a tunnel of its own; equal ports are no trouble.
        #[arg(value_name = "SERVER")]
        more: Vec<String>,
        /// The application and its arguments.
        #[arg(last = true, required = true, value_name = "APP")]
        application: Vec<OsString>,
    },
    /// Show what does the same without lictunnel.
    Print {
        /// In which form.
        form: Form,
        #[command(flatten)]
        server: Server,
    },
    /// Write what is known about a server into lictunnel.toml; at a terminal it asks.
    Init {
        #[command(flatten)]
        server: Server,
    },
    /// Print what colleagues need to reach these servers too: nothing of it is your own, accounts and keys least of all.
    Export {
        /// The servers; without any, all of lictunnel.toml. What a tunnel that is up has found is printed as well.
        servers: Vec<String>,
    },
    /// Take over what a colleague exported. Servers that are in lictunnel.toml already stay as they are.
    Import {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Have the system keep a tunnel up: systemd, launchd, or the task scheduler of Windows.
    Service {
        /// What about it.
        #[command(subcommand)]
        what: Service,
    },
    /// The lines in the hosts file.
    Hosts {
        /// What about them.
        #[command(subcommand)]
        what: Hosts,
    },
    /// Try each link of the chain to a licence server and say which is broken. Leaves nothing behind.
    Doctor {
        #[command(flatten)]
        server: Server,
        /// As JSON, an array with an object for each check.
        #[arg(long)]
        json: bool,
    },
}

/// What can be done about the hosts file.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Hosts {
    /// Show the lines that lictunnel put there.
    Show,
    /// Remove those whose tunnel is no more; asks for administrator rights where they are needed.
    Repair,
}

/// What can be done about a service.
#[derive(Debug, Clone, Subcommand)]
pub enum Service {
    /// Try the login, write what the system needs, start the tunnel now and at each login. It goes by lictunnel.toml alone.
    Install(Kept),
    /// End the tunnel and remove what `install` wrote.
    Remove(Kept),
    /// Show what `install` would write and run, and do nothing.
    Show(Kept),
    /// The service itself, where an end that is final has to look like a good one (launchd).
    #[command(hide = true)]
    Run {
        /// The server.
        server: String,
    },
}

/// A tunnel that the system keeps up.
#[derive(Debug, Clone, Args)]
pub struct Kept {
    /// A profile of lictunnel.toml, or a host as one types it after ssh.
    pub server: String,
    /// As a service of the whole system: from the start of the machine on, as root and with root's ssh keys. Not on Windows.
    #[arg(long)]
    pub system: bool,
}

/// Something that does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The command for OpenSSH.
    Ssh,
    /// The settings for PuTTY.
    Putty,
    /// The lines for the hosts file.
    Hosts,
}

/// A server, and what goes before the profile.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// A profile of lictunnel.toml, or what one types after ssh: `[user@]host[:port]`.
    ///
    /// Or `port@host`, as a licence variable has it. `up` and `run` also take a whole list, such as
    /// `27000@lic1:27000@lic2` (with semicolons on Windows) or the three servers `27000@a,27000@b,27000@c`.
    pub server: String,
    /// The licence server's ports, the master daemon's first; without them they are found.
    #[arg(long, value_name = "PORT,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    pub ports: Vec<u16>,
    /// The master daemon's port, where only that is known.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub master: Option<u16>,
    /// A licence file of this server; may be repeated.
    #[arg(short = 'c', long = "licence", value_name = "FILE")]
    pub licences: Vec<PathBuf>,
    /// Another name under which applications look for the server; may be repeated.
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<String>,
    /// The licence server's host in the eyes of the ssh server.
    #[arg(long, value_name = "HOST")]
    pub forward_to: Option<String>,
    /// Jump hosts, as ssh -J.
    #[arg(short = 'J', long, value_name = "HOST,…")]
    pub jump: Option<String>,
    /// A private key file to try first, as ssh -i; may be repeated.
    #[arg(short = 'i', long = "identity", value_name = "FILE")]
    pub identities: Vec<PathBuf>,
    /// Forward every port above 1023 that listens on the server: the last resort.
    #[arg(long)]
    pub all_ports: bool,
    /// Seconds that a new connection is held while the session is away.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=600))]
    pub hold: Option<u64>,
    /// Let applications go directly while the server answers without a tunnel, as it does on site.
    #[arg(long)]
    pub direct_on_site: bool,
    /// Leave the hosts file alone.
    #[arg(long)]
    pub no_hosts: bool,
}
