/* wolfSSL in both roles; see `scripted.py`. */

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include "driver.h"

static WOLFSSL_CTX *context;
static WOLFSSL_SESSION *session;
static const char *session_name;

static const char *library(void) { return wolfSSL_lib_version(); }

static WOLFSSL_CTX *make(WOLFSSL_METHOD *method, const char *roots, int demanding) {
    WOLFSSL_CTX *made = wolfSSL_CTX_new(method);
    if (chosen.certificate &&
        (wolfSSL_CTX_use_certificate_chain_file(made, chosen.certificate) != SSL_SUCCESS ||
         wolfSSL_CTX_use_PrivateKey_file(made, chosen.key, SSL_FILETYPE_PEM) != SSL_SUCCESS))
        give_up("certificate or key cannot be read");
    if (roots && wolfSSL_CTX_load_verify_locations(made, roots, 0) != SSL_SUCCESS) give_up("roots cannot be read");
    wolfSSL_CTX_set_verify(made, demanding ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE, 0);
    return made;
}

static void begin_server(void) {
    wolfSSL_Init();
    context = make(wolfTLSv1_2_server_method(), chosen.client_roots, chosen.client_roots != 0);
    if (chosen.no_tickets) wolfSSL_CTX_NoTicketTLSv12(context);
}

static void begin_client(void) {
    wolfSSL_Init();
    context = make(wolfTLSv1_2_client_method(), chosen.roots, 1);
    if (!chosen.no_tickets) wolfSSL_CTX_UseSessionTicket(context);
}

/* A context makes its ticket key itself, so another key is another context. */
static int change_keys(int retire) {
    if (!retire) begin_server();
    return 1;
}

static int read_some(void *connection, char *octets, int length) { return wolfSSL_read(connection, octets, length); }
static int write_some(void *connection, char *octets, int length) { return wolfSSL_write(connection, octets, length); }

static void fail(WOLFSSL *connection, int outcome) {
    char words[WOLFSSL_MAX_ERROR_SZ];
    say_failure(wolfSSL_ERR_error_string((unsigned long)wolfSSL_get_error(connection, outcome), words));
}

static void serve(int socket) {
    WOLFSSL *connection = wolfSSL_new(context);
    wolfSSL_set_fd(connection, socket);
    int outcome = wolfSSL_accept(connection);
    if (outcome == SSL_SUCCESS) {
        char heard[LONGEST];
        int length = hear(connection, read_some, write_some, heard, LONGEST), size = 0;
        WOLFSSL_X509 *shown = wolfSSL_get_peer_certificate(connection);
        const unsigned char *octets = shown ? wolfSSL_X509_get_der(shown, &size) : 0;
        say_end(wolfSSL_session_reused(connection), heard, (size_t)length, octets, (size_t)size);
        wolfSSL_shutdown(connection);
    } else fail(connection, outcome);
    wolfSSL_free(connection);
}

static void visit(int socket, const char *name, const char *greeting) {
    WOLFSSL *connection = wolfSSL_new(context);
    wolfSSL_set_fd(connection, socket);
    wolfSSL_UseSNI(connection, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name));
    wolfSSL_check_domain_name(connection, name);
    if (session && !strcmp(session_name, name)) wolfSSL_set_session(connection, session);
    int outcome = wolfSSL_connect(connection);
    if (outcome == SSL_SUCCESS) {
        char heard[LONGEST];
        int reused = wolfSSL_session_reused(connection);
        wolfSSL_write(connection, greeting, (int)strlen(greeting));
        int length = hear(connection, read_some, 0, heard, (int)strlen(greeting));
        session = wolfSSL_get1_session(connection);
        session_name = name;
        say_end(reused, heard, (size_t)length, 0, 0);
        wolfSSL_shutdown(connection);
    } else fail(connection, outcome);
    wolfSSL_free(connection);
}

int main(int count, char **words) { return drive(count, words); }
