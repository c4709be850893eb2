//! `quipu-radiusd snapshot`, as operators run it: beside a server, without one, and when it cannot be.
#[path = "recovery/site.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod site;
#[path = "store/traffic.rs"]
#[expect(dead_code, reason = "the other test uses the rest of it")]
mod traffic;

use quipu_radiusd::log::Lock;
use quipu_radiusd::snapshot::list_snapshots;
use quipu_tests::files::Directory;
use site::{Site, serve, sessions};
use std::path::Path;
use std::process::{Command, Output};

/// A configuration in a file.
fn write_config(folder: &Directory, level: &str, log: &Path) -> String {
    let path = folder.file("config.toml");
    let text = format!(
        "level = \"{level}\"\n[log]\nfolder = \"{}\"\n\
         [[client]]\nname = \"edge\"\naddress = \"192.0.2.1\"\nsecret = \"x\"\n",
        log.display()
    );
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("text").to_owned()
}

fn run(config: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quipu-radiusd"))
        .args(["snapshot", "--config", config])
        .output()
        .expect("the program")
}

/// It fails, and says why.
fn refused(config: &str, words: &str) {
    let output = run(config);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_snapshot_is_made_beside_a_server_and_without_one() {
    let (site, folder) = (Site::new(), Directory::on_disk());
    let config = write_config(&folder, "power", &site.log());
    refused(&config, "there is no log");
    let mut server = site.recover();
    let packets = sessions(1);
    serve(&server.store, &mut server.writers[0], &packets).expect("written");
    let output = run(&config);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let entries = format!(" {} entries more than the one before\n", packets.len());
    assert!(
        said.starts_with("snapshot 1: ") && said.ends_with(&entries),
        "{said}"
    );
    assert!(output.stderr.is_empty(), "progress is for terminals");
    drop(server);
    assert!(run(&config).status.success());
    assert_eq!(list_snapshots(&site.log()).expect("readable"), [1, 2]);
    let report = site.recover().report;
    assert_eq!((report.snapshot, report.replayed), (Some(2), 0));
}

#[test]
fn what_is_in_the_way_is_said() {
    let (site, folder) = (Site::new(), Directory::on_disk());
    let config = write_config(&folder, "power", &site.log());
    drop(site.recover());
    let lock = Lock::take(&site.log().join("snapshot.lock")).expect("a file");
    refused(&config, "another process makes a snapshot");
    drop(lock);
    assert!(run(&config).status.success());
    let config = write_config(&folder, "memory", &site.log());
    refused(&config, "there is no log to make one of");
    refused("/nowhere/to/be.toml", "/nowhere/to/be.toml");
}
