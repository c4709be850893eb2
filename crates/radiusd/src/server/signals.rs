//! Signals as news.
use super::News;
use crate::signals::{Request, Signals};
use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// How long a wait for a signal is; then there is another one.
const HOUR: Duration = Duration::from_secs(3600);

/// Has signals told as news, until one has asked the server to stop.
pub(super) fn forward(sender: &Sender<News>) -> io::Result<()> {
    let signals = Signals::catch()?;
    let sender = sender.clone();
    let forward = move || -> io::Result<()> {
        loop {
            let news = match signals.wait(HOUR)? {
                Some(Request::Stop) => News::Stop,
                Some(Request::Reload) => News::Reload,
                None => continue,
            };
            let is_last = matches!(news, News::Stop);
            if sender.send(news).is_err() || is_last {
                return Ok(());
            }
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Err(error) = forward() {
                tracing::error!(%error, "signals are not heard any more");
            }
        })?;
    Ok(())
}
