/* SPDX-License-Identifier: BSD-3-Clause */
/* hosts_index.c: each name and port is one host, however many fall together. */
#include <stdio.h>

#include "core_fixture.h"
#include "daemon/hosts_impl.h"

#define MANY 100000u /* three at each place of the index */

static struct pdane_name
numbered(unsigned i)
{
        struct pdane_name n = {.wildcard = i % 5 == 0};
        snprintf(n.text, sizeof n.text, "h%u.many.test", i / 2);
        return n;
}

static uint16_t
port_of(unsigned i)
{
        return i % 2 ? 443 : 4433;
}

static struct pdane_host *
find(const char *text, bool wildcard, uint16_t port)
{
        struct pdane_name n = {.wildcard = wildcard};
        snprintf(n.text, sizeof n.text, "%s", text);
        return pdane_hosts_find(core.hosts, &n, port);
}

static void
exactly_that_one(void **state)
{
        (void)state;
        struct pdane_host *h = core_touch(HOST);
        struct pdane_name name = pdane_host_name(h);
        assert_string_equal(name.text, HOST);
        assert_false(name.wildcard);
        assert_ptr_equal(find(HOST, false, 443), h);
        assert_null(find(HOST, true, 443));
        assert_null(find(HOST, false, 444));
        assert_null(find("host.tes", false, 443));
        assert_null(find("host.test.", false, 443));
        assert_null(find("", false, 443));
        assert_ptr_equal(core_touch(HOST), h);
        core_run();
}

static void
longest_name(void **state)
{
        struct pdane_name name = {0};
        struct pdane_host *h = NULL;
        (void)state;
        memset(name.text, 'a', PDANE_NAME_MAX);
        for (size_t i = 50; i < PDANE_NAME_MAX; i += 50)
                name.text[i] = '.';
        assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), 0);
        struct pdane_name again = pdane_host_name(h);
        assert_true(pdane_name_equal(&again, &name));
        assert_ptr_equal(pdane_hosts_find(core.hosts, &name, 443), h);
        core_run();
}

/* A hash that is right by chance finds nothing. */
static void
compared_whole(void **state)
{
        struct pdane_host *h = core_touch(HOST);
        (void)state;
        core_run();
        h->port = 444;
        assert_null(find(HOST, false, 443));
        h->port = 443;
        h->wildcard = true;
        assert_null(find(HOST, false, 443));
        h->wildcard = false;
        h->name[0] = 'x';
        assert_null(find(HOST, false, 443));
        h->name[0] = HOST[0];
        assert_ptr_equal(find(HOST, false, 443), h);
}

/* Those that go take nobody else with them. */
static void
many(void **state)
{
        struct pdane_host **hosts = calloc(MANY, sizeof(struct pdane_host *));
        (void)state;
        assert_non_null(hosts);
        for (unsigned i = 0; i < MANY; i++) {
                const struct pdane_name name = numbered(i);
                hosts[i] = calloc(1, sizeof *hosts[i] + strlen(name.text) + 1);
                assert_non_null(hosts[i]);
                memcpy(hosts[i]->name, name.text, strlen(name.text) + 1);
                hosts[i]->wildcard = name.wildcard;
                hosts[i]->port = port_of(i);
                pdane_hosts_index_add(core.hosts, hosts[i]);
        }
        for (unsigned i = 0; i < MANY; i += 3) {
                pdane_hosts_index_remove(core.hosts, hosts[i]);
                free(hosts[i]);
                hosts[i] = NULL;
        }
        for (unsigned i = 0; i < MANY; i++) {
                const struct pdane_name name = numbered(i);
                assert_ptr_equal(pdane_hosts_find(core.hosts, &name, port_of(i)), hosts[i]);
                if (hosts[i])
                        pdane_hosts_index_remove(core.hosts, hosts[i]);
                assert_null(pdane_hosts_find(core.hosts, &name, port_of(i)));
                free(hosts[i]);
        }
        free(hosts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(exactly_that_one),
                TEST(longest_name),
                TEST(compared_whole),
                TEST(many),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
