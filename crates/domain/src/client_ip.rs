//! The client's address out of a header that a trusted proxy writes.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroUsize,
};

/// The longest address with a port, in brackets, and some room.
const MAX_LENGTH: usize = 64;

/// The client in `X-Forwarded-For`, to which each proxy appends the peer that it saw: with `trusted_proxies` proxies of one's
/// own, the client is that many entries from the right. What stands further left, the client may have written itself.
/// `None` where there are fewer entries, which no trusted proxy sends, or where the entry is no address.
#[must_use]
pub fn from_forwarded_for(value: &str, trusted_proxies: NonZeroUsize) -> Option<IpAddr> {
    value.rsplit(',').nth(trusted_proxies.get() - 1).and_then(address)
}

/// The client in a header with one value, such as `X-Client-IP`. `None` where there is none, no address, or more than one:
/// that header was not written by the proxy alone.
#[must_use]
pub fn from_single(value: &str) -> Option<IpAddr> {
    address(value)
}

/// An IPv4 or IPv6 address, the latter perhaps in brackets, with or without a port. An IPv4 address in IPv6's clothes
/// (`::ffff:192.0.2.1`) is the IPv4 address. Zones (`%eth0`) belong to one machine and are refused.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches([' ', '\t']);
    if text.len() > MAX_LENGTH || text.contains('%') {
        return None;
    }
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forwarded(value: &str, proxies: usize) -> Option<String> {
        from_forwarded_for(value, NonZeroUsize::new(proxies)?).map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_read_with_and_without_port_and_brackets() {
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:51234 ", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ] {
            assert_eq!(
                from_single(text).map(|address| address.to_string()).as_deref(),
                Some(address),
                "{text}"
            );
        }
    }

    #[test]
    fn the_client_is_counted_from_the_right() {
        let value = "198.51.100.9, 192.0.2.1:1234,10.0.0.1";
        assert_eq!(forwarded(value, 1).as_deref(), Some("10.0.0.1"));
        assert_eq!(forwarded(value, 2).as_deref(), Some("192.0.2.1"));
        assert_eq!(forwarded(value, 4), None);
    }

    #[test]
    fn what_the_client_puts_to_the_left_changes_nothing() {
        for left in ["", "evil", "127.0.0.1", "a,b,c,,,", "192.0.2.1\", \"x", &"1.1.1.1,".repeat(100_000)] {
            assert_eq!(forwarded(&format!("{left}, 192.0.2.7"), 1).as_deref(), Some("192.0.2.7"));
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            " ",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.1:",
            "192.0.2.1:99999",
            "[2001:db8::1",
            "2001:db8::1]",
            "[192.0.2.1]",
            "[]",
            "fe80::1%eth0",
            "[fe80::1%1]:80",
            "192.0.2.1, 192.0.2.2",
            "192.0.2.1\r\nX: y",
            "0x7f.1",
            "1::2::3",
            "localhost:80",
        ] {
            assert_eq!(from_single(text), None, "{text}");
        }
        assert_eq!(from_single(&"1".repeat(1_000_000)), None);
    }

    proptest! {
        #[test]
        fn any_address_is_found_behind_any_text(left in ".{0,60}", bits: u128, four: u32, port: u16) {
            for address in [IpAddr::from(bits.to_be_bytes()), IpAddr::from(four.to_be_bytes())] {
                for written in [address.to_string(), SocketAddr::new(address, port).to_string()] {
                    prop_assert_eq!(
                        from_forwarded_for(&format!("{left},{written}"), NonZeroUsize::MIN), Some(address.to_canonical())
                    );
                }
            }
        }
    }
}
