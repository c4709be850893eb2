//! Stores in mapped files that several processes may use, like Quipu: LMDB and subetha-cxc; and redb, whose file
//! belongs to one process. All of them on tmpfs, and without a sync.
use crate::store::{self, Operation, Quipu, Store};
use heed::types::Bytes;
use heed::{EnvFlags, EnvOpenOptions, WithoutTls};
use quipu_benches::contest::{Failure, Settings};
use quipu_benches::keys::Keys;
use quipu_benches::plan::Plan;
use quipu_benches::record::Outcome;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;
use tempfile::TempDir;

const MAP_BYTES: usize = 4 << 30;
const KEY_BYTES: usize = 20;
const COUNTERS: TableDefinition<'_, &[u8], i64> = TableDefinition::new("counters");

/// All cases of this section.
pub(crate) fn plan(plan: &mut Plan, settings: Settings) {
    let sizes: &[usize] = if settings.quick {
        &[1_000]
    } else {
        &[1_000, 1_000_000]
    };
    for &keys in sizes {
        plan.add(
            format!("compare: {keys} counters in stores in files"),
            move |settings| files(keys, settings),
        );
    }
}

fn files(keys: usize, settings: Settings) -> Result<Vec<Outcome>, Failure> {
    let keys = Keys::new(0, keys, KEY_BYTES);
    let folder = tempfile::Builder::new()
        .prefix("quipu-bench-")
        .tempdir_in("/dev/shm")?;
    let mut stores: Vec<(&str, Box<dyn Store>)> = vec![
        ("quipu", Box::new(Quipu::new(&keys)?)),
        ("lmdb", Box::new(Lmdb::new(&folder, &keys)?)),
        ("redb", Box::new(Redb::new(folder.path(), &keys)?)),
    ];
    let mut results = Vec::new();
    add_subetha(&mut stores, &mut results, folder.path(), &keys)?;
    for operation in Operation::ALL {
        results.push(store::contest(
            &mut stores,
            operation,
            &keys,
            "stores in files",
            settings,
        )?);
    }
    Ok(results)
}

#[cfg(feature = "subetha-cxc")]
fn add_subetha(
    stores: &mut Vec<(&str, Box<dyn Store>)>,
    _results: &mut Vec<Outcome>,
    folder: &Path,
    keys: &Keys,
) -> Result<(), Failure> {
    stores.push((
        "subetha-cxc",
        Box::new(crate::subetha::Subetha::new(folder, keys)?),
    ));
    Ok(())
}

#[cfg(not(feature = "subetha-cxc"))]
fn add_subetha(
    _stores: &mut Vec<(&str, Box<dyn Store>)>,
    results: &mut Vec<Outcome>,
    _folder: &Path,
    _keys: &Keys,
) -> Result<(), Failure> {
    let (what, why) = (
        "subetha-cxc".to_owned(),
        "it does not build with this compiler".to_owned(),
    );
    results.push(Outcome::NotMeasured { what, why });
    Ok(())
}

/// LMDB by its Rust binding, with NOSYNC and WRITEMAP; each operation is a transaction.
struct Lmdb {
    environment: heed::Env<WithoutTls>,
    counters: heed::Database<Bytes, Bytes>,
}

impl Lmdb {
    fn new(folder: &TempDir, keys: &Keys) -> Result<Self, Failure> {
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(MAP_BYTES);
        // SAFETY: what is lost if the machine fails is a measurement.
        unsafe { options.flags(EnvFlags::NO_SYNC | EnvFlags::WRITE_MAP) };
        // SAFETY: the folder is new, and nobody else opens it.
        let environment = unsafe { options.open(folder.path())? };
        let mut writer = environment.write_txn()?;
        let counters = environment.create_database(&mut writer, None)?;
        for key in keys.iter() {
            counters.put(&mut writer, key, 1_i64.to_le_bytes().as_slice())?;
        }
        writer.commit()?;
        Ok(Self {
            environment,
            counters,
        })
    }
}

fn number(bytes: &[u8]) -> Result<i64, Failure> {
    Ok(i64::from_le_bytes(bytes.try_into()?))
}

impl Store for Lmdb {
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure> {
        let mut writer = self.environment.write_txn()?;
        let old = self.counters.get(&writer, key)?.map_or(Ok(0), number)?;
        self.counters
            .put(&mut writer, key, (old + 1).to_le_bytes().as_slice())?;
        writer.commit()?;
        Ok(old + 1)
    }

    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure> {
        let mut writer = self.environment.write_txn()?;
        self.counters
            .put(&mut writer, key, number.to_le_bytes().as_slice())?;
        Ok(writer.commit()?)
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure> {
        let reader = self.environment.read_txn()?;
        self.counters.get(&reader, key)?.map(number).transpose()
    }
}

/// redb without durability; each operation is a transaction.
struct Redb(Database);

impl Redb {
    fn new(folder: &Path, keys: &Keys) -> Result<Self, Failure> {
        let database = Database::create(folder.join("redb"))?;
        let writer = database.begin_write()?;
        {
            let mut counters = writer.open_table(COUNTERS)?;
            for key in keys.iter() {
                counters.insert(key, 1)?;
            }
        }
        writer.commit()?;
        Ok(Self(database))
    }

    fn change(&self, key: &[u8], change: impl FnOnce(i64) -> i64) -> Result<i64, Failure> {
        let mut writer = self.0.begin_write()?;
        writer.set_durability(Durability::None)?;
        let new = {
            let mut counters = writer.open_table(COUNTERS)?;
            let old = counters.get(key)?.map_or(0, |number| number.value());
            let new = change(old);
            counters.insert(key, new)?;
            new
        };
        writer.commit()?;
        Ok(new)
    }
}

impl Store for Redb {
    fn incr(&mut self, key: &[u8]) -> Result<i64, Failure> {
        self.change(key, |old| old + 1)
    }

    fn set(&mut self, key: &[u8], number: i64) -> Result<(), Failure> {
        self.change(key, |_| number)?;
        Ok(())
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<i64>, Failure> {
        let counters = self.0.begin_read()?.open_table(COUNTERS)?;
        Ok(counters.get(key)?.map(|number| number.value()))
    }
}
