/* SPDX-License-Identifier: BSD-3-Clause */
/* Servers on loopback for tests: one that speaks TLS, and others that do not quite. */
#ifndef PDANE_TEST_TLS_SERVER_H
#define PDANE_TEST_TLS_SERVER_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum tls_server_kind {
        TLS_SERVER_GOOD = 0,
        TLS_SERVER_SILENT,   /* takes connections and says nothing */
        TLS_SERVER_PLAIN,    /* speaks HTTP */
        TLS_SERVER_TRUNCATE, /* sends the first octets of its first flight and closes */
        TLS_SERVER_FLOOD,    /* sends HelloRequests for ever */
};

struct tls_server_options {
        enum tls_server_kind kind;
        const char *address; /* NULL: 127.0.0.1 */
        uint16_t port;       /* 0: any */
        X509 *const *certs;  /* leaf first; borrowed while it starts */
        size_t n_certs;
        EVP_PKEY *key;
        X509 *other_cert; /* of another kind of key, beside certs; NULL: none */
        EVP_PKEY *other_key;
        int max_version; /* 0: the newest */
        size_t truncate; /* octets */
        int want_client_cert;
        /* What is said before TLS by a GOOD server; 0: it goes no further. NULL: nothing. */
        int (*preface)(int fd, void *arg);
        void *preface_arg;
};

struct tls_server;

/* NULL only when the address and port cannot be had. Whatever else fails ends the test program. */
struct tls_server *tls_server_start(const struct tls_server_options *o);
void tls_server_free(struct tls_server *s); /* ends it. NULL-safe */

uint16_t tls_server_port(const struct tls_server *s);
struct sockaddr_storage tls_server_address(const struct tls_server *s);

/* Ends it; then: which name the last client asked for, and how many connected. */
void tls_server_join(struct tls_server *s);
const char *tls_server_name_seen(const struct tls_server *s);
unsigned tls_server_connections(const struct tls_server *s);

#endif
