//! `quipu-radiusd who`: the sessions of a running server, read from its table.
use super::{Answer, Failure, session_json, session_text};
use crate::dictionary::Dictionary;
use crate::event::ClientId;
use crate::live::{Live, LiveSession};
use crate::packet::kind;
use crate::record::State;
use quipu::Owner;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// A restart of a NAS counts at once. The server is not asked, and need not run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The server's table: a name (in /dev/shm) or, with a slash in it, a path
    #[arg(long, value_name = "TABLE", default_value = "radius")]
    table: PathBuf,

    /// Whose the table may be: a user id, or `any`. Without this: the caller's or root's
    #[arg(long, value_name = "UID", value_parser = parse_owner)]
    owner: Option<Owner>,

    /// A JSON object for each session, with all that is known (docs/radius-record.md 7)
    #[arg(long)]
    json: bool,

    /// Sessions that are over as well
    #[arg(long)]
    all: bool,

    /// Only those of this User-Name
    #[arg(long, value_name = "NAME")]
    user: Option<OsString>,

    /// Only those of this NAS: its address, or its NAS-Identifier
    #[arg(long, value_name = "NAS")]
    nas: Option<String>,

    /// Only those of this client, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

fn parse_owner(text: &str) -> Result<Owner, String> {
    match text {
        "any" => Ok(Owner::Anyone),
        uid => uid
            .parse()
            .map(Owner::Uid)
            .map_err(|_| "write a user id, or `any`".to_owned()),
    }
}

impl Args {
    fn wants(&self, session: &LiveSession) -> bool {
        let name = session.name();
        let user = session.record.cold.get(kind::USER_NAME);
        let client = self.client.as_deref().map(ClientId::of);
        (self.all || session.state == State::Open)
            && self
                .user
                .as_ref()
                .is_none_or(|wanted| user == Some(wanted.as_bytes()))
            && self
                .nas
                .as_ref()
                .is_none_or(|wanted| name.nas.to_string() == *wanted)
            && client.is_none_or(|wanted| name.client == wanted)
    }
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<Answer, Failure> {
    let owner = args.owner.unwrap_or_default();
    let live = Live::open(&args.table, owner).map_err(Failure::new)?;
    let dictionary = Dictionary::built_in();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = now_ms.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    if !args.json {
        session_text::write_head(out)?;
    }
    for session in live.sessions() {
        let session = session.map_err(Failure::new)?;
        if !args.wants(&session) {
            continue;
        }
        let client = live
            .client_name(session.name().client)
            .map_err(Failure::new)?;
        if args.json {
            session_json::write(out, &session, client.as_deref(), &dictionary)?;
        } else {
            session_text::write(out, &session, client.as_deref(), now_ms)?;
        }
    }
    Ok(Answer::Yes)
}
