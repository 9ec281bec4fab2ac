/* SPDX-License-Identifier: BSD-3-Clause */
/* Which zones are asked about together with a host's address, and of which hosts TLSA is. */
#include "test.h"

#include "daemon/resolver_warm.h"

static struct pdane_warm w;

static int
setup(void **state)
{
        (void)state;
        memset(&w, 0, sizeof w);
        return 0;
}

/* zones: each with a space behind it, the root as ".". */
static void
assert_zones(const char *host, int64_t now_ms, const char *zones)
{
        const char *ret[PDANE_WARM_NAMES_MAX];
        char text[512] = "";
        size_t n = pdane_warm_zones(&w, host, now_ms, ret), at = 0;
        assert_true(n <= PDANE_WARM_NAMES_MAX);
        for (size_t i = 0; i < n; i++)
                at += (size_t)snprintf(text + at, sizeof text - at, "%s ", *ret[i] ? ret[i] : ".");
        assert_string_equal(text, zones);
}

static void
above_a_host(void **state)
{
        (void)state;
        assert_zones("www.example.org", 0, ". org example.org ");
}

/* A host may be its zone's apex, below a registry's name too; what is deeper is a host. */
static void
apex(void **state)
{
        (void)state;
        assert_zones("example.org", 0, ". org example.org ");
        assert_zones("example.co.uk", 0, "uk co.uk example.co.uk ");
        assert_zones("www.example.co.uk", 0, "");
        assert_zones("host.exam.net", 0, "net exam.net ");
        assert_zones("a.b.c.nl", 0, "nl c.nl b.c.nl ");
}

static void
short_names(void **state)
{
        (void)state;
        assert_zones("", 0, ". ");
        assert_zones("org", 0, "org ");
}

/* However deep the host, it is the zones at the top. */
static void
bounded(void **state)
{
        (void)state;
        assert_zones("d.c.b.a", 0, ". a b.a c.b.a ");
        setup(NULL);
        assert_zones("e.d.c.b.a", 0, ". a b.a c.b.a d.c.b.a ");
        setup(NULL);
        assert_zones("h.g.f.e.d.c.b.a", 0, ". a b.a c.b.a d.c.b.a ");
}

/* Further hosts below one zone cost nothing; after a while it is asked about again. */
static void
remembered(void **state)
{
        (void)state;
        assert_zones("www.example.org", 5, ". org example.org ");
        assert_zones("mail.example.org", 6, "");
        assert_zones("example.org", PDANE_WARM_MS + 4, "");
        assert_zones("www.elsewhere.org", PDANE_WARM_MS + 4, "elsewhere.org ");
        assert_zones("www.example.org", PDANE_WARM_MS + 5, ". org example.org ");
}

/* More names than there is room for: they are told again, and no more than that. */
static void
forgotten(void **state)
{
        char host[32];
        const char *ret[PDANE_WARM_NAMES_MAX];
        size_t again = 0;
        (void)state;
        for (unsigned round = 0; round < 2; round++) {
                for (unsigned i = 0; i < 4 * PDANE_WARM_SLOTS; i++) {
                        snprintf(host, sizeof host, "www.z%u.org", i);
                        size_t n = pdane_warm_zones(&w, host, 0, ret);
                        again += round ? n : 0;
                }
        }
        assert_in_range(again, 3 * PDANE_WARM_SLOTS, 3 * 4 * PDANE_WARM_SLOTS);
}

/* A zone that was found signed speaks for itself and for the names next below it, for an hour. */
static void
signed_zones(void **state)
{
        (void)state;
        assert_false(pdane_warm_is_signed(&w, "www.example.org", 0));
        pdane_warm_note_signed(&w, "example.org", 7);
        assert_true(pdane_warm_is_signed(&w, "www.example.org", 7));
        assert_true(pdane_warm_is_signed(&w, "example.org", 7));
        assert_false(pdane_warm_is_signed(&w, "www.lab.example.org", 7));
        assert_false(pdane_warm_is_signed(&w, "www.example.net", 7));
        assert_false(pdane_warm_is_signed(&w, "org", 7));
        assert_false(pdane_warm_is_signed(&w, "", 7));
        assert_true(pdane_warm_is_signed(&w, "www.example.org", PDANE_WARM_SIGNED_MS + 6));
        assert_false(pdane_warm_is_signed(&w, "www.example.org", PDANE_WARM_SIGNED_MS + 7));
}

/* An address of a registry's own would have every name below it asked about. */
static void
registries(void **state)
{
        static const char *const above[] = {"", ".", "org"};
        (void)state;
        for (size_t i = 0; i < sizeof above / sizeof *above; i++)
                pdane_warm_note_signed(&w, above[i], 0);
        assert_false(pdane_warm_is_signed(&w, "example.org", 0));
        assert_false(pdane_warm_is_signed(&w, "org", 0));
        assert_false(pdane_warm_is_signed(&w, "", 0));
}

/* The first host of a zone of which nothing is known, and no other until its address is there; or
 * never is. */
static void
ahead_once(void **state)
{
        (void)state;
        assert_true(pdane_warm_asks_ahead(&w, "www.example.org", 0));
        assert_false(pdane_warm_asks_ahead(&w, "www.example.org", 0));
        assert_false(pdane_warm_asks_ahead(&w, "mail.example.org", 0));
        assert_false(pdane_warm_asks_ahead(&w, "example.org", 0));
        assert_false(pdane_warm_asks_ahead(&w, "a.www.example.org", 0));
        assert_true(pdane_warm_asks_ahead(&w, "www.example.net", 0));
        assert_true(pdane_warm_asks_ahead(&w, "elsewhere.org", 0));
        assert_false(pdane_warm_asks_ahead(&w, "mail.example.org", PDANE_WARM_ASKED_MS - 1));
        assert_true(pdane_warm_asks_ahead(&w, "mail.example.org", PDANE_WARM_ASKED_MS));
}

/* A zone that was found unsigned is left alone for an hour, whatever else is asked meanwhile. */
static void
unsigned_zones(void **state)
{
        (void)state;
        pdane_warm_note_unsigned(&w, "www.example.org", 7);
        assert_false(pdane_warm_asks_ahead(&w, "www.example.org", 7));
        assert_false(pdane_warm_asks_ahead(&w, "mail.example.org", 7));
        assert_false(pdane_warm_asks_ahead(&w, "example.org", 7));
        assert_true(pdane_warm_asks_ahead(&w, "www.lab.example.org", 7));
        pdane_warm_note_unsigned(&w, "www.lab.example.org", 7);
        assert_false(pdane_warm_asks_ahead(&w, "mail.lab.example.org", 7 + PDANE_WARM_ASKED_MS));
        assert_false(pdane_warm_asks_ahead(&w, "mail.example.org", PDANE_WARM_SIGNED_MS + 6));
        assert_true(pdane_warm_asks_ahead(&w, "mail.example.org", PDANE_WARM_SIGNED_MS + 7));
}

/* An apex is a name next below a registry's, of which one host says nothing. */
static void
not_for_one_label(void **state)
{
        (void)state;
        pdane_warm_note_unsigned(&w, "example.org", 0);
        pdane_warm_note_unsigned(&w, "org", 0);
        pdane_warm_note_unsigned(&w, "", 0);
        assert_false(pdane_warm_asks_ahead(&w, "example.org", 0));
        assert_true(pdane_warm_asks_ahead(&w, "elsewhere.org", 0));
        for (int i = 0; i < 2; i++) {
                assert_false(pdane_warm_asks_ahead(&w, "org", 0));
                assert_false(pdane_warm_asks_ahead(&w, "", 0));
        }
        assert_true(pdane_warm_asks_ahead(&w, "other.org", 0));
}

/* Of so many zones as programs meet in an hour, most stay known; of more than that some, and no
 * memory is taken for them. */
static void
many_unsigned_zones(void **state)
{
        char host[32];
        unsigned asked = 0;
        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(host, sizeof host, "www.z%u.org", i);
                pdane_warm_note_unsigned(&w, host, 0);
        }
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(host, sizeof host, "mail.z%u.org", i);
                asked += pdane_warm_asks_ahead(&w, host, 1);
        }
        assert_in_range(asked, 0, 400);
        for (unsigned i = 0; i < 4 * PDANE_WARM_PLAIN_SLOTS; i++) {
                snprintf(host, sizeof host, "www.y%u.org", i);
                pdane_warm_note_unsigned(&w, host, 0);
        }
        assert_true(pdane_warm_asks_ahead(&w, "www.z0.org", 1) ||
                    pdane_warm_asks_ahead(&w, "www.z1.org", 1));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(above_a_host),      TEST(apex),
                TEST(short_names),       TEST(bounded),
                TEST(remembered),        TEST(forgotten),
                TEST(signed_zones),      TEST(registries),
                TEST(ahead_once),        TEST(unsigned_zones),
                TEST(not_for_one_label), TEST(many_unsigned_zones),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
