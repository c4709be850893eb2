//! Addresses as the kernel writes them.
//!
//! One structure serves both families: its first eight octets are family, port, and what is the address in
//! `sockaddr_in` and the flow in `sockaddr_in6`.
use libc::{cmsghdr, in6_addr, sa_family_t, sockaddr_in, sockaddr_in6, socklen_t};
use std::mem::{offset_of, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

const _: () = assert!(offset_of!(sockaddr_in, sin_family) == offset_of!(sockaddr_in6, sin6_family));
const _: () = assert!(offset_of!(sockaddr_in, sin_port) == offset_of!(sockaddr_in6, sin6_port));
const _: () = assert!(offset_of!(sockaddr_in, sin_addr) == offset_of!(sockaddr_in6, sin6_flowinfo));

#[expect(clippy::cast_possible_truncation, reason = "2 and 10")]
const FAMILIES: [sa_family_t; 2] = [libc::AF_INET as _, libc::AF_INET6 as _];
#[expect(clippy::cast_possible_truncation, reason = "16 and 28")]
const NAME_OCTETS: [socklen_t; 2] = [
    size_of::<sockaddr_in>() as _,
    size_of::<sockaddr_in6>() as _,
];

/// The address of a socket, and how much of it counts.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) address: sockaddr_in6,
    pub(super) length: socklen_t,
}

impl Name {
    /// Room for either family.
    pub(super) const ROOM: Self = Self {
        address: sockaddr_in6 {
            sin6_family: 0,
            sin6_port: 0,
            sin6_flowinfo: 0,
            sin6_addr: in6_addr { s6_addr: [0; 16] },
            sin6_scope_id: 0,
        },
        length: NAME_OCTETS[1],
    };

    /// The address for a socket of IPv6 or IPv4. `None`: such a socket does not reach it.
    pub(super) fn new(address: SocketAddr, is_ipv6: bool) -> Option<Self> {
        let mut name = Self::ROOM;
        name.address.sin6_family = FAMILIES[usize::from(is_ipv6)];
        name.address.sin6_port = address.port().to_be();
        name.length = NAME_OCTETS[usize::from(is_ipv6)];
        match (address, is_ipv6) {
            (SocketAddr::V4(address), false) => {
                name.address.sin6_flowinfo = address.ip().to_bits().to_be();
            }
            (SocketAddr::V4(address), true) => {
                name.address.sin6_addr.s6_addr = address.ip().to_ipv6_mapped().octets();
            }
            (SocketAddr::V6(address), true) => {
                name.address.sin6_addr.s6_addr = address.ip().octets();
                name.address.sin6_scope_id = address.scope_id();
            }
            (SocketAddr::V6(_), false) => return None,
        }
        Some(name)
    }

    /// The address; `None` if it is of neither family.
    pub(super) fn read(&self) -> Option<SocketAddr> {
        let port = u16::from_be(self.address.sin6_port);
        if self.address.sin6_family == FAMILIES[0] {
            let ip = Ipv4Addr::from_bits(u32::from_be(self.address.sin6_flowinfo));
            return Some(SocketAddrV4::new(ip, port).into());
        }
        let ip = Ipv6Addr::from(self.address.sin6_addr.s6_addr);
        let scope = self.address.sin6_scope_id;
        (self.address.sin6_family == FAMILIES[1]).then(|| match ip.to_ipv4_mapped() {
            Some(ip) => SocketAddrV4::new(ip, port).into(),
            None => SocketAddrV6::new(ip, port, 0, scope).into(),
        })
    }
}

/// The one control message that is used: the local address of a datagram. `words` is an `in6_pktinfo` (address,
/// interface) or an `in_pktinfo` (interface, local address, address in the header).
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Control {
    pub(super) header: cmsghdr,
    words: [u32; 6],
}

const _: () = assert!(offset_of!(Control, words) == size_of::<cmsghdr>());
const INFO_OCTETS: [usize; 2] = [
    size_of::<libc::in_pktinfo>(),
    size_of::<libc::in6_pktinfo>(),
];
const INFO_KINDS: [(i32, i32); 2] = [
    (libc::IPPROTO_IP, libc::IP_PKTINFO),
    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO),
];

impl Control {
    /// No message.
    pub(super) const NONE: Self = Self {
        header: cmsghdr {
            cmsg_len: 0,
            cmsg_level: 0,
            cmsg_type: 0,
        },
        words: [0; 6],
    };

    /// The message that lets a reply leave from an address, and from an interface if that one is local to its link;
    /// else it is routed. `None`: the kernel shall choose.
    pub(super) fn new(source: IpAddr, interface: u32, is_ipv6: bool) -> Option<Self> {
        if source.is_unspecified() || source.is_multicast() {
            return None;
        }
        let mut control = Self::NONE;
        (control.header.cmsg_level, control.header.cmsg_type) = INFO_KINDS[usize::from(is_ipv6)];
        control.header.cmsg_len = size_of::<cmsghdr>() + INFO_OCTETS[usize::from(is_ipv6)];
        let ip = match (source, is_ipv6) {
            (IpAddr::V4(ip), false) => {
                control.words[1] = ip.to_bits().to_be();
                return Some(control);
            }
            (IpAddr::V6(_), false) => return None,
            (IpAddr::V4(ip), true) => ip.to_ipv6_mapped(),
            (IpAddr::V6(ip), true) => ip,
        };
        if ip.is_unicast_link_local() {
            control.words[4] = interface;
        }
        for (place, word) in (0..4).zip(&mut control.words) {
            let shift = 96 - 32 * place;
            *word = u32::try_from((ip.to_bits() >> shift) & u128::from(u32::MAX))
                .unwrap_or_default()
                .to_be();
        }
        Some(control)
    }

    /// The octets of it that the kernel shall read.
    pub(super) fn length(&self) -> usize {
        self.header.cmsg_len.next_multiple_of(size_of::<usize>())
    }

    /// The local address and the interface, if the kernel wrote `length` octets and these are in them.
    pub(super) fn read(&self, length: usize) -> Option<(IpAddr, u32)> {
        let kind = (self.header.cmsg_level, self.header.cmsg_type);
        let family = INFO_KINDS.iter().position(|known| *known == kind)?;
        let expected = size_of::<cmsghdr>() + INFO_OCTETS[family];
        if length < expected || self.header.cmsg_len != expected {
            return None;
        }
        let words = self.words.map(u32::from_be);
        if family == 0 {
            return Some((Ipv4Addr::from_bits(words[1]).into(), self.words[0]));
        }
        let bits = words[..4]
            .iter()
            .fold(0, |bits: u128, word| bits << 32 | u128::from(*word));
        Some((Ipv6Addr::from_bits(bits).to_canonical(), self.words[4]))
    }
}
