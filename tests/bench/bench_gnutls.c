/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLS connections on the loopback with GnuTLS: a server that has another public-like certificate
 * for each, and a client that makes them in turns and verifies with trust from pkcs11: URLs, as
 * wget does.
 *
 * usage: bench_gnutls --serve DIRECTORY      DIRECTORY is bench_chain's; prints its port and serves
 *        bench_gnutls TRUST PORT             takes turns; TRUST is a file or "pkcs11:"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "chain.h"
#include "turns.h"

static void
must(int r, const char *what)
{
        if (r >= 0)
                return;
        fprintf(stderr, "%s: %s\n", what, gnutls_strerror(r));
        exit(1);
}

static struct sockaddr_in
loopback(uint16_t port)
{
        return (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int
new_socket(void)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

        if (fd < 0)
                bench_fail("socket");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        return fd;
}

/* ---- server ---- */

struct server {
        gnutls_pcert_st (*chains)[2]; /* leaf, and who signed it */
        size_t n, next;
        gnutls_privkey_t key;
};

static struct server server;

static int
choose(gnutls_session_t s, const gnutls_datum_t *authorities, int n_authorities,
       const gnutls_pk_algorithm_t *algorithms, int n_algorithms, gnutls_pcert_st **ret_chain,
       unsigned *ret_n, gnutls_privkey_t *ret_key)
{
        (void)s;
        (void)authorities;
        (void)n_authorities;
        (void)algorithms;
        (void)n_algorithms;
        *ret_chain = server.chains[server.next++ % server.n];
        *ret_n = 2;
        *ret_key = server.key;
        return 0;
}

static void
import(gnutls_pcert_st *to, const struct bench_ders *from, size_t i)
{
        gnutls_datum_t der = {from->data + from->at[i], (unsigned)(from->at[i + 1] - from->at[i])};

        must(gnutls_pcert_import_x509_raw(to, &der, GNUTLS_X509_FMT_DER, 0), "certificate");
}

static void
load_server(const char *directory)
{
        struct bench_ders leaves, middle;
        gnutls_datum_t pem;
        char path[4096];

        bench_read_ders(directory, "leaves.der", &leaves);
        bench_read_ders(directory, "middle.der", &middle);
        server.n = leaves.n;
        server.chains = calloc(leaves.n, sizeof(*server.chains));
        if (!server.chains)
                bench_fail("certificates");
        for (size_t i = 0; i < leaves.n; i++) {
                import(&server.chains[i][0], &leaves, i);
                import(&server.chains[i][1], &middle, 0);
        }
        snprintf(path, sizeof(path), "%s/key.pem", directory);
        must(gnutls_load_file(path, &pem), path);
        must(gnutls_privkey_init(&server.key), "key");
        must(gnutls_privkey_import_x509_raw(server.key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0), path);
        gnutls_free(pem.data);
}

/* One page for whoever asks for one. */
static void
serve_one(int fd, gnutls_certificate_credentials_t credentials)
{
        static const char page[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
        gnutls_session_t s;
        char request[4096];

        must(gnutls_init(&s, GNUTLS_SERVER | GNUTLS_NO_TICKETS), "server");
        must(gnutls_set_default_priority(s), "priority");
        must(gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
        gnutls_transport_set_int(s, fd);
        gnutls_handshake_set_timeout(s, 10000);
        if (gnutls_handshake(s) == 0 && gnutls_record_recv(s, request, sizeof(request)) > 0)
                (void)gnutls_record_send(s, page, sizeof(page) - 1);
        (void)gnutls_bye(s, GNUTLS_SHUT_WR);
        gnutls_deinit(s);
}

static void
serve(const char *directory)
{
        gnutls_certificate_credentials_t credentials;
        struct sockaddr_in a = loopback(0);
        socklen_t len = sizeof(a);
        int listener = new_socket();

        load_server(directory);
        must(gnutls_certificate_allocate_credentials(&credentials), "credentials");
        gnutls_certificate_set_retrieve_function2(credentials, choose);
        if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 16) < 0 ||
            getsockname(listener, (struct sockaddr *)&a, &len) < 0)
                bench_fail("listen");
        printf("%u\n", ntohs(a.sin_port));
        fflush(stdout);
        for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        continue;
                serve_one(fd, credentials);
                close(fd);
        }
}

/* ---- client ---- */

struct client {
        gnutls_certificate_credentials_t credentials;
        struct sockaddr_in address;
};

static void
once(void *arg)
{
        struct client *c = arg;
        gnutls_session_t s;
        int fd = new_socket();

        if (connect(fd, (struct sockaddr *)&c->address, sizeof(c->address)) < 0)
                bench_fail("connect");
        must(gnutls_init(&s, GNUTLS_CLIENT), "client");
        must(gnutls_set_default_priority(s), "priority");
        must(gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, c->credentials), "credentials");
        must(gnutls_server_name_set(s, GNUTLS_NAME_DNS, BENCH_CHAIN_HOST, strlen(BENCH_CHAIN_HOST)),
             "name");
        gnutls_session_set_verify_cert(s, BENCH_CHAIN_HOST, 0);
        gnutls_transport_set_int(s, fd);
        gnutls_handshake_set_timeout(s, 10000);
        must(gnutls_handshake(s), "handshake");
        (void)gnutls_bye(s, GNUTLS_SHUT_WR);
        gnutls_deinit(s);
        close(fd);
}

int
main(int argc, char **argv)
{
        struct client c;

        signal(SIGPIPE, SIG_IGN);
        if (argc != 3) {
                fprintf(stderr, "usage: bench_gnutls --serve DIRECTORY | TRUST PORT\n");
                return 64;
        }
        if (strcmp(argv[1], "--serve") == 0)
                serve(argv[2]);
        c.address = loopback((uint16_t)strtoul(argv[2], NULL, 10));
        must(gnutls_certificate_allocate_credentials(&c.credentials), "credentials");
        must(gnutls_certificate_set_x509_trust_file(c.credentials, argv[1], GNUTLS_X509_FMT_PEM),
             argv[1]);
        bench_take_turns(once, &c);
        gnutls_certificate_free_credentials(c.credentials);
        return 0;
}
