//! One process is stopped in the middle of its work (SIGSTOP), as by a debugger or a frozen container, and others go
//! on; against the same process with nothing to do.
use crate::contest::{Failure, Settings};
use crate::crew::{self, Worker};
use crate::keys::Keys;
use crate::mixed;
use crate::plan::Plan;
use crate::record::{Outcome, Stop};
use crate::scratch::Scratch;
use crate::worker::{Distribution, KEY_BYTES, Mix, Order, Shift, Work};
use std::thread;
use std::time::Duration;

const KEYS: usize = 64_000;
/// Times as many rounds as elsewhere: what is asked is whether there is any difference at all.
const ROUNDS: u32 = 3;
/// By how much longer the one works in every round before it is stopped, so that it stops anywhere.
const LONGER: Duration = Duration::from_micros(1_370);
const ATTEMPTS_PER_ROUND: u32 = 4;
const WORKLOADS: [(&str, Distribution, Mix); 3] = [
    ("one hot key, incr only", Distribution::OneKey, Mix::Incr),
    ("uniform, incr only", Distribution::Uniform, Mix::Incr),
    (
        "uniform, 50 % get, 50 % set",
        Distribution::Uniform,
        Mix::Gets(50),
    ),
];

/// All cases of this section.
pub fn plan(plan: &mut Plan) {
    for (name, distribution, mix) in WORKLOADS {
        plan.add(format!("stopped: {name}"), move |settings| {
            stopped(name, distribution, mix, settings)
        });
    }
}

fn stopped(
    name: &str,
    distribution: Distribution,
    mix: Mix,
    settings: Settings,
) -> Result<Vec<Outcome>, Failure> {
    let table = Scratch::of_counters(&Keys::new(0, KEYS, KEY_BYTES))?;
    let mut crew = Vec::new();
    for seed in 0..2 {
        let mut worker = Worker::start()?;
        let table = Some(table.path().to_owned());
        worker.prepare(Work {
            table,
            keys: KEYS,
            distribution,
            mix,
            bytes: 0,
            seed,
        })?;
        crew.push(worker);
    }
    let mut victim = crew.pop().ok_or("no worker")?;
    let time = mixed::time(settings);
    let mut stop = Stop {
        workload: name.to_owned(),
        idle_per_second: Vec::new(),
        stopped_per_second: Vec::new(),
    };
    crew::run(&mut crew, 1, time)?;
    let rounds = (settings.rounds * ROUNDS) as usize;
    for attempt in 0..settings.rounds * ROUNDS * ATTEMPTS_PER_ROUND {
        if stop.stopped_per_second.len() == rounds {
            break;
        }
        // Before and after, in case the machine changes meanwhile.
        let before = crew::run(&mut crew, 1, time)?;
        victim.tell(&Order::Run(Shift::soon(time)))?;
        thread::sleep(time / 4 + LONGER * (attempt % settings.rounds));
        victim.signal(libc::SIGSTOP)?;
        victim.wait_until_stopped()?;
        let beside = crew::run(&mut crew, 1, time)?;
        victim.signal(libc::SIGCONT)?;
        // Where others use the machine it may not have begun: then it was not stopped in its work.
        if victim.done()?.operations > 0 {
            let after = crew::run(&mut crew, 1, time)?;
            let idle = (before.per_second() + after.per_second()) / 2.0;
            stop.idle_per_second.push(idle);
            stop.stopped_per_second.push(beside.per_second());
        }
    }
    if stop.stopped_per_second.len() < rounds {
        return Err("the process was stopped before its work, again and again".into());
    }
    Ok(vec![Outcome::Stop(stop)])
}
