/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon behind its socket (server.c, server_request.c, control.c and what they ask): clients
 * of several users, what they send, in what pieces, and when they go, from the input; the DNS and
 * the server of tests/unit's core_fixture.h. What comes back is held to docs/protocol.md, to what
 * DNS said, and to what each user may see. After faults_read() a byte each: whether DNS vouches at
 * the start, and steps.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wire_fields.h"
#include "daemon/clock.h"
#include "daemon/events.h"
#include "faults.h"
#include "server_scene.h"

#define STEPS_MAX 80u

const uid_t server_uids[USERS] = {0, 1000, 1001};
const char *const server_names[NAMES] = {
        HOST,         "other.test", "denied.test", "www.host.test", "Host.Test.",
        "OTHER.test", "not a name", "localhost",   "*.host.test",   "192.0.2.1"};
static const unsigned host_of[NAMES] = {0, 1, 2, 3, 0, 1, HOSTS, HOSTS, HOSTS, HOSTS};

struct server_scene scene;

/* ---- the kernel's part ---- */

int __wrap_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);

int
__wrap_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
        eventfd_t unused;

        FUZZ_CHECK(fd == scene.listener && !a && !n && flags == (SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (scene.n_accepting > 0 && fuzz_fault()) {
                errno = EMFILE;
                return -1;
        }
        if (scene.n_accepting == 0) {
                (void)eventfd_read(fd, &unused);
                errno = EAGAIN;
                return -1;
        }
        scene.user = scene.accepting_user[0];
        fd = scene.accepting[0];
        scene.n_accepting--;
        memmove(scene.accepting, scene.accepting + 1, scene.n_accepting * sizeof *scene.accepting);
        memmove(scene.accepting_user, scene.accepting_user + 1,
                scene.n_accepting * sizeof scene.user);
        return fd;
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
        struct ucred *cred = value;

        if (level != SOL_SOCKET || name != SO_PEERCRED)
                return __real_getsockopt(fd, level, name, value, n);
        FUZZ_CHECK(*n == sizeof *cred);
        if (fuzz_fault()) {
                errno = ENOBUFS;
                return -1;
        }
        *cred = (struct ucred){.pid = 1, .uid = server_uids[scene.user], .gid = 1};
        return 0;
}

static void
run(void)
{
        fuzz_faults_start();
        for (int i = 0; i < 12; i++)
                event_base_loop(core.base, EVLOOP_NONBLOCK);
        scene.faults |= fuzz_faults_stop() > 0;
        for (size_t i = 0; i < SLOTS; i++)
                server_drain(&scene.slots[i]);
}

/* ---- what clients do ---- */

static void
leave(struct slot *s)
{
        if (s->fd >= 0)
                close(s->fd);
        *s = (struct slot){.fd = -1};
}

static void
come(struct slot *s, unsigned user)
{
        int fds[2];

        leave(s);
        if (scene.n_accepting == SLOTS)
                return;
        FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
        s->fd = fds[0];
        s->user = user;
        scene.accepting[scene.n_accepting] = fds[1];
        scene.accepting_user[scene.n_accepting++] = user;
        FUZZ_CHECK(eventfd_write(scene.listener, 1) == 0);
}

/* What the message is to the decoders, and whose hosts it brings up. */
static void
note(struct slot *s, const uint8_t *data, size_t len, const bool hosts[HOSTS])
{
        struct pdane_control_request rq;
        struct pdane_question q;
        struct pdane_hint hint;

        if (s->sent++ > 0)
                return;
        (void)pdane_wire_type(data, len, &s->type);
        s->good = len <= PDANE_WIRE_MAX_REQUEST;
        if (s->type == PDANE_MESSAGE_QUESTION)
                s->waits = s->good = s->good && pdane_question_decode(data, len, &q) == 0;
        else if (s->type == PDANE_MESSAGE_HINT)
                s->waits = (s->good = s->good && pdane_hint_decode(data, len, &hint) == 0) &&
                           hint.wait;
        else
                s->good = s->good && pdane_control_decode(data, len, &rq) == 0;
        for (unsigned i = 0; s->good && i < HOSTS; i++)
                if (hosts[i])
                        server_mention(s->user, i);
}

/* Whole, or cut, or with a byte changed or more. */
static void
say(struct fuzz_input *in, struct slot *s, uint8_t *data, size_t len, const bool hosts[HOSTS])
{
        static const bool all[HOSTS] = {true, true, true, true};
        uint8_t how = fuzz_u8(in);
        size_t at = len > 0 ? fuzz_u16(in) % len : 0;

        if (how & 1)
                len = at;
        if (how & 2 && at < len)
                data[at] ^= (uint8_t)(1u << (how >> 5));
        if (how & 4)
                data[len++] = how;
        if (how & 8 && at < len && at > 0) { /* in two pieces */
                note(s, data, at, all);
                (void)send(s->fd, data, at, MSG_NOSIGNAL);
                memmove(data, data + at, len -= at);
        }
        if (len == 0)
                return;
        note(s, data, len, how & 15 ? all : hosts);
        (void)send(s->fd, data, len, MSG_NOSIGNAL);
}

static void
ask(struct fuzz_input *in, struct slot *s)
{
        static uint8_t data[PDANE_WIRE_MAX_REQUEST + 8];
        uint8_t what = fuzz_u8(in), dn = fuzz_u8(in);
        bool exact = (what & 3) == 3 || what & 8;
        const bool own[HOSTS] = {true, exact, false, exact}, other[HOSTS] = {false, true};
        struct pdane_bytes name = {scene.dn[1], scene.dn_len[1]};
        struct pdane_question q = {.client = (enum pdane_client)(1 + what / 64),
                                   .wants_table = what & 16};
        size_t len = 0;

        if (what & 1)
                q.issuer = dn & 1 ? name : pdane_cert_issuer(core.leaf);
        if (what & 2)
                q.serial = pdane_cert_serial(core.leaf);
        if (what & 4)
                q.subject = dn & 1 ? name : pdane_cert_subject(core.leaf);
        if (what & 8)
                q.value = pdane_cert_der(core.leaf);
        FUZZ_CHECK(pdane_question_encode(&q, data, sizeof data, &len) == 0);
        say(in, s, data, len, dn & 1 && !(what & 8) ? other : own);
}

static void
hint(struct fuzz_input *in, struct slot *s)
{
        uint8_t data[PDANE_HINT_NAME_MAX + 64], flags = fuzz_u8(in);
        unsigned n = (flags >> 1) % NAMES;
        bool hosts[HOSTS + 1] = {false};
        const struct pdane_hint h = {{(const uint8_t *)server_names[n], strlen(server_names[n])},
                                     flags & 1};
        size_t len = 0;

        hosts[host_of[n]] = true;
        FUZZ_CHECK(pdane_hint_encode(&h, data, sizeof data - 8, &len) == 0);
        say(in, s, data, len, hosts);
}

static void
control(struct fuzz_input *in, struct slot *s)
{
        uint8_t data[PDANE_HINT_NAME_MAX + 64], flags = fuzz_u8(in);
        unsigned n = fuzz_pick(in, NAMES);
        bool hosts[HOSTS + 1] = {false};
        struct pdane_control_request rq = {
                .type = (enum pdane_control)(PDANE_CONTROL_CHECK + flags % 5)};
        size_t len = 0;

        if (rq.type == PDANE_CONTROL_CHECK || (rq.type == PDANE_CONTROL_FLUSH && flags & 0x80)) {
                rq.host = (struct pdane_bytes){(const uint8_t *)server_names[n],
                                               strlen(server_names[n])};
                rq.port = flags & 0x40 ? 25 : 443;
        }
        if (rq.type == PDANE_CONTROL_CHECK) {
                hosts[host_of[n]] = true;
                rq.flags = flags & 0x20 ? PDANE_CHECK_FRESH : 0;
        }
        FUZZ_CHECK(pdane_control_encode(&rq, data, sizeof data - 8, &len) == 0);
        say(in, s, data, len, hosts);
}

static void
raw(struct fuzz_input *in, struct slot *s)
{
        static const bool all[HOSTS] = {true, true, true, true};
        struct fuzz_input part = fuzz_blob(in);

        if (part.len == 0)
                return;
        note(s, part.data, part.len, all);
        (void)send(s->fd, part.data, part.len, MSG_NOSIGNAL);
}

/* ---- the world ---- */

static void
set_dns(uint8_t how)
{
        static const enum pdane_dns_verdict verdicts[] = {PDANE_DNS_SECURE, PDANE_DNS_INSECURE,
                                                          PDANE_DNS_BOGUS, PDANE_DNS_NO_RECORDS};
        enum pdane_dns_verdict v = verdicts[how & 3];
        uint8_t rdata[3 + 32] = {3, 1, 1};

        if (how & 4) { /* of another key */
                memset(rdata + 3, how, 32);
                fake_resolver_set(HOST_TLSA, TYPE_TLSA, v, pdane_clock_wall() + TTL, false, rdata,
                                  sizeof rdata);
                fake_resolver_set("_443._tcp.other.test", TYPE_TLSA, v, pdane_clock_wall() + TTL,
                                  false, rdata, sizeof rdata);
                return;
        }
        core_tlsa(HOST_TLSA, core.leaf, v, false);
        core_tlsa("_443._tcp.other.test", core.leaf, v, false);
        core_tlsa("_25._tcp." HOST, core.leaf, v, false);
        scene.vouched |= v == PDANE_DNS_SECURE;
}

static void
begin(struct fuzz_input *in)
{
        memset(&scene, 0, sizeof scene);
        for (size_t i = 0; i < SLOTS; i++)
                scene.slots[i].fd = -1;
        FUZZ_CHECK(core_setup(NULL) == 0);
        core_address("other.test");
        core_address("denied.test");
        core_address("www.host.test");
        set_dns(fuzz_u8(in));
        for (unsigned i = 0; i < 2; i++) {
                X509_NAME *dn = test_dn(TEST_LIST("CN", server_names[i]));
                uint8_t *at = scene.dn[i];
                int len = i2d_X509_NAME(dn, NULL);

                FUZZ_CHECK(len > 0 && (size_t)len <= sizeof scene.dn[i]);
                scene.dn_len[i] = (size_t)i2d_X509_NAME(dn, &at);
                X509_NAME_free(dn);
        }
        scene.env = (struct pdane_question_env){.base = core.base,
                                                .hosts = core.hosts,
                                                .store = core.store,
                                                .merger = core.merger,
                                                .hints = core.hints,
                                                .access = core.access,
                                                .counters = &scene.counters,
                                                .ports = {443},
                                                .n_ports = 1,
                                                .deadline_ms = 4000,
                                                .name_deadline_ms = 1500,
                                                .hint_deadline_ms = 250,
                                                .legacy_sha1 = true};
        FUZZ_CHECK(pdane_events_new(&scene.control.events) == 0);
        scene.env.events = scene.control.events;
        scene.control.questions = &scene.env;
        scene.control.status = &scene.status;
        scene.resolver = fake_resolver();
        FUZZ_CHECK(pdane_sysstore_new(&scene.sysstore) == 0);
        scene.status = (struct pdane_status){.started = TEST_NOW,
                                             .counters = &scene.counters,
                                             .hosts = core.hosts,
                                             .store = core.store,
                                             .sysstore = scene.sysstore,
                                             .resolver = &scene.resolver};
        pdane_hosts_observe(core.hosts, scene.control.events, &scene.counters);
        scene.listener = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        FUZZ_CHECK(scene.listener >= 0);
        FUZZ_CHECK(pdane_server_new(scene.listener, &scene.env, &scene.control, &scene.server) ==
                   0);
}

static void
end(void)
{
        fake_prober_release();
        run();
        for (size_t i = 0; i < SLOTS; i++) {
                struct slot *s = &scene.slots[i];

                /* All has been looked up: who waits still does so for what never ends by itself. */
                if (s->sent == 1 && s->good && s->waits && !s->shut && !scene.faults)
                        FUZZ_CHECK(s->final);
                leave(s);
        }
        pdane_server_free(scene.server);
        while (scene.n_accepting > 0)
                close(scene.accepting[--scene.n_accepting]);
        core_teardown(NULL);
        pdane_events_free(scene.control.events);
        pdane_sysstore_free(scene.sysstore);
}

static void
step(struct fuzz_input *in)
{
        uint8_t op = fuzz_u8(in);
        struct slot *s = &scene.slots[(op >> 4) % SLOTS];

        switch (op & 15) {
        case 0:
        case 1:
        case 2:
                come(s, op & 15);
                break;
        case 3:
        case 4:
                if (s->fd >= 0)
                        ask(in, s);
                break;
        case 5:
                if (s->fd >= 0)
                        hint(in, s);
                break;
        case 6:
        case 7:
                if (s->fd >= 0)
                        control(in, s);
                break;
        case 8:
                if (s->fd >= 0)
                        raw(in, s);
                break;
        case 9:
                leave(s);
                break;
        case 10:
                if (s->fd >= 0)
                        shutdown(s->fd, op & 16 ? SHUT_WR : SHUT_RD);
                s->shut = true;
                break;
        case 11:
                fake_prober_hold(op & 16);
                if (!(op & 16))
                        fake_prober_release();
                break;
        case 12:
                set_dns(fuzz_u8(in));
                break;
        case 13:
                fake_clock_advance_ms(op & 16 ? 100000 : 700);
                break;
        default:
                run();
        }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        struct fuzz_input nothing = {0};

        (void)argc;
        (void)argv;
        pdane_log_set_level(PDANE_LOG_ERROR);
        begin(&nothing); /* what is set up once */
        end();
        return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        fuzz_faults_read(&in);
        begin(&in);
        for (unsigned i = 0; i < STEPS_MAX && in.len > 0; i++)
                step(&in);
        end();
        return 0;
}
