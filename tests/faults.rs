//! What the world does to a table's users: no space, forks and execs, namespaces, and deaths at the worst moment.
#[path = "faults/attach.rs"]
mod attach;
#[path = "faults/create.rs"]
mod create;
#[path = "faults/cut.rs"]
mod cut;
#[path = "faults/full.rs"]
mod full;
#[path = "faults/identity.rs"]
mod identity;
#[path = "faults/recovery.rs"]
mod recovery;
#[path = "faults/refused.rs"]
mod refused;
#[path = "faults/witness.rs"]
mod witness;

use quipu_tests::child;

#[test]
fn child() {
    child::play(&[
        ("attacher", attach::attacher),
        ("creator", create::creator),
        ("racer", create::racer),
        ("cut user", cut::user),
        ("cut racer", cut::racer),
        ("cut without guard", cut::without_guard),
        ("bus errors", cut::other_bus_errors),
        ("full host", full::host),
        ("full writer", full::writer),
        ("forker", identity::forker),
        ("execer", identity::execer),
        ("namespace host", identity::namespace_host),
        ("idler", identity::idler),
        ("inserter", recovery::inserter),
        ("other user", refused::other_user),
        ("keeper of another boot", refused::keeper),
        ("forking parent", witness::forking_parent),
        ("receiver", witness::receiver),
        ("closer", witness::closer),
    ]);
}
