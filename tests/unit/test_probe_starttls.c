/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes of servers that begin in clear, on loopback; and the dialogue on a socket by itself. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/probe_starttls.h"
#include "probe_fixture.h"
#include "starttls_scripts.h"

enum mishap {
        NO_MISHAP = 0,
        INJECTS,  /* in one piece with its go-ahead */
        HANGS_UP, /* instead of its go-ahead */
        IS_SILENT,
        NEVER_ENDS, /* its first reply */
        REFUSES,
};

struct preface {
        const struct script *script;
        enum mishap mishap;
};

static int
say(int fd, const char *data, size_t len)
{
        return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static int
expect(int fd, struct octets want)
{
        char buf[512];
        assert_true(want.len <= sizeof buf);
        return recv(fd, buf, want.len, MSG_WAITALL) == (ssize_t)want.len &&
               memcmp(buf, want.data, want.len) == 0;
}

static int
go_wrong(int fd, const struct preface *p, struct octets go_ahead)
{
        char buf[512];
        switch (p->mishap) {
        case INJECTS:
                memcpy(buf, go_ahead.data, go_ahead.len);
                memcpy(buf + go_ahead.len, "\x16\x03\x03", 3);
                say(fd, buf, go_ahead.len + 3);
                break;
        case REFUSES:
                say(fd, "500 no\r\n", 8);
                break;
        case NEVER_ENDS:
                while (say(fd, "220-x\r\n", 7))
                        ;
                return 0;
        case HANGS_UP:
                return 0;
        case IS_SILENT:
        case NO_MISHAP:
                break;
        }
        (void)!recv(fd, buf, 1, 0); /* until the client has gone */
        return 0;
}

/* The server's side of a script. */
static int
preface(int fd, void *arg)
{
        const struct preface *p = arg;
        const struct script *t = p->script;
        for (size_t i = 0; i < turns(t); i++) {
                bool last = i + 1 == turns(t);
                if (t->client_first && !expect(fd, t->client[i]))
                        return 0;
                if (p->mishap == NEVER_ENDS || (p->mishap && last))
                        return go_wrong(fd, p, t->server[i]);
                if (!say(fd, t->server[i].data, t->server[i].len))
                        return 0;
                if (!t->client_first && !last && !expect(fd, t->client[i]))
                        return 0;
        }
        return 1;
}

static struct tls_server_options
options(struct preface *p)
{
        return (struct tls_server_options){
                .certs = fixture.certs,
                .n_certs = 1,
                .key = test_key(0),
                .preface = preface,
                .preface_arg = p,
        };
}

static struct tls_server *
start_server(const struct tls_server_options *o)
{
        struct tls_server *s = tls_server_start(o);
        assert_non_null(s);
        return s;
}

static void
probe_with(struct run *run, const struct tls_server *s, enum pdane_starttls_protocol protocol)
{
        struct sockaddr_storage address = tls_server_address(s);
        struct pdane_probe_request req = request(run, &address, 1, tls_server_port(s));
        req.starttls = protocol;
        finish(&req);
}

static void
assert_cert(const struct run *run, const X509 *x)
{
        uint8_t digest[32];
        unsigned len = sizeof digest;
        assert_true(run->n >= 1);
        assert_int_equal(X509_digest(x, EVP_sha256(), digest, &len), 1);
        assert_memory_equal(run->sha256[0], digest, sizeof digest);
}

static void
assert_contains(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* ---- real servers ---- */

static void
test_protocols(void **state)
{
        (void)state;
        for (size_t i = 0; i < starttls_scripts_count; i++) {
                struct run run = {0};
                struct preface p = {&starttls_scripts[i], NO_MISHAP};
                struct tls_server_options o = options(&p);
                struct tls_server *s = start_server(&o);
                probe_with(&run, s, p.script->protocol);
                assert_string_equal(run.why, "");
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                assert_cert(&run, fixture.certs[0]);
                tls_server_join(s);
                assert_string_equal(tls_server_name_seen(s), HOST);
                assert_int_equal(tls_server_connections(s), 1);
                tls_server_free(s);
        }
}

static void
test_key_family(void **state)
{
        (void)state;
        struct test_spec spec = {.cn = HOST, .key = test_key_rsa()};
        X509 *rsa = test_x509(&spec);
        for (unsigned i = 0; i < 2; i++) {
                struct run run = {0};
                struct preface p = {script_of(PDANE_STARTTLS_SMTP), NO_MISHAP};
                struct tls_server_options o = options(&p);
                o.other_cert = rsa;
                o.other_key = test_key_rsa();
                struct tls_server *s = start_server(&o);
                struct sockaddr_storage address = tls_server_address(s);
                struct pdane_probe_request req = request(&run, &address, 1, tls_server_port(s));
                req.starttls = PDANE_STARTTLS_SMTP;
                req.family = i ? PDANE_KEY_RSA : PDANE_KEY_ECC;
                finish(&req);
                assert_cert(&run, i ? rsa : fixture.certs[0]);
                tls_server_free(s);
        }
        X509_free(rsa);
}

/* Where the port decides, and where the request says no. */
static void
test_by_port(void **state)
{
        (void)state;
        static const enum pdane_starttls_protocol asked[] = {PDANE_STARTTLS_AUTO,
                                                             PDANE_STARTTLS_NONE};
        for (size_t i = 0; i < 2; i++) {
                struct run run = {0};
                struct preface p = {script_of(PDANE_STARTTLS_XMPP), NO_MISHAP};
                struct tls_server_options o = options(&p);
                o.address = "127.0.0.52";
                o.port = 5222;
                if (asked[i] == PDANE_STARTTLS_NONE)
                        o.preface = NULL;
                struct tls_server *s = tls_server_start(&o);
                if (!s) {
                        print_message("port 5222 of 127.0.0.52 is taken\n");
                        skip();
                }
                probe_with(&run, s, asked[i]);
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                tls_server_free(s);
        }
}

static void
test_mishaps(void **state)
{
        (void)state;
        static const struct {
                enum mishap mishap;
                const char *why;
        } cases[] = {
                {INJECTS, "starttls: data between the go-ahead and the handshake"},
                {HANGS_UP, "starttls: connection closed"},
                {NEVER_ENDS, "starttls: too many lines"},
                {REFUSES, "starttls: refused"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct run run = {0};
                struct preface p = {script_of(PDANE_STARTTLS_SMTP), cases[i].mishap};
                struct tls_server_options o = options(&p);
                struct tls_server *s = start_server(&o);
                probe_with(&run, s, PDANE_STARTTLS_SMTP);
                assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
                assert_int_equal(run.offered, 0);
                assert_contains(run.why, "127.0.0.1: ");
                assert_contains(run.why, cases[i].why);
                tls_server_free(s);
        }
}

static void
test_silent(void **state)
{
        (void)state;
        struct run run = {0};
        struct preface p = {script_of(PDANE_STARTTLS_IMAP), IS_SILENT};
        struct tls_server_options o = options(&p);
        struct tls_server *s = start_server(&o);
        struct sockaddr_storage address = tls_server_address(s);
        struct pdane_probe_request req = request(&run, &address, 1, tls_server_port(s));
        req.starttls = PDANE_STARTTLS_IMAP;
        req.deadline_ms = 300;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_TIMEOUT);
        assert_in_range(run.ms, 290, 5000);
        tls_server_free(s);
}

/* The other address has its turn, at once after a failure and soon beside a silent one. */
static void
test_next_address(void **state)
{
        (void)state;
        static const enum mishap mishaps[] = {REFUSES, INJECTS, IS_SILENT};
        for (size_t i = 0; i < sizeof mishaps / sizeof *mishaps; i++) {
                struct run run = {0};
                struct preface bad = {script_of(PDANE_STARTTLS_SMTP), mishaps[i]};
                struct preface good = {script_of(PDANE_STARTTLS_SMTP), NO_MISHAP};
                struct tls_server_options o = options(&bad);
                struct tls_server *a = start_server(&o);
                o = options(&good);
                o.address = "127.0.0.2";
                o.port = tls_server_port(a);
                o.certs = fixture.certs + 1;
                struct tls_server *b = start_server(&o);
                struct sockaddr_storage both[] = {tls_server_address(a), tls_server_address(b)};
                struct pdane_probe_request req = request(&run, both, 2, tls_server_port(a));
                req.starttls = PDANE_STARTTLS_SMTP;
                finish(&req);
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                assert_cert(&run, fixture.certs[1]);
                if (mishaps[i] == IS_SILENT)
                        assert_in_range(run.ms, 240, 8000);
                tls_server_free(a);
                tls_server_free(b);
        }
}

/* A server that speaks TLS at once gets no further, and a server in clear no handshake. */
static void
test_wrong_kind(void **state)
{
        (void)state;
        struct run run = {0}, other = {0};
        struct preface p = {script_of(PDANE_STARTTLS_LDAP), NO_MISHAP};
        struct tls_server_options o = options(&p);
        struct tls_server *s = start_server(&o);
        probe_with(&run, s, PDANE_STARTTLS_AUTO);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        tls_server_free(s);

        o.preface = NULL;
        s = start_server(&o);
        probe_with(&other, s, PDANE_STARTTLS_LDAP);
        assert_int_equal(other.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        assert_contains(other.why, "starttls: ");
        tls_server_free(s);
}

static void
test_request_limits(void **state)
{
        (void)state;
        struct run run = {0};
        struct pdane_probe *probe = NULL;
        struct sockaddr_storage address = {.ss_family = AF_INET};
        struct pdane_probe_request req = request(&run, &address, 1, 25);
        req.starttls = PDANE_STARTTLS_PROTOCOLS;
        assert_int_equal(pdane_probe_start(fixture.prober, &req, &probe), -EINVAL);
        req.starttls = PDANE_STARTTLS_PROTOCOLS - 1;
        req.allow_loopback = false;
        finish(&req);
        assert_string_equal(run.why, "address-refused");
}

/* In the middle of a dialogue: cancelled, and with its prober. */
static void
test_cancel(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                struct run run = {0};
                struct preface p = {script_of(PDANE_STARTTLS_POP3), IS_SILENT};
                struct tls_server_options o = options(&p);
                struct tls_server *s = start_server(&o);
                struct sockaddr_storage address = tls_server_address(s);
                struct pdane_probe_request req = request(&run, &address, 1, tls_server_port(s));
                req.starttls = PDANE_STARTTLS_POP3;
                start(&req);
                loop_for_ms(50);
                if (i == 0) {
                        pdane_probe_cancel(run.probe);
                } else {
                        pdane_prober_free(fixture.prober);
                        fixture.prober = NULL;
                }
                loop_for_ms(20);
                assert_int_equal(run.finished, 0);
                tls_server_free(s);
        }
}

/* ---- the dialogue on a socket ---- */

static void
make_pair(int fds[2])
{
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
                         0);
}

static void
close_pair(const int fds[2])
{
        close(fds[0]);
        close(fds[1]);
}

static enum pdane_starttls_state
step(int fd, char why[64])
{
        why[0] = '\0';
        return pdane_starttls_step(&dialogue, fd, why, 64);
}

/* In a piece of its own, but before the handshake has begun. */
static void
test_injected_later(void **state)
{
        (void)state;
        for (unsigned injects = 0; injects < 2; injects++) {
                const struct script *t = script_of(PDANE_STARTTLS_SMTP);
                char why[64];
                int fds[2];
                make_pair(fds);
                play(t, 2, SIZE_MAX / 2);
                assert_int_equal(step(fds[0], why), PDANE_STARTTLS_READ);
                assert_true(say(fds[1], t->server[2].data, t->server[2].len));
                if (injects)
                        assert_true(say(fds[1], "\x16", 1));
                assert_int_equal(step(fds[0], why),
                                 injects ? PDANE_STARTTLS_FAILED : PDANE_STARTTLS_TLS);
                assert_string_equal(
                        why,
                        injects ? "starttls: data between the go-ahead and the handshake" : "");
                close_pair(fds);
        }
}

/* The same behind a go-ahead that is as long as what is read at once. */
static void
test_injected_behind(void **state)
{
        (void)state;
        for (size_t length = 2046; length <= 2050; length++) {
                char why[64], text[2051];
                int fds[2];
                make_pair(fds);
                play(script_of(PDANE_STARTTLS_SMTP), 2, SIZE_MAX / 2);
                memset(text, 'x', sizeof text);
                memcpy(text, "220 ", 4);
                memcpy(text + length - 2, "\r\n\x16", 3);
                assert_true(say(fds[1], text, length + 1));
                assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
                assert_string_equal(why, "starttls: data between the go-ahead and the handshake");
                close_pair(fds);
        }
}

/* A server that speaks first where the client has to. */
static void
test_before_first_turn(void **state)
{
        (void)state;
        char why[64];
        int fds[2];
        make_pair(fds);
        begin(PDANE_STARTTLS_LDAP);
        assert_true(say(fds[1], "0", 1));
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
        assert_string_equal(why, "starttls: data out of turn");
        close_pair(fds);
}

/* What came before the command went out cannot answer it. */
static void
test_early_answer(void **state)
{
        (void)state;
        char why[64];
        int fds[2];
        make_pair(fds);
        begin(PDANE_STARTTLS_SMTP);
        assert_true(say(fds[1], "220 x\r\n", 7));
        assert_true(say(fds[1], "250-x\r\n250 STARTTLS\r\n", 21));
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
        assert_string_equal(why, "starttls: data out of turn");
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
        assert_string_equal(why, "starttls: data out of turn");
        close_pair(fds);
}

/* A socket that takes nothing now is waited for; the words are not lost. */
static void
test_full_socket(void **state)
{
        (void)state;
        char why[64], junk[4096] = {0};
        int fds[2];
        make_pair(fds);
        while (send(fds[0], junk, sizeof junk, MSG_NOSIGNAL) > 0)
                ;
        begin(PDANE_STARTTLS_LDAP);
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_SEND);
        while (recv(fds[1], junk, sizeof junk, 0) > 0)
                ;
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_READ);
        assert_true(expect(fds[1], script_of(PDANE_STARTTLS_LDAP)->client[0]));
        close_pair(fds);
}

static void
test_socket_errors(void **state)
{
        (void)state;
        char why[64];
        int fds[2];
        make_pair(fds);
        begin(PDANE_STARTTLS_SMTP);
        close(fds[1]);
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
        assert_string_equal(why, "starttls: connection closed");
        close(fds[0]);

        begin(PDANE_STARTTLS_SMTP);
        assert_int_equal(step(-1, why), PDANE_STARTTLS_FAILED);
        assert_contains(why, strerror(EBADF));

        begin(PDANE_STARTTLS_NONE);
        assert_int_equal(step(-1, why), PDANE_STARTTLS_FAILED);
        assert_string_equal(why, "starttls: no such protocol");

        /* Nobody reads: no signal, an error. */
        make_pair(fds);
        begin(PDANE_STARTTLS_LDAP);
        shutdown(fds[1], SHUT_RD);
        assert_int_equal(step(fds[0], why), PDANE_STARTTLS_FAILED);
        assert_contains(why, strerror(EPIPE));
        close_pair(fds);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_protocols),         TEST(test_key_family),     TEST(test_by_port),
                TEST(test_mishaps),           TEST(test_silent),         TEST(test_next_address),
                TEST(test_wrong_kind),        TEST(test_request_limits), TEST(test_cancel),
                TEST(test_injected_later),    TEST(test_early_answer),   TEST(test_injected_behind),
                TEST(test_before_first_turn), TEST(test_full_socket),    TEST(test_socket_errors),
        };
        return cmocka_run_group_tests(tests, fixture_make_certs, fixture_free_certs);
}
