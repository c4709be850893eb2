//! What is going on, as any process sees it: the tables of a server, read while it runs, by a handle that changes
//! nothing (docs/radius-record.md 3.4).
use crate::event::{ClientId, Nas, SessionKey, SessionName};
use crate::packet::Attributes;
use crate::record::{BadRecord, NasRecord, RecordKind, SessionRecord, State, value_flags};
use crate::store::name_key;
use quipu::{OpenError, Owner, ReadError, Scan, TableReader, Value};
use std::fmt;
use std::path::Path;

/// The tables of a server.
pub struct Live {
    table: TableReader,
}

/// A session as it is at this moment.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Its key.
    pub key: Vec<u8>,
    /// Its record.
    pub record: SessionRecord,
    /// What became of it, with the epoch of its NAS.
    pub state: State,
}

/// Why something cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveError {
    /// The table refused.
    Read(ReadError),
    /// An entry is not what it should be.
    Bad {
        /// Its key.
        key: Vec<u8>,
        /// What is wrong with it.
        error: BadRecord,
    },
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Bad { key, error } => {
                write!(
                    f,
                    "the table holds under \"{}\" {error}",
                    key.escape_ascii()
                )
            }
        }
    }
}

impl std::error::Error for LiveError {}

impl From<ReadError> for LiveError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl LiveSession {
    /// Whose it is: the parts of its key.
    #[must_use]
    pub fn name(&self) -> SessionName<'_> {
        // Nothing else becomes a session.
        SessionName::parse(&self.key).unwrap_or(SessionName {
            client: ClientId(0),
            nas: Nas::Identifier(b""),
            id: b"",
            number: None,
        })
    }

    /// The attributes that describe it.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        self.record.cold.attributes()
    }
}

impl Live {
    /// Opens the table of a server for reading.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(table: &Path, owner: Owner) -> Result<Self, OpenError> {
        let table = TableReader::open(table, owner)?;
        Ok(Self { table })
    }

    /// All sessions, in no order: one that is there all the while comes once, whatever happens meanwhile.
    #[must_use]
    pub fn sessions(&self) -> Sessions<'_> {
        let scan = self.table.scan();
        Sessions { live: self, scan }
    }

    /// The name of a client; `None` if the server has not told it.
    ///
    /// # Errors
    /// [`LiveError`].
    pub fn client_name(&self, client: ClientId) -> Result<Option<String>, LiveError> {
        let key = name_key(client);
        let Some(value) = self.table.get(key.as_bytes())? else {
            return Ok(None);
        };
        let bytes = record_bytes(key.as_bytes(), value, RecordKind::Name)?;
        Ok(String::from_utf8(bytes).ok())
    }

    fn nas(&self, session: &SessionName<'_>) -> Result<Option<NasRecord>, LiveError> {
        let key = SessionKey::nas(session.client, &session.nas);
        let Some(value) = self.table.get(key.as_bytes())? else {
            return Ok(None);
        };
        let bytes = record_bytes(key.as_bytes(), value, RecordKind::Nas)?;
        let decoded = NasRecord::decode(&bytes).map_err(|error| bad(key.as_bytes(), error))?;
        Ok(Some(decoded))
    }

    fn session(&self, key: Vec<u8>, value: Value) -> Result<LiveSession, LiveError> {
        let bytes = record_bytes(&key, value, RecordKind::Session)?;
        let record = SessionRecord::decode(&bytes).map_err(|error| bad(&key, error))?;
        let name = SessionName::parse(&key).ok_or_else(|| bad(&key, BadRecord::Field("key")))?;
        let state = record.state_now(self.nas(&name)?.as_ref());
        Ok(LiveSession { key, record, state })
    }
}

fn bad(key: &[u8], error: BadRecord) -> LiveError {
    let key = key.to_vec();
    LiveError::Bad { key, error }
}

fn record_bytes(key: &[u8], value: Value, kind: RecordKind) -> Result<Vec<u8>, LiveError> {
    match value {
        Value::Bytes { bytes, flags } if flags == value_flags(kind) => Ok(bytes),
        _ => Err(bad(key, BadRecord::Flags)),
    }
}

/// The sessions of a table, one after the other.
pub struct Sessions<'l> {
    live: &'l Live,
    scan: Scan,
}

impl Iterator for Sessions<'_> {
    type Item = Result<LiveSession, LiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.scan.next()? {
                Err(error) => return Some(Err(error.into())),
                Ok((key, entry)) if matches!(key.first(), Some(b's' | b'e')) => {
                    return Some(self.live.session(key, entry.value));
                }
                Ok(_) => {}
            }
        }
    }
}
