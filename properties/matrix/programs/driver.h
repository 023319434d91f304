/* What the drivers of C libraries share: arguments, the protocol of `scripted.py`, sockets of this machine. A driver
   gives the functions declared under "of the library" and calls `drive`. */

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 10, LONGEST = 4096 };

static struct {
    const char *certificate, *key, *roots, *client_roots;
    char *names;
    int no_tickets;
} chosen;

/* Of the library: what it is; a server's context; a client's; one connection of either, which says what came of it;
   the ticket key, returning 0 if it cannot be changed. */
static const char *library(void);
static void begin_server(void);
static void begin_client(void);
static void serve(int socket);
static void visit(int socket, const char *name, const char *greeting);
static int change_keys(int retire);

/* What is said. */

static void quote(const char *text, size_t length) {
    putchar('"');
    for (size_t at = 0; at < length; at++) {
        unsigned char octet = (unsigned char)text[at];
        if (octet == '"' || octet == '\\' || octet < 32 || octet > 126) printf("\\u%04x", octet);
        else putchar(octet);
    }
    putchar('"');
}

static void say_failure(const char *error) {
    printf("{\"resumed\": null, \"error\": ");
    quote(error, strlen(error));
    printf("}\n");
    fflush(stdout);
}

static void say_end(int resumed, const char *heard, size_t length, const unsigned char *certificate, size_t size) {
    printf("{\"resumed\": %s, \"heard\": ", resumed ? "true" : "false");
    quote(heard, length);
    if (certificate) {
        printf(", \"certificate\": \"");
        for (size_t at = 0; at < size; at++) printf("%02x", certificate[at]);
        printf("\"");
    }
    printf("}\n");
    fflush(stdout);
}

static void give_up(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(2);
}

/* Reads up to `limit` octets by the library's `read`, echoing by its `write` if there is one; how many. */

typedef int (*transfer)(void *connection, char *octets, int length);

__attribute__((unused)) static int hear(void *connection, transfer read, transfer write, char *heard, int limit) {
    int length = 0, count;
    while (length < limit && (count = read(connection, heard + length, limit - length)) > 0) {
        if (write && write(connection, heard + length, count) != count) break;
        length += count;
    }
    return length;
}

/* Sockets. */

static struct sockaddr_in local(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int patient(int socket) {
    struct timeval limit = {PATIENCE, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return socket;
}

static void serve_all(void) {
    struct sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) give_up("cannot listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("{\"port\": %d}\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct pollfd both[] = {{listener, POLLIN, 0}, {0, POLLIN, 0}};
        char line[64];
        if (poll(both, 2, -1) < 0) return;
        if (both[1].revents) {
            ssize_t count = read(0, line, sizeof line - 1);
            if (count <= 0) return;
            line[count] = 0;
            printf(change_keys(!strncmp(line, "retire", 6)) ? "{\"keys\": true}\n" : "{}\n");
            fflush(stdout);
        } else if (both[0].revents) {
            int connection = patient(accept(listener, 0, 0));
            serve(connection);
            close(connection);
        }
    }
}

static void visit_all(int port, int count, const char *greeting) {
    const char *name = strtok(chosen.names, ",");
    for (int number = 0; number < count; number++) {
        struct sockaddr_in address = local(port);
        int connection = patient(socket(AF_INET, SOCK_STREAM, 0));
        if (connect(connection, (struct sockaddr *)&address, sizeof address)) say_failure("cannot connect");
        else visit(connection, name, greeting);
        close(connection);
        const char *next = strtok(0, ",");
        if (next) name = next;
    }
}

static int drive(int count, char **words) {
    static char usual[] = "localhost";
    int at = 1, server;
    const char *first[3];
    signal(SIGPIPE, SIG_IGN);
    if (count == 2 && !strcmp(words[1], "--version")) return puts(library()) < 0;
    for (server = 0; at < count && at <= 3 && words[at][0] != '-'; at++) first[at - 1] = words[at];
    server = at == 3;
    chosen.names = usual;
    for (; at < count; at++) {
        if (!strcmp(words[at], "--no-tickets")) { chosen.no_tickets = 1; continue; }
        if (at + 1 == count) give_up("a value is missing");
        const char *option = words[at++];
        if (!strcmp(option, "--roots")) chosen.roots = words[at];
        else if (!strcmp(option, "--client-roots")) chosen.client_roots = words[at];
        else if (!strcmp(option, "--certificate")) chosen.certificate = words[at];
        else if (!strcmp(option, "--key")) chosen.key = words[at];
        else if (!strcmp(option, "--names")) chosen.names = words[at];
        else if (strcmp(option, "--fingerprint")) give_up("there is no such option");
    }
    if (server) {
        chosen.certificate = first[0];
        chosen.key = first[1];
        begin_server();
        serve_all();
    } else {
        begin_client();
        visit_all(atoi(first[0]), atoi(first[1]), first[2]);
    }
    return 0;
}
