/* A server on OpenSSL's library whose ticket keys can be changed, which s_server's cannot; see `scripted.py`. */

#include "driver.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

typedef struct {
    unsigned char name[16], secret[32], check[32];
} ticket_key;

static SSL_CTX *context;
static ticket_key keys[2]; /* the first seals, both open; what the second opens is renewed */

static const char *library(void) { return OpenSSL_version(OPENSSL_VERSION); }

static int use_key(SSL *connection, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                   int sealing) {
    int which = sealing || !memcmp(name, keys[0].name, 16) ? 0 : !memcmp(name, keys[1].name, 16) ? 1 : -1;
    static char digest[] = "SHA256";
    OSSL_PARAM checking[3];
    (void)connection;
    if (which < 0) return 0;
    if (sealing) {
        memcpy(name, keys[0].name, 16);
        if (RAND_bytes(iv, 16) != 1) return -1;
    }
    checking[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, keys[which].check, 32);
    checking[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    checking[2] = OSSL_PARAM_construct_end();
    if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), 0, keys[which].secret, iv, sealing) != 1 ||
        EVP_MAC_CTX_set_params(mac, checking) != 1)
        return -1;
    return which ? 2 : 1;
}

static void new_key(ticket_key *key) { RAND_bytes((unsigned char *)key, sizeof *key); }

static void begin_server(void) {
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_chain_file(context, chosen.certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, chosen.key, SSL_FILETYPE_PEM) != 1)
        give_up("certificate or key cannot be read");
    if (chosen.client_roots) {
        SSL_CTX_load_verify_locations(context, chosen.client_roots, 0);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0);
    }
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"driver", 6);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key);
    new_key(&keys[0]);
    new_key(&keys[1]);
}

static void begin_client(void) { give_up("it is a server"); }

static int change_keys(int retire) {
    if (!retire) {
        keys[1] = keys[0];
        new_key(&keys[0]);
    } else new_key(&keys[1]);
    return 1;
}

static int read_some(void *connection, char *octets, int length) { return SSL_read(connection, octets, length); }
static int write_some(void *connection, char *octets, int length) { return SSL_write(connection, octets, length); }

static void serve(int socket) {
    SSL *connection = SSL_new(context);
    SSL_set_fd(connection, socket);
    if (SSL_accept(connection) == 1) {
        char heard[LONGEST];
        unsigned char *octets = 0;
        X509 *shown = SSL_get0_peer_certificate(connection);
        int size = shown ? i2d_X509(shown, &octets) : 0;
        int length = hear(connection, read_some, write_some, heard, LONGEST);
        say_end(SSL_session_reused(connection), heard, (size_t)length, octets, (size_t)size);
        OPENSSL_free(octets);
        SSL_shutdown(connection);
    } else {
        char words[256];
        ERR_error_string_n(ERR_get_error(), words, sizeof words);
        say_failure(words);
    }
    ERR_clear_error();
    SSL_free(connection);
}

static void visit(int socket, const char *name, const char *greeting) { (void)socket, (void)name, (void)greeting; }

int main(int count, char **words) { return drive(count, words); }
