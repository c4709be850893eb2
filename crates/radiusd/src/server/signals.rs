//! Signals as news.
use super::News;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// Has SIGHUP, SIGTERM and SIGINT told as news, for as long as the process lives.
pub(super) fn forward(sender: &Sender<News>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGTERM, SIGINT])?;
    let sender = sender.clone();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                let news = if signal == SIGHUP {
                    News::Reload
                } else {
                    News::Stop
                };
                if sender.send(news).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}
