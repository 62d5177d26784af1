//! What a host's packet filter may keep from passing, and the command that lets it.

use crate::site::ParsedHost;

/// Which packets are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// A rule that blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub text: String,
    /// It names the port.
    pub exact: bool,
    /// What takes it away.
    pub removal: String,
}

/// The rules of a host that block packets one way; those that name the port alone, if there are any.
pub(super) fn blocking(host: ParsedHost<'_>, way: Way, port: u16) -> Vec<Rule> {
    let lines = host.deep().and_then(|deep| deep.firewall.is());
    let all = rules(lines.into_iter().flatten().map(String::as_str), way, port);
    let (exact, other): (Vec<Rule>, Vec<Rule>) = all.into_iter().partition(|rule| rule.exact);
    if exact.is_empty() {
        other.into_iter().take(6).collect()
    } else {
        exact
    }
}

/// Reads `nft -a list ruleset` and `iptables-save`, as far as the look has them.
fn rules<'a>(lines: impl Iterator<Item = &'a str>, way: Way, port: u16) -> Vec<Rule> {
    let (mut table, mut chain) = (String::new(), String::new());
    let mut out = Vec::new();
    let port = port.to_string();
    for line in lines.map(str::trim) {
        let named = |head: &str| {
            let rest = line.strip_prefix(head)?;
            Some(rest.split(" {").next().unwrap_or(rest).trim().to_string())
        };
        if let Some(name) = named("table ") {
            table = name;
        } else if let Some(name) = named("chain ") {
            chain = name;
        }
        let save = line.strip_prefix("legacy ").unwrap_or(line);
        let words = ["drop", "reject", "DROP", "REJECT"];
        let verdict = line.split([' ', ';']).any(|word| words.contains(&word));
        let place = save
            .strip_prefix("-A ")
            .and_then(|rest| rest.split(' ').next());
        let out_chain = place.unwrap_or(&chain).to_ascii_lowercase().contains("out");
        if !verdict || out_chain != (way == Way::Out) || line.starts_with("/etc/") {
            continue;
        }
        let handle = line.rsplit_once("# handle ").map(|(_, handle)| handle);
        let removal = match (place, handle) {
            (Some(_), _) => {
                let tool = if line.starts_with("legacy ") {
                    "iptables-legacy"
                } else {
                    "iptables"
                };
                format!("{tool} {}", save.replacen("-A", "-D", 1))
            }
            (None, Some(handle)) => format!("nft delete rule {table} {chain} handle {handle}"),
            (None, None) => "nft -a list ruleset".into(),
        };
        let exact = line
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == port);
        out.push(Rule {
            text: line.to_string(),
            exact,
            removal,
        });
    }
    out
}

/// The command, run on the server, that lets a client in: by the tool that keeps the rules there.
pub(super) fn opening(host: ParsedHost<'_>, suspects: &[Rule], client: &str, port: u16) -> String {
    let lines = host.deep().and_then(|deep| deep.firewall.is());
    let has = |word: &str| lines.into_iter().flatten().any(|line| line.contains(word));
    if has("PVEFW") || has("/etc/pve/") {
        return format!(
            "pvesh create /nodes/$(hostname)/firewall/rules --action ACCEPT --type in --proto tcp --dport {port} --source {client} --enable 1"
        );
    }
    if has("ufw-") {
        return format!("ufw allow from {client} to any port {port} proto tcp");
    }
    if has("firewalld") {
        return format!(
            "firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address={client} port port={port} protocol=tcp accept' && firewall-cmd --reload"
        );
    }
    match suspects {
        [rule, ..] if rule.exact => rule.removal.clone(),
        _ => format!("iptables -I INPUT -s {client} -p tcp --dport {port} -j ACCEPT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removals(text: &str, way: Way) -> Vec<String> {
        let all = rules(text.lines(), way, 3493);
        all.into_iter()
            .filter(|rule| rule.exact)
            .map(|rule| rule.removal)
            .collect()
    }

    #[test]
    fn a_rule_of_nft_is_taken_away_by_its_handle() {
        let text = "table inet site { # handle 1\n\tchain incoming { # handle 1\n\t\ttcp dport 3493 drop # handle 4\n\tchain output { # handle 2\n\t\ttcp dport 3493 reject # handle 9";
        assert_eq!(
            removals(text, Way::In),
            ["nft delete rule inet site incoming handle 4"]
        );
        assert_eq!(
            removals(text, Way::Out),
            ["nft delete rule inet site output handle 9"]
        );
    }

    #[test]
    fn a_rule_of_iptables_is_taken_away_as_it_was_added() {
        let text = "legacy -A INPUT -s 192.0.2.11/32 -p tcp -m tcp --dport 3493 -j DROP\n-A OUTPUT -p tcp -m tcp --dport 3493 -j REJECT";
        assert_eq!(
            removals(text, Way::In),
            ["iptables-legacy -D INPUT -s 192.0.2.11/32 -p tcp -m tcp --dport 3493 -j DROP"]
        );
        assert_eq!(
            removals(text, Way::Out),
            ["iptables -D OUTPUT -p tcp -m tcp --dport 3493 -j REJECT"]
        );
    }

    #[test]
    fn what_lets_pass_or_names_another_port_is_no_hit() {
        let text = "\t\ttcp dport 3493 accept # handle 4\n\t\ttcp dport 34931 drop # handle 5";
        assert_eq!(removals(text, Way::In), Vec::<String>::new());
    }
}
