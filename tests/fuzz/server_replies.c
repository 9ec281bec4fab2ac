/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon says, held to docs/protocol.md, to what DNS said, and to what each user may see.
 */
#include "server_scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/wire_fields.h"
#include "fuzz.h"

void
server_mention(unsigned user, unsigned host)
{
        if (host < HOSTS)
                scene.mentioned[user][host] = true;
}

static void
check_seen(const struct slot *s, const char *host)
{
        size_t i;

        if (server_uids[s->user] == 0)
                return;
        for (i = 0; i < HOSTS && strcmp(server_names[i], host) != 0; i++)
                ;
        FUZZ_CHECK(i < HOSTS && scene.mentioned[s->user][i]);
}

static void
check_answer(const uint8_t *data, size_t len)
{
        struct pdane_answer a;

        FUZZ_CHECK(pdane_answer_decode(data, len, &a) == 0);
        FUZZ_CHECK(a.n_items == 0 || scene.vouched);
        for (size_t i = 0; i < a.n_items; i++) {
                const struct pdane_item *item = &a.items[i];

                FUZZ_CHECK(pdane_bytes_equal(item->subject, pdane_cert_subject(core.leaf)));
                if (!(item->flags & PDANE_ITEM_AUTHORITY))
                        FUZZ_CHECK(pdane_bytes_equal(item->value, pdane_cert_der(core.leaf)));
                FUZZ_CHECK(item->expires_s <= TTL);
        }
}

static void
check_event(const struct slot *s, const char *line)
{
        const char *at = strstr(line, " host=");
        char host[PDANE_NAME_MAX + 3] = "";

        FUZZ_CHECK(strncmp(line, "event=", 6) == 0 && at);
        FUZZ_CHECK(sscanf(at, " host=%255s", host) == 1);
        if (strncmp(line, "event=lookup", 12) == 0)
                check_seen(s, host);
        else
                FUZZ_CHECK(s->user == 0 ||
                           strtoul(strstr(line, "uid=") + 4, NULL, 10) == server_uids[s->user]);
}

static void
check_part(const struct slot *s, const uint8_t *data, size_t len)
{
        static struct pdane_part p;

        FUZZ_CHECK(pdane_part_decode(data, len, &p) == 0);
        switch (p.kind) {
        case PDANE_PART_TRUSTED:
                FUZZ_CHECK(s->type == PDANE_CONTROL_LIST && scene.vouched);
                check_seen(s, p.trusted.host);
                break;
        case PDANE_PART_EVENT:
                FUZZ_CHECK(s->type == PDANE_CONTROL_WATCH);
                check_event(s, p.event.line);
                break;
        case PDANE_PART_VALUE:
                FUZZ_CHECK(s->type == PDANE_CONTROL_STATUS);
                break;
        case PDANE_PART_CLIENT:
                FUZZ_CHECK(s->type == PDANE_CONTROL_CHECK && (!p.client.accepted || scene.vouched));
                break;
        case PDANE_PART_NAME:
                break;
        default:
                FUZZ_CHECK(s->type == PDANE_CONTROL_CHECK);
        }
}

static size_t
mentioned_by(unsigned user)
{
        size_t n = 0;

        for (size_t i = 0; i < HOSTS; i++)
                n += scene.mentioned[user][i];
        return n;
}

/* The kinds of replies that this request may have. */
static void
check_message(struct slot *s, const uint8_t *data, size_t len)
{
        bool control = s->type >= PDANE_CONTROL_CHECK;
        char word[257];
        uint32_t number;
        uint8_t type = 0;

        FUZZ_CHECK(s->sent > 0 && !s->final);
        FUZZ_CHECK(pdane_wire_type(data, len, &type) == 0);
        s->final = type != PDANE_MESSAGE_PENDING && type != PDANE_CONTROL_PART;
        if (type == PDANE_MESSAGE_ERROR) {
                FUZZ_CHECK(pdane_error_decode(data, len, word) == 0);
                if (!s->good)
                        FUZZ_CHECK(strcmp(word, "malformed") == 0 || strcmp(word, "version") == 0);
                else
                        FUZZ_CHECK(strcmp(word, "internal") == 0 ||
                                   (control && (!strcmp(word, "busy") || !strcmp(word, "name"))));
                return;
        }
        FUZZ_CHECK(s->good);
        switch (type) {
        case PDANE_MESSAGE_PENDING:
                FUZZ_CHECK(!s->pending && (!s->any || control) &&
                           pdane_pending_decode(data, len, &number) == 0);
                FUZZ_CHECK(s->waits || s->type == PDANE_CONTROL_CHECK);
                s->pending = true;
                break;
        case PDANE_MESSAGE_ANSWER:
                FUZZ_CHECK(s->type == PDANE_MESSAGE_QUESTION);
                check_answer(data, len);
                break;
        case PDANE_MESSAGE_DONE:
                FUZZ_CHECK(s->type == PDANE_MESSAGE_HINT && s->waits && len == PDANE_WIRE_HEADER);
                break;
        case PDANE_CONTROL_PART:
                FUZZ_CHECK(control);
                check_part(s, data, len);
                break;
        default:
                FUZZ_CHECK(type == PDANE_CONTROL_END && control &&
                           pdane_end_decode(data, len, &number) == 0);
                if (s->type != PDANE_CONTROL_FLUSH)
                        FUZZ_CHECK(number == 0);
                else if (server_uids[s->user] != 0)
                        FUZZ_CHECK(number <= mentioned_by(s->user));
        }
        s->any = true;
}

void
server_drain(struct slot *s)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY];

        for (unsigned i = 0; i < 2000 && s->fd >= 0 && !s->over; i++) {
                ssize_t n = recv(s->fd, buf, sizeof buf, MSG_DONTWAIT | MSG_TRUNC);

                if (n < 0 && errno == EAGAIN)
                        return;
                FUZZ_CHECK(n <= (ssize_t)sizeof buf);
                if (n > 0) {
                        check_message(s, buf, (size_t)n);
                        continue;
                }
                s->over = true;
                /* Who was right and alone is not left without a word. */
                if (s->sent == 1 && s->good && s->waits && !s->shut && !scene.faults)
                        FUZZ_CHECK(s->final);
        }
}
