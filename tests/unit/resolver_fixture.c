/* SPDX-License-Identifier: BSD-3-Clause */
/* The zone's answers, and the files that a resolver is made from. */
#include "test.h"

#include "resolver_fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/resolver_impl.h"
#include "descriptors.h"

#define DAY 86400
#define SERVFAIL_AFTER_MS 2500
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct fixture fixture;

int64_t
wall(void)
{
        return (int64_t)time(NULL);
}

/* ---- the zone ---- */

static const struct zone_signature right,
        none = {.none = true}, broken = {.broken = true}, expired = {.expires = -2 * DAY},
        skewed = {.expires = -1800}, soon = {.expires = 200}, wildcard = {.wildcard = 1};

static const struct entry {
        const char *name;
        uint32_t ttl;
        const struct zone_signature *signature;
} addresses[] = {
        {"www.example", 300, &right},     {"broken.example", 300, &broken},
        {"unsigned.example", 300, &none}, {"expired.example", 300, &expired},
        {"skewed.example", 300, &skewed}, {"soon.example", 300, &soon},
        {"zero.example", 0, &right},      {"www.insecure.example", 300, &none},
        {"brief.example", 30, &right},
};

static bool
is(const char *name, const char *other)
{
        return strcmp(name, other) == 0;
}

static const struct entry *
find_address(const char *name)
{
        for (size_t i = 0; i < COUNT(addresses); i++)
                if (is(name, addresses[i].name))
                        return &addresses[i];
        return NULL;
}

static void
deny(struct packet *p, const char *name, uint16_t type, bool exists)
{
        static const uint16_t apex[] = {DNS_NS, DNS_SOA, DNS_DNSKEY, 0}, host[] = {DNS_A, 0};
        packet_begin(p, exists ? 0 : 3, name, type);
        zone_soa(p, 600);
        zone_nsec(p, exists ? name : "", exists ? host : apex);
}

static void
many_tlsa(struct packet *p)
{
        static uint8_t data[100][35];
        struct pdane_bytes rdata[COUNT(data)];
        for (size_t i = 0; i < COUNT(data); i++) {
                memcpy(data[i], "\3\1\1", 3);
                data[i][34] = (uint8_t)i;
                rdata[i] = (struct pdane_bytes){data[i], sizeof data[i]};
        }
        packet_begin(p, 0, "many.example", DNS_TLSA);
        zone_rrset(p, PACKET_ANSWER, "many.example", DNS_TLSA, 300, rdata, COUNT(data), &right);
}

static void
alias_answer(struct packet *p, const char *name, uint16_t type)
{
        packet_begin(p, 0, name, type);
        zone_cname(p, name, "www.example");
        if (type == DNS_A)
                zone_a(p, "www.example", 300, &right);
}

static void
wildcard_answer(struct packet *p, const char *name, uint16_t type)
{
        static const uint16_t host[] = {DNS_A, 0};
        packet_begin(p, 0, name, type);
        zone_a(p, name, 300, &wildcard);
        zone_nsec(p, "wild.example", host);
}

static void
zone_answer(const char *name, uint16_t type, struct packet *p)
{
        const struct entry *e = find_address(name);
        const char *wild = strstr(name, ".wild.example");
        packet_begin(p, 0, name, type);
        if (is(name, "") && type == DNS_DNSKEY)
                zone_dnskey(p);
        else if (is(name, "servfail.example") || is(name, "late-servfail.example"))
                packet_begin(p, 2, name, type);
        else if (e && type == DNS_A)
                zone_a(p, name, e->ttl, e->signature);
        else if (is(name, "many.example") && type == DNS_TLSA)
                many_tlsa(p);
        else if (is(name, "alias.example") && type != DNS_CNAME)
                alias_answer(p, name, type);
        else if (wild && wild > name && type == DNS_A)
                wildcard_answer(p, name, type);
        else
                deny(p, name, type, e || is(name, "example") || is(name, ""));
}

unsigned
server_asked(const struct server *s, const char *name, uint16_t type)
{
        char text[sizeof s->asked[0]];
        unsigned n = 0;
        snprintf(text, sizeof text, "%s %u", name, type);
        for (size_t i = 0; i < COUNT(s->asked); i++)
                n += is(s->asked[i], text);
        return n;
}

/* zN.quiet.example, or below; what is sent again counts once. */
static void
keep_quiet(struct server *s, const char *name, uint16_t type)
{
        const char *z = strstr(name, ".z");
        unsigned long n = strtoul(z ? z + 2 : name + 1, NULL, 10);
        size_t kind = type == DNS_DS ? 1 : type == DNS_TLSA ? 2 : 0;
        bool *asked = &s->quiet_asked[n % COUNT(s->quiet_asked)][kind];
        s->quiet += !*asked;
        *asked = true;
}

/* Like a forwarder whose own servers are silent. */
static bool
keeps_waiting(struct server *s)
{
        if (s->failing_since_ms == 0)
                s->failing_since_ms = pdane_clock_ms();
        return pdane_clock_ms() - s->failing_since_ms < SERVFAIL_AFTER_MS;
}

static bool
serve(void *arg, const char *name, uint16_t type, struct packet *reply)
{
        struct server *s = arg;
        if (s->queries < COUNT(s->asked))
                snprintf(s->asked[s->queries], sizeof s->asked[0], "%s %u", name, type);
        s->queries++;
        if (s->silent || is(name, "silent.example"))
                return false;
        if (is(name, "late-servfail.example") && keeps_waiting(s))
                return false;
        if (strstr(name, ".quiet.example") && type != DNS_A) {
                keep_quiet(s, name, type);
                return false;
        }
        zone_answer(name, type, reply);
        if (s->strips_dnssec)
                packet_begin(reply, find_address(name) || is(name, "") ? 0 : 3, name, type);
        return true;
}

/* ---- files ---- */

const char *
write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        return path;
}

void
use_conf(const char *more)
{
        char text[4096];
        snprintf(text, sizeof text,
                 "server:\n"
                 "  do-ip6: no\n"
                 "  aggressive-nsec: no\n" /* one NSEC denies everything here */
                 "  do-not-query-localhost: no\n"
                 "  trust-anchor-signaling: no\n"
                 "  domain-insecure: \"insecure.example\"\n"
                 "%s"
                 "stub-zone:\n"
                 "  name: \".\"\n"
                 "  stub-addr: 127.0.0.1@%u\n",
                 more, dns_server_port(fixture.other.dns));
        fixture.cfg.unbound_conf = (char *)(uintptr_t)write_file(fixture.unbound_conf, text);
}

static void
make_files(void)
{
        char text[256];
        strcpy(fixture.directory, "/tmp/pdane-resolver-XXXXXX");
        assert_non_null(mkdtemp(fixture.directory));
        snprintf(fixture.anchor_file, sizeof fixture.anchor_file, "%s/anchor", fixture.directory);
        snprintf(fixture.unbound_conf, sizeof fixture.unbound_conf, "%s/conf", fixture.directory);
        snprintf(fixture.resolv_conf, sizeof fixture.resolv_conf, "%s/resolv", fixture.directory);
        zone_trust_anchor(text, sizeof text);
        write_file(fixture.anchor_file, text);
        write_file(fixture.resolv_conf, "# the system's\nnameserver 127.0.0.1\n");
}

static void
remove_files(void)
{
        DIR *d = opendir(fixture.directory);
        struct dirent *e;
        assert_non_null(d);
        while ((e = readdir(d)) != NULL)
                if (e->d_name[0] != '.')
                        assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
        closedir(d);
        assert_int_equal(rmdir(fixture.directory), 0);
}

/* ---- setup ---- */

int
fixture_setup(void **state)
{
        static char forward_to[64], empty[] = "";
        (void)state;
        memset(&fixture, 0, sizeof fixture);
        fixture.descriptors = count_descriptors();
        fixture.base = event_base_new();
        assert_non_null(fixture.base);
        fixture.server.dns = dns_server_new(fixture.base, serve, &fixture.server);
        fixture.other.dns = dns_server_new(fixture.base, serve, &fixture.other);
        make_files();
        snprintf(forward_to, sizeof forward_to, "127.0.0.1@%u",
                 dns_server_port(fixture.server.dns));
        fixture.cfg = (struct pdane_config){
                .state_dir = fixture.directory,
                .trust_anchor_file = fixture.anchor_file,
                .unbound_conf = empty,
                .forward = PDANE_FORWARD_ADDRESS,
                .forward_to = forward_to,
        };
        pdane_resolver_system.resolv_conf = fixture.resolv_conf;
        pdane_resolver_system.port = dns_server_port(fixture.server.dns);
        pdane_resolver_system.check_ms = 2000;
        use_conf("");
        return 0;
}

int
fixture_teardown(void **state)
{
        (void)state;
        free_resolver();
        dns_server_free(fixture.server.dns);
        dns_server_free(fixture.other.dns);
        event_base_free(fixture.base);
        remove_files();
        assert_int_equal(count_descriptors(), fixture.descriptors);
        return 0;
}

int
try_resolver(char **ret_error)
{
        return pdane_resolver_new(fixture.base, &fixture.cfg, &fixture.resolver, ret_error);
}

void
make_resolver(void)
{
        char *error = NULL;
        if (try_resolver(&error) < 0)
                fail_msg("%s", error);
        assert_null(error);
}

void
free_resolver(void)
{
        pdane_resolver_free(fixture.resolver);
        fixture.resolver = NULL;
}

/* ---- asking ---- */

void
on_answer(void *arg, const struct pdane_dns_answer *answer)
{
        struct asked *a = arg;
        assert_true(a->started);
        a->answers++;
        a->verdict = answer->verdict;
        a->nxdomain = answer->nxdomain;
        a->alias = answer->alias;
        a->synthesised = answer->synthesised;
        a->n_rdata = answer->n_rdata;
        a->not_after = answer->not_after;
        if (answer->n_rdata > 0) {
                assert_true(answer->rdata[0].len <= sizeof a->first);
                a->first_len = answer->rdata[0].len;
                memcpy(a->first, answer->rdata[0].data, a->first_len);
        }
        snprintf(a->final_name, sizeof a->final_name, "%s", answer->final_name);
        snprintf(a->why, sizeof a->why, "%s", answer->why);
        pdane_query_cancel(a->query); /* too late, and harmless */
        event_base_loopbreak(fixture.base);
}

void
ask(struct asked *a, const char *name, uint16_t type, unsigned timeout_ms)
{
        *a = (struct asked){.started = false};
        assert_int_equal(pdane_resolver_query(fixture.resolver, name, type, timeout_ms, on_answer,
                                              a, &a->query),
                         0);
        a->started = true;
}

static void
on_too_long(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)arg;
        fail_msg("no answer");
}

void
wait_for(struct asked *a)
{
        struct timeval tv = {60, 0};
        struct event *guard = evtimer_new(fixture.base, on_too_long, NULL);
        assert_non_null(guard);
        evtimer_add(guard, &tv);
        while (a->answers == 0)
                event_base_dispatch(fixture.base);
        event_free(guard);
        assert_int_equal(a->answers, 1);
}

void
ask_and_wait(struct asked *a, const char *name, uint16_t type)
{
        ask(a, name, type, 20000);
        wait_for(a);
}

void
loop_for_ms(unsigned ms)
{
        struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
        event_base_loopexit(fixture.base, &tv);
        event_base_dispatch(fixture.base);
}

void
assert_address(const struct asked *a)
{
        assert_int_equal(a->verdict, PDANE_DNS_SECURE);
        assert_int_equal(a->n_rdata, 1);
        assert_int_equal(a->first_len, 4);
        assert_memory_equal(a->first, "\300\0\2\1", 4);
        assert_string_equal(a->why, "");
}

void
assert_nothing(const struct asked *a, enum pdane_dns_verdict verdict)
{
        assert_int_equal(a->verdict, verdict);
        assert_int_equal(a->n_rdata, 0);
        assert_int_equal(a->not_after, 0);
        assert_false(a->nxdomain);
        assert_false(a->synthesised);
}
