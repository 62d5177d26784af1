//! upsd.users(5), server/user.c.

use super::{Directive, File, Kind, Scope};

const fn field(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::UpsdUsers, Scope::Section, name, kind).any_case()
}

pub(super) static TABLE: &[Directive] = &[
    field("password", Kind::Secret).note("the first one counts; a user without one cannot log in"),
    field("upsmon", Kind::UpsmonRole)
        .note("written without `=`; primary and secondary are known since 2.8.0, before: master and slave"),
    field("actions", Kind::List)
        .repeatable()
        .note("SET and FSD, in any case"),
    field("instcmds", Kind::List)
        .repeatable()
        .note("names of commands, or ALL"),
    field("allowfrom", Kind::Obsolete).note("no longer used"),
];
