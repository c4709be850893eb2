//! A million events in disorder, whose end is known: what is lost is sent again until it is answered; what is late, or
//! comes twice, says when it happened.
//!
//! The hours that it is about are not slept through: they lie before the begin of the run, and Event-Timestamp or
//! Acct-Delay-Time say so.
mod nas;
mod truth;

pub use nas::{Arrival, Event, Style};
pub use truth::{End, Expected, Sums, Truth, name_of_nas, nas_octets};

use crate::source::{Kind, Next, Source};
use quipu_radiusd::packet::{Composer, kind};
use quipu_tests::random::Random;
use std::time::{SystemTime, UNIX_EPOCH};

/// How long before the run the events begin: within what a server believes of a clock.
const BEFORE_MS: u64 = 20 * 3600 * 1000;
/// How much older a request may be than the one to be sent, in the time of the events: else the run itself would add
/// delays that were never planned.
const APART_MS_MAX: u64 = 5_000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Repeats the same events.
    pub seed: u64,
    /// At least so many events.
    pub events: u64,
    /// The server's name for the client that the loader is.
    pub client: String,
    /// Tells the NASes of this run from those of others; below 1,024.
    pub run: u32,
    /// One of so many answers is lost; 0: none.
    pub lose_answers: u64,
}

/// The events of many NASes, as they arrive.
#[derive(Debug)]
pub struct Disorder {
    begin_ms: u64,
    styles: Vec<Style>,
    events: Vec<Event>,
    arrivals: Vec<Arrival>,
    truth: Truth,
    next: usize,
    /// The first that is not answered.
    oldest: usize,
    is_answered: Vec<bool>,
    /// Requests that were given up; then the truth is not what the server was told.
    pub given_up: u64,
}

impl Disorder {
    /// Makes up what happened, and writes down how it ends.
    #[must_use]
    pub fn new(order: Order) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(0);
        let begin_ms = now_ms.saturating_sub(BEFORE_MS);
        let mut random = Random::new(order.seed);
        let mut happened = nas::Happened::new(order.lose_answers);
        let mut styles = Vec::new();
        while (happened.events.len() as u64) < order.events && styles.len() < 1 << 12 {
            let number = u32::try_from(styles.len()).unwrap_or(0) | order.run << 12;
            let style = Style {
                has_timestamp: random.one_in(2),
                is_narrow: random.one_in(2),
            };
            happened.live(number, &mut random);
            styles.push(style);
        }
        happened.arrivals.sort_by_key(|arrival| arrival.ms);
        let truth = Truth {
            client: order.client.clone(),
            begin_ms,
            sessions: happened.sessions,
        };
        Self {
            is_answered: vec![false; happened.arrivals.len()],

            begin_ms,
            styles,
            events: happened.events,
            arrivals: happened.arrivals,
            truth,
            next: 0,
            oldest: 0,
            given_up: 0,
        }
    }

    /// How it ends, for somebody who saw the true order.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The same, to be falsified: who compares must find it.
    pub fn truth_mut(&mut self) -> &mut Truth {
        &mut self.truth
    }

    /// Events, and packets that tell of them.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.events.len(), self.arrivals.len())
    }

    fn of(&self, request: u64) -> (&Arrival, &Event) {
        let arrival = &self.arrivals[index(request)];
        (arrival, &self.events[arrival.event as usize])
    }

    fn is_done(&mut self, request: u64) {
        self.is_answered[index(request)] = true;
        while self.is_answered.get(self.oldest) == Some(&true) {
            self.oldest += 1;
        }
    }
}

fn index(request: u64) -> usize {
    usize::try_from(request).unwrap_or(usize::MAX)
}

impl Source for Disorder {
    fn next(&mut self, _since_ns: u64) -> Next {
        let Some(arrival) = self.arrivals.get(self.next) else {
            return Next::End;
        };
        if arrival.ms > self.arrivals[self.oldest].ms + APART_MS_MAX {
            return Next::Later;
        }
        self.next += 1;
        Next::Request(self.next as u64 - 1)
    }

    fn compose(&self, request: u64, _delay_s: u32, composer: &mut Composer) -> Kind {
        let (_, event) = self.of(request);
        let style = self.styles[(event.nas & 0xfff) as usize];
        composer.push_number(kind::ACCT_STATUS_TYPE, event.kind.status().unwrap_or(0));
        composer.push(kind::NAS_IP_ADDRESS, &nas_octets(event.nas));
        let at_ms = self.begin_ms + event.ms;
        if style.has_timestamp {
            composer.push_number(kind::EVENT_TIMESTAMP, low(at_ms / 1000));
        } else {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let now_ms = u64::try_from(now.as_millis()).unwrap_or(0);
            composer.push_number(
                kind::ACCT_DELAY_TIME,
                low(now_ms.saturating_sub(at_ms) / 1000),
            );
        }
        let Some(session) = event.session else {
            return event.kind;
        };
        let session = &self.truth.sessions[session as usize];
        composer.push(kind::ACCT_SESSION_ID, session.id.as_bytes());
        composer.push(kind::USER_NAME, session.user.as_bytes());
        if event.kind != Kind::Start {
            composer.push_number(
                kind::ACCT_SESSION_TIME,
                low((event.ms - session.start_ms) / 1000),
            );
        }
        if let Some((input, output)) = event.octets {
            composer.push_number(kind::ACCT_INPUT_OCTETS, low(input));
            composer.push_number(kind::ACCT_OUTPUT_OCTETS, low(output));
            composer.push_number(kind::ACCT_INPUT_PACKETS, low(truth::packets(input)));
            composer.push_number(kind::ACCT_OUTPUT_PACKETS, low(truth::packets(output)));
            if !style.is_narrow {
                composer.push_number(kind::ACCT_INPUT_GIGAWORDS, low(input >> 32));
                composer.push_number(kind::ACCT_OUTPUT_GIGAWORDS, low(output >> 32));
            }
        }
        event.kind
    }

    fn loses_answer(&mut self, request: u64, attempt: u32) -> bool {
        attempt == 0 && self.of(request).0.answer_is_lost
    }

    fn answered(&mut self, request: u64) {
        self.is_done(request);
    }

    fn lost(&mut self, request: u64) {
        self.given_up += 1;
        self.is_done(request);
    }
}

/// The lower half.
fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(0)
}
