/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file (config.c, config_value.c). */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "common/config.h"

static void
check_paths(const struct pdane_config *c)
{
        const char *const always[] = {c->socket, c->state_dir};
        const char *const maybe[] = {c->unbound_conf, c->trust_anchor_file, c->certs_dir};

        for (size_t i = 0; i < sizeof always / sizeof *always; i++)
                FUZZ_CHECK(always[i] && always[i][0] == '/');
        for (size_t i = 0; i < sizeof maybe / sizeof *maybe; i++)
                FUZZ_CHECK(maybe[i] && (maybe[i][0] == '/' || maybe[i][0] == '\0'));
}

static void
check_strings(char *const *list)
{
        size_t n = 0;

        FUZZ_CHECK(list);
        for (; list[n]; n++)
                FUZZ_CHECK(list[n][0] != '\0' && !strpbrk(list[n], " \t\r\n,"));
        FUZZ_CHECK(n <= PDANE_POLICY_MAX);
}

static void
check_config(const struct pdane_config *c)
{
        check_paths(c);
        FUZZ_CHECK(c->user && c->forward_to);
        FUZZ_CHECK((unsigned)c->log_level <= PDANE_LOG_DEBUG);
        FUZZ_CHECK((unsigned)c->forward <= PDANE_FORWARD_ADDRESS);
        FUZZ_CHECK((c->forward == PDANE_FORWARD_ADDRESS) == (c->forward_to[0] != '\0'));
        FUZZ_CHECK(!c->forward_tls || c->forward == PDANE_FORWARD_ADDRESS);
        FUZZ_CHECK(c->n_ports >= 1 && c->n_ports <= PDANE_PORTS_MAX);
        for (size_t i = 0; i < c->n_ports; i++) {
                FUZZ_CHECK(c->ports[i] != 0);
                for (size_t k = 0; k < i; k++)
                        FUZZ_CHECK(c->ports[i] != c->ports[k]);
        }
        FUZZ_CHECK(c->deadline_ms >= 1 && c->deadline_ms <= 600000);
        FUZZ_CHECK(c->name_deadline_ms >= 1 && c->name_deadline_ms <= 600000);
        FUZZ_CHECK(c->hint_deadline_ms >= 1 && c->hint_deadline_ms <= 600000);
        FUZZ_CHECK(c->n_watch <= PDANE_WATCH_MAX);
        for (size_t i = 0; i < c->n_watch; i++)
                FUZZ_CHECK(c->watch[i] && c->watch[i][0] && c->watch_lines[i] > 0);
        check_strings(c->allow_domains);
        check_strings(c->deny_domains);
        check_strings(c->deny_programs);
}

/* "FILE:LINE: what", on one line, whatever stands in the file. */
static void
check_error(const char *error, const char *path)
{
        FUZZ_CHECK(error && strncmp(error, path, strlen(path)) == 0 && error[strlen(path)] == ':');
        for (const char *p = error; *p; p++)
                FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct pdane_config *c = NULL;
        char path[32], *error = NULL;
        int fd = fuzz_file((struct fuzz_input){data, len}, path);
        int r = pdane_config_load(path, &c, &error);

        close(fd);
        if (r == 0) {
                FUZZ_CHECK(c && !error && !memchr(data, '\0', len));
                check_config(c);
        } else {
                FUZZ_CHECK(!c && (r == -EINVAL || r == -EIO));
                check_error(error, path);
        }
        pdane_config_free(c);
        free(error);
        return 0;
}
