//! The command line.
use clap::{Args, Parser, Subcommand, ValueEnum};
use quipu_radius_load::clock::SECOND_NS;
use quipu_radius_load::disorder::Order;
use quipu_radius_load::engine::{Resend, Settings, Until};
use quipu_radius_load::lane::Reuse;
use quipu_radius_load::life::{Part, Shape};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Sends RADIUS accounting to a server on this machine, and says how it was answered.
#[derive(Debug, Parser)]
#[command(name = "quipu-radius-load", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Keeps so many requests on their way
    Closed {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        life: LifeArgs,
        /// Requests on their way
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=262_144))]
        outstanding: u32,
    },
    /// Sends so many a second, whatever is answered
    Open {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        life: LifeArgs,
        /// Requests a second
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        rate: u64,
    },
    /// Sends so many as fast as may be, signed before
    Burst {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        life: LifeArgs,
        /// Requests; there must be a socket for every 256
        #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=262_144))]
        count: u32,
    },
    /// Sends events in disorder, each until it is answered, and tells how they have to be recorded
    Disorder {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        order: OrderArgs,
        /// Requests on their way
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4_096))]
        outstanding: u32,
        /// Where to write every session and all sums
        #[arg(long)]
        truth: Option<PathBuf>,
        /// The table to compare with in the end: a name in /dev/shm, or a path
        #[arg(long)]
        check: Option<PathBuf>,
    },
    /// Compares a table with what `disorder --truth` wrote
    Check {
        /// The table: a name in /dev/shm, or a path
        table: PathBuf,
        /// What has to be recorded
        #[arg(long)]
        truth: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Measures how long the disk takes to keep 512 octets
    Sync {
        /// A folder on the disk
        #[arg(long)]
        folder: PathBuf,
        /// How often
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        count: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What every load has.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The server: an address of the loopback interface
    #[arg(long, default_value = "127.0.0.1:1813")]
    pub(crate) to: SocketAddr,
    /// What both know
    #[arg(long, default_value = "testing123")]
    pub(crate) secret: String,
    /// Sockets, each with 256 identifiers
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) sockets: u16,
    /// Milliseconds until a request is sent again
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) timeout_ms: u64,
    /// How often a request is sent before it is lost
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) attempts: u32,
    /// What is sent then: the same bytes, or a new packet that says how long it was delayed
    #[arg(long, value_enum, default_value_t = ResendArg::Same)]
    pub(crate) resend: ResendArg,
    /// Which identifier a request gets: the one that rested longest, or the one that was answered last
    #[arg(long, value_enum, default_value_t = ReuseArg::Oldest)]
    pub(crate) reuse: ReuseArg,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is sent.
#[derive(Debug, Clone, Args)]
pub(crate) struct LifeArgs {
    /// Sessions at a time
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1 << 24))]
    pub(crate) sessions: u64,
    /// NASes that they are spread over
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1 << 16))]
    pub(crate) nases: u64,
    /// Which part of their lives
    #[arg(long, value_enum, default_value_t = PartArg::Whole)]
    pub(crate) part: PartArg,
    /// One of so many requests is a Status-Server; 0: none
    #[arg(long, default_value_t = 0)]
    pub(crate) status_every: u64,
    /// Names the sessions; runs of one name against one server repeat each other's
    #[arg(long, default_value_t = 1)]
    pub(crate) run: u32,
    /// When the first NAS starts, in milliseconds; times before and after are told apart
    #[arg(long)]
    pub(crate) restart_ms: Option<u64>,
    /// At most so many requests
    #[arg(long, default_value_t = 100_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) requests: u64,
    /// At most so many seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=7_200))]
    pub(crate) seconds: u64,
}

/// Which events.
#[derive(Debug, Clone, Args)]
pub(crate) struct OrderArgs {
    /// Repeats the same events
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// At least so many
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) events: u64,
    /// The server's name for the client that the loader is
    #[arg(long, default_value = "edge")]
    pub(crate) client: String,
    /// Tells the NASes of this run from those of others
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..1_024))]
    pub(crate) run: u32,
    /// One of so many answers is lost; 0: none
    #[arg(long, default_value_t = 100)]
    pub(crate) lose_answers: u64,
}

impl OrderArgs {
    pub(crate) fn order(&self) -> Order {
        Order {
            seed: self.seed,
            events: self.events,
            client: self.client.clone(),
            run: self.run,
            lose_answers: self.lose_answers,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ResendArg {
    Same,
    New,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReuseArg {
    Oldest,
    Newest,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PartArg {
    /// From the first Start
    Whole,
    /// The first Start of every session, and no more
    Opening,
    /// Of sessions that are open, each at another step
    Midlife,
    /// Interim-Updates of sessions that are open, for ever
    Interims,
}

impl Common {
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            to: self.to,
            secret: self.secret.clone().into_bytes(),
            sockets: usize::from(self.sockets),
            timeout_ns: self.timeout_ms * 1_000_000,
            attempts_max: self.attempts,
            resend: match self.resend {
                ResendArg::Same => Resend::Same,
                ResendArg::New => Resend::New,
            },
            reuse: match self.reuse {
                ReuseArg::Oldest => Reuse::Oldest,
                ReuseArg::Newest => Reuse::Newest,
            },
        }
    }
}

impl LifeArgs {
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            sessions: self.sessions,
            nases: self.nases,
            part: match self.part {
                PartArg::Whole => Part::Whole,
                PartArg::Opening => Part::Opening,
                PartArg::Midlife => Part::Midlife,
                PartArg::Interims => Part::Interims,
            },
            status_every: self.status_every,
            restart_ns: self.restart_ms.map(|ms| ms * 1_000_000),
            run: self.run,
        }
    }

    pub(crate) fn until(&self) -> Until {
        Until {
            requests: self.requests,
            ns: self.seconds * SECOND_NS,
            mark_ns: self.restart_ms.map_or(u64::MAX, |ms| ms * 1_000_000),
        }
    }
}
