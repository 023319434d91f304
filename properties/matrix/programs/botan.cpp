// Botan 2 in both roles; see `scripted.py`.

#include "driver.h"
#include <botan/auto_rng.h>
#include <botan/certstor.h>
#include <botan/credentials_manager.h>
#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/tls_client.h>
#include <botan/tls_messages.h>
#include <botan/tls_server.h>
#include <botan/tls_session_manager.h>
#include <botan/version.h>
#include <botan/x509cert.h>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace Botan;
using Names = std::vector<std::string>;

AutoSeeded_RNG generator;

class Identity : public Credentials_Manager {
  public:
    Identity(const char *certificate, const char *key, const char *roots) {
        if (certificate) {
            DataSource_Stream from(certificate), secret(key);
            while (!from.end_of_data()) try { chain.push_back(X509_Certificate(from)); } catch (Decoding_Error &) { break; }
            own = PKCS8::load_key(secret);
        }
        if (roots) trusted.add_certificate(X509_Certificate(roots));
        demanding = roots != nullptr;
        change();
    }
    void change() { ticket_key = SymmetricKey(generator, 32); }
    std::vector<Certificate_Store *> trusted_certificate_authorities(const std::string &, const std::string &) override {
        return demanding ? std::vector<Certificate_Store *>{&trusted} : std::vector<Certificate_Store *>{};
    }
    std::vector<X509_Certificate> cert_chain(const Names &kinds, const std::string &, const std::string &) override {
        for (auto &kind : kinds) if (own && kind == own->algo_name()) return chain;
        return {};
    }
    Private_Key *private_key_for(const X509_Certificate &, const std::string &, const std::string &) override { return own.get(); }
    SymmetricKey psk(const std::string &, const std::string &purpose, const std::string &) override {
        if (purpose == "session-ticket") return ticket_key;
        throw Internal_Error("there is no such key");
    }

  private:
    std::vector<X509_Certificate> chain;
    std::unique_ptr<Private_Key> own;
    Certificate_Store_In_Memory trusted;
    SymmetricKey ticket_key;
    bool demanding;
};

class Choices : public TLS::Policy {
  public:
    Names allowed_key_exchange_methods() const override { return {"ECDH"}; }
    bool require_cert_revocation_info() const override { return false; }
    bool require_client_certificate_authentication() const override { return chosen.client_roots != nullptr; }
    bool request_client_certificate_authentication() const override { return chosen.client_roots != nullptr; }
    uint32_t session_ticket_lifetime() const override { return 7200; }
};

class Connection : public TLS::Callbacks {
  public:
    explicit Connection(int socket) : socket(socket) {}
    void tls_emit_data(const uint8_t octets[], size_t length) override { ::send(socket, octets, length, MSG_NOSIGNAL); }
    void tls_record_received(uint64_t, const uint8_t octets[], size_t length) override {
        heard.append(reinterpret_cast<const char *>(octets), length);
        if (echoing) channel->send(octets, length);
    }
    void tls_alert(TLS::Alert alert) override {
        if (alert.is_fatal()) error = alert.type_string();
    }
    bool tls_session_established(const TLS::Session &session) override {
        shown = session.peer_certs();
        return true;
    }
    void tls_inspect_handshake_msg(const TLS::Handshake_Message &message) override {
        full |= message.type() == TLS::CLIENT_KEX;
    }
    bool pump() {
        uint8_t octets[8192];
        ssize_t count = recv(socket, octets, sizeof octets, 0);
        if (count > 0) channel->received_data(octets, static_cast<size_t>(count));
        return count > 0;
    }
    void report() {
        if (!error.empty()) return say_failure(error.c_str());
        std::vector<uint8_t> certificate = shown.empty() ? std::vector<uint8_t>() : shown[0].BER_encode();
        say_end(!full, heard.data(), heard.size(), shown.empty() ? nullptr : certificate.data(), certificate.size());
    }
    int socket;
    TLS::Channel *channel = nullptr;
    bool echoing = false, full = false;
    std::string heard, error;
    std::vector<X509_Certificate> shown;
};

std::unique_ptr<Identity> identity;
std::unique_ptr<TLS::Session_Manager_In_Memory> sessions;
Choices choices;

}  // namespace

static const char *library(void) { return short_version_cstr(); }

static void begin_server(void) {
    identity = std::make_unique<Identity>(chosen.certificate, chosen.key, chosen.client_roots);
    sessions = std::make_unique<TLS::Session_Manager_In_Memory>(generator);
}

static void begin_client(void) {
    identity = std::make_unique<Identity>(chosen.certificate, chosen.key, chosen.roots);
    sessions = std::make_unique<TLS::Session_Manager_In_Memory>(generator);
}

static int change_keys(int retire) {
    if (!retire) identity->change();
    return 1;
}

static void serve(int socket) {
    Connection connection(socket);
    connection.echoing = true;
    try {
        TLS::Server server(connection, *sessions, *identity, choices, generator);
        connection.channel = &server;
        while (!server.is_closed() && connection.pump()) {}
        connection.report();
    } catch (std::exception &error) {
        say_failure(error.what());
    }
}

static void visit(int socket, const char *name, const char *greeting) {
    Connection connection(socket);
    try {
        TLS::Client client(connection, *sessions, *identity, choices, generator, TLS::Server_Information(name, 443),
                           TLS::Protocol_Version::latest_tls_version());
        connection.channel = &client;
        while (!client.is_active() && !client.is_closed() && connection.pump()) {}
        if (!client.is_active()) throw Internal_Error(connection.error.empty() ? "the peer has closed" : connection.error);
        client.send(std::string(greeting));
        while (connection.heard.size() < strlen(greeting) && connection.pump()) {}
        connection.report();
        client.close();
    } catch (std::exception &error) {
        say_failure(error.what());
    }
}

int main(int count, char **words) { return drive(count, words); }
