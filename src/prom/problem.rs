//! What goes wrong on the way to Prometheus, and the way out of each.

use std::fmt;

use crate::model::diagnostic::Diagnostic;
use crate::model::finding::Place;

/// No answer is longer: 10^5 series of what upsctl asks for are about 20 MB, and it asks for few.
pub const LARGEST: u64 = 8 * 1024 * 1024;

/// How far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// `ca_file` has no certificate.
    CaFile,
    /// The name does not resolve.
    Name,
    /// Nobody listens, or no route.
    Connect,
    /// The certificate is not trusted, or the other end speaks no TLS.
    Tls,
    /// It did not speak HTTP.
    NotHttp,
    /// No whole answer in time.
    Timeout,
    /// The connection broke in the answer.
    Lost,
    /// It sends elsewhere.
    Redirect,
    /// An HTTP status that is no success.
    Status(u16),
    /// Success, and no JSON.
    NotJson,
    /// JSON that is no answer of the API.
    Shape,
    /// More than upsctl reads.
    TooLong,
    /// Prometheus refused the query; `said` has its `errorType` and words.
    Refused,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub stage: Stage,
    /// The words of the other end, or of the system.
    pub said: String,
}

impl Problem {
    pub(super) fn of(stage: Stage) -> Self {
        Self::said(stage, "")
    }

    pub(super) fn said(stage: Stage, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { stage, said }
    }

    /// Whether asking for something else would end the same way.
    pub fn is_of_the_way(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Shape | Stage::TooLong | Stage::Refused | Stage::Timeout
        )
    }

    /// The same for people: what was asked of which address, what came of it, the way out; `place` is
    /// where the address stands in the inventory.
    pub fn diagnostic(&self, url: &str, place: Option<Place>) -> Diagnostic {
        Diagnostic::new(format!("Prometheus at {url}: {self}"))
            .at(place)
            .help(self.help(url))
    }

    fn help(&self, url: &str) -> String {
        let api = format!("{}/api/v1/query?query=up", url.trim_end_matches('/'));
        match &self.stage {
            Stage::CaFile => "`ca_file` must be a PEM file: it begins with `-----BEGIN CERTIFICATE-----`".into(),
            Stage::Name => {
                let host = url.split("//").nth(1).unwrap_or(url);
                let host = host.split(['/', ':']).next().unwrap_or(host);
                format!("`getent hosts {host}` must find it: correct `url`, or write an IP address")
            }
            Stage::Connect => format!("is it up, and is the port right? `curl {api}` must answer"),
            Stage::Tls => tls(&self.said),
            Stage::NotHttp => match url.starts_with("http://") {
                true => "does it speak TLS? then write `url = \"https://…\"`".into(),
                false => format!("`curl {api}` shows what answers there"),
            },
            Stage::Timeout => format!("is it up, or busy? `curl -m 5 '{api}'` must answer; a firewall that drops looks the same"),
            Stage::Lost => "run it again; a proxy in between may have cut the answer off".into(),
            Stage::Redirect => match self.said.as_str() {
                "" => "it does not say where to; write the address it redirects a browser to as `url`".into(),
                to => format!(
                    "upsctl follows no redirect, so that no login goes astray: write the address of the API itself as `url` (it points to {to}); a login page means that it wants a `token`"
                ),
            },
            Stage::Status(401 | 403) => {
                "it wants a login: `username` and `password`, or `token`, in `[prometheus]`".into()
            }
            Stage::Status(404) => "there is no Prometheus API below that `url`: is a path prefix missing (`--web.external-url`), or is it another program?".into(),
            Stage::Status(400..=499) => format!("`curl -v '{api}'` shows what it objects to"),
            Stage::Status(_) => "it, or the proxy before it, is in trouble: its own log says why".into(),
            Stage::NotJson => format!("that is another program, or a login page: `curl {api}` must give JSON"),
            Stage::Shape => format!("`curl {api}` must give `\"status\":\"success\"`: is it Prometheus's HTTP API?"),
            Stage::TooLong => "it has far more series under that name than a site has UPSes: name what you mean in `[power] query`, or drop what should not be scraped".into(),
            Stage::Refused => "its words say why; `upsctl` asks for what Prometheus 2.42 understands".into(),
        }
    }
}

fn tls(said: &str) -> String {
    let said = said.to_ascii_lowercase();
    if said.contains("corrupt message") || said.contains("end of file") || said.contains("reset") {
        return "it speaks no TLS there: write `url = \"http://…\"`, or the port that does".into();
    }
    if said.contains("unknownissuer") || said.contains("unknown issuer") {
        return "its certificate is signed by nobody this machine trusts: name the CA's PEM file as `ca_file`".into();
    }
    if said.contains("caused as end")
        || said.contains("causedasendentity")
        || said.contains("ca used as end")
    {
        return ca_as_server();
    }
    if said.contains("notvalidforname") || said.contains("not valid for name") {
        return "write the name or address that the certificate is for as `url`".into();
    }
    if said.contains("expired") {
        return "its certificate has expired, or this machine's clock is wrong: `date` shows it"
            .into();
    }
    "`openssl s_client -connect HOST:PORT` shows its certificate".into()
}

fn ca_as_server() -> String {
    "it shows a CA's certificate as its own (`openssl req -x509` makes such ones): make it one with \
     `-addext basicConstraints=critical,CA:FALSE`"
        .into()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.stage {
            Stage::CaFile => "`ca_file` has no certificate in it",
            Stage::Name => "the name does not resolve",
            Stage::Connect => "no connection",
            Stage::Tls => "TLS failed",
            Stage::NotHttp => "what answers there speaks no plain HTTP",
            Stage::Timeout => "no whole answer in time",
            Stage::Lost => "the connection broke in the middle of the answer",
            Stage::Redirect => "it redirects elsewhere",
            Stage::Status(status) => return status_line(f, *status, &self.said),
            Stage::NotJson => "the answer is no JSON",
            Stage::Shape => "the answer is none of Prometheus's API",
            Stage::TooLong => {
                return write!(f, "the answer is longer than {} MB", LARGEST >> 20);
            }
            Stage::Refused => "it refuses the query",
        };
        f.write_str(what)?;
        match self.said.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.said),
        }
    }
}

fn status_line(f: &mut fmt::Formatter<'_>, status: u16, said: &str) -> fmt::Result {
    write!(f, "it answers HTTP {status}")?;
    match said {
        "" => Ok(()),
        said => write!(f, ": {said}"),
    }
}

impl std::error::Error for Problem {}
