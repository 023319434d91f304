/* NSS in both roles; see `scripted.py`. Keys and roots are in the database that DRIVER_DB names, its own one under the
   nickname "own". */

#include <cert.h>
#include <nspr.h>
#include <nss.h>
#include <pk11pub.h>
#include <private/pprio.h>
#include <ssl.h>
#include <sslproto.h>

#include "driver.h"

static CERTCertificate *own;
static SECKEYPrivateKey *own_key;

static const char *library(void) { return NSS_GetVersion(); }

static char *no_password(PK11SlotInfo *slot, PRBool again, void *unused) {
    (void)slot, (void)again, (void)unused;
    return 0;
}

static void begin(void) {
    PK11_SetPasswordFunc(no_password);
    if (NSS_Init(getenv("DRIVER_DB")) != SECSuccess) give_up("the database cannot be read");
    NSS_SetDomesticPolicy();
    own = PK11_FindCertFromNickname("own", 0);
    own_key = own ? PK11_FindKeyByAnyCert(own, 0) : 0;
}

static void begin_server(void) {
    begin();
    if (!own_key) give_up("there is no key");
    SSL_ConfigServerSessionIDCache(0, 0, 0, 0);
}

static void begin_client(void) { begin(); }

static int change_keys(int retire) {
    (void)retire;
    return 0;
}

static int read_some(void *connection, char *octets, int length) {
    return PR_Recv(connection, octets, length, 0, PR_SecondsToInterval(PATIENCE));
}

static int write_some(void *connection, char *octets, int length) {
    return PR_Send(connection, octets, length, 0, PR_SecondsToInterval(PATIENCE));
}

static PRFileDesc *wrap(int socket) {
    SSLVersionRange only = {SSL_LIBRARY_VERSION_TLS_1_2, SSL_LIBRARY_VERSION_TLS_1_2};
    PRFileDesc *connection = SSL_ImportFD(0, PR_ImportTCPSocket(dup(socket)));
    SSL_VersionRangeSet(connection, &only);
    SSL_OptionSet(connection, SSL_ENABLE_SESSION_TICKETS, !chosen.no_tickets);
    SSL_OptionSet(connection, SSL_ENABLE_EXTENDED_MASTER_SECRET, PR_TRUE);
    SSL_AuthCertificateHook(connection, SSL_AuthCertificate, CERT_GetDefaultCertDB());
    return connection;
}

static int shake_hands(PRFileDesc *connection, int server) {
    SSL_ResetHandshake(connection, server);
    if (SSL_ForceHandshakeWithTimeout(connection, PR_SecondsToInterval(PATIENCE)) == SECSuccess) return 1;
    say_failure(PR_ErrorToName(PR_GetError()) ? PR_ErrorToName(PR_GetError()) : "an error without a name");
    return 0;
}

static int resumed(PRFileDesc *connection) {
    SSLChannelInfo info;
    SSL_GetChannelInfo(connection, &info, sizeof info);
    return info.resumed;
}

static void serve(int socket) {
    PRFileDesc *connection = wrap(socket);
    SSL_ConfigServerCert(connection, own, own_key, 0, 0);
    SSL_OptionSet(connection, SSL_REQUEST_CERTIFICATE, chosen.client_roots != 0);
    SSL_OptionSet(connection, SSL_REQUIRE_CERTIFICATE, chosen.client_roots ? SSL_REQUIRE_ALWAYS : SSL_REQUIRE_NEVER);
    if (shake_hands(connection, 1)) {
        char heard[LONGEST];
        CERTCertificate *shown = SSL_PeerCertificate(connection);
        int length = hear(connection, read_some, write_some, heard, LONGEST);
        say_end(resumed(connection), heard, (size_t)length, shown ? shown->derCert.data : 0,
                shown ? shown->derCert.len : 0);
        if (shown) CERT_DestroyCertificate(shown);
    }
    PR_Close(connection);
}

static void visit(int socket, const char *name, const char *greeting) {
    PRFileDesc *connection = wrap(socket);
    SSL_SetURL(connection, name);
    SSL_GetClientAuthDataHook(connection, NSS_GetClientAuthData, (void *)"own");
    if (shake_hands(connection, 0)) {
        char heard[LONGEST];
        PR_Send(connection, greeting, (PRInt32)strlen(greeting), 0, PR_SecondsToInterval(PATIENCE));
        int length = hear(connection, read_some, 0, heard, (int)strlen(greeting));
        say_end(resumed(connection), heard, (size_t)length, 0, 0);
    }
    PR_Close(connection);
}

int main(int count, char **words) { return drive(count, words); }
