/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread that accepts one connection after the other. What it saw is read after it has ended. */
#include "tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define MUST(ok)                                                                                   \
        do {                                                                                       \
                if (!(ok)) {                                                                       \
                        fprintf(stderr, "tls_server.c:%d: %s\n", __LINE__, #ok);                   \
                        ERR_print_errors_fp(stderr);                                               \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

struct tls_server {
        struct tls_server_options o;
        struct sockaddr_storage address;
        SSL_CTX *ctx;
        int listener;
        pthread_t thread;
        int running;
        unsigned connections;
        char name[256];
};

/* ---- kinds ---- */

static void
serve_good(struct tls_server *s, int fd)
{
        SSL *ssl = SSL_new(s->ctx);
        char byte;
        MUST(ssl && SSL_set_fd(ssl, fd));
        (void)SSL_accept(ssl);
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(s->name, sizeof s->name, "%s", name ? name : "");
        (void)SSL_read(ssl, &byte, 1); /* until the client has gone */
        SSL_free(ssl);
        ERR_clear_error();
}

static void
serve_plain(int fd)
{
        static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        char buf[2048];
        (void)!read(fd, buf, sizeof buf);
        (void)send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void
serve_truncated(struct tls_server *s, int fd)
{
        char in[4096], out[65536];
        ssize_t n = read(fd, in, sizeof in);
        SSL *ssl = SSL_new(s->ctx);
        BIO *rbio = BIO_new(BIO_s_mem()), *wbio = BIO_new(BIO_s_mem());
        MUST(ssl && rbio && wbio);
        SSL_set_bio(ssl, rbio, wbio);
        if (n > 0)
                MUST(BIO_write(rbio, in, (int)n) == n);
        (void)SSL_accept(ssl);
        int have = BIO_read(wbio, out, sizeof out);
        size_t len = have > 0 ? (size_t)have : 0;
        if (len > s->o.truncate)
                len = s->o.truncate;
        (void)send(fd, out, len, MSG_NOSIGNAL);
        /* An orderly end: what was sent arrives. */
        shutdown(fd, SHUT_WR);
        (void)!read(fd, in, sizeof in);
        SSL_free(ssl);
        ERR_clear_error();
}

static void
serve_flood(int fd)
{
        uint8_t record[5 + 4 * 4096] = {22, 3, 3, 4 * 4096 >> 8,
                                        0}; /* HelloRequest is four zeros */
        while (send(fd, record, sizeof record, MSG_NOSIGNAL) > 0)
                ;
}

static void
serve(struct tls_server *s, int fd)
{
        struct timeval tv = {10, 0};
        MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
        MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0);
        s->connections++;
        switch (s->o.kind) {
        case TLS_SERVER_GOOD:
                if (!s->o.preface || s->o.preface(fd, s->o.preface_arg))
                        serve_good(s, fd);
                break;
        case TLS_SERVER_PLAIN:
                serve_plain(fd);
                break;
        case TLS_SERVER_TRUNCATE:
                serve_truncated(s, fd);
                break;
        case TLS_SERVER_FLOOD:
                serve_flood(fd);
                break;
        case TLS_SERVER_SILENT:
                break;
        }
}

static void *
run(void *arg)
{
        struct tls_server *s = arg;
        sigset_t pipe;
        int fd;
        /* Here only: the code under test has to do without. */
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, NULL);
        while ((fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                serve(s, fd);
                close(fd);
        }
        return NULL;
}

/* ---- starting ---- */

static SSL_CTX *
make_context(const struct tls_server_options *o)
{
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        MUST(ctx);
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
        MUST(SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0"));
        MUST(SSL_CTX_set_max_proto_version(ctx, o->max_version));
        if (o->n_certs == 0)
                return ctx;
        MUST(SSL_CTX_use_certificate(ctx, o->certs[0]));
        MUST(SSL_CTX_use_PrivateKey(ctx, o->key));
        for (size_t i = 1; i < o->n_certs; i++)
                MUST(SSL_CTX_add1_chain_cert(ctx, o->certs[i]));
        if (o->other_cert) {
                MUST(SSL_CTX_use_certificate(ctx, o->other_cert));
                MUST(SSL_CTX_use_PrivateKey(ctx, o->other_key));
        }
        if (o->want_client_cert)
                SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        return ctx;
}

static socklen_t
make_address(const struct tls_server_options *o, struct sockaddr_storage *ret)
{
        const char *text = o->address ? o->address : "127.0.0.1";
        struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
        memset(ret, 0, sizeof *ret);
        if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
                v4->sin_family = AF_INET;
                v4->sin_port = htons(o->port);
                return sizeof *v4;
        }
        MUST(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(o->port);
        return sizeof *v6;
}

static int
listen_at(struct sockaddr_storage *address, socklen_t len)
{
        int one = 1, fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -1;
        MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
        if (bind(fd, (struct sockaddr *)address, len) < 0 || listen(fd, 512) < 0) {
                close(fd);
                return -1;
        }
        MUST(getsockname(fd, (struct sockaddr *)address, &len) == 0);
        return fd;
}

struct tls_server *
tls_server_start(const struct tls_server_options *o)
{
        struct tls_server *s = calloc(1, sizeof *s);
        MUST(s);
        s->o = *o;
        socklen_t len = make_address(o, &s->address);
        s->listener = listen_at(&s->address, len);
        if (s->listener < 0) {
                free(s);
                return NULL;
        }
        s->ctx = make_context(o);
        if (o->kind != TLS_SERVER_SILENT) {
                MUST(pthread_create(&s->thread, NULL, run, s) == 0);
                s->running = 1;
        }
        return s;
}

/* ---- ending ---- */

void
tls_server_join(struct tls_server *s)
{
        if (!s->running)
                return;
        shutdown(s->listener, SHUT_RDWR); /* accept returns */
        pthread_join(s->thread, NULL);
        s->running = 0;
}

void
tls_server_free(struct tls_server *s)
{
        if (!s)
                return;
        tls_server_join(s);
        close(s->listener);
        SSL_CTX_free(s->ctx);
        free(s);
}

uint16_t
tls_server_port(const struct tls_server *s)
{
        return ntohs(s->address.ss_family == AF_INET
                             ? ((const struct sockaddr_in *)&s->address)->sin_port
                             : ((const struct sockaddr_in6 *)&s->address)->sin6_port);
}

struct sockaddr_storage
tls_server_address(const struct tls_server *s)
{
        return s->address;
}

const char *
tls_server_name_seen(const struct tls_server *s)
{
        return s->name;
}

unsigned
tls_server_connections(const struct tls_server *s)
{
        return s->connections;
}
