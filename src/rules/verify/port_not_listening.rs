use super::View;
use crate::model::desired::ListenAddress;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::{Seen, Socket};
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "port-not-listening",
    severity: Severity::Error,
    text: include_str!("port_not_listening.md"),
};

pub fn check(view: &View<'_>) -> Vec<Finding> {
    let sockets = match &view.observed.listening {
        Seen::Is(sockets) => sockets.as_slice(),
        Seen::Absent => &[],
        Seen::Unknown(why) if view.desired.expect.listen.is_empty() => {
            let _ = why;
            return Vec::new();
        }
        Seen::Unknown(why) => {
            return vec![RULE.finding(
                format!("could not look at the sockets: {why}"),
                &[("port", "3493")],
            )];
        }
    };
    view.desired
        .expect
        .listen
        .iter()
        .filter_map(|want| {
            let port = want.port.to_string();
            let owners: Vec<&Socket> = sockets
                .iter()
                .filter(|socket| covers(socket, want))
                .collect();
            let saw = if owners.is_empty() {
                format!("nothing listens on {} port {port}", want.address)
            } else if owners.iter().all(|socket| foreign(socket)) {
                let who = owners
                    .iter()
                    .flat_map(|s| s.processes.iter())
                    .cloned()
                    .collect::<Vec<_>>();
                format!(
                    "port {port} of {} belongs to {}, not to upsd",
                    want.address,
                    who.join(", ")
                )
            } else {
                return None;
            };
            Some(RULE.finding(saw, &[("port", &port)]))
        })
        .collect()
}

/// A wildcard socket serves every address of its family; `*` both.
fn covers(socket: &Socket, want: &ListenAddress) -> bool {
    let v6 = want.address.contains(':');
    socket.port == want.port
        && match socket.address.as_str() {
            "*" => true,
            "0.0.0.0" => !v6,
            "::" => v6 || want.address == "*",
            address => {
                address == want.address || (want.address == "localhost" && address == "127.0.0.1")
            }
        }
        || socket.port == want.port && want.address == "*" && socket.address == "0.0.0.0"
}

fn foreign(socket: &Socket) -> bool {
    !socket.processes.is_empty() && !socket.processes.iter().any(|name| name == "upsd")
}
