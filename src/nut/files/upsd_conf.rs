use super::setting::settings;
use super::{Setting, Trap};
use crate::nut::conf::{Conf, Position, Word, parse};
use crate::nut::directive::File;
use crate::nut::ups_name::PORT;

/// `upsd.conf` as `load_upsdconf` reads it (server/conf.c).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsdConf {
    /// Every directive in its order.
    pub settings: Vec<Setting>,
    /// The LISTEN lines.
    pub listens: Vec<Listen>,
    /// What NUT ignores or misreads.
    pub traps: Vec<Trap>,
}

/// One LISTEN line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// An address, a name or `*`.
    pub address: Word,
    /// The port as written.
    pub port_word: Option<Word>,
    /// The whole directive.
    pub place: Position,
}

impl Listen {
    /// The port; the default if none is written, `None` if it is no port (it may be a service).
    pub fn port(&self) -> Option<u16> {
        match &self.port_word {
            None => Some(PORT),
            Some(word) => word.value.parse().ok(),
        }
    }
}

impl UpsdConf {
    /// Reads the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Self {
        Self::new(&parse(bytes))
    }

    /// Reads a file that is lexed already.
    pub fn new(conf: &Conf) -> Self {
        let (settings, traps) = settings(conf, File::Upsd);
        let listens = settings
            .iter()
            .filter(|s| s.is("LISTEN"))
            .filter_map(listen);
        Self {
            listens: listens.collect(),
            settings,
            traps,
        }
    }

    /// The setting that counts of a directive: the last one.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .rev()
            .find(|setting| setting.is(name) && setting.counts())
    }
}

fn listen(setting: &Setting) -> Option<Listen> {
    Some(Listen {
        address: setting.args.first()?.clone(),
        port_word: setting.args.get(1).cloned(),
        place: setting.place.clone(),
    })
}
