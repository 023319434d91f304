//! rustls in both roles; see `scripted.py`.

mod common;

use common::Chosen;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ProducesTickets, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::Write;
use std::sync::{Arc, Mutex};

const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

type Ticketer = Arc<dyn ProducesTickets>;

/// Ticket keys, the newest first: it seals, and all of them open.
#[derive(Debug, Clone)]
struct Keys(Arc<Mutex<Vec<Ticketer>>>);

impl Keys {
    fn new() -> Keys {
        Keys(Arc::new(Mutex::new(vec![ring::Ticketer::new().expect("a key")])))
    }

    fn change(&self, retire: bool) {
        let mut keys = self.0.lock().expect("the keys");
        if !retire {
            keys.insert(0, ring::Ticketer::new().expect("a key"));
        }
        keys.truncate(if retire { 1 } else { 2 });
    }
}

impl ProducesTickets for Keys {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        7200
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().expect("the keys")[0].encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().expect("the keys").iter().find_map(|key| key.decrypt(cipher))
    }
}

fn certificates(file: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(file).expect("a file").collect::<Result<_, _>>().expect("certificates")
}

fn key(file: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(file).expect("a key")
}

fn roots(file: &str) -> Arc<RootCertStore> {
    let mut found = RootCertStore::empty();
    for certificate in certificates(file) {
        found.add(certificate).expect("a root");
    }
    Arc::new(found)
}

fn serve(chosen: &Chosen) {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(VERSIONS).expect("versions");
    let builder = match chosen.option("client-roots") {
        Some(file) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots(file), Arc::new(ring::default_provider())).build().expect("a verifier"),
        ),
        None => builder.with_no_client_auth(),
    };
    let (chain, own) = (certificates(&chosen.positional[0]), key(&chosen.positional[1]));
    let mut config = builder.with_single_cert(chain, own).expect("an identity");
    let keys = Keys::new();
    if chosen.option("no-tickets").is_none() {
        config.ticketer = Arc::new(keys.clone());
    }
    let config = Arc::new(config);
    common::serve(
        |transport| {
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, transport);
            match common::echo(&mut stream) {
                Ok(heard) => {
                    let resumed = stream.conn.handshake_kind() == Some(HandshakeKind::Resumed);
                    let shown = stream.conn.peer_certificates().and_then(|chain| chain.first());
                    common::say_end(resumed, &heard, shown.map(|certificate| certificate.as_ref()));
                    close(&mut stream.conn, &mut stream.sock);
                }
                Err(error) => {
                    common::say_failure(&error.to_string());
                    close(&mut stream.conn, &mut stream.sock);
                }
            }
        },
        move |retire| keys.change(retire),
    );
}

fn close<Side>(connection: &mut rustls::ConnectionCommon<Side>, transport: &mut impl Write) {
    connection.send_close_notify();
    while connection.wants_write() && connection.write_tls(transport).is_ok() {}
}

fn visit_all(chosen: &Chosen) {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(chosen.option("roots").expect("roots")), provider.clone());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(VERSIONS).expect("versions");
    let builder = builder.with_webpki_verifier(verifier.build().expect("a verifier"));
    let config = match chosen.option("certificate") {
        Some(file) => {
            let own = key(chosen.option("key").expect("a key"));
            builder.with_client_auth_cert(certificates(file), own).expect("an identity")
        }
        None => builder.with_no_client_auth(),
    };
    let config = Arc::new(config);
    common::visits(chosen, |transport, name, greeting| {
        let server = ServerName::try_from(name.to_string()).expect("a name");
        let connection = ClientConnection::new(config.clone(), server).expect("a connection");
        let mut stream = StreamOwned::new(connection, transport);
        match common::greet(&mut stream, greeting) {
            Ok(heard) => {
                common::say_end(stream.conn.handshake_kind() == Some(HandshakeKind::Resumed), &heard, None);
            }
            Err(error) => common::say_failure(&error.to_string()),
        }
        close(&mut stream.conn, &mut stream.sock);
    });
}

fn main() {
    let chosen = Chosen::read();
    if chosen.option("version").is_some() {
        println!("{}", "0.23.31");
    } else if chosen.is_server() {
        serve(&chosen);
    } else {
        visit_all(&chosen);
    }
}
