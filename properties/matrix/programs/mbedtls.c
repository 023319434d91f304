/* Mbed TLS 2 in both roles; see `scripted.py`. */

#include "driver.h"
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>

enum { LIFETIME = 7200 };

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static mbedtls_ssl_config config;
static mbedtls_x509_crt own, trusted;
static mbedtls_pk_context key;
static mbedtls_ssl_ticket_context tickets[2]; /* the newest seals, both open */
static int newest, opened;
static mbedtls_ssl_session session;
static int have_session;

static const char *library(void) {
    static char version[16];
    mbedtls_version_get_string(version);
    return version;
}

static void begin(int role, const char *roots) {
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    mbedtls_ssl_config_init(&config);
    mbedtls_x509_crt_init(&own);
    mbedtls_x509_crt_init(&trusted);
    mbedtls_pk_init(&key);
    mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, 0, 0);
    mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &generator);
    mbedtls_ssl_conf_read_timeout(&config, PATIENCE * 1000);
    if (chosen.certificate) {
        if (mbedtls_x509_crt_parse_file(&own, chosen.certificate) || mbedtls_pk_parse_keyfile(&key, chosen.key, 0))
            give_up("certificate or key cannot be read");
        mbedtls_ssl_conf_own_cert(&config, &own, &key);
    }
    if (roots && mbedtls_x509_crt_parse_file(&trusted, roots)) give_up("roots cannot be read");
    mbedtls_ssl_conf_ca_chain(&config, &trusted, 0);
    mbedtls_ssl_conf_authmode(&config, roots ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
}

static void new_key(int which) {
    mbedtls_ssl_ticket_free(&tickets[which]);
    mbedtls_ssl_ticket_init(&tickets[which]);
    mbedtls_ssl_ticket_setup(&tickets[which], mbedtls_ctr_drbg_random, &generator, MBEDTLS_CIPHER_AES_256_GCM,
                             LIFETIME);
}

static int seal(void *unused, const mbedtls_ssl_session *of, unsigned char *start, const unsigned char *end,
                size_t *length, uint32_t *lifetime) {
    (void)unused;
    return mbedtls_ssl_ticket_write(&tickets[newest], of, start, end, length, lifetime);
}

static int open_either(void *unused, mbedtls_ssl_session *into, unsigned char *ticket, size_t length) {
    (void)unused;
    int outcome = mbedtls_ssl_ticket_parse(&tickets[newest], into, ticket, length);
    if (outcome) outcome = mbedtls_ssl_ticket_parse(&tickets[!newest], into, ticket, length);
    opened = !outcome;
    return outcome;
}

static void begin_server(void) {
    begin(MBEDTLS_SSL_IS_SERVER, chosen.client_roots);
    new_key(0);
    new_key(1);
    if (!chosen.no_tickets) mbedtls_ssl_conf_session_tickets_cb(&config, seal, open_either, 0);
}

static void begin_client(void) {
    begin(MBEDTLS_SSL_IS_CLIENT, chosen.roots);
    mbedtls_ssl_session_init(&session);
    mbedtls_ssl_conf_session_tickets(&config, !chosen.no_tickets);
}

static int change_keys(int retire) {
    if (!retire) newest = !newest;
    new_key(retire ? !newest : newest);
    return 1;
}

static int read_some(void *connection, char *octets, int length) {
    return mbedtls_ssl_read(connection, (unsigned char *)octets, (size_t)length);
}

static int write_some(void *connection, char *octets, int length) {
    return mbedtls_ssl_write(connection, (unsigned char *)octets, (size_t)length);
}

static int shake_hands(mbedtls_ssl_context *connection) {
    int outcome;
    do outcome = mbedtls_ssl_handshake(connection);
    while (outcome == MBEDTLS_ERR_SSL_WANT_READ || outcome == MBEDTLS_ERR_SSL_WANT_WRITE);
    if (outcome) {
        char words[128];
        mbedtls_strerror(outcome, words, sizeof words);
        say_failure(words);
    }
    return !outcome;
}

static void serve(int socket) {
    mbedtls_ssl_context connection;
    mbedtls_net_context transport = {socket};
    opened = 0;
    mbedtls_ssl_init(&connection);
    mbedtls_ssl_setup(&connection, &config);
    mbedtls_ssl_set_bio(&connection, &transport, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    if (shake_hands(&connection)) {
        char heard[LONGEST];
        const mbedtls_x509_crt *shown = mbedtls_ssl_get_peer_cert(&connection);
        int length = hear(&connection, read_some, write_some, heard, LONGEST);
        say_end(opened, heard, (size_t)length, shown ? shown->raw.p : 0, shown ? shown->raw.len : 0);
        mbedtls_ssl_close_notify(&connection);
    }
    mbedtls_ssl_free(&connection);
}

static void visit(int socket, const char *name, const char *greeting) {
    mbedtls_ssl_context connection;
    mbedtls_net_context transport = {socket};
    mbedtls_ssl_init(&connection);
    mbedtls_ssl_setup(&connection, &config);
    mbedtls_ssl_set_hostname(&connection, name);
    mbedtls_ssl_set_bio(&connection, &transport, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    if (have_session) mbedtls_ssl_set_session(&connection, &session);
    if (shake_hands(&connection)) {
        char heard[LONGEST];
        /* The library does not say whether it resumed; but only then is the master secret the one before. */
        int resumed = have_session && !memcmp(connection.session->master, session.master, sizeof session.master);
        mbedtls_ssl_write(&connection, (const unsigned char *)greeting, strlen(greeting));
        int length = hear(&connection, read_some, 0, heard, (int)strlen(greeting));
        mbedtls_ssl_session_free(&session);
        mbedtls_ssl_session_init(&session);
        have_session = !mbedtls_ssl_get_session(&connection, &session);
        say_end(resumed, heard, (size_t)length, 0, 0);
        mbedtls_ssl_close_notify(&connection);
    }
    mbedtls_ssl_free(&connection);
}

int main(int count, char **words) { return drive(count, words); }
