//! Sends requests at a pace, sends them again if nobody answers, and counts.
use crate::clock::{SECOND_NS, now_ns, processor_ns, timespec};
use crate::figures::{Counts, Figures};
use crate::lane::{Lane, Received, Reuse, SOCKETS_MAX};
use crate::source::{Kind, Next, Source};
use quipu_radiusd::packet::{Composer, Secret};
use rustix::event::epoll;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

/// The mark of the timer among the sockets.
const TIMER: u64 = u64::MAX;
/// Sockets that are looked after in one go.
const READY_MAX: usize = 64;
/// How long is waited if the system takes no datagrams for the moment.
const BLOCKED_NS: u64 = 1_000_000;

/// What a request that was not answered is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// The same bytes.
    Same,
    /// A new packet with an identifier of its own and the Acct-Delay-Time that is true now, as RFC 2866 wants it.
    New,
}

/// Where requests go, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server.
    pub to: SocketAddr,
    /// What both know.
    pub secret: Vec<u8>,
    /// Sockets, each of 256 identifiers; 1 to 1,024.
    pub sockets: usize,
    /// How long an answer is waited for.
    pub timeout_ns: u64,
    /// How often a request is sent before it is given up.
    pub attempts_max: u32,
    /// What it is sent as.
    pub resend: Resend,
    /// Which identifier it gets.
    pub reuse: Reuse,
}

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// So many are on their way; the next one goes when one is answered.
    Closed(usize),
    /// So many a second, whatever is answered.
    Open(u64),
    /// So many as fast as may be, signed before.
    Burst(usize),
}

/// When it is over, besides the end of the source.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// After so many requests.
    pub requests: u64,
    /// After so long.
    pub ns: u64,
    /// Times of requests from here on are kept apart.
    pub mark_ns: u64,
}

struct Timer {
    at_ns: u64,
    lane: usize,
    identifier: u8,
    sending: u64,
}

/// A run.
pub struct Engine<'s> {
    settings: Settings,
    secret: Secret,
    lanes: Vec<Lane>,
    events: OwnedFd,
    timer: OwnedFd,
    source: &'s mut dyn Source,
    counts: Counts,
    timers: VecDeque<Timer>,
    waiting: usize,
    sendings: u64,
    next_lane: usize,
    begin_ns: u64,
    last_ns: u64,
    /// When the alarm rings; the end of time: never.
    armed_ns: u64,
    is_over: bool,
    is_blocked: bool,
}

impl<'s> Engine<'s> {
    /// Opens the sockets.
    ///
    /// # Errors
    /// If the server is not on this machine, or sockets cannot be had.
    pub fn new(settings: Settings, source: &'s mut dyn Source) -> io::Result<Self> {
        let events = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        epoll::add(
            &events,
            &timer,
            epoll::EventData::new_u64(TIMER),
            epoll::EventFlags::IN,
        )?;
        let mut lanes = Vec::new();
        for number in 0..settings.sockets.clamp(1, SOCKETS_MAX) {
            let lane = Lane::open(settings.to, settings.reuse)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&events, lane.socket(), data, epoll::EventFlags::IN)?;
            lanes.push(lane);
        }
        Ok(Self {
            secret: Secret::new(&settings.secret),
            settings,
            lanes,
            events,
            timer,
            source,
            counts: Counts::default(),
            timers: VecDeque::new(),
            waiting: 0,
            sendings: 0,
            next_lane: 0,
            begin_ns: 0,
            last_ns: 0,
            armed_ns: u64::MAX,
            is_over: false,
            is_blocked: false,
        })
    }

    /// Runs to the end: until nothing is to be sent and nothing is waited for.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn run(mut self, pace: Pace, until: Until) -> io::Result<Figures> {
        let processor_begin_ns = processor_ns();
        self.begin_ns = now_ns();
        if let Pace::Burst(count) = pace {
            self.prepare(count)?;
        }
        loop {
            let now = now_ns();
            self.expire(now);
            let due_ns = self.launch(pace, until, now)?;
            if self.is_over && self.waiting == 0 {
                break;
            }
            self.wait(due_ns, until)?;
        }
        let worked_ns = processor_ns() - processor_begin_ns;
        let elapsed_ns = self.last_ns.saturating_sub(self.begin_ns);
        Ok(Figures::new(&self.counts, elapsed_ns, worked_ns))
    }

    /// Signs a burst, and sends it.
    fn prepare(&mut self, count: usize) -> io::Result<()> {
        let room: usize = self.lanes.iter().map(Lane::free_count).sum();
        for _ in 0..count.min(room) {
            let Next::Request(request) = self.source.next(0) else {
                break;
            };
            self.start(request, 0);
        }
        self.is_over = true;
        self.begin_ns = now_ns();
        for number in 0..self.lanes.len() {
            for identifier in 0..=u8::MAX {
                self.lanes[number].slot(identifier).intended_ns = self.begin_ns;
            }
        }
        // Timers began when the packets were signed; they must not ring before the burst is out.
        for timer in &mut self.timers {
            timer.at_ns = self.begin_ns + self.settings.timeout_ns;
        }
        self.flush()
    }

    /// Starts what is due; returns when the next is, if that is known.
    fn launch(&mut self, pace: Pace, until: Until, now: u64) -> io::Result<Option<u64>> {
        let since = now - self.begin_ns;
        let mut due_ns = None;
        while !self.is_over {
            let count = self.counts.requests;
            if count >= until.requests || since >= until.ns {
                self.is_over = true;
                break;
            }
            let intended = match pace {
                Pace::Closed(most) if self.waiting >= most => break,
                Pace::Closed(_) | Pace::Burst(_) => now,
                Pace::Open(per_second) => {
                    let after =
                        u128::from(count) * u128::from(SECOND_NS) / u128::from(per_second.max(1));
                    let at = self.begin_ns + u64::try_from(after).unwrap_or(u64::MAX / 2);
                    if at > now {
                        due_ns = Some(at);
                        break;
                    }
                    at
                }
            };
            if self.lane_with_room().is_none() {
                break;
            }
            match self.source.next(since) {
                Next::Request(request) => self.start(request, intended),
                Next::Later => break,
                Next::End => self.is_over = true,
            }
        }
        self.flush()?;
        Ok(due_ns)
    }

    /// The next socket that has an identifier left.
    fn lane_with_room(&mut self) -> Option<usize> {
        for _ in 0..self.lanes.len() {
            if self.lanes[self.next_lane].free_count() > 0 {
                return Some(self.next_lane);
            }
            self.next_lane = (self.next_lane + 1) % self.lanes.len();
        }
        None
    }

    fn start(&mut self, request: u64, intended_ns: u64) {
        let Some(number) = self.lane_with_room() else {
            return;
        };
        // A few for each socket in turn, so that one call sends them.
        if self.counts.requests % 8 == 7 {
            self.next_lane = (number + 1) % self.lanes.len();
        }
        self.counts.requests += 1;
        self.waiting += 1;
        self.put(number, request, intended_ns, 0);
    }

    /// Writes a request into a free slot of a socket, and queues it.
    fn put(&mut self, number: usize, request: u64, intended_ns: u64, attempt: u32) {
        let Some(identifier) = self.lanes[number].take() else {
            return;
        };
        let delay_ns = if attempt == 0 {
            0
        } else {
            now_ns().saturating_sub(intended_ns)
        };
        let delay_s = u32::try_from(delay_ns / SECOND_NS).unwrap_or(u32::MAX);
        let mut composer = Composer::new(identifier);
        let kind = self.source.compose(request, delay_s, &mut composer);
        let packet = if kind == Kind::Status {
            let mut authenticator = [0; 16];
            let word = self.sendings.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            authenticator[..8].copy_from_slice(&word.to_be_bytes());
            composer.status_server(&self.secret, authenticator)
        } else {
            composer.accounting(&self.secret)
        };
        let slot = self.lanes[number].slot(identifier);
        slot.write(packet);
        (slot.request, slot.kind) = (request, kind);
        (slot.intended_ns, slot.attempt) = (intended_ns, attempt);
        slot.is_waiting = true;
        self.queue(number, identifier);
    }

    fn queue(&mut self, number: usize, identifier: u8) {
        self.sendings += 1;
        self.counts.sent += 1;
        let sending = self.sendings;
        self.lanes[number].slot(identifier).sending = sending;
        self.lanes[number].queue(identifier);
        self.timers.push_back(Timer {
            at_ns: now_ns() + self.settings.timeout_ns,
            lane: number,
            identifier,
            sending,
        });
    }

    fn flush(&mut self) -> io::Result<()> {
        self.is_blocked = false;
        for lane in &mut self.lanes {
            self.is_blocked |= !lane.flush()?;
        }
        Ok(())
    }

    /// Sends again what was not answered in time, or gives it up.
    fn expire(&mut self, now: u64) {
        while self.timers.front().is_some_and(|timer| timer.at_ns <= now) {
            let Some(timer) = self.timers.pop_front() else {
                return;
            };
            let lane = &mut self.lanes[timer.lane];
            let slot = lane.slot(timer.identifier);
            if !slot.is_waiting || slot.sending != timer.sending {
                continue;
            }
            if slot.attempt + 1 >= self.settings.attempts_max {
                self.counts.lost += 1;
                self.waiting -= 1;
                let request = slot.request;
                lane.release(timer.identifier);
                self.source.lost(request);
                continue;
            }
            self.counts.retransmitted += 1;
            match self.settings.resend {
                Resend::Same => {
                    slot.attempt += 1;
                    self.queue(timer.lane, timer.identifier);
                }
                Resend::New => {
                    let (request, intended, attempt) =
                        (slot.request, slot.intended_ns, slot.attempt + 1);
                    lane.release(timer.identifier);
                    self.put(timer.lane, request, intended, attempt);
                }
            }
        }
    }

    /// Sleeps until something is received, due, or overdue; then receives.
    fn wait(&mut self, due_ns: Option<u64>, until: Until) -> io::Result<()> {
        let blocked = self.is_blocked.then(|| now_ns() + BLOCKED_NS);
        let overdue = self.timers.front().map(|timer| timer.at_ns);
        let at_ns = [due_ns, overdue, blocked].into_iter().flatten().min();
        self.arm(at_ns)?;
        let empty = epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        };
        let mut ready = [empty; READY_MAX];
        let count = match epoll::wait(&self.events, &mut ready[..], None) {
            Ok(count) => count,
            Err(Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in &ready[..count] {
            let number = event.data.u64();
            if number != TIMER {
                self.receive(usize::try_from(number).unwrap_or(0), until)?;
            }
        }
        Ok(())
    }

    /// Sets the alarm, unless it rings early enough anyway: one that rings in vain costs less than one that is set
    /// for every request.
    fn arm(&mut self, at_ns: Option<u64>) -> io::Result<()> {
        let is_spent = self.armed_ns <= now_ns();
        if at_ns.is_none_or(|at_ns| at_ns >= self.armed_ns) && !is_spent {
            return Ok(());
        }
        // Zero would switch it off; what is past rings at once.
        self.armed_ns = at_ns.map_or(u64::MAX, |at_ns| at_ns.max(1));
        let ring = Itimerspec {
            it_interval: timespec(0),
            it_value: timespec(at_ns.map_or(0, |_| self.armed_ns)),
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &ring)?;
        Ok(())
    }

    /// Receives all that a socket has.
    fn receive(&mut self, number: usize, until: Until) -> io::Result<()> {
        loop {
            match self.lanes[number].receive(&self.secret)? {
                Received::Nothing => return Ok(()),
                Received::Refused => {
                    self.counts.refused += 1;
                    return Ok(());
                }
                Received::Bad => self.counts.bad_authenticators += 1,
                Received::Late => self.counts.late_answers += 1,
                Received::Answer(identifier) => self.answered(number, identifier, until),
            }
        }
    }

    fn answered(&mut self, number: usize, identifier: u8, until: Until) {
        let slot = self.lanes[number].slot(identifier);
        let (request, attempt) = (slot.request, slot.attempt);
        if self.source.loses_answer(request, attempt) {
            self.counts.answers_lost_on_purpose += 1;
            return;
        }
        let now = now_ns();
        let took_ns = now.saturating_sub(slot.intended_ns);
        let is_after = slot.intended_ns.saturating_sub(self.begin_ns) >= until.mark_ns;
        self.counts.by_kind[slot.kind as usize].add(took_ns);
        // What the mark is about is no other traffic.
        if !matches!(slot.kind, Kind::On | Kind::Off) {
            self.counts.times[usize::from(is_after)].add(took_ns);
        }
        self.counts.answered += 1;
        self.counts.answered_at_once += u64::from(attempt == 0);
        self.last_ns = now;
        self.waiting -= 1;
        self.lanes[number].release(identifier);
        self.source.answered(request);
    }
}
