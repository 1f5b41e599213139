//! A connection on which requests are answered one after the other, as BeeGFS's servers do it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::codec::{Reader, Writer};
use crate::error::Error;
use crate::family::Family;
use crate::header::{HEADER_BYTES, Header};
use crate::message::{Reply, Request, decode, encode};
use crate::node::NodeType;
use crate::path::{Path, Stream, StreamError};
use crate::request::{AUTHENTICATE, GENERIC, IAm, WhoAreYou};
use crate::secret::Secret;

/// Longest reply that is taken, in bytes, as BeeGFS's own clients limit it.
const REPLY_MOST: usize = 4 << 20;

/// A connection to a server. One thread at a time; after an error it is of no more use, except
/// after [`Error::Refused`] and [`Error::TryAgain`].
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    server: SocketAddr,
    family: Family,
    timeout: Duration,
    has_secret: bool,
    /// Whether the server has answered anything yet.
    heard: bool,
    /// Memory for messages.
    message: Vec<u8>,
    payload: Vec<u8>,
}

impl Connection {
    /// Connects and shows the secret. That is not answered: a wrong one is noticed by the first
    /// request, see [`Self::identify`].
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::NoNtb`] or [`Error::Lost`].
    pub fn open(
        path: &Path,
        server: SocketAddr,
        family: Family,
        secret: Option<&Secret>,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let mut connection = Self {
            stream: path.connect(server, timeout)?,
            server,
            family,
            timeout,
            has_secret: secret.is_some(),
            heard: false,
            message: Vec::new(),
            payload: Vec::new(),
        };
        if let Some(secret) = secret {
            let mut writer = Writer::default();
            Header::begin(&mut writer, AUTHENTICATE, 0, 0);
            writer.u64(secret.number(family));
            Header::end(&mut writer);
            connection.send(&writer.into_bytes())?;
        }
        Ok(connection)
    }

    /// Asks who the server is, and wants it to be of a type.
    ///
    /// # Errors
    /// [`Error::WrongService`] if it is another, else as [`Self::call`].
    pub fn identify(&mut self, expected: NodeType) -> Result<IAm, Error> {
        let answer = self.call(&WhoAreYou)?;
        if answer.node_type != expected {
            return Err(Error::WrongService {
                server: self.server,
                expected,
                found: answer.node_type,
            });
        }
        Ok(answer)
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`Error::Unheard`] if the server closes the connection instead of its first answer,
    /// [`Error::TryAgain`] if it says so, others if the answer makes no sense or does not come.
    pub fn call<R: Request>(&mut self, request: &R) -> Result<R::Reply, Error> {
        self.send_request(request)?;
        self.reply()
    }

    /// Sends a request only: data follow, or a reply that is no message.
    pub(crate) fn send_request<R: Request>(&mut self, request: &R) -> Result<(), Error> {
        let message = encode(request, std::mem::take(&mut self.message));
        let sent = self.send(&message);
        self.message = message;
        sent
    }

    /// Waits for a reply.
    pub(crate) fn reply<R: Reply>(&mut self) -> Result<R, Error> {
        let mut bytes = [0; HEADER_BYTES];
        self.recv_exact(&mut bytes)?;
        let header = Header::read(&bytes).map_err(|error| Error::Strange(error, self.server))?;
        self.heard = true;
        if header.payload() > REPLY_MOST {
            return Err(Error::Lost {
                server: self.server,
                reason: format!("an answer of {} bytes is too long", header.length),
            });
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(header.payload(), 0);
        self.recv_exact(&mut payload)?;
        let reply = self.understand(header.kind, &payload);
        self.payload = payload;
        reply
    }

    fn understand<R: Reply>(&self, kind: u16, payload: &[u8]) -> Result<R, Error> {
        let server = self.server;
        let malformed = |source| Error::Malformed {
            server,
            kind,
            source,
        };
        if kind == R::KIND {
            return decode(payload, self.family).map_err(malformed);
        }
        if kind == GENERIC {
            let mut reader = Reader::new(payload);
            reader.i32().map_err(malformed)?;
            let text = reader.text().map_err(malformed)?;
            return Err(Error::TryAgain { server, text });
        }
        Err(Error::Unexpected {
            server,
            expected: R::KIND,
            got: kind,
        })
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> Result<(), Error> {
        self.stream
            .send(data)
            .map_err(|error| self.of_stream(error))
    }

    pub(crate) fn recv_exact(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.stream
            .recv_exact(buffer)
            .map_err(|error| self.of_stream(error))
    }

    /// Says that the server sends this many bytes before it waits for a request.
    pub(crate) fn expect(&mut self, bytes: usize) {
        self.stream.expect(bytes);
    }

    /// Notes that the server has answered with something that is no message.
    pub(crate) fn set_heard(&mut self) {
        self.heard = true;
    }

    /// The server's address.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    #[cold]
    fn of_stream(&self, error: StreamError) -> Error {
        let server = self.server;
        match error {
            StreamError::TimedOut => Error::TimedOut {
                server,
                after: self.timeout,
            },
            StreamError::Ended(_) if !self.heard => Error::Unheard {
                server,
                hint: if self.has_secret {
                    "it has another connAuthFile, or is of another version (its log tells)"
                } else {
                    "it wants a secret, which was not given (connAuthFile; its log tells)"
                },
            },
            StreamError::Ended(reason) => Error::Lost { server, reason },
        }
    }
}
