//! A server that is nothing but the merge rules and a map.
use super::truth::{Arrival, SECRET};
use quipu_radiusd::event::{Event, Reading};
use quipu_radiusd::merge::{Occasion, Place, Rules, merge, merge_nas, place, supersede};
use quipu_radiusd::packet::{Packet, Secret, TypedLengths};
use quipu_radiusd::record::{NasRecord, SessionRecord, Totals};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) nas: Option<NasRecord>,
    pub(crate) totals: Totals,
    newest: BTreeMap<Vec<u8>, SessionRecord>,
    earlier: BTreeMap<(Vec<u8>, u32), SessionRecord>,
    lsn: u64,
}

impl Server {
    pub(crate) fn receive(&mut self, arrival: &Arrival) {
        let packet = Packet::parse(&arrival.bytes, TypedLengths::Discard).expect("good");
        Secret::new(SECRET).verify(&packet).expect("authentic");
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let event = Event::read(&packet, source, &Reading::default()).expect("allowed");
        self.lsn += 1;
        let occasion = Occasion {
            time: event.time(arrival.ms, 86_400_000),
            arrival_ms: arrival.ms,
            lsn: self.lsn,
        };
        let Some(id) = event.session_id.map(<[u8]>::to_vec) else {
            self.nas = merge_nas(self.nas.as_ref(), &event, &occasion).or(self.nas);
            return;
        };
        let nas = self.nas.as_ref();
        let newest = self.newest.get(&id);
        let read = |number| self.earlier.get(&(id.clone(), number)).cloned();
        let place = place(newest, &event, &occasion, nas, read);
        let old = match &place {
            Place::Newest => newest,
            Place::Earlier(_, record) => Some(&**record),
            Place::New | Place::NewEarlier(_) => None,
        };
        let merged = merge(old, &event, &occasion, nas, &Rules::default());
        let mut record = merged.record;
        let before = old.map(SessionRecord::totals).unwrap_or_default();
        assert_eq!(merged.delta, record.totals().minus(&before));
        let mut delta = merged.delta;
        match place {
            Place::Newest => {
                self.newest.insert(id, record);
            }
            Place::New => {
                let old = self.newest.remove(&id).expect("there is one");
                let closed = supersede(&old, nas);
                delta = delta.plus(&closed.totals().minus(&old.totals()));
                record.hot.earlier = old.hot.earlier + 1;
                self.earlier.insert((id.clone(), old.hot.earlier), closed);
                self.newest.insert(id, record);
            }
            Place::Earlier(number, _) => {
                self.earlier.insert((id, number), record);
            }
            Place::NewEarlier(number) => {
                let closed = supersede(&record, nas);
                delta = delta.plus(&closed.totals().minus(&record.totals()));
                self.newest.get_mut(&id).expect("there is one").hot.earlier += 1;
                self.earlier.insert((id, number), closed);
            }
        }
        self.totals = self.totals.plus(&delta);
    }

    pub(crate) fn sessions(&self) -> Vec<(Vec<u8>, SessionRecord)> {
        let newest = self
            .newest
            .iter()
            .map(|(id, record)| (id.clone(), record.clone()));
        let earlier = self
            .earlier
            .iter()
            .map(|((id, _), record)| (id.clone(), record.clone()));
        newest.chain(earlier).collect()
    }
}
