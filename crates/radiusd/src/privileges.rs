//! From root to an account that may do nothing but its work.
//!
//! The order is: open the sockets, make the folders and give them away ([`Account::own`]), [`Account::become_it`], and
//! only then start threads, open the tables and the log, and read what comes from the network.
use nix::unistd::{Group, Uid, User};
use rustix::fs::{AtFlags, Gid, Mode};
use rustix::process::{Resource, Rlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// Whom the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    user: u32,
    group: u32,
}

/// Why the server does not go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum PrivilegeError {
    /// There is no such user or group, by its name.
    Unknown(String),
    /// It is root, who cannot be given less than everything.
    Root,
    /// The system refused a step: what it was, and why.
    Refused(&'static str, io::Error),
    /// Every step went well, and yet a thread has what it should not: the line of /proc/self/task that says so.
    Kept(String),
}

impl fmt::Display for PrivilegeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                formatter,
                "there is no user or group \"{name}\": make it (systemd-sysusers, adduser --system), or correct the \
                 configuration"
            ),
            Self::Root => formatter.write_str(
                "the account to run as is root: name another one, or none if root is meant",
            ),
            Self::Refused(step, error) => {
                write!(formatter, "privileges were not given up: {step}: {error}")
            }
            Self::Kept(line) => write!(formatter, "privileges were not given up: {line}"),
        }
    }
}

impl std::error::Error for PrivilegeError {}

/// Names a step of the system.
fn step<E: Into<io::Error>>(name: &'static str) -> impl Fn(E) -> PrivilegeError {
    move |error| PrivilegeError::Refused(name, error.into())
}

impl Account {
    /// Looks a user up, and a group, or else the first group of the user.
    ///
    /// # Errors
    /// [`PrivilegeError::Unknown`], or [`PrivilegeError::Root`].
    pub fn find(user: &str, group: Option<&str>) -> Result<Self, PrivilegeError> {
        let unknown = |name: &str| PrivilegeError::Unknown(name.to_owned());
        let found = User::from_name(user)
            .map_err(step("looking up the user"))?
            .ok_or_else(|| unknown(user))?;
        let gid = match group {
            None => found.gid,
            Some(name) => {
                let group = Group::from_name(name).map_err(step("looking up the group"))?;
                group.ok_or_else(|| unknown(name))?.gid
            }
        };
        if found.uid.is_root() {
            return Err(PrivilegeError::Root);
        }
        Ok(Self {
            user: found.uid.as_raw(),
            group: gid.as_raw(),
        })
    }

    /// Makes a folder, if it is not there, and gives it to the account, which alone may enter it. What is in it is
    /// left alone. Its parents must be there.
    ///
    /// # Errors
    /// What the system says; that it is no folder, but for example a link.
    pub fn own(&self, folder: &Path) -> io::Result<()> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // By a descriptor: what the name means could change between two calls.
        let flags = rustix::fs::OFlags::DIRECTORY
            | rustix::fs::OFlags::NOFOLLOW
            | rustix::fs::OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder, flags, Mode::empty())?;
        let (user, group) = (
            rustix::fs::Uid::from_raw(self.user),
            Gid::from_raw(self.group),
        );
        rustix::fs::chownat(&folder, "", Some(user), Some(group), AtFlags::EMPTY_PATH)?;
        rustix::fs::fchmod(&folder, Mode::RWXU)?;
        Ok(())
    }

    /// Becomes the account, for good: user and group, real, effective and saved; no other group; no
    /// capability; nothing that is executed gets more; no image of the memory, which has the secrets, when it crashes.
    /// Then looks whether it is so. A process that is the account already gives up only what it still has,
    /// and keeps its groups.
    ///
    /// To be called before other threads start: those would keep some of it, and that
    /// is found and refused.
    ///
    /// # Errors
    /// [`PrivilegeError::Refused`] and [`PrivilegeError::Kept`]; the process is then something in between, and must end.
    pub fn become_it(&self) -> Result<(), PrivilegeError> {
        let was_root = is_root();
        if was_root {
            let (user, group) = (
                Uid::from_raw(self.user),
                nix::unistd::Gid::from_raw(self.group),
            );
            nix::unistd::setgroups(&[group]).map_err(step("setgroups"))?;
            nix::unistd::setresgid(group, group, group).map_err(step("setresgid"))?;
            nix::unistd::setresuid(user, user, user).map_err(step("setresuid"))?;
        }
        let none = CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        };
        // A sandbox that leaves none may also forbid to set them.
        if rustix::thread::capabilities(None).map_err(step("capget"))? != none {
            rustix::thread::set_capabilities(None, none).map_err(step("capset"))?;
        }
        rustix::thread::set_no_new_privs(true).map_err(step("no_new_privs"))?;
        let nothing = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        rustix::process::setrlimit(Resource::Core, nothing).map_err(step("the limit of cores"))?;
        self.verify(was_root)
    }

    /// Asks the kernel what each thread is.
    fn verify(&self, was_root: bool) -> Result<(), PrivilegeError> {
        if nix::unistd::setuid(Uid::from_raw(0)).is_ok() {
            return Err(PrivilegeError::Kept("root can be had again".to_owned()));
        }
        let look = step("looking at /proc/self/task");
        for thread in fs::read_dir("/proc/self/task").map_err(&look)? {
            let status = thread.map_err(&look)?.path().join("status");
            let status = fs::read_to_string(status).map_err(&look)?;
            if let Some(line) = self.what_is_kept(&status, was_root) {
                return Err(PrivilegeError::Kept(line.to_owned()));
            }
        }
        Ok(())
    }

    /// The first line of a status that says what is not this account without privileges.
    fn what_is_kept<'s>(&self, status: &'s str, was_root: bool) -> Option<&'s str> {
        status.lines().find(|line| {
            let mut words = line.split_ascii_whitespace();
            let name = words.next().unwrap_or_default();
            let mut all = |value: u32| words.all(|word| word.parse() == Ok(value));
            !match name {
                "Uid:" => all(self.user),
                "Gid:" => all(self.group),
                // Only root can leave groups; who was started as the account has those it was given.
                "Groups:" => !was_root || all(self.group),
                "CapInh:" | "CapPrm:" | "CapEff:" | "CapAmb:" => all(0),
                "NoNewPrivs:" => all(1),
                _ => true,
            }
        })
    }
}

/// Whether this process is root, so that it should become somebody else.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
