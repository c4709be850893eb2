//! The server: recovery, then workers, until it is told to stop; and recovery again after the log could not be
//! written. The sockets stay open all the time, so what is sent meanwhile waits, or is sent again.
mod control;
mod error;
mod report;
mod signals;
mod sockets;
mod sweep;
mod upkeep;
mod work;

pub use error::ServeError;

use crate::config::{Config, load};
use crate::log::Lock;
use crate::logging;
use crate::net::Listener;
use crate::notify::{self, Phase};
use crate::recovery::{Recovered, recover, recover_again};
use crate::store::Store;
use crate::worker::Worker;
use control::Control;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

/// How long the server waits after the log has failed, before it tries again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What the main thread hears of.
#[derive(Debug)]
enum News {
    /// The configuration is to be read again.
    Reload,
    /// The server is to end.
    Stop,
    /// A thread has ended: it was told to, or could not go on.
    Ended(&'static str, io::Result<()>),
}

/// How a run of the workers ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Stopped,
    Failed,
}

/// A server whose sockets are open.
struct Server {
    path: PathBuf,
    config: Config,
    boot_id: String,
    /// By worker, then by address.
    listeners: Vec<Vec<Listener>>,
    news: Receiver<News>,
    sender: Sender<News>,
}

/// Serves until SIGTERM or SIGINT. `boot_id` names this start of the machine, for tests that simulate another one.
///
/// # Errors
/// [`ServeError`] if the server cannot start. What goes wrong later is waited out.
pub fn serve(path: &Path, boot_id: Option<String>) -> Result<(), ServeError> {
    let config = load(path)?.config;
    logging::start(config.log_format, tracing::Level::INFO)?;
    let listeners = sockets::open(&config)?;
    sockets::drop_privileges(&config)?;
    let (sender, news) = channel();
    signals::forward(&sender)?;
    let boot_id = match boot_id {
        Some(boot_id) => boot_id,
        None => fs::read_to_string(BOOT_ID)?.trim().to_owned(),
    };
    let server = Server {
        path: path.to_owned(),
        config,
        boot_id,
        listeners,
        news,
        sender,
    };
    server.run()
}

impl Server {
    fn run(mut self) -> Result<(), ServeError> {
        let mut recovered = recover(&self.config, &self.boot_id, &mut report::progress)?;
        loop {
            let (ended, lock) = self.run_workers(recovered);
            if ended == Ended::Stopped {
                break;
            }
            notify::tell_status("silent: the log cannot be written").unwrap_or_default();
            match self.recover_patiently(lock) {
                Some(again) => recovered = again,
                None => break,
            }
        }
        report::stopped();
        Ok(())
    }

    /// Serves until it is told to stop, or something fails; then nobody is answered any more.
    fn run_workers(&mut self, recovered: Recovered) -> (Ended, Option<Lock>) {
        report::recovered(&recovered, &self.config);
        sweep::name_clients(&recovered.store, &self.config.clients);
        let control = Control::new(Arc::new(self.config.clients.clone()));
        let listeners = std::mem::take(&mut self.listeners);
        let mut logs = recovered.writers.into_iter();
        let config = self.config.clone();
        let facts = recovered.facts.as_ref();
        let upkeep = facts.map(|facts| upkeep::Upkeep::new(facts, &config));
        let ended = thread::scope(|scope| {
            for listeners in &listeners {
                let worker = Worker::new(
                    recovered.store.clone(),
                    recovered.duplicates.clone(),
                    recovered.backing.clone(),
                    logs.next(),
                    control.clients(),
                );
                let control = &control;
                self.spawn(scope, "worker", move || {
                    work::work(worker, listeners, control)
                });
            }
            let sweeper =
                sweep::Sweeper::new(&recovered.store, recovered.server_writer, &self.config);
            self.spawn(scope, "sweep", || sweeper.run(&control));
            if let Some(upkeep) = &upkeep {
                self.spawn(scope, "keeper", || upkeep.keep(&control));
                self.spawn(scope, "snapshots", || upkeep.snapshots(&control));
            }
            report::ready(&self.config, &listeners);
            let ended = self.wait(&control, &recovered.store);
            control.end();
            ended
        });
        self.listeners = listeners;
        (ended, recovered.lock)
    }

    /// Starts a thread that tells how it ended, also if that was a panic: it is taken for a failure, after which
    /// recovery brings everything into order.
    fn spawn<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        name: &'static str,
        work: impl FnOnce() -> io::Result<()> + Send + 'scope,
    ) {
        let sender = self.sender.clone();
        scope.spawn(move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            let done = done.unwrap_or_else(|_| Err(io::Error::other("panicked: please report it")));
            // The receiver outlives all threads.
            sender.send(News::Ended(name, done)).unwrap_or_default();
        });
    }

    fn wait(&mut self, control: &Control, store: &Store) -> Ended {
        loop {
            match self.news.recv() {
                Ok(News::Stop) | Err(_) => {
                    notify::tell(Phase::Stopping).unwrap_or_default();
                    return Ended::Stopped;
                }
                Ok(News::Reload) => {
                    self.reload();
                    sweep::name_clients(store, &self.config.clients);
                    control.set_clients(Arc::new(self.config.clients.clone()));
                }
                Ok(News::Ended(name, Err(error))) => {
                    report::failed(name, &error);
                    return Ended::Failed;
                }
                // One that was told to end in the run before.
                Ok(News::Ended(_, Ok(()))) => {}
            }
        }
    }

    /// Reads the configuration again. One that is wrong changes nothing.
    fn reload(&mut self) {
        notify::tell(Phase::Reloading).unwrap_or_default();
        match load(&self.path) {
            Ok(loaded) => {
                report::reloaded(&self.config, &loaded.config);
                self.config.clients = loaded.config.clients;
            }
            Err(error) => report::not_reloaded(&error),
        }
        notify::tell(Phase::Ready).unwrap_or_default();
    }

    /// Tries until the log can be written again; `None`: told to stop meanwhile.
    fn recover_patiently(&mut self, mut lock: Option<Lock>) -> Option<Recovered> {
        loop {
            let until = Instant::now() + AFTER_FAILURE;
            loop {
                match self
                    .news
                    .recv_timeout(until.saturating_duration_since(Instant::now()))
                {
                    Ok(News::Stop) => return None,
                    Ok(News::Reload) => self.reload(),
                    Ok(News::Ended(..)) => {}
                    Err(_) => break,
                }
            }
            let (config, boot_id) = (&self.config, &self.boot_id);
            let again = match lock.take() {
                Some(lock) => recover_again(config, boot_id, lock, &mut report::progress),
                None => recover(config, boot_id, &mut report::progress),
            };
            match again {
                Ok(recovered) => return Some(recovered),
                Err(error) => report::silent(&error),
            }
        }
    }
}
