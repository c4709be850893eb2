//! What is done with the rights of whoever started the server, before they are given up.
use super::ServeError;
use crate::config::Config;
use crate::net::{self, Listener};
use crate::privileges::Account;
use std::io;

/// The sockets of all workers: those that systemd has opened, or those of the configuration.
pub(super) fn open(config: &Config) -> io::Result<Vec<Vec<Listener>>> {
    let handed_over = net::handed_over()?;
    let listeners = if handed_over.is_empty() {
        net::open(&config.listen, config.workers, config.receive_buffer_bytes)?
    } else {
        tracing::info!(
            sockets = handed_over.len(),
            "sockets of systemd are used, and not those of the configuration"
        );
        net::adopt(handed_over, config.workers, config.receive_buffer_bytes)?
    };
    for listener in listeners.iter().flatten() {
        if listener.receive_buffer < config.receive_buffer_bytes {
            tracing::warn!(
                address = %listener.address,
                octets = listener.receive_buffer,
                asked = config.receive_buffer_bytes,
                "the receive buffer is smaller than asked for: start as root, or raise net.core.rmem_max"
            );
        }
    }
    Ok(listeners)
}

/// Becomes the user of the configuration, who gets the folder of the log.
pub(super) fn drop_privileges(config: &Config) -> Result<(), ServeError> {
    let Some(user) = &config.user else {
        return Ok(());
    };
    let account = Account::find(user, config.group.as_deref())?;
    if let Some(folder) = &config.log_folder {
        account.own(folder)?;
    }
    account.become_it()?;
    Ok(())
}
