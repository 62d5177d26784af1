//! Who is reached under which address or name.

use std::collections::BTreeMap;

use crate::model::name::HostName;
use crate::site::address;

/// The addresses and names of all hosts that are known.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// By address; nothing for one that several hosts have, such as that of a bridge for containers.
    shared: BTreeMap<String, Option<HostName>>,
    /// What a host takes for itself.
    own: BTreeMap<HostName, Vec<String>>,
}

impl Addresses {
    /// Whose an address or name is, when `asking` uses it.
    pub fn host_at(&self, asking: &HostName, asked: &str) -> Option<HostName> {
        let own = self.own.get(asking).into_iter().flatten();
        let names_itself = own.into_iter().any(|own| {
            address::same(own, asked)
                || (!address::is_ip(asked) && first_label(own) == first_label(asked))
        });
        if names_itself || address::is_loopback(asked) {
            return Some(asking.clone());
        }
        let asked = address::plain(asked).to_ascii_lowercase();
        let exact = self.shared.get(&asked);
        let short = || match address::is_ip(&asked) {
            true => None,
            false => self.shared.get(&first_label(&asked)),
        };
        exact.or_else(short)?.clone()
    }

    /// Notes that a host is reached under an address or name.
    pub(super) fn add(&mut self, asked: &str, host: &HostName) {
        if address::is_loopback(asked) {
            return;
        }
        let key = address::plain(asked).to_ascii_lowercase();
        let same = |other: &mut Option<HostName>| {
            if other.as_ref() != Some(host) {
                *other = None;
            }
        };
        self.shared
            .entry(key)
            .and_modify(same)
            .or_insert_with(|| Some(host.clone()));
    }

    /// Notes what a host has itself.
    pub(super) fn own(&mut self, host: &HostName, addresses: &[String]) {
        self.own.insert(host.clone(), addresses.to_vec());
    }
}

/// The name in front of the first dot, in small letters; an address as it is.
fn first_label(name: &str) -> String {
    let first = match address::is_ip(name) {
        true => name,
        false => name.split('.').next().unwrap_or_default(),
    };
    first.to_ascii_lowercase()
}
