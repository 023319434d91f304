/* GnuTLS in both roles; see `scripted.py`. */

#include "driver.h"
#include <gnutls/gnutls.h>

static const char *PRIORITY = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

static gnutls_certificate_credentials_t credentials;
static gnutls_datum_t ticket_key, session_data;

static const char *library(void) { return gnutls_check_version(0); }

static void begin(const char *roots) {
    gnutls_certificate_allocate_credentials(&credentials);
    if (chosen.certificate && gnutls_certificate_set_x509_key_file(credentials, chosen.certificate, chosen.key,
                                                                   GNUTLS_X509_FMT_PEM) < 0)
        give_up("certificate or key cannot be read");
    if (roots && gnutls_certificate_set_x509_trust_file(credentials, roots, GNUTLS_X509_FMT_PEM) < 1)
        give_up("roots cannot be read");
}

static void begin_server(void) {
    begin(chosen.client_roots);
    gnutls_session_ticket_key_generate(&ticket_key);
}

static void begin_client(void) { begin(chosen.roots); }

static int change_keys(int retire) {
    if (!retire) {
        gnutls_free(ticket_key.data);
        gnutls_session_ticket_key_generate(&ticket_key);
    }
    return 1;
}

static int read_some(void *session, char *octets, int length) {
    ssize_t count;
    do count = gnutls_record_recv(session, octets, (size_t)length);
    while (count == GNUTLS_E_INTERRUPTED);
    return (int)count;
}

static int write_some(void *session, char *octets, int length) {
    return (int)gnutls_record_send(session, octets, (size_t)length);
}

static int shake_hands(gnutls_session_t session, int socket) {
    int outcome;
    gnutls_priority_set_direct(session, PRIORITY, 0);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, socket);
    gnutls_handshake_set_timeout(session, PATIENCE * 1000);
    do outcome = gnutls_handshake(session);
    while (outcome < 0 && !gnutls_error_is_fatal(outcome));
    if (outcome < 0) {
        say_failure(gnutls_strerror(outcome));
        gnutls_alert_send_appropriate(session, outcome);
    }
    return outcome >= 0;
}

static void serve(int socket) {
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_SERVER);
    if (!chosen.no_tickets) gnutls_session_ticket_enable_server(session, &ticket_key);
    if (chosen.client_roots) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, 0, 0);
    }
    if (shake_hands(session, socket)) {
        char heard[LONGEST];
        unsigned int count = 0;
        const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
        int length = hear(session, read_some, write_some, heard, LONGEST);
        say_end(gnutls_session_is_resumed(session), heard, (size_t)length, count ? shown->data : 0,
                count ? shown->size : 0);
        gnutls_bye(session, GNUTLS_SHUT_WR);
    }
    gnutls_deinit(session);
}

static void visit(int socket, const char *name, const char *greeting) {
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_CLIENT | (chosen.no_tickets ? GNUTLS_NO_TICKETS : 0));
    gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name));
    gnutls_session_set_verify_cert(session, name, 0);
    if (session_data.data) gnutls_session_set_data(session, session_data.data, session_data.size);
    if (shake_hands(session, socket)) {
        char heard[LONGEST];
        gnutls_record_send(session, greeting, strlen(greeting));
        int length = hear(session, read_some, 0, heard, (int)strlen(greeting));
        gnutls_free(session_data.data);
        gnutls_session_get_data2(session, &session_data);
        say_end(gnutls_session_is_resumed(session), heard, (size_t)length, 0, 0);
        gnutls_bye(session, GNUTLS_SHUT_WR);
    }
    gnutls_deinit(session);
}

int main(int count, char **words) { return drive(count, words); }
