//! Where the workers live: here, in a PID namespace of their own, as another user.
use quipu_tests::child::Child;
use quipu_tests::system;
use std::fs::File;
use std::time::Duration;

/// The user and group that others are of: "nobody" on most machines, but any number would do.
pub(crate) const OTHER_USER: u32 = 65_534;
const PROBE: Duration = Duration::from_secs(60);

/// How a worker lives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Home {
    pub(crate) is_in_namespace: bool,
    pub(crate) is_other_user: bool,
}

impl Home {
    /// For the arguments of a worker.
    pub(crate) fn user(self) -> u32 {
        if self.is_other_user { OTHER_USER } else { 0 }
    }
}

/// All the homes that this machine has, and that namespace.
pub(crate) struct Homes {
    namespace: Option<Namespace>,
}

impl Homes {
    /// Of root, all of them; of another user, one.
    ///
    /// # Panics
    /// If a root may not do what root may.
    pub(crate) fn new() -> Self {
        if !system::is_root() {
            println!(
                "skipped: workers in another PID namespace and of another user, because only root may start them"
            );
            return Self { namespace: None };
        }
        let namespace = Namespace::new();
        // Whether this root may change its user shows in a child, which cannot change back.
        Child::start("other user", &[]).finish(PROBE);
        Self {
            namespace: Some(namespace),
        }
    }

    /// The group that shares the table.
    pub(crate) fn group(&self) -> Option<u32> {
        self.namespace.is_some().then_some(OTHER_USER)
    }

    /// Where the worker in a row of workers lives: each other way for one of them, and the rest here.
    pub(crate) fn of(&self, at: usize) -> Home {
        let others = [(true, false), (false, true), (true, true)];
        let other = others.get(at).filter(|_| self.namespace.is_some());
        other.map_or_else(Home::default, |&(is_in_namespace, is_other_user)| Home {
            is_in_namespace,
            is_other_user,
        })
    }

    /// Ends the namespace, and all who are still in it.
    pub(crate) fn end(&mut self) {
        self.namespace = None;
    }

    /// Starts a worker there.
    pub(crate) fn start(&self, home: Home, arguments: &[&dyn ToString]) -> Child {
        let start = || Child::start("worker", arguments);
        match &self.namespace {
            Some(namespace) if home.is_in_namespace => namespace.enter(start),
            _ => start(),
        }
    }
}

/// The role that finds out whether root may become somebody else.
pub(crate) fn other_user(_: &[String]) {
    become_user(u64::from(OTHER_USER));
}

/// Becomes another user; 0: does not.
pub(crate) fn become_user(user: u64) {
    if user == 0 || !system::is_root() {
        return;
    }
    let user = u32::try_from(user).expect("a user");
    if let Err(error) = system::become_user(user, user) {
        panic!(
            "root may not become user {user} here ({error}): give this container CAP_SETUID and CAP_SETGID, and \
             user {user}"
        );
    }
}

/// A PID namespace: its processes have other numbers there than here.
struct Namespace {
    here: File,
    there: File,
    /// Number 1 there: the namespace ends with it, and all who are in it.
    _first: Child,
}

impl Namespace {
    fn new() -> Self {
        let here = File::open("/proc/self/ns/pid").expect("the PID namespace of this process");
        if let Err(error) = system::unshare(libc::CLONE_NEWPID) {
            panic!(
                "root may not make a PID namespace here ({error}): give this container CAP_SYS_ADMIN, or run the \
                 tests as another user, and they skip it"
            );
        }
        let first = Child::start("first", &[]);
        let there = File::open(format!("/proc/{}/ns/pid", first.pid())).expect("its namespace");
        system::enter_for_children(&here).expect("our own namespace");
        Self {
            here,
            there,
            _first: first,
        }
    }

    /// Starts a child of ours there.
    fn enter(&self, start: impl FnOnce() -> Child) -> Child {
        system::enter_for_children(&self.there).expect("a namespace of ours");
        let child = start();
        system::enter_for_children(&self.here).expect("our own namespace");
        child
    }
}

/// The role of number 1 in a namespace: takes over the orphans of others, until it is killed.
pub(crate) fn first(_: &[String]) {
    system::forget_children();
    loop {
        std::thread::sleep(PROBE);
    }
}
