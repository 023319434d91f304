// A Go endpoint for recordings: TLS 1.2, tickets, one connection after the other.
//
//	peer server ADDRESS CERT KEY none|ask|require KEYLOG
//	peer client ADDRESS COUNT plain|damage     (damage: one bit of the ticket is flipped before the second connection)
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type slot struct{ state *tls.ClientSessionState }

func (s *slot) Get(string) (*tls.ClientSessionState, bool)  { return s.state, s.state != nil }
func (s *slot) Put(_ string, state *tls.ClientSessionState) { s.state = state }

func (s *slot) damage() {
	ticket, session, err := s.state.ResumptionState()
	fail(err)
	ticket[len(ticket)/2] ^= 1
	s.state, err = tls.NewResumptionState(ticket, session)
	fail(err)
}

func serve(address, cert, key, auth, keylog string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	fail(err)
	kinds := map[string]tls.ClientAuthType{"none": tls.NoClientCert, "ask": tls.RequestClientCert, "require": tls.RequireAnyClientCert}
	secrets, err := os.OpenFile(keylog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	fail(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12, ClientAuth: kinds[auth], KeyLogWriter: secrets}
	listener, err := net.Listen("tcp", address)
	fail(err)
	fmt.Println("ready")
	for {
		raw, err := listener.Accept()
		fail(err)
		connection := tls.Server(raw, config)
		io.Copy(connection, connection)
		connection.Close()
	}
}

func call(address string, count int, how string) {
	cache := &slot{}
	config := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, ClientSessionCache: cache, ServerName: "localhost"}
	for i := 0; i < count; i++ {
		connection, err := tls.Dial("tcp", address, config)
		fail(err)
		_, err = connection.Write([]byte("hello"))
		fail(err)
		_, err = io.ReadFull(connection, make([]byte, 5))
		fail(err)
		fail(connection.CloseWrite())
		io.Copy(io.Discard, connection)
		connection.Close()
		if i == 0 && how == "damage" {
			cache.damage()
		}
	}
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6])
		return
	}
	count, err := strconv.Atoi(os.Args[3])
	fail(err)
	call(os.Args[2], count, os.Args[4])
}
