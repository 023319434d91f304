//! What the drivers in Rust share: arguments, the protocol of `scripted.py`, sockets of this machine.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Chosen {
    pub positional: Vec<String>,
    options: HashMap<String, String>,
}

impl Chosen {
    pub fn read() -> Chosen {
        let (mut positional, mut options) = (Vec::new(), HashMap::new());
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(flag @ ("no-tickets" | "version")) => drop(options.insert(flag.to_string(), String::new())),
                Some(name) => drop(options.insert(name.to_string(), words.next().expect("a value"))),
                None => positional.push(word),
            }
        }
        Chosen { positional, options }
    }

    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub fn is_server(&self) -> bool {
        self.positional.len() == 2
    }
}

/// A client's connections one after the other, each under the name that is its turn.
pub fn visits(chosen: &Chosen, mut visit: impl FnMut(TcpStream, &str, &[u8])) {
    let names: Vec<&str> = chosen.option("names").unwrap_or("localhost").split(',').collect();
    let (port, count): (u16, usize) = (chosen.positional[0].parse().expect("a port"), chosen.positional[1].parse().expect("a count"));
    for number in 0..count {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(transport) => visit(patient(transport), names[number.min(names.len() - 1)], chosen.positional[2].as_bytes()),
            Err(error) => say_failure(&error.to_string()),
        }
    }
}

/// A server's connections one after the other; `change_keys` is told whether the old keys are to go.
pub fn serve(mut serve: impl FnMut(TcpStream), change_keys: impl Fn(bool) + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    say(format!("{{\"port\": {}}}", listener.local_addr().expect("an address").port()));
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            change_keys(line == "retire");
            say("{\"keys\": true}".to_string());
        }
        std::process::exit(0);
    });
    for transport in listener.incoming().map_while(Result::ok) {
        serve(patient(transport));
    }
}

fn patient(transport: TcpStream) -> TcpStream {
    transport.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    transport.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    transport
}

/// Repeats what comes until the peer closes; all of it.
pub fn echo(stream: &mut (impl Read + Write)) -> std::io::Result<Vec<u8>> {
    let (mut heard, mut octets) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut octets)?;
        if count == 0 {
            return Ok(heard);
        }
        stream.write_all(&octets[..count])?;
        stream.flush()?;
        heard.extend_from_slice(&octets[..count]);
    }
}

/// Greets and waits for the echo.
pub fn greet(stream: &mut (impl Read + Write), greeting: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(greeting)?;
    stream.flush()?;
    let mut heard = vec![0; greeting.len()];
    stream.read_exact(&mut heard)?;
    Ok(heard)
}

fn say(line: String) {
    println!("{line}");
}

fn quoted(text: &[u8]) -> String {
    let plain = |octet: &u8| (b' '..=b'~').contains(octet) && *octet != b'"' && *octet != b'\\';
    let parts = text.iter().map(|octet| if plain(octet) { char::from(*octet).to_string() } else { format!("\\u{octet:04x}") });
    format!("\"{}\"", parts.collect::<String>())
}

pub fn say_end(resumed: bool, heard: &[u8], certificate: Option<&[u8]>) {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let more = certificate.map(|octets| format!(", \"certificate\": \"{}\"", hex(octets))).unwrap_or_default();
    say(format!("{{\"resumed\": {resumed}, \"heard\": {}{more}}}", quoted(heard)));
}

pub fn say_failure(error: &str) {
    say(format!("{{\"resumed\": null, \"error\": {}}}", quoted(error.as_bytes())));
}
