//! BoringSSL in both roles; see `scripted.py`.

mod common;

use boring::hash::MessageDigest;
use boring::ssl::{Ssl, SslContext, SslContextBuilder, SslFiletype, SslMethod, SslSession, SslVerifyMode, SslVersion};
use boring::ssl::{SslOptions, TicketKeyCallbackResult};
use boring::symm::Cipher;
use common::Chosen;
use std::sync::{Arc, Mutex};

/// A ticket key: its name, the key of the cipher, the key of the check.
type Key = ([u8; 16], [u8; 32], [u8; 32]);

fn new_key() -> Key {
    let mut octets = [0; 80];
    boring::rand::rand_bytes(&mut octets).expect("entropy");
    let part = |from: usize, to: usize| octets[from..to].to_vec();
    (part(0, 16).try_into().unwrap(), part(16, 48).try_into().unwrap(), part(48, 80).try_into().unwrap())
}

fn context(certificate: Option<&str>, key: Option<&str>, roots: Option<&str>, tickets: bool) -> SslContextBuilder {
    let mut builder = SslContextBuilder::new(SslMethod::tls()).expect("a context");
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).expect("a version");
    builder.set_max_proto_version(Some(SslVersion::TLS1_2)).expect("a version");
    if let (Some(certificate), Some(key)) = (certificate, key) {
        builder.set_certificate_chain_file(certificate).expect("a certificate");
        builder.set_private_key_file(key, SslFiletype::PEM).expect("a key");
    }
    if let Some(roots) = roots {
        builder.set_ca_file(roots).expect("roots");
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    if !tickets {
        builder.set_options(SslOptions::NO_TICKET);
    }
    builder.set_session_id_context(b"driver").expect("a context of sessions");
    builder
}

/// The first key seals; what another one opens is renewed.
fn use_keys(builder: &mut SslContextBuilder, keys: Arc<Mutex<Vec<Key>>>) {
    let callback = move |_: &_, name: &mut [u8; 16], iv: &mut [u8; 16], cipher: &mut boring::symm::CipherCtxRef, check: &mut boring::hmac::HmacCtxRef, sealing: bool| {
        let keys = keys.lock().expect("the keys");
        let Some(at) = (if sealing { Some(0) } else { keys.iter().position(|key| key.0 == *name) }) else {
            return TicketKeyCallbackResult::Noop;
        };
        let (named, secret, checking) = &keys[at];
        let aes = Cipher::aes_256_cbc();
        let begun = if sealing {
            boring::rand::rand_bytes(iv).expect("entropy");
            name.copy_from_slice(named);
            cipher.init_encrypt(&aes, secret, iv)
        } else {
            cipher.init_decrypt(&aes, secret, iv)
        };
        if begun.is_err() || check.init(checking, &MessageDigest::sha256()).is_err() {
            return TicketKeyCallbackResult::Error;
        }
        if at == 0 { TicketKeyCallbackResult::Success } else { TicketKeyCallbackResult::DecryptSuccessRenew }
    };
    // SAFETY: name, vector and both contexts are set on every path that reports success.
    unsafe { builder.set_ticket_key_callback(callback) };
}

fn serve(chosen: &Chosen) {
    let tickets = chosen.option("no-tickets").is_none();
    let (certificate, key) = (chosen.positional[0].as_str(), chosen.positional[1].as_str());
    let mut builder = context(Some(certificate), Some(key), chosen.option("client-roots"), tickets);
    let keys = Arc::new(Mutex::new(vec![new_key()]));
    use_keys(&mut builder, keys.clone());
    let context = builder.build();
    common::serve(
        |transport| {
            let mut stream = match Ssl::new(&context).expect("a connection").accept(transport) {
                Ok(stream) => stream,
                Err(error) => return common::say_failure(&error.to_string()),
            };
            match common::echo(&mut stream) {
                Ok(heard) => {
                    let shown = stream.ssl().peer_certificate().map(|certificate| certificate.to_der().expect("octets"));
                    common::say_end(stream.ssl().session_reused(), &heard, shown.as_deref());
                }
                Err(error) => common::say_failure(&error.to_string()),
            }
            drop(stream.shutdown());
        },
        move |retire| {
            let mut keys = keys.lock().expect("the keys");
            if !retire {
                keys.insert(0, new_key());
            }
            keys.truncate(if retire { 1 } else { 2 });
        },
    );
}

fn connection(context: &SslContext, name: &str, session: Option<&SslSession>) -> Ssl {
    let mut ssl = Ssl::new(context).expect("a connection");
    ssl.set_hostname(name).expect("a name");
    ssl.param_mut().set_host(name).expect("a name");
    if let Some(session) = session {
        // SAFETY: the session was made under this context.
        unsafe { ssl.set_session(session).expect("a session") };
    }
    ssl
}

fn visit_all(chosen: &Chosen) {
    let tickets = chosen.option("no-tickets").is_none();
    let context = context(chosen.option("certificate"), chosen.option("key"), chosen.option("roots"), tickets).build();
    let mut session: Option<SslSession> = None;
    common::visits(chosen, |transport, name, greeting| {
        let mut stream = match connection(&context, name, session.as_ref()).connect(transport) {
            Ok(stream) => stream,
            Err(error) => return common::say_failure(&error.to_string()),
        };
        match common::greet(&mut stream, greeting) {
            Ok(heard) => common::say_end(stream.ssl().session_reused(), &heard, None),
            Err(error) => common::say_failure(&error.to_string()),
        }
        session = stream.ssl().session().map(|found| found.to_owned());
        drop(stream.shutdown());
    });
}

fn main() {
    let chosen = Chosen::read();
    if chosen.option("version").is_some() {
        println!("of the crate boring-sys 5.4.0");
    } else if chosen.is_server() {
        serve(&chosen);
    } else {
        visit_all(&chosen);
    }
}
