//! s2n-tls in both roles, by its interface for C; see `scripted.py`.

mod common;

use common::Chosen;
use s2n_tls_sys::*;
use std::ffi::{c_char, c_int, CStr, CString};
use std::io::{Error, Read, Result, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds after which a key does not seal any more, but opens, and what it opens is renewed.
const SEALING: u64 = 3600;

/// Its cipher suites and versions; TLS 1.3 is offered as well, and has to come to nothing.
const POLICY: &str = "default";

fn checked(outcome: c_int) -> Result<c_int> {
    if outcome >= 0 {
        return Ok(outcome);
    }
    // SAFETY: both give pointers that are valid in this thread.
    let words = unsafe { CStr::from_ptr(s2n_strerror(*s2n_errno_location(), null())) };
    Err(Error::other(words.to_string_lossy().into_owned()))
}

fn must(outcome: c_int) {
    checked(outcome).expect("a configuration");
}

fn text(words: &str) -> CString {
    CString::new(words).expect("no zero")
}

struct Connection(*mut s2n_connection, #[allow(dead_code)] TcpStream);

impl Connection {
    fn begin(mode: s2n_mode::Type, config: *mut s2n_config, transport: TcpStream) -> Connection {
        // SAFETY: the connection is freed with this value, the configuration never.
        unsafe {
            let made = s2n_connection_new(mode);
            must(s2n_connection_set_config(made, config));
            must(s2n_connection_set_fd(made, transport.as_raw_fd()));
            must(s2n_connection_set_blinding(made, s2n_blinding::SELF_SERVICE_BLINDING));
            Connection(made, transport)
        }
    }

    fn shake_hands(&self) -> Result<()> {
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is alive.
        checked(unsafe { s2n_negotiate(self.0, &mut blocked) }).map(drop)
    }

    fn resumed(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { s2n_connection_is_session_resumed(self.0) == 1 }
    }

    /// The client's own certificate, if it showed one.
    fn shown(&self) -> Option<Vec<u8>> {
        let (mut chain, mut length) = (null_mut(), 0);
        // SAFETY: the connection is alive, and owns what is pointed to.
        let octets = unsafe {
            (s2n_connection_get_client_cert_chain(self.0, &mut chain, &mut length) == 0 && length > 3)
                .then(|| std::slice::from_raw_parts(chain, length as usize).to_vec())
        }?;
        let size = octets[..3].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        Some(octets[3..3 + size].to_vec())
    }

    fn session(&self) -> Vec<u8> {
        // SAFETY: the connection is alive, and the buffer as long as is said.
        unsafe {
            let length = s2n_connection_get_session_length(self.0).max(0);
            let mut octets = vec![0; length as usize];
            let count = s2n_connection_get_session(self.0, octets.as_mut_ptr(), octets.len());
            octets.truncate(count.max(0) as usize);
            octets
        }
    }
}

impl Read for Connection {
    fn read(&mut self, octets: &mut [u8]) -> Result<usize> {
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is alive, and the buffer as long as is said.
        let count = unsafe { s2n_recv(self.0, octets.as_mut_ptr().cast(), octets.len() as isize, &mut blocked) };
        checked(count as c_int).map(|count| count as usize)
    }
}

impl Write for Connection {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is alive, and the buffer as long as is said.
        let count = unsafe { s2n_send(self.0, octets.as_ptr().cast(), octets.len() as isize, &mut blocked) };
        checked(count as c_int).map(|count| count as usize)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is alive until it is freed here.
        unsafe {
            s2n_shutdown_send(self.0, &mut blocked);
            s2n_connection_free(self.0);
        }
    }
}

fn config(certificate: Option<&str>, key: Option<&str>, roots: Option<&str>, tickets: bool) -> *mut s2n_config {
    // SAFETY: the configuration and what it is given are never freed.
    unsafe {
        let made = s2n_config_new_minimal();
        must(s2n_config_set_cipher_preferences(made, text(POLICY).as_ptr()));
        must(s2n_config_set_session_tickets_onoff(made, u8::from(tickets)));
        must(s2n_config_set_ticket_encrypt_decrypt_key_lifetime(made, SEALING));
        if let (Some(certificate), Some(key)) = (certificate, key) {
            let (mut chain, mut secret) = (std::fs::read(certificate).expect("a file"), std::fs::read(key).expect("a file"));
            let own = s2n_cert_chain_and_key_new();
            let (chain_length, secret_length) = (chain.len() as u32, secret.len() as u32);
            must(s2n_cert_chain_and_key_load_pem_bytes(own, chain.as_mut_ptr(), chain_length, secret.as_mut_ptr(), secret_length));
            must(s2n_config_add_cert_chain_and_key_to_store(made, own));
        }
        if let Some(roots) = roots {
            must(s2n_config_set_verification_ca_location(made, text(roots).as_ptr(), null()));
        }
        made
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs()
}

/// A configuration of a server, with ticket keys by number: the newest seals.
#[derive(Clone, Copy)]
struct Shared(*mut s2n_config);

// SAFETY: a configuration is not changed once it is in use.
unsafe impl Send for Shared {}

extern "C" fn any_name(_: *const c_char, _: usize, _: *mut std::ffi::c_void) -> u8 {
    1
}

fn server_config(certificate: &str, key: &str, roots: Option<&str>, tickets: bool, keys: &[[u8; 48]]) -> Shared {
    let made = config(Some(certificate), Some(key), roots, tickets);
    // SAFETY: as in `config`.
    unsafe {
        if roots.is_some() {
            must(s2n_config_set_client_auth_type(made, s2n_cert_auth_type::REQUIRED));
            must(s2n_config_set_verify_host_callback(made, Some(any_name), null_mut()));
        }
        for (age, octets) in keys.iter().enumerate().filter(|_| tickets) {
            let (mut name, mut secret) = (octets[..16].to_vec(), octets[16..].to_vec());
            let since = now() - age as u64 * (SEALING + 60) - 1;
            must(s2n_config_add_ticket_crypto_key(made, name.as_mut_ptr(), 16, secret.as_mut_ptr(), 32, since));
        }
    }
    Shared(made)
}

fn new_key() -> [u8; 48] {
    let mut octets = [0; 48];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut octets)).expect("entropy");
    octets
}

fn serve(chosen: &Chosen) {
    let (certificate, key) = (chosen.positional[0].clone(), chosen.positional[1].clone());
    let roots = chosen.option("client-roots").map(str::to_string);
    let tickets = chosen.option("no-tickets").is_none();
    let keys = Mutex::new(vec![new_key()]);
    let make = move |keys: &[[u8; 48]]| server_config(&certificate, &key, roots.as_deref(), tickets, keys);
    let shared = Arc::new(Mutex::new(make(&keys.lock().expect("the keys"))));
    let used = shared.clone();
    common::serve(
        |transport| {
            let config = *used.lock().expect("a configuration");
            let mut connection = Connection::begin(s2n_mode::SERVER, config.0, transport);
            match connection.shake_hands().and_then(|()| common::echo(&mut connection)) {
                Ok(heard) => common::say_end(connection.resumed(), &heard, connection.shown().as_deref()),
                Err(error) => common::say_failure(&error.to_string()),
            }
        },
        move |retire| {
            let mut keys = keys.lock().expect("the keys");
            if !retire {
                keys.insert(0, new_key());
            }
            keys.truncate(if retire { 1 } else { 2 });
            *shared.lock().expect("a configuration") = make(&keys);
        },
    );
}

fn visit_all(chosen: &Chosen) {
    let tickets = chosen.option("no-tickets").is_none();
    let config = config(chosen.option("certificate"), chosen.option("key"), chosen.option("roots"), tickets);
    if chosen.option("certificate").is_some() {
        // SAFETY: as in `config`.
        must(unsafe { s2n_config_set_client_auth_type(config, s2n_cert_auth_type::OPTIONAL) });
    }
    let mut session: Vec<u8> = Vec::new();
    common::visits(chosen, |transport, name, greeting| {
        let mut connection = Connection::begin(s2n_mode::CLIENT, config, transport);
        // SAFETY: the connection is alive.
        unsafe {
            must(s2n_set_server_name(connection.0, text(name).as_ptr()));
            if !session.is_empty() {
                must(s2n_connection_set_session(connection.0, session.as_ptr(), session.len()));
            }
        }
        match connection.shake_hands().and_then(|()| common::greet(&mut connection, greeting)) {
            Ok(heard) => common::say_end(connection.resumed(), &heard, None),
            Err(error) => common::say_failure(&error.to_string()),
        }
        session = connection.session();
    });
}

fn main() {
    let chosen = Chosen::read();
    if chosen.option("version").is_some() {
        println!("of the crate s2n-tls-sys 0.3.47");
        return;
    }
    // SAFETY: before anything else of the library.
    must(unsafe { s2n_init() });
    if chosen.is_server() {
        serve(&chosen);
    } else {
        visit_all(&chosen);
    }
}
