use std::collections::HashMap;

use super::{Role, Trap, TrapKind, broken_section, section_name, trap_words};
use crate::nut::conf::{Conf, Line, Position, Word, parse};

/// `upsd.users` as `user_load` reads it (server/user.c).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpsdUsers {
    /// The users in their order, each once.
    pub users: Vec<User>,
    /// What NUT ignores or misreads.
    pub traps: Vec<Trap>,
    by_name: HashMap<String, usize>,
}

/// One user, with everything upsd gives to it: also what stands below a header upsd ignores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name between the brackets.
    pub name: String,
    /// Where its header stands.
    pub header: Position,
    /// The password that counts: the first one.
    pub password: Option<Word>,
    /// The words of its `upsmon` lines.
    pub upsmon: Vec<Word>,
    /// SET, FSD and what else is written there.
    pub actions: Vec<Word>,
    /// Names of commands, or ALL.
    pub instcmds: Vec<Word>,
}

impl User {
    /// The strongest role of its `upsmon` lines.
    pub fn role(&self) -> Option<Role> {
        self.upsmon
            .iter()
            .filter_map(|word| Role::of_word(&word.value))
            .min()
    }

    /// Whether it may log in with this password. Without a password of its own nobody can.
    pub fn accepts(&self, password: &str) -> bool {
        self.password
            .as_ref()
            .is_some_and(|word| word.value == password)
    }

    /// Whether it may do the action: SET or FSD.
    pub fn may(&self, action: &str) -> bool {
        let forces = action.eq_ignore_ascii_case("FSD") && self.role() == Some(Role::Primary);
        forces
            || self
                .actions
                .iter()
                .any(|word| word.value.eq_ignore_ascii_case(action))
    }
}

impl UpsdUsers {
    /// Reads the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Self {
        Self::new(&parse(bytes))
    }

    /// Reads a file that is lexed already.
    pub fn new(conf: &Conf) -> Self {
        let mut view = Self {
            traps: TrapKind::of_words(conf),
            ..Self::default()
        };
        for line in conf.directives() {
            view.line(line);
        }
        view
    }

    /// The user of a name. Case counts.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(*self.by_name.get(name)?)
    }

    fn trap(&mut self, kind: TrapKind, place: Position) {
        self.traps.push(Trap { kind, place });
    }

    /// `user_parse_arg`, in its order.
    fn line(&mut self, line: &Line) {
        let name = &line.words[0];
        if name.value.eq_ignore_ascii_case("user") {
            return self.trap(TrapKind::OldUserLine, line.place());
        }
        if let Some((field, value)) = name.value.split_once('=') {
            let value = Word {
                value: value.to_string(),
                ..name.clone()
            };
            let values = [&[value], &line.words[1..]].concat();
            return self.field(&field.to_ascii_lowercase(), &values, line);
        }
        if let Some(user) = section_name(line) {
            self.traps
                .extend(trap_words(TrapKind::ExtraWords, &line.words[1..]));
            return self.open(user, name.place());
        }
        if let Some(kind) = broken_section(line) {
            self.trap(kind, line.place());
        }
        self.assignment(line);
    }

    fn assignment(&mut self, line: &Line) {
        let field = line.words[0].value.to_ascii_lowercase();
        match line.words.as_slice() {
            [_, equals, values @ ..] if equals.value == "=" => match values {
                [] => self.trap(TrapKind::MissingValue, line.place()),
                values => {
                    if field == "upsmon" {
                        self.trap(TrapKind::UpsmonEquals, line.place());
                    }
                    self.field(&field, values, line);
                }
            },
            [_, role, rest @ ..] if field == "upsmon" => {
                self.traps.extend(trap_words(TrapKind::ExtraWords, rest));
                self.field(&field, std::slice::from_ref(role), line);
            }
            [first, ..] if first.value.starts_with('[') => {}
            [_] => self.trap(TrapKind::MissingValue, line.place()),
            _ => self.trap(TrapKind::ForgottenEquals, line.place()),
        }
    }

    /// `user_add`: a second header of a name is ignored, and what follows goes to the last user.
    fn open(&mut self, name: &str, header: Position) {
        if self.user(name).is_some() {
            let heir = self
                .users
                .last()
                .map(|user| user.name.clone())
                .unwrap_or_default();
            return self.trap(TrapKind::DuplicateUser(heir), header);
        }
        self.by_name.insert(name.to_string(), self.users.len());
        self.users.push(User {
            name: name.to_string(),
            header,
            password: None,
            upsmon: Vec::new(),
            actions: Vec::new(),
            instcmds: Vec::new(),
        });
    }

    /// `parse_var` for every value.
    fn field(&mut self, field: &str, values: &[Word], line: &Line) {
        let Some(user) = self.users.last_mut() else {
            return self.trap(TrapKind::OutsideSection, line.place());
        };
        match field {
            "password" => return self.password(values),
            "instcmds" => user.instcmds.extend_from_slice(values),
            "actions" => user.actions.extend_from_slice(values),
            "upsmon" => user.upsmon.extend_from_slice(values),
            "allowfrom" => return self.trap(TrapKind::ObsoleteField, line.place()),
            _ => return self.trap(TrapKind::UnknownField, line.place()),
        }
        if field == "upsmon" {
            let unknown = values
                .iter()
                .filter(|word| Role::of_word(&word.value).is_none());
            for place in unknown.map(Word::place).collect::<Vec<_>>() {
                self.trap(TrapKind::UnknownRole, place);
            }
        }
    }

    fn password(&mut self, values: &[Word]) {
        let Some(user) = self.users.last_mut() else {
            return;
        };
        if user.password.is_some() {
            self.traps
                .extend(trap_words(TrapKind::DuplicatePassword, values));
        } else {
            user.password = values.first().cloned();
            self.traps.extend(trap_words(
                TrapKind::ExtraWords,
                values.get(1..).unwrap_or_default(),
            ));
        }
    }
}
