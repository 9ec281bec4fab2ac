/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports made by hand, and what their pictures say: where the chain breaks, and that there is one
 * such place. tests/cli/check-graph has those of a real daemon. */
#include "cli/check_graph.h"

#include "certs.h"
#include "test.h"

#define HOST "www.a.test"

static struct pdane_cli_report report;
static char *picture;

/* ---- making ---- */

static void
add(const struct pdane_part *p)
{
        assert_int_equal(pdane_cli_report_add(&report, p), 0);
}

static void
begin(void)
{
        struct pdane_part p = {.kind = PDANE_PART_CONTEXT,
                               .context = {.port = 443, .flags = PDANE_CONTEXT_CONFIGURED}};
        pdane_cli_report_clear(&report);
        snprintf(p.context.host, sizeof p.context.host, "%s", HOST);
        add(&p);
}

static void
answer(uint32_t type, enum pdane_dns_verdict v, const char *asked, const char *signer)
{
        struct pdane_part p = {.kind = PDANE_PART_DNS,
                               .dns = {.type = type, .verdict = (uint32_t)v}};
        if (type == 52)
                p.dns.flags = PDANE_DNS_DECIDED;
        snprintf(p.dns.asked, sizeof p.dns.asked, "%s", asked);
        snprintf(p.dns.signer, sizeof p.dns.signer, "%s", signer);
        add(&p);
}

static void
secure_dns(void)
{
        begin();
        answer(28, PDANE_DNS_NO_RECORDS, HOST, "a.test");
        answer(1, PDANE_DNS_SECURE, HOST, "a.test");
        answer(52, PDANE_DNS_SECURE, "_443._tcp." HOST, "_tcp." HOST);
}

static void
records(unsigned n)
{
        const uint8_t data[32] = {0xab};
        for (unsigned i = 0; i < n; i++)
                add(&(struct pdane_part){.kind = PDANE_PART_RECORD,
                                         .record = {.usage = 3,
                                                    .selector = 1,
                                                    .matching = 1,
                                                    .usable = 1,
                                                    .length = 32,
                                                    .data = {data, 32}}});
}

/* Leaf, and above it an authority that was sent; in the wrong order when so said. */
static void
candidate(enum pdane_reason reason, const char *culprit, uint32_t record, bool with_authority)
{
        struct pdane_part p = {.kind = PDANE_PART_CANDIDATE,
                               .candidate = {.source = PDANE_SOURCE_SERVER,
                                             .reason = (uint32_t)reason,
                                             .matched = reason != PDANE_REASON_NO_MATCH,
                                             .record = record,
                                             .depth = with_authority}};
        X509 *top = test_x509(&(struct test_spec){.cn = "Top", .bc = TEST_BC_TRUE});
        X509 *leaf = test_x509(&(struct test_spec){
                .cn = "le\"af", .key = test_key(1), .signer = top, .signer_key = test_key(0)});
        X509 *other = test_x509(&(struct test_spec){.cn = "Other", .key = test_key(2)});
        X509 *const chain[] = {leaf, other, top};
        snprintf(p.candidate.culprit, sizeof p.candidate.culprit, "%s", culprit);
        add(&p);
        for (uint32_t i = 0; i < (with_authority ? 3u : 1u); i++) {
                unsigned char *der = NULL;
                int len = i2d_X509(chain[i], &der);
                assert_true(len > 0);
                add(&(struct pdane_part){.kind = PDANE_PART_CERTIFICATE,
                                         .certificate = {i, {der, (size_t)len}}});
                OPENSSL_free(der);
        }
        X509_free(top);
        X509_free(leaf);
        X509_free(other);
}

static void
name(const char *text, enum pdane_reason reason, enum pdane_dns_verdict v)
{
        struct pdane_part p = {.kind = PDANE_PART_NAME,
                               .name = {.reason = (uint32_t)reason, .verdict = (uint32_t)v}};
        snprintf(p.name.name, sizeof p.name.name, "%s", text);
        snprintf(p.name.asked, sizeof p.name.asked, "%s", text);
        add(&p);
}

static void
clients(bool accepted)
{
        for (uint32_t k = 0; k < PDANE_JUDGE_KINDS; k++) {
                struct pdane_part p = {.kind = PDANE_PART_CLIENT, .client = {k, accepted, "", ""}};
                snprintf(p.client.reason, sizeof p.client.reason, "reason \"%u\"", k);
                add(&p);
        }
}

/* ---- looking ---- */

static unsigned
count(const char *what)
{
        unsigned n = 0;
        for (const char *at = picture; (at = strstr(at, what)); at += strlen(what))
                n++;
        return n;
}

/* Quotes come in pairs on each line, so that no text has got out of its label. */
static void
check_quotes(void)
{
        bool open = false;
        for (const char *at = picture; *at; at++) {
                if (*at == '\\')
                        at++;
                else if (*at == '"')
                        open = !open;
                assert_false(open && *at == '\n');
        }
        assert_false(open);
}

static void
draw(void)
{
        size_t len = 0;
        free(picture);
        FILE *f = open_memstream(&picture, &len);
        assert_non_null(f);
        pdane_cli_check_graph(&report, "20326 38696", f);
        assert_int_equal(fclose(f), 0);
        check_quotes();
        assert_int_equal(count("  client_"), PDANE_JUDGE_KINDS);
        assert_int_equal(count(" -> client_"), PDANE_JUDGE_KINDS);
}

static bool
has(const char *what)
{
        return strstr(picture, what) != NULL;
}

static void
check_node(const char *id, const char *class)
{
        char expected[128];
        snprintf(expected, sizeof expected, "  %s [id=\"%s\", class=\"%s\"", id, id, class);
        if (!has(expected))
                fail_msg("no %s in\n%s", expected, picture);
}

static void
check_edge(const char *from, const char *into, const char *class, const char *label)
{
        char expected[256];
        snprintf(expected, sizeof expected, "  %s -> %s [id=\"%s_%s\", class=\"%s\"", from, into,
                 from, into, class);
        const char *at = strstr(picture, expected);
        if (!at)
                fail_msg("no %s in\n%s", expected, picture);
        snprintf(expected, sizeof expected, "label=\" %s \"];\n", label);
        assert_true(strncmp(strstr(at, "label="), expected, strlen(expected)) == 0);
}

static void
end(enum pdane_outcome o, const char *broken, const char *says)
{
        add(&(struct pdane_part){.kind = PDANE_PART_OUTCOME, .outcome = {.outcome = (uint32_t)o}});
        draw();
        assert_int_equal(count("class=\"broken\""), broken ? 1 : 0);
        assert_int_equal(count("BROKEN HERE"), broken ? 1 : 0);
        if (broken) {
                check_node(broken, "broken");
                assert_true(has(says));
        }
}

/* ---- tests ---- */

static void
test_accepted(void **state)
{
        (void)state;
        secure_dns();
        records(2);
        candidate(PDANE_REASON_ACCEPTED, "", 1, true);
        name(HOST, PDANE_REASON_ACCEPTED, PDANE_DNS_SECURE);
        name("b.test", PDANE_REASON_ACCEPTED, PDANE_DNS_SECURE);
        clients(true);
        end(PDANE_OUTCOME_ACCEPTED, NULL, NULL);
        assert_true(has("20326 38696"));
        check_edge("root", "zone0", "good", "DS, zone by zone");
        check_edge("zone0", "zone1", "good", "DS, zone by zone"); /* two labels below */
        check_edge("zone0", "address", "good", "signs");
        assert_int_equal(count("_address\""), 1);
        check_edge("zone1", "tlsa2", "good", "signs");
        check_edge("tlsa2", "record0", "good", "has");
        check_node("record0", "doubt");
        check_node("record1", "good");
        /* The authority was sent last, after one that has nothing to do with it. */
        check_edge("record1", "cert0_2", "good", "matches");
        check_edge("cert0_2", "cert0_0", "good", "signs");
        check_node("cert0_0", "good");
        check_node("cert0_1", "doubt");
        check_node("cert0_2", "good");
        assert_int_equal(count("cert0_1 ->"), 0);
        check_edge("tlsa2", "name0_0", "good", "covers");
        check_edge("root", "set0_1", "good", "signs, by zones between");
        check_edge("set0_1", "name0_1", "good", "covers");
        check_edge("name0_0", "outcome", "good", "");
        check_node("client_firefox", "good");
        assert_int_equal(count("accepts\\n"), PDANE_JUDGE_KINDS);
        assert_true(has("CN=le\\\\\\\"af"));
        assert_true(has("reason \\\"4\\\""));
}

static void
test_dns_breaks(void **state)
{
        (void)state;
        begin();
        answer(1, PDANE_DNS_INSECURE, HOST, "");
        end(PDANE_OUTCOME_INSECURE, "address", "BROKEN HERE: insecure");
        check_edge("root", "address", "bad", "not signed");
        check_edge("address", "outcome", "bad", "");
        assert_int_equal(count("as without p11-dane"), PDANE_JUDGE_KINDS);

        begin();
        answer(1, PDANE_DNS_SECURE, HOST, "a.test");
        answer(28, PDANE_DNS_BOGUS, HOST, "");
        answer(52, PDANE_DNS_BOGUS, "_443._tcp." HOST, "");
        end(PDANE_OUTCOME_BOGUS, "tlsa2", "BROKEN HERE: bogus");
        check_node("address", "good");
        check_edge("zone0", "tlsa2", "bad", "does not validate");
        check_edge("tlsa2", "outcome", "bad", "");

        begin();
        answer(1, PDANE_DNS_TIMEOUT, HOST, "");
        answer(28, PDANE_DNS_NO_RECORDS, HOST, ".");
        end(PDANE_OUTCOME_DNS_TIMEOUT, "address", "BROKEN HERE: timeout");
        check_edge("root", "address", "bad", "no answer");

        begin();
        answer(1, PDANE_DNS_SECURE, HOST, "a.test");
        answer(52, PDANE_DNS_NO_RECORDS, "_443._tcp." HOST, "a.test");
        end(PDANE_OUTCOME_NO_RECORDS, "tlsa1", "BROKEN HERE: no-records");
        check_edge("zone0", "tlsa1", "good", "signs that there is none");

        begin();
        answer(1, PDANE_DNS_NO_RECORDS, HOST, "a.test");
        end(PDANE_OUTCOME_NO_RECORDS, "address", "BROKEN HERE: no-records");

        begin(); /* nothing that it could be */
        end(PDANE_OUTCOME_DNS_UNREACHABLE, "outcome", "BROKEN HERE: DNS gives no");
        end((enum pdane_outcome)77, "outcome", "BROKEN HERE");
}

static void
test_server_breaks(void **state)
{
        (void)state;
        secure_dns();
        records(1);
        add(&(struct pdane_part){.kind = PDANE_PART_PROBE,
                                 .probe = {0, PDANE_OUTCOME_SERVER_UNREACHABLE, "refused \"x\""}});
        end(PDANE_OUTCOME_SERVER_UNREACHABLE, "server", "server-unreachable: refused \\\"x\\\"");

        secure_dns();
        records(2);
        candidate(PDANE_REASON_NO_MATCH, "", 0, false);
        name(HOST, PDANE_REASON_NO_MATCH, PDANE_DNS_SECURE);
        clients(false);
        end(PDANE_OUTCOME_REFUSED, "cert0_0", "BROKEN HERE: no-match: no TLSA record matches");
        check_edge("record0", "cert0_0", "bad", "does not match");
        check_edge("record1", "cert0_0", "bad", "does not match");
        check_edge("cert0_0", "outcome", "bad", "");
        check_node("name0_0", "bad");
        check_node("client_gnutls", "bad");
        assert_int_equal(count("refuses\\n"), PDANE_JUDGE_KINDS);

        secure_dns(); /* no record that could be used: no certificate came */
        records(1);
        report.records[0].usable = 0;
        report.records[0].usage = 0;
        end(PDANE_OUTCOME_REFUSED, "tlsa2", "BROKEN HERE: no TLSA record is usable");
        assert_true(has("unusable: usages 0 and 1"));
        check_edge("tlsa2", "record0", "doubt", "has");
}

static void
test_names(void **state)
{
        (void)state;
        secure_dns();
        records(1);
        candidate(PDANE_REASON_NOT_COVERED, "c.test", 0, false);
        name(HOST, PDANE_REASON_ACCEPTED, PDANE_DNS_SECURE);
        name("b.test", PDANE_REASON_NOT_COVERED, PDANE_DNS_UNKNOWN);
        name("c.test", PDANE_REASON_NOT_COVERED, PDANE_DNS_INSECURE);
        clients(false);
        end(PDANE_OUTCOME_REFUSED, "name0_2", "its own records");
        check_node("cert0_0", "good");
        check_node("name0_0", "good");
        check_node("name0_1", "bad");
        assert_true(has("its records were not asked for"));
        check_edge("root", "set0_2", "bad", "not signed");
        check_edge("set0_2", "name0_2", "bad", "does not cover");
        check_edge("name0_2", "outcome", "bad", "");
        assert_int_equal(count("name0_0 -> outcome"), 0);

        secure_dns(); /* another reason, and nobody to blame: the certificate */
        candidate(PDANE_REASON_NOT_V3, "", 0, false);
        clients(false);
        end(PDANE_OUTCOME_REFUSED, "cert0_0", "BROKEN HERE: not-v3");
}

/* All that there may be, and the break at its very end. */
static void
test_many(void **state)
{
        char text[32];
        (void)state;
        secure_dns();
        records(PDANE_TLSA_MAX);
        candidate(PDANE_REASON_NOT_COVERED, "n99.test", PDANE_TLSA_MAX - 1, false);
        for (unsigned i = 0; i < PDANE_CERT_NAMES_MAX; i++) {
                snprintf(text, sizeof text, "n%u.test", i);
                name(text, PDANE_REASON_NOT_COVERED, PDANE_DNS_SECURE);
        }
        end(PDANE_OUTCOME_REFUSED, "name0_99", "its own records");
        check_edge("record127", "cert0_0", "good", "matches");
        assert_int_equal(count("\n  record"), 13 + 1 /* nodes, and the edge of the match */);
        assert_true(has("and 115 more records"));
        assert_true(has("and 83 more names"));
        assert_true(strlen(picture) < 100000);
}

static void
test_hostile(void **state)
{
        struct pdane_part p = {
                .kind = PDANE_PART_DNS,
                .dns = {.type = 52, .verdict = PDANE_DNS_BOGUS, .flags = PDANE_DNS_DECIDED}};
        (void)state;
        begin();
        memset(report.context.host, '"', sizeof report.context.host - 1);
        memset(p.dns.asked, '\\', sizeof p.dns.asked - 1);
        memset(p.dns.alias, '\n', sizeof p.dns.alias - 1);
        memset(p.dns.addresses, '<', sizeof p.dns.addresses - 1);
        memset(p.dns.why, '{', sizeof p.dns.why - 1);
        memset(p.dns.signer, '"', sizeof p.dns.signer - 1);
        add(&p);
        end(PDANE_OUTCOME_BOGUS, "tlsa0", "BROKEN HERE");
}

static void
test_denied(void **state)
{
        (void)state;
        begin();
        report.context.flags |= PDANE_CONTEXT_DENIED;
        draw();
        check_node("outcome", "broken");
        assert_true(has("denied"));
        assert_int_equal(count("address"), 0);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_cli_report_clear(&report);
        free(picture);
        picture = NULL;
        return 0;
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_accepted),      cmocka_unit_test(test_dns_breaks),
                cmocka_unit_test(test_server_breaks), cmocka_unit_test(test_names),
                cmocka_unit_test(test_many),          cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_denied),
        };
        return cmocka_run_group_tests(tests, NULL, teardown);
}
