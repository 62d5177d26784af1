//! The linter that NUT lacks: what is wrong with a site's files, alone and against one another.
//!
//! The rules see a [`Site`]: the files of every host, rendered or read from the host, and the
//! inventory behind them. They see no host and need no password. To add a rule: a file with its
//! text beside it, and a line in `CHECKS`.

mod allow;
mod allow_unused;
mod appliance_demands;
mod battery_reserve_short;
mod calibration_remembered;
mod cross;
mod deadtime_below_polls;
mod deadtime_inert;
mod directive_obsolete;
mod directive_too_new;
mod directive_unknown;
mod driver_key_unknown;
mod driver_not_packaged;
mod driver_package_missing;
mod driver_unknown;
mod exec_without_notifycmd;
mod feed_not_watched;
mod finaldelay_short;
mod fixed_password_rights;
mod host;
mod hostsync_below_logout;
mod hostsync_beyond_oblb;
mod hostsync_off;
mod ignorelb_without_threshold;
mod keys;
mod line_ignored;
mod listen;
mod listen_may_not_exist;
mod listen_twice;
mod logout_too_late;
mod maxconn_low;
mod mode_mismatch;
mod mode_none_with_ups;
mod monitor_broken;
mod monitor_by_name;
mod monitored_twice;
mod nearest;
mod never_shuts_down;
mod notify;
mod notifyflag_ignore;
mod notifyflag_unknown;
mod notifymsg_format;
mod notifymsg_shell;
mod odd_character;
mod offduration_immediate;
mod password;
mod password_exposed;
mod password_mismatch;
mod password_unsafe;
mod password_weak;
mod place;
mod poll_busy;
mod poll_slower_on_battery;
mod port_implausible;
mod power_from_elsewhere;
mod power_short;
mod powerdownflag_cuts_others;
mod powerdownflag_missing;
mod powerdownflag_place;
mod primary_missing;
mod remote_primary;
mod report;
mod role_refused;
mod role_unknown;
mod role_word_too_new;
mod run_as_user;
mod said_twice;
mod sdorder_first;
mod secondary_with_primary_rights;
mod section_broken;
mod server_not_listening;
mod shell_syntax;
mod shutdowncmd_missing;
mod shutdowncmd_relative;
mod site;
mod statepath_split;
mod text_lost;
mod threshold_without_ignorelb;
mod timing;
mod tls_incomplete;
mod tls_not_in_debian;
mod traps;
mod ups_incomplete;
mod ups_never_cut;
mod ups_unknown;
mod upsmon_user_too_powerful;
mod usb;
mod usb_ambiguous;
mod usb_pattern;
mod user_lacks_password;
mod user_section_twice;
mod user_unknown;
mod value;
mod value_invalid;
mod value_missing;
mod view;
mod watch;

use std::sync::LazyLock;

use super::Rule;
use crate::model::finding::Finding;
use view::View;

pub use allow::unknown as unknown_allows;
pub(in crate::rules) use nearest::nearest;
pub use report::Report;
pub use site::{Exposure, Places, Site};

/// What a rule looks at.
enum Check {
    /// One host after the other.
    Host(fn(&View<'_>) -> Vec<Finding>),
    /// The site at once.
    Site(fn(&Site<'_>) -> Vec<Finding>),
}

static CHECKS: &[(&Rule, Check)] = &[
    (
        &appliance_demands::RULE,
        Check::Host(appliance_demands::check),
    ),
    (
        &battery_reserve_short::RULE,
        Check::Host(battery_reserve_short::check),
    ),
    (
        &calibration_remembered::RULE,
        Check::Host(calibration_remembered::check),
    ),
    (
        &deadtime_below_polls::RULE,
        Check::Host(deadtime_below_polls::check),
    ),
    (&deadtime_inert::RULE, Check::Host(deadtime_inert::check)),
    (
        &directive_obsolete::RULE,
        Check::Host(directive_obsolete::check),
    ),
    (
        &directive_too_new::RULE,
        Check::Host(directive_too_new::check),
    ),
    (
        &directive_unknown::RULE,
        Check::Host(directive_unknown::check),
    ),
    (
        &driver_key_unknown::RULE,
        Check::Host(driver_key_unknown::check),
    ),
    (
        &driver_not_packaged::RULE,
        Check::Host(driver_not_packaged::check),
    ),
    (
        &driver_package_missing::RULE,
        Check::Host(driver_package_missing::check),
    ),
    (&driver_unknown::RULE, Check::Host(driver_unknown::check)),
    (
        &exec_without_notifycmd::RULE,
        Check::Host(exec_without_notifycmd::check),
    ),
    (
        &feed_not_watched::RULE,
        Check::Host(feed_not_watched::check),
    ),
    (
        &finaldelay_short::RULE,
        Check::Host(finaldelay_short::check),
    ),
    (
        &fixed_password_rights::RULE,
        Check::Host(fixed_password_rights::check),
    ),
    (
        &hostsync_below_logout::RULE,
        Check::Host(hostsync_below_logout::check),
    ),
    (
        &hostsync_beyond_oblb::RULE,
        Check::Host(hostsync_beyond_oblb::check),
    ),
    (&hostsync_off::RULE, Check::Host(hostsync_off::check)),
    (
        &ignorelb_without_threshold::RULE,
        Check::Host(ignorelb_without_threshold::check),
    ),
    (&line_ignored::RULE, Check::Host(line_ignored::check)),
    (
        &listen_may_not_exist::RULE,
        Check::Host(listen_may_not_exist::check),
    ),
    (&listen_twice::RULE, Check::Host(listen_twice::check)),
    (&logout_too_late::RULE, Check::Host(logout_too_late::check)),
    (&maxconn_low::RULE, Check::Host(maxconn_low::check)),
    (&mode_mismatch::RULE, Check::Host(mode_mismatch::check)),
    (
        &mode_none_with_ups::RULE,
        Check::Host(mode_none_with_ups::check),
    ),
    (&monitor_broken::RULE, Check::Host(monitor_broken::check)),
    (&monitor_by_name::RULE, Check::Host(monitor_by_name::check)),
    (&monitored_twice::RULE, Check::Host(monitored_twice::check)),
    (
        &never_shuts_down::RULE,
        Check::Host(never_shuts_down::check),
    ),
    (
        &notifyflag_ignore::RULE,
        Check::Host(notifyflag_ignore::check),
    ),
    (
        &notifyflag_unknown::RULE,
        Check::Host(notifyflag_unknown::check),
    ),
    (
        &notifymsg_format::RULE,
        Check::Host(notifymsg_format::check),
    ),
    (&notifymsg_shell::RULE, Check::Host(notifymsg_shell::check)),
    (&odd_character::RULE, Check::Host(odd_character::check)),
    (
        &offduration_immediate::RULE,
        Check::Host(offduration_immediate::check),
    ),
    (
        &password_exposed::RULE,
        Check::Site(password_exposed::check),
    ),
    (
        &password_mismatch::RULE,
        Check::Host(password_mismatch::check),
    ),
    (&password_unsafe::RULE, Check::Site(password_unsafe::check)),
    (&password_weak::RULE, Check::Site(password_weak::check)),
    (&poll_busy::RULE, Check::Host(poll_busy::check)),
    (
        &poll_slower_on_battery::RULE,
        Check::Host(poll_slower_on_battery::check),
    ),
    (
        &port_implausible::RULE,
        Check::Host(port_implausible::check),
    ),
    (
        &power_from_elsewhere::RULE,
        Check::Host(power_from_elsewhere::check),
    ),
    (&power_short::RULE, Check::Host(power_short::check)),
    (
        &powerdownflag_cuts_others::RULE,
        Check::Host(powerdownflag_cuts_others::check),
    ),
    (
        &powerdownflag_missing::RULE,
        Check::Host(powerdownflag_missing::check),
    ),
    (
        &powerdownflag_place::RULE,
        Check::Host(powerdownflag_place::check),
    ),
    (&primary_missing::RULE, Check::Host(primary_missing::check)),
    (&remote_primary::RULE, Check::Host(remote_primary::check)),
    (&role_refused::RULE, Check::Host(role_refused::check)),
    (&role_unknown::RULE, Check::Host(role_unknown::check)),
    (
        &role_word_too_new::RULE,
        Check::Host(role_word_too_new::check),
    ),
    (&run_as_user::RULE, Check::Host(run_as_user::check)),
    (&said_twice::RULE, Check::Host(said_twice::check)),
    (&sdorder_first::RULE, Check::Host(sdorder_first::check)),
    (
        &secondary_with_primary_rights::RULE,
        Check::Host(secondary_with_primary_rights::check),
    ),
    (&section_broken::RULE, Check::Host(section_broken::check)),
    (
        &server_not_listening::RULE,
        Check::Host(server_not_listening::check),
    ),
    (&shell_syntax::RULE, Check::Host(shell_syntax::check)),
    (
        &shutdowncmd_missing::RULE,
        Check::Host(shutdowncmd_missing::check),
    ),
    (
        &shutdowncmd_relative::RULE,
        Check::Host(shutdowncmd_relative::check),
    ),
    (&statepath_split::RULE, Check::Host(statepath_split::check)),
    (&text_lost::RULE, Check::Host(text_lost::check)),
    (
        &threshold_without_ignorelb::RULE,
        Check::Host(threshold_without_ignorelb::check),
    ),
    (&tls_incomplete::RULE, Check::Host(tls_incomplete::check)),
    (
        &tls_not_in_debian::RULE,
        Check::Host(tls_not_in_debian::check),
    ),
    (&ups_incomplete::RULE, Check::Host(ups_incomplete::check)),
    (&ups_never_cut::RULE, Check::Host(ups_never_cut::check)),
    (&ups_unknown::RULE, Check::Host(ups_unknown::check)),
    (
        &upsmon_user_too_powerful::RULE,
        Check::Host(upsmon_user_too_powerful::check),
    ),
    (&usb_ambiguous::RULE, Check::Host(usb_ambiguous::check)),
    (&usb_pattern::RULE, Check::Host(usb_pattern::check)),
    (
        &user_lacks_password::RULE,
        Check::Host(user_lacks_password::check),
    ),
    (
        &user_section_twice::RULE,
        Check::Host(user_section_twice::check),
    ),
    (&user_unknown::RULE, Check::Host(user_unknown::check)),
    (&value_invalid::RULE, Check::Host(value_invalid::check)),
    (&value_missing::RULE, Check::Host(value_missing::check)),
];

/// The rules of this pass.
pub static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let checks = CHECKS.iter().map(|(rule, _)| *rule);
    checks.chain([&allow_unused::RULE]).collect()
});

/// Everything the rules have to say about a site: about the inventory first, then host by host.
pub fn check(site: &Site<'_>) -> Report {
    let mut findings = Vec::new();
    for (_, check) in CHECKS {
        if let Check::Site(check) = check {
            findings.extend(check(site));
        }
    }
    for host in site.hosts.values() {
        let view = View { site, host };
        for (_, check) in CHECKS {
            if let Check::Host(check) = check {
                findings.extend(check(&view));
            }
        }
    }
    let (mut findings, silenced) = allow::silence(site, findings);
    findings.sort_by(|one, other| one.host.cmp(&other.host));
    Report { findings, silenced }
}
