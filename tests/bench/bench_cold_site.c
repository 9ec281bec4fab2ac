/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TLS server of many hosts, each with an EC key and a self-signed certificate of its own, made at
 * the start. Which one is shown the server name of the handshake says.
 *
 * usage: bench_cold_site ADDRESS ZONE HOSTS FILE
 *
 * FILE: the digest of each host's key, a line each, for TLSA 3 1 1. Prints "ready" once it listens;
 * ends when its standard input does.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bench_cold.h"
#include "dn.h"

#define THREADS 64
#define BACKLOG 1024
#define PATIENCE_S 5
#define DAY (24 * 3600L)

static struct {
        EVP_PKEY *key;
        X509 *cert;
} * hosts;
static unsigned n_hosts;
static const char *zone;
static SSL_CTX *ctx;

static bool
name_it(X509 *x, unsigned host)
{
        uint8_t dn[BENCH_DN_MAX];
        const unsigned char *p = dn;
        char name[COLD_NAME_MAX], san[COLD_NAME_MAX + 8];

        cold_name(name, host, zone);
        snprintf(san, sizeof(san), "DNS:%s", name);
        X509_NAME *n = d2i_X509_NAME(NULL, &p, (long)bench_dn(dn, name));
        X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
        bool ok = n && alt && X509_set_subject_name(x, n) && X509_set_issuer_name(x, n) &&
                  X509_add_ext(x, alt, -1);
        X509_NAME_free(n);
        X509_EXTENSION_free(alt);
        return ok;
}

static void
make_host(unsigned host, FILE *f)
{
        unsigned char digest[EVP_MAX_MD_SIZE], *spki = NULL;
        unsigned len = 0;
        X509 *x = X509_new();
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "CA:FALSE");
        int n;

        if (!x || !key || !basic || !X509_set_version(x, X509_VERSION_3) || !name_it(x, host) ||
            !ASN1_INTEGER_set(X509_get_serialNumber(x), (long)(COLD_SERIAL_BASE + host)) ||
            !X509_gmtime_adj(X509_getm_notBefore(x), -DAY) ||
            !X509_gmtime_adj(X509_getm_notAfter(x), 30 * DAY) || !X509_set_pubkey(x, key) ||
            !X509_add_ext(x, basic, -1) || !X509_sign(x, key, EVP_sha256()) ||
            (n = i2d_PUBKEY(key, &spki)) < 0 ||
            !EVP_Digest(spki, (size_t)n, digest, &len, EVP_sha256(), NULL))
                bench_fail("certificate");
        for (unsigned i = 0; i < len; i++)
                fprintf(f, "%02x", digest[i]);
        fputc('\n', f);
        X509_EXTENSION_free(basic);
        OPENSSL_free(spki);
        hosts[host].key = key;
        hosts[host].cert = x;
}

static int
choose(SSL *ssl, void *arg)
{
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        unsigned host = name && *name == 'h' ? (unsigned)strtoul(name + 1, NULL, 10) : n_hosts;

        (void)arg;
        return host < n_hosts && SSL_use_certificate(ssl, hosts[host].cert) == 1 &&
               SSL_use_PrivateKey(ssl, hosts[host].key) == 1;
}

static void
serve(int fd)
{
        const struct timeval patience = {PATIENCE_S, 0};
        SSL *ssl = SSL_new(ctx);
        char c;

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
                while (SSL_read(ssl, &c, 1) > 0)
                        ;
        SSL_free(ssl);
        close(fd);
}

static void *
serve_all(void *arg)
{
        const int *listener = arg;

        for (;;) {
                int fd = accept(*listener, NULL, NULL);

                if (fd >= 0)
                        serve(fd);
        }
        return NULL;
}

static int
listen_at(const char *address)
{
        struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(COLD_PORT)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || inet_pton(AF_INET, address, &sin.sin_addr) != 1 ||
            bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 || listen(fd, BACKLOG) < 0)
                bench_fail(address);
        return fd;
}

int
main(int argc, char **argv)
{
        pthread_t thread;
        FILE *f;
        int listener;

        if (argc != 5) {
                fprintf(stderr, "usage: bench_cold_site ADDRESS ZONE HOSTS FILE\n");
                return 64;
        }
        zone = argv[2];
        n_hosts = (unsigned)strtoul(argv[3], NULL, 10);
        hosts = calloc(n_hosts, sizeof(*hosts));
        f = fopen(argv[4], "w");
        if (!hosts || !f)
                bench_fail(argv[4]);
        for (unsigned i = 0; i < n_hosts; i++)
                make_host(i, f);
        if (fclose(f) != 0)
                bench_fail(argv[4]);
        ctx = SSL_CTX_new(TLS_server_method());
        if (!ctx)
                bench_fail("context");
        SSL_CTX_set_cert_cb(ctx, choose, NULL);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(ctx, 0);
        listener = listen_at(argv[1]);
        for (unsigned i = 0; i < THREADS; i++)
                if (pthread_create(&thread, NULL, serve_all, &listener) != 0)
                        bench_fail("thread");
        puts("ready");
        fflush(stdout);
        while (getchar() != EOF)
                ;
        return 0;
}
