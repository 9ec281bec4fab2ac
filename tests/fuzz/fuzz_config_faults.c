/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz_config.c with steps that fail: the configuration is then read as always, or not at all. One
 * that lost a denied domain or program on the way would let through what the administrator shut
 * out.
 */
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "common/config.h"
#include "faults.h"

int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

int
__wrap_asprintf(char **ret, const char *format, ...)
{
        va_list ap;
        int n;

        if (fuzz_fault())
                return -1;
        va_start(ap, format);
        n = vasprintf(ret, format, ap);
        va_end(ap);
        return n;
}

static void
check_lists(char *const *want, char *const *got)
{
        size_t i;

        for (i = 0; want[i] && got[i]; i++)
                FUZZ_CHECK(strcmp(want[i], got[i]) == 0);
        FUZZ_CHECK(!want[i] && !got[i]);
}

#define SAME_TEXT(field) FUZZ_CHECK(strcmp(want->field, got->field) == 0)
#define SAME(field) FUZZ_CHECK(want->field == got->field)

static void
check_same(const struct pdane_config *want, const struct pdane_config *got)
{
        SAME_TEXT(socket);
        SAME_TEXT(metrics_file);
        SAME_TEXT(user);
        SAME_TEXT(state_dir);
        SAME_TEXT(unbound_conf);
        SAME_TEXT(trust_anchor_file);
        SAME_TEXT(forward_to);
        SAME_TEXT(certs_dir);
        SAME(log_level);
        SAME(sandbox);
        SAME(forward);
        SAME(forward_tls);
        SAME(n_ports);
        FUZZ_CHECK(memcmp(want->ports, got->ports, want->n_ports * sizeof *want->ports) == 0);
        SAME(deadline_ms);
        SAME(name_deadline_ms);
        SAME(hint_deadline_ms);
        SAME(allow_loopback);
        SAME(n_watch);
        for (size_t i = 0; i < want->n_watch; i++) {
                SAME_TEXT(watch[i]);
                SAME(watch_lines[i]);
        }
        check_lists(want->allow_domains, got->allow_domains);
        check_lists(want->deny_domains, got->deny_domains);
        check_lists(want->deny_programs, got->deny_programs);
        SAME(min_ttl_s);
        SAME(max_ttl_s);
        SAME(legacy_sha1);
}

static void
load_once(const char *path, int want_result, const struct pdane_config *want)
{
        struct pdane_config *got = NULL;
        char *error = NULL;
        unsigned failed;
        int r;

        fuzz_faults_start();
        r = pdane_config_load(path, &got, &error);
        failed = fuzz_faults_stop();
        FUZZ_CHECK((r == 0) == (got != NULL));
        FUZZ_CHECK(r == want_result || (r == -ENOMEM && failed > 0));
        FUZZ_CHECK(r == 0 ? !error : error || failed > 0);
        if (r == 0)
                check_same(want, got);
        pdane_config_free(got);
        free(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_config *want = NULL;
        char path[32], *error = NULL;
        bool missing;
        int fd, r;

        fuzz_faults_read(&in);
        missing = fuzz_u8(&in) == 0xff; /* a path that cannot be opened */
        fd = fuzz_file(in, path);
        if (missing)
                snprintf(path, sizeof path, "/dev/null/none");
        r = pdane_config_load(path, &want, &error);
        do
                load_once(path, r, want);
        while (fuzz_faults_again());
        close(fd);
        pdane_config_free(want);
        free(error);
        return 0;
}
