//! What a rule is applied to: a host, one UPS of a server, or one MONITOR line.

use super::Scope;
use super::says::Says;
use crate::model::bundle::Facts;
use crate::model::name::HostName;
use crate::site::{ParsedHost, ParsedSite, ParsedUps, Watch};

#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Host(ParsedHost<'a>),
    Ups(ParsedUps<'a>),
    Watch(Watch<'a>),
}

/// Everything that a rule of a scope looks at; not a host that nobody asked.
pub(super) fn subjects<'a>(site: &'a ParsedSite<'a>, scope: Scope) -> Vec<Subject<'a>> {
    let hosts = || {
        let asked = |host: &ParsedHost<'_>| {
            !matches!(
                host.bundle().map(|bundle| &bundle.facts),
                Some(Facts::NotAsked)
            )
        };
        site.hosts().filter(asked)
    };
    match scope {
        Scope::Host(_) => hosts().map(Subject::Host).collect(),
        Scope::Server(_) => hosts()
            .filter(|host| host.is_server())
            .map(Subject::Host)
            .collect(),
        Scope::Ups(_) => hosts()
            .filter(|host| host.is_server())
            .flat_map(ParsedHost::upses)
            .map(Subject::Ups)
            .collect(),
        Scope::Watch(_) => hosts()
            .flat_map(ParsedHost::watches)
            .filter(|watch| watch.monitor().is_some())
            .map(Subject::Watch)
            .collect(),
    }
}

impl Subject<'_> {
    pub fn host(&self) -> &HostName {
        match self {
            Self::Host(host) => host.name(),
            Self::Ups(ups) => ups.host.name(),
            Self::Watch(watch) => watch.host.name(),
        }
    }

    /// `ups` or `ups@server`, for one of several on a host.
    pub fn part(&self) -> Option<String> {
        match self {
            Self::Host(_) => None,
            Self::Ups(ups) => Some(ups.name().to_string()),
            Self::Watch(watch) => Some(watch.system().to_string()),
        }
    }

    /// What a rule of its scope says of it.
    pub fn ask(self, scope: Scope) -> Option<Says> {
        match (scope, self) {
            (Scope::Host(look) | Scope::Server(look), Self::Host(host)) => look(host),
            (Scope::Ups(look), Self::Ups(ups)) => look(ups),
            (Scope::Watch(look), Self::Watch(watch)) => look(watch),
            _ => None,
        }
    }

    /// The values that every text can use.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![("host", self.host().to_string())];
        match self {
            Self::Host(host) => values.push((
                "address",
                host.bundle()
                    .map_or_else(String::new, |bundle| bundle.address.clone()),
            )),
            Self::Ups(ups) => values.extend([
                ("ups", ups.name().to_string()),
                ("system", format!("{}@127.0.0.1", ups.name())),
                ("driver", ups.driver().unwrap_or_default().to_string()),
                ("unit", ups.unit()),
            ]),
            Self::Watch(watch) => values.extend([
                ("ups", watch.ups().to_string()),
                ("system", watch.system().to_string()),
                ("server_address", watch.address().to_string()),
                ("port", watch.port().to_string()),
                ("user", watch.user().to_string()),
                ("server", watch.server_label()),
            ]),
        }
        values
    }
}
