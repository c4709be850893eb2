//! Reads, for both kinds of handles: no store but the clock bit of a table that evicts, no lock, no participant.
use crate::inner::View;
use crate::value::{Copied, Entry, Kind, Token, Ttl, Value};
use quipu_core::{
    Buffer, Corrupt, CountError, Fixed, Growing, Key, Number, Problem, ReadError, Record,
    RecordValue, Report,
};

impl View {
    /// A result, unless the file was cut off, so that it may have come from memory that is not the table's.
    #[inline(always)]
    pub(crate) fn whole<R, E: From<Corrupt>>(&self, result: Result<R, E>) -> Result<R, E> {
        if self.opened.mapping.is_cut() {
            return Err(Corrupt::Truncated.into());
        }
        result
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Value>, ReadError> {
        let mut bytes = Vec::new();
        let record = self.read(&self.key(key)?, &mut bytes)?;
        Ok(record.map(|record| value_of(record.value, bytes)))
    }

    pub(crate) fn get_entry(&self, key: &[u8]) -> Result<Option<Entry>, ReadError> {
        self.entry_of(&self.key(key)?)
    }

    pub(crate) fn entry_of(&self, key: &Key<'_>) -> Result<Option<Entry>, ReadError> {
        let mut bytes = Vec::new();
        let record = self.read(key, &mut bytes)?;
        self.whole(Ok(record.map(|record| self.entry(&record, bytes))))
    }

    #[inline]
    pub(crate) fn get_into(
        &self,
        key: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Kind>, ReadError> {
        let record = self.read(&self.key(key)?, buffer)?;
        Ok(record.map(|record| kind_of(record.value)))
    }

    #[inline]
    pub(crate) fn get_to_slice(
        &self,
        key: &[u8],
        room: &mut [u8],
    ) -> Result<Option<Copied>, ReadError> {
        let mut room = Fixed::new(room);
        let record = self.read_to(&self.key(key)?, &mut room)?;
        Ok(record.map(|record| self.copied(&record, room.length())))
    }

    /// What a read found whose bytes are with the caller.
    #[inline(always)]
    pub(crate) fn copied(&self, record: &Record, length: usize) -> Copied {
        Copied {
            kind: kind_of(record.value),
            length,
            ttl: self.clock.left(self.memory(), record.expiry),
            token: Token(record.token.0),
        }
    }

    #[inline(always)]
    pub(crate) fn get_number(&self, key: &[u8]) -> Result<Option<i64>, CountError> {
        self.number_of(&self.key(key)?)
    }

    #[inline(always)]
    pub(crate) fn number_of(&self, key: &Key<'_>) -> Result<Option<i64>, CountError> {
        match self.whole(self.memory().number(key, || self.now(), self.mark))? {
            Some(Number::Integer(value)) => Ok(Some(value)),
            Some(Number::Float(_)) => Err(CountError::WrongType),
            None => Ok(None),
        }
    }

    #[inline]
    pub(crate) fn exists(&self, key: &[u8]) -> Result<bool, ReadError> {
        let key = self.key(key)?;
        self.whole(self.memory().contains(&key, || self.now(), self.mark))
    }

    pub(crate) fn ttl(&self, key: &[u8]) -> Result<Option<Ttl>, ReadError> {
        let key = self.key(key)?;
        let expiry = self.memory().expiry(&key, || self.now());
        self.whole(expiry.map(|expiry| expiry.map(|expiry| self.clock.left(self.memory(), expiry))))
    }

    pub(crate) fn len(&self) -> u64 {
        // A corrupt table has no number of entries; every other call says that it is corrupt.
        self.memory().entries().unwrap_or(0)
    }

    pub(crate) fn check(&self, quiet: bool) -> Report {
        // Before it, for who has no guard; and after it, for what happens meanwhile.
        self.opened.look_at_length();
        if self.opened.mapping.is_cut() {
            return cut_off();
        }
        let report = self
            .memory()
            .check(&|key| Some(self.hasher.hash(key)), quiet);
        self.opened.look_at_length();
        if self.opened.mapping.is_cut() {
            return cut_off();
        }
        report
    }

    #[inline(always)]
    pub(crate) fn read(
        &self,
        key: &Key<'_>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Record>, ReadError> {
        self.read_to(key, &mut Growing::new(bytes))
    }

    #[inline(always)]
    fn read_to(&self, key: &Key<'_>, bytes: &mut impl Buffer) -> Result<Option<Record>, ReadError> {
        self.whole(self.memory().read(key, || self.now(), bytes, self.mark))
    }

    /// An entry from what a read or a scan found.
    pub(crate) fn entry(&self, record: &Record, bytes: Vec<u8>) -> Entry {
        Entry {
            value: value_of(record.value, bytes),
            ttl: self.clock.left(self.memory(), record.expiry),
            token: Token(record.token.0),
        }
    }
}

/// The report on a table whose file was cut off. What else was found is not the table's.
fn cut_off() -> Report {
    Report {
        problems: vec![Problem::Truncated],
        ..Report::default()
    }
}

fn kind_of(value: RecordValue) -> Kind {
    match value {
        RecordValue::Integer(value) => Kind::Integer(value),
        RecordValue::Float(value) => Kind::Float(value),
        RecordValue::Bytes { flags } => Kind::Bytes { flags },
    }
}

pub(crate) fn value_of(value: RecordValue, bytes: Vec<u8>) -> Value {
    match value {
        RecordValue::Integer(value) => Value::Integer(value),
        RecordValue::Float(value) => Value::Float(value),
        RecordValue::Bytes { flags } => Value::Bytes { bytes, flags },
    }
}
