//! The HTTP client: one request, one bounded answer. Reads only, follows no redirect, verifies TLS.

use std::io::Read;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::problem::{LARGEST, Problem, Stage};
use crate::model::secret::Secret;

/// Longer queries go by POST, as Prometheus's documentation of its HTTP API has it.
const LONGEST_GET: usize = 1800;

/// How to log in.
#[derive(Debug, Clone)]
pub enum Login {
    None,
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

/// Where Prometheus is and how to be let in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http://…` or `https://…`, with a path prefix where there is one.
    pub url: String,
    pub login: Login,
    /// PEM of the CAs that are trusted instead of the system's.
    pub ca: Option<Vec<u8>>,
}

/// What is asked: a path of the API and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub path: &'static str,
    pub parameters: Vec<(&'static str, String)>,
}

impl Request {
    /// The value of an expression now.
    pub fn query(expression: impl Into<String>) -> Self {
        Self {
            path: "/api/v1/query",
            parameters: vec![("query", expression.into())],
        }
    }

    /// The values of an expression from `start` to `end` (Unix times), every `step` seconds.
    pub fn range(expression: impl Into<String>, start: u64, end: u64, step: u64) -> Self {
        Self {
            path: "/api/v1/query_range",
            parameters: vec![
                ("query", expression.into()),
                ("start", start.to_string()),
                ("end", end.to_string()),
                ("step", step.to_string()),
            ],
        }
    }

    /// The targets that are scraped.
    pub fn targets() -> Self {
        Self {
            path: "/api/v1/targets",
            parameters: vec![("state", "active".into())],
        }
    }

    /// The alerting rules.
    pub fn alerts() -> Self {
        Self {
            path: "/api/v1/rules",
            parameters: vec![("type", "alert".into())],
        }
    }

    /// What is asked, for people.
    pub fn shown(&self) -> &str {
        match self.parameters.first() {
            Some(("query", expression)) => expression,
            _ => self.path,
        }
    }
}

/// A way to one Prometheus. Opens nothing until it is asked.
pub struct Client {
    agent: Agent,
    base: String,
    authorization: Option<Secret>,
    /// When all must be done.
    end: Instant,
}

impl Client {
    /// A client that gives every request up at the end of `within`, counted from now.
    ///
    /// # Errors
    /// A CA file without a certificate in it.
    pub fn new(settings: &Settings, within: Duration) -> Result<Self, Problem> {
        let tls = TlsConfig::builder().root_certs(roots(settings)?).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("upsctl/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self {
            agent: config.into(),
            base: settings.url.trim_end_matches('/').to_string(),
            authorization: authorization(&settings.login),
            end: Instant::now() + within,
        })
    }

    /// Asks, and gives back the JSON text of the answer.
    ///
    /// # Errors
    /// No connection, no answer in time, one that is too long, an HTTP status that is no success or
    /// a body that is no JSON.
    pub fn ask(&self, request: &Request) -> Result<String, Problem> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Problem::of(Stage::Timeout));
        }
        let mut response = self
            .send(request, left)
            .map_err(|error| self.failed(&error))?;
        let status = response.status().as_u16();
        let location = header(&response, "location");
        let json = header(&response, "content-type").is_some_and(|kind| kind.contains("json"));
        let body = read(response.body_mut())?;
        match status {
            200..=299 if json => Ok(body),
            200..=299 => Err(Problem::said(Stage::NotJson, first_line(&body))),
            300..=399 => Err(Problem::said(Stage::Redirect, location.unwrap_or_default())),
            // Go's HTTP server says so when TLS is expected.
            400 if body.contains("to an HTTPS server") => {
                Err(Problem::said(Stage::NotHttp, first_line(&body)))
            }
            // Prometheus explains what it refuses in JSON; a proxy does so in its own way.
            400 | 422 | 503 if json => Ok(body),
            _ => Err(Problem::said(Stage::Status(status), first_line(&body))),
        }
    }

    fn send(&self, request: &Request, left: Duration) -> Result<Response<Body>, ureq::Error> {
        let url = format!("{}{}", self.base, request.path);
        let form = || {
            request
                .parameters
                .iter()
                .map(|(key, value)| (*key, value.as_str()))
        };
        let long: usize = form().map(|(_, value)| value.len()).sum();
        if long > LONGEST_GET {
            let post = self
                .agent
                .post(&url)
                .config()
                .timeout_global(Some(left))
                .build();
            let post = match &self.authorization {
                Some(value) => post.header("authorization", value.expose()),
                None => post,
            };
            return post.send_form(form());
        }
        let get = self
            .agent
            .get(&url)
            .config()
            .timeout_global(Some(left))
            .build();
        let get = match &self.authorization {
            Some(value) => get.header("authorization", value.expose()),
            None => get,
        };
        get.query_pairs(form()).call()
    }

    /// The other end hangs up on TLS's first words.
    fn ends_in_greeting(&self, error: &std::io::Error) -> bool {
        use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};
        self.base.starts_with("https://") && matches!(error.kind(), UnexpectedEof | ConnectionReset)
    }

    fn failed(&self, error: &ureq::Error) -> Problem {
        match error {
            ureq::Error::HostNotFound => Problem::of(Stage::Name),
            ureq::Error::Timeout(_) => Problem::of(Stage::Timeout),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Problem::of(Stage::Timeout)
            }
            ureq::Error::Io(error) if error.to_string().contains("lookup address") => {
                Problem::of(Stage::Name)
            }
            ureq::Error::Io(error) => match tls_error(error) {
                Some(said) => Problem::said(Stage::Tls, said),
                None if self.ends_in_greeting(error) => {
                    Problem::said(Stage::Tls, error.to_string())
                }
                None => Problem::said(Stage::Connect, error.to_string()),
            },
            ureq::Error::Rustls(error) => Problem::said(Stage::Tls, error.to_string()),
            ureq::Error::Tls(said) => Problem::said(Stage::Tls, *said),
            // An answer that is no HTTP: most often TLS on a port that is asked without.
            ureq::Error::Protocol(error) => Problem::said(Stage::NotHttp, error.to_string()),
            other => Problem::said(Stage::Connect, other.to_string()),
        }
    }
}

/// What rustls says inside an I/O error.
fn tls_error(error: &std::io::Error) -> Option<String> {
    let inner = error.get_ref()?.to_string();
    let about_tls = ["certificate", "handshake", "corrupt message", "peer", "tls"];
    let text = inner.to_ascii_lowercase();
    about_tls
        .iter()
        .any(|word| text.contains(word))
        .then_some(inner)
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The body, unless it is too long.
fn read(body: &mut Body) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let mut reader = body
        .with_config()
        .limit(u64::MAX)
        .reader()
        .take(LARGEST + 1);
    reader.read_to_end(&mut bytes).map_err(|error| {
        let late =
            error.kind() == std::io::ErrorKind::TimedOut || error.to_string().contains("timeout");
        match late {
            true => Problem::of(Stage::Timeout),
            false => Problem::said(Stage::Lost, error.to_string()),
        }
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(Problem::of(Stage::TooLong));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first line of a text that is no answer, as far as people read.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(200).collect()
}

fn authorization(login: &Login) -> Option<Secret> {
    match login {
        Login::None => None,
        Login::Bearer(token) => Some(Secret::new(format!("Bearer {}", token.expose()))),
        Login::Basic { user, password } => {
            let pair = format!("{user}:{}", password.expose());
            Some(Secret::new(format!(
                "Basic {}",
                BASE64_STANDARD.encode(pair)
            )))
        }
    }
}

/// The CAs to trust: those of the file, else the system's, else Mozilla's.
fn roots(settings: &Settings) -> Result<RootCerts, Problem> {
    if !settings.url.starts_with("https://") {
        return Ok(RootCerts::WebPki);
    }
    let trusted: Vec<Certificate<'static>> = match &settings.ca {
        Some(pem) => certificates(pem)?,
        None => rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect(),
    };
    match trusted.is_empty() {
        true => Ok(RootCerts::WebPki),
        false => Ok(RootCerts::new_with_certs(&trusted)),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Problem> {
    let found: Vec<_> = ureq::tls::parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Err(Problem::of(Stage::CaFile)),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_never_in_debug() {
        let login = Login::Basic {
            user: "me".into(),
            password: Secret::new("hunter2"),
        };
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
