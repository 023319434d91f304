// Go's crypto/tls in both roles; see scripted.py.
package main

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const patience = 10 * time.Second

var mutex sync.Mutex

func say(words map[string]any) {
	line, err := json.Marshal(words)
	if err != nil {
		panic(err)
	}
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Println(string(line))
}

// arguments tells positional ones from options.
func arguments(words []string) ([]string, map[string]string) {
	var positional []string
	options := map[string]string{}
	for at := 0; at < len(words); at++ {
		switch {
		case words[at] == "--no-tickets":
			options[words[at]] = "yes"
		case strings.HasPrefix(words[at], "--"):
			options[words[at]] = words[at+1]
			at++
		default:
			positional = append(positional, words[at])
		}
	}
	return positional, options
}

func pool(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	found := x509.NewCertPool()
	found.AppendCertsFromPEM(text)
	return found
}

func identity(certificate, key string) []tls.Certificate {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		panic(err)
	}
	return []tls.Certificate{pair}
}

func newKey() (key [32]byte) {
	if _, err := rand.Read(key[:]); err != nil {
		panic(err)
	}
	return key
}

func common() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
}

func echo(connection *tls.Conn) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	if err := connection.Handshake(); err != nil {
		say(map[string]any{"resumed": nil, "error": err.Error()})
		return
	}
	var heard strings.Builder
	if _, err := io.Copy(io.MultiWriter(connection, &heard), connection); err != nil {
		say(map[string]any{"resumed": nil, "error": err.Error()})
		return
	}
	state := connection.ConnectionState()
	words := map[string]any{"resumed": state.DidResume, "heard": heard.String()}
	if len(state.PeerCertificates) > 0 {
		words["certificate"] = hex.EncodeToString(state.PeerCertificates[0].Raw)
	}
	say(words)
}

func serve(certificate, key string, options map[string]string) {
	config := common()
	config.Certificates = identity(certificate, key)
	config.SessionTicketsDisabled = options["--no-tickets"] != ""
	if roots := options["--client-roots"]; roots != "" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = pool(roots)
	}
	keys := [][32]byte{newKey()}
	config.SetSessionTicketKeys(keys)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	say(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	go func() {
		for input := bufio.NewScanner(os.Stdin); input.Scan(); {
			if input.Text() == "rotate" {
				keys = [][32]byte{newKey(), keys[0]}
			} else {
				keys = keys[:1]
			}
			config.SetSessionTicketKeys(keys)
			say(map[string]any{"keys": true})
		}
		os.Exit(0)
	}()
	for {
		transport, err := listener.Accept()
		if err != nil {
			return
		}
		echo(tls.Server(transport, config))
	}
}

func visit(address, greeting string, config *tls.Config) {
	dialer := &net.Dialer{Timeout: patience}
	connection, err := tls.DialWithDialer(dialer, "tcp", address, config)
	if err != nil {
		say(map[string]any{"resumed": nil, "error": err.Error()})
		return
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(connection, greeting)
	heard := make([]byte, len(greeting))
	count, err := io.ReadFull(connection, heard)
	words := map[string]any{"resumed": connection.ConnectionState().DidResume, "heard": string(heard[:count])}
	if err != nil {
		words["error"] = err.Error()
	}
	say(words)
}

func main() {
	if len(os.Args) == 2 {
		fmt.Println(strings.TrimPrefix(runtime.Version(), "go"))
		return
	}
	positional, options := arguments(os.Args[1:])
	if len(positional) == 2 {
		serve(positional[0], positional[1], options)
		return
	}
	config := common()
	config.RootCAs = pool(options["--roots"])
	config.SessionTicketsDisabled = options["--no-tickets"] != ""
	config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	if certificate := options["--certificate"]; certificate != "" {
		config.Certificates = identity(certificate, options["--key"])
	}
	names := strings.Split("localhost", ",")
	if asked := options["--names"]; asked != "" {
		names = strings.Split(asked, ",")
	}
	count, err := strconv.Atoi(positional[1])
	if err != nil {
		panic(err)
	}
	for number := 0; number < count; number++ {
		config.ServerName = names[min(number, len(names)-1)]
		visit("127.0.0.1:"+positional[0], positional[2], config)
	}
}
