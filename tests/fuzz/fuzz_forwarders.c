/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system's DNS servers (resolver_upstream.c): one as configured, or resolv.conf. The C library
 * is asked the same: what is taken is numeric for getaddrinfo. First byte: bit 0, one server's text
 * follows; otherwise a port and a file.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <unistd.h>

#include "daemon/resolver_upstream.h"

/* "ADDR@PORT[#NAME]" as libunbound is given it. */
static void
check_one(const char *text, bool *ret_loopback)
{
        char address[128], *scope;
        const char *at = strchr(text, '@'), *name = strchr(text, '#');
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
        long port;
        char *end;

        FUZZ_CHECK(at && (size_t)(at - text) < sizeof address && (!name || name > at));
        snprintf(address, sizeof address, "%.*s", (int)(at - text), text);
        port = strtol(at + 1, &end, 10);
        FUZZ_CHECK(port >= 1 && port <= 65535 && end > at + 1 && (*end == '#' || !*end));
        scope = strchr(address, '%'); /* whether there is such an interface is another question */
        if (scope)
                *scope = '\0';
        FUZZ_CHECK(getaddrinfo(address, NULL, &hints, &found) == 0 && found);
        FUZZ_CHECK(!scope || (found->ai_family == AF_INET6 && scope[1]));
        *ret_loopback |=
                strncmp(address, "127.", 4) == 0 ||
                (found->ai_family == AF_INET6 &&
                 IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)(void *)found->ai_addr)->sin6_addr));
        freeaddrinfo(found);
        for (const char *p = text; *p; p++)
                FUZZ_CHECK(*p != ' ' && *p != '\n' && *p != '\t');
        FUZZ_CHECK(!name || (name[1] && !strpbrk(name + 1, "#@%\"\\")));
}

static void
check_all(const struct pdane_forwarders *f)
{
        char text[64], whole[2048];
        bool loopback = false, tls = false;

        FUZZ_CHECK(f->n <= PDANE_FORWARDERS_MAX);
        for (size_t i = 0; i < f->n; i++) {
                check_one(f->text[i], &loopback);
                tls |= strchr(f->text[i], '#') != NULL;
        }
        FUZZ_CHECK(f->loopback == loopback && f->tls == tls);
        pdane_forwarders_format(f, text, sizeof text);
        pdane_forwarders_format(f, whole, sizeof whole);
        FUZZ_CHECK(memchr(text, '\0', sizeof text) && strncmp(whole, text, strlen(text)) == 0);
        FUZZ_CHECK(strncmp(whole, "forward", 7) == 0);
}

/* A "nameserver" line, whose address is numeric and stands alone, is taken; nothing else is. */
static size_t
count_lines(const char *text)
{
        size_t n = 0, lines = 0;

        for (; *text && lines < 1024; lines++) {
                size_t len = strcspn(text, "\n"), took = len < 1023 ? len : 1022;
                char line[1024], word[1024], address[1024] = "", *mark;
                struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
                struct in_addr v4;

                if (len >= 1023)
                        return SIZE_MAX; /* it is cut; not for here */
                memcpy(line, text, took);
                line[took] = '\0';
                if (sscanf(line, "%*[ \t]%1023s", word) != 1)
                        (void)(sscanf(line, "%1023[^ \t]", word) == 1 || (word[0] = '\0'));
                mark = strstr(line, "nameserver");
                if (strcmp(word, "nameserver") == 0 && mark &&
                    strspn(line, " \t") == (size_t)(mark - line) && strchr(" \t", mark[10]) &&
                    mark[10]) {
                        mark += 10 + strspn(mark + 10, " \t");
                        snprintf(address, sizeof address, "%.*s", (int)strcspn(mark, " \t\r\n;#"),
                                 mark);
                        if (strchr(address, '%') || strchr(address, '@'))
                                return SIZE_MAX;
                        if (inet_pton(AF_INET, address, &v4) == 1 ||
                            (strchr(address, ':') &&
                             getaddrinfo(address, NULL, &hints, &found) == 0))
                                n++;
                        if (found)
                                freeaddrinfo(found);
                }
                text += len + (text[len] == '\n');
        }
        return *text ? SIZE_MAX : n;
}

static void
read_file(struct fuzz_input in)
{
        struct pdane_forwarders f = {.n = 0};
        uint16_t port = fuzz_u16(&in);
        char path[32], suffix[16], *text = fuzz_string(in);
        int fd = fuzz_file((struct fuzz_input){(const uint8_t *)text, strlen(text)}, path);
        size_t n;

        port = port ? port : 53;
        FUZZ_CHECK(pdane_forwarders_read(&f, path, port) == 0);
        close(fd);
        check_all(&f);
        snprintf(suffix, sizeof suffix, "@%u", port);
        for (size_t i = 0; i < f.n; i++)
                FUZZ_CHECK(strcmp(strchr(f.text[i], '@'), suffix) == 0);
        n = count_lines(text);
        if (n != SIZE_MAX)
                FUZZ_CHECK(f.n == (n < PDANE_FORWARDERS_MAX ? n : PDANE_FORWARDERS_MAX));
        FUZZ_CHECK(pdane_forwarders_read(&f, path, port) < 0);
        free(text);
}

static void
add_one(struct fuzz_input in)
{
        struct pdane_forwarders f = {.n = 0};
        char *text = fuzz_string(in);
        int r = pdane_forwarders_add(&f, text);

        FUZZ_CHECK(r == 0 || r == -EINVAL);
        FUZZ_CHECK(f.n == (r == 0));
        check_all(&f);
        if (r == 0) {
                struct pdane_forwarders again = {.n = 0};

                /* What comes out is taken as the same. */
                FUZZ_CHECK(pdane_forwarders_add(&again, f.text[0]) == 0);
                FUZZ_CHECK(strcmp(again.text[0], f.text[0]) == 0);
        }
        free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        if (fuzz_u8(&in) & 1)
                add_one(in);
        else
                read_file(in);
        return 0;
}
