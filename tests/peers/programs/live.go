// Go's crypto/tls: "server PORT CERTIFICATE KEY" echoes; "client PORT ROOTS" connects again and again with one session
// cache, and reads until each connection ends.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"os"
)

func serve(port, certificate, key string) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
	door, err := tls.Listen("tcp", "127.0.0.1:"+port, config)
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := door.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			io.Copy(connection, connection)
			connection.Close()
		}()
	}
}

func visit(port, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	config := &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	for {
		connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		if err != nil {
			if _, failed := err.(interface{ Timeout() bool }); failed {
				log.Println(err)
			}
			continue
		}
		io.Copy(connection, connection)
		connection.Close()
	}
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2], os.Args[3], os.Args[4])
	} else {
		visit(os.Args[2], os.Args[3])
	}
}
