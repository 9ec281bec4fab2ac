/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenSSL, set up to be as liberal as a handshake can be: what is wrong with a server's keys or
 * certificates is for others to judge, once they have seen them. The socket is behind a BIO of our
 * own, which never raises SIGPIPE and stops reading at a limit.
 */
#include "daemon/probe_tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct pdane_tls_shared {
        SSL_CTX *ctx;
        BIO_METHOD *method;
};

struct pdane_tls {
        SSL *ssl;
        int fd;
        size_t received;
        bool too_much;
        int error;   /* errno of the socket */
        bool closed; /* the server's end of file was read */
        bool done;
};

/* ---- the socket ---- */

static int
socket_write(BIO *b, const char *data, int len)
{
        struct pdane_tls *t = BIO_get_data(b);
        BIO_clear_retry_flags(b);
        ssize_t n = send(t->fd, data, (size_t)len, MSG_NOSIGNAL);
        if (n >= 0)
                return (int)n;
        if (errno == EAGAIN || errno == EINTR)
                BIO_set_retry_write(b);
        else
                t->error = errno;
        return -1;
}

static int
socket_read(BIO *b, char *data, int len)
{
        struct pdane_tls *t = BIO_get_data(b);
        BIO_clear_retry_flags(b);
        size_t left = PDANE_HANDSHAKE_BYTES_MAX - t->received;
        if (left == 0) {
                t->too_much = true;
                return -1;
        }
        ssize_t n = recv(t->fd, data, (size_t)len < left ? (size_t)len : left, 0);
        if (n > 0) {
                t->received += (size_t)n;
                return (int)n;
        }
        if (n == 0)
                t->closed = true;
        else if (errno == EAGAIN || errno == EINTR)
                BIO_set_retry_read(b);
        else
                t->error = errno;
        return n == 0 ? 0 : -1;
}

static long
socket_ctrl(BIO *b, int command, long number, void *pointer)
{
        (void)b;
        (void)number;
        (void)pointer;
        return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *
make_method(void)
{
        int index = BIO_get_new_index();
        BIO_METHOD *m = index < 0 ? NULL : BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "probe");
        if (m && BIO_meth_set_write(m, socket_write) && BIO_meth_set_read(m, socket_read) &&
            BIO_meth_set_ctrl(m, socket_ctrl))
                return m;
        BIO_meth_free(m);
        return NULL;
}

/* ---- settings ---- */

static int
accept_any(X509_STORE_CTX *store, void *arg)
{
        (void)store;
        (void)arg;
        return 1;
}

/* OpenSSL would build and check the chain even when the result is not wanted: accept_any stands in.
 */
static SSL_CTX *
make_context(void)
{
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        if (!ctx)
                return NULL;
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_max_cert_list(ctx, PDANE_CERT_LIST_MAX);
        if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
            SSL_CTX_set_max_proto_version(ctx, 0) &&
            SSL_CTX_set_cipher_list(ctx, "ALL:!aNULL:!eNULL:!PSK:!SRP"))
                return ctx;
        SSL_CTX_free(ctx);
        return NULL;
}

int
pdane_tls_shared_new(struct pdane_tls_shared **ret)
{
        struct pdane_tls_shared *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->ctx = make_context();
        s->method = make_method();
        ERR_clear_error();
        if (!s->ctx || !s->method) {
                pdane_tls_shared_free(s);
                return -ENOMEM;
        }
        *ret = s;
        return 0;
}

void
pdane_tls_shared_free(struct pdane_tls_shared *s)
{
        if (!s)
                return;
        SSL_CTX_free(s->ctx);
        BIO_meth_free(s->method);
        free(s);
}

/* ---- one handshake ---- */

/* SSL_set_tlsext_host_name without its cast: OpenSSL copies the name and does not write to it. */
static bool
set_name(SSL *ssl, const char *host)
{
        return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        (void *)(uintptr_t)host) == 1;
}

/* Some web servers choose by ALPN; servers of other protocols may refuse what they do not know. */
static bool
set_alpn(SSL *ssl, uint16_t port)
{
        static const unsigned char web[] = "\x02h2\x08http/1.1";
        if (port != 443 && port != 8443)
                return true;
        return SSL_set_alpn_protos(ssl, web, sizeof web - 1) == 0;
}

/*
 * A server chooses its certificate by the signature algorithms that the client offers (RFC 8446
 * section 4.2.3), and before TLS 1.3 by the cipher suites too. Arrays, for OpenSSL's macro casts
 * const away.
 */
static bool
set_family(SSL *ssl, enum pdane_key_family family)
{
        static char rsa[] = "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                            "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                            "RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1";
        static char ecc[] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA1";
        switch (family) {
        case PDANE_KEY_RSA:
                return SSL_set1_sigalgs_list(ssl, rsa) == 1 &&
                       SSL_set_cipher_list(ssl, "aRSA:!eNULL:!PSK:!SRP") == 1;
        case PDANE_KEY_ECC:
                return SSL_set1_sigalgs_list(ssl, ecc) == 1 &&
                       SSL_set_cipher_list(ssl, "aECDSA:!eNULL:!PSK:!SRP") == 1;
        case PDANE_KEY_ANY:
        default:
                return true;
        }
}

int
pdane_tls_new(struct pdane_tls_shared *s, int fd, const char *host, uint16_t port,
              enum pdane_key_family family, struct pdane_tls **ret)
{
        struct pdane_tls *t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->fd = fd;
        t->ssl = SSL_new(s->ctx);
        BIO *bio = t->ssl ? BIO_new(s->method) : NULL;
        if (bio) {
                BIO_set_data(bio, t);
                BIO_set_init(bio, 1);
                SSL_set_bio(t->ssl, bio, bio);
        }
        if (!bio || !set_name(t->ssl, host) || !set_alpn(t->ssl, port) ||
            !set_family(t->ssl, family)) {
                ERR_clear_error();
                pdane_tls_free(t);
                return -ENOMEM;
        }
        SSL_set_connect_state(t->ssl);
        *ret = t;
        return 0;
}

void
pdane_tls_free(struct pdane_tls *t)
{
        if (!t)
                return;
        if (t->done) {
                (void)SSL_shutdown(t->ssl);
                ERR_clear_error();
        }
        SSL_free(t->ssl);
        free(t);
}

static void
describe(const struct pdane_tls *t, char *why, size_t cap)
{
        unsigned long e = ERR_peek_error();
        const char *reason = e ? ERR_reason_error_string(e) : NULL;
        if (t->too_much)
                snprintf(why, cap, "tls: too much data");
        else if (t->error)
                snprintf(why, cap, "tls: %s", strerror(t->error));
        else if (t->closed)
                snprintf(why, cap, "tls: connection closed");
        else
                snprintf(why, cap, "tls: %s", reason ? reason : "handshake failed");
}

enum pdane_tls_state
pdane_tls_step(struct pdane_tls *t, char *why, size_t cap)
{
        ERR_clear_error();
        int r = SSL_do_handshake(t->ssl);
        if (r == 1) {
                t->done = true;
                return PDANE_TLS_DONE;
        }
        int e = SSL_get_error(t->ssl, r);
        enum pdane_tls_state state = PDANE_TLS_FAILED;
        if (e == SSL_ERROR_WANT_READ)
                state = PDANE_TLS_WANT_READ;
        else if (e == SSL_ERROR_WANT_WRITE)
                state = PDANE_TLS_WANT_WRITE;
        else
                describe(t, why, cap);
        ERR_clear_error();
        return state;
}

int
pdane_tls_chain(const struct pdane_tls *t, struct pdane_chain *ret)
{
        STACK_OF(X509) *sent = SSL_get_peer_cert_chain(t->ssl);
        struct pdane_chain chain = {.n = 0};
        int n = sent ? sk_X509_num(sent) : 0, r = -EBADMSG;
        for (int i = 0; i < n && chain.n < PDANE_CHAIN_MAX; i++) {
                r = pdane_cert_share_x509(sk_X509_value(sent, i), &chain.certs[chain.n]);
                if (r < 0)
                        break;
                chain.n++;
        }
        if (r == -ENOMEM || chain.n == 0) {
                pdane_chain_clear(&chain);
                return r == -ENOMEM ? r : -EBADMSG;
        }
        *ret = chain;
        return 0;
}
