"""OpenSSL's s_server and s_client as children, for tests that tell them more than the matrix does."""

from rfc5077.properties.matrix.process import Child, program


def s_server(identity, *options):
    command = [program("openssl", "openssl"), "s_server", "-accept", "127.0.0.1:0", "-tls1_2"]
    return Child(*command, "-cert", identity.certificate, "-key", identity.key, *options)


def s_client(papers, address, *options):
    command = [program("openssl", "openssl"), "s_client", "-connect", f"{address[0]}:{address[1]}", "-tls1_2"]
    return Child(*command, "-CAfile", papers.roots, "-verify_return_error", "-servername", "localhost", *options)


def accepting(child):
    return ("127.0.0.1", int(child.line(r"^ACCEPT 127\.0\.0\.1:(\d+)")[1]))
