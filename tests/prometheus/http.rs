//! A small HTTP server that answers what a test tells it to, on a port of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a path gives.
#[derive(Clone)]
pub enum Say {
    /// Status, further header lines, content type, body.
    Whole(u16, &'static str, &'static str, String),
    /// Nothing, for so long.
    Silence(Duration),
    /// Bytes that are no HTTP.
    Raw(&'static [u8]),
    /// A body that never ends.
    Endless,
}

impl Say {
    pub fn text(body: &str) -> Self {
        Self::Whole(200, "", "text/plain; version=0.0.4", body.into())
    }

    pub fn json(body: &str) -> Self {
        Self::Whole(200, "", "application/json", body.into())
    }
}

/// What was asked: first line and headers, and the body.
pub type Heard = Arc<Mutex<Vec<String>>>;

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    pages: Arc<Mutex<BTreeMap<String, Say>>>,
    pub heard: Heard,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let server = Self {
            port: listener.local_addr().expect("an address").port(),
            pages: Arc::default(),
            heard: Arc::default(),
        };
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.answer(stream));
            }
        });
        server
    }

    /// From now on, what begins with this path gives that. The longest path wins.
    pub fn says(&self, path: &str, say: Say) -> &Self {
        self.pages
            .lock()
            .expect("no panic")
            .insert(path.into(), say);
        self
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.to_ascii_lowercase();
        let length = length
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        head.push_str(&String::from_utf8_lossy(&body));
        let path = head.split(' ').nth(1)?.to_string();
        self.heard.lock().expect("no panic").push(head);
        let pages = self.pages.lock().expect("no panic").clone();
        let page = pages
            .iter()
            .rev()
            .find(|(prefix, _)| path.starts_with(prefix.as_str()));
        match page.map(|(_, say)| say.clone()) {
            None => whole(&mut stream, 404, "", "text/plain", "404 page not found\n"),
            Some(Say::Whole(status, headers, kind, body)) => {
                whole(&mut stream, status, headers, kind, &body)
            }
            Some(Say::Silence(time)) => {
                std::thread::sleep(time);
                None
            }
            Some(Say::Raw(bytes)) => stream.write_all(bytes).ok(),
            Some(Say::Endless) => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
                    .ok()?;
                loop {
                    stream.write_all(&[b' '; 65536]).ok()?;
                }
            }
        }
    }
}

fn whole(stream: &mut TcpStream, status: u16, headers: &str, kind: &str, body: &str) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}
