/* SPDX-License-Identifier: BSD-3-Clause */
/* The StartTLS extended operation of LDAP (RFC 4511 section 4.14): one message each way. */
#include "daemon/starttls_impl.h"

#include <string.h>

#define STARTTLS_OID "1.3.6.1.4.1.1466.20037"

struct span {
        const uint8_t *data;
        size_t len;
};

/*
 * The length at the start of b, of definite form (RFC 4511 section 5.1), in at most four octets
 * more, which some servers always use. How many octets it takes, 0 when there are not enough,
 * negative when it is none.
 */
static int
ber_length(struct span b, size_t *ret)
{
        size_t len = 0, more;
        if (b.len == 0)
                return 0;
        if (b.data[0] < 0x80) {
                *ret = b.data[0];
                return 1;
        }
        more = b.data[0] & 0x7fu;
        if (more < 1 || more > 4)
                return -1;
        if (b.len < 1 + more)
                return 0;
        for (size_t i = 1; i <= more; i++)
                len = len << 8 | b.data[i];
        *ret = len;
        return (int)(1 + more);
}

/* Takes the element with this tag off the front of b. */
static bool
ber_take(struct span *b, uint8_t tag, struct span *ret)
{
        size_t len = 0;
        if (b->len < 2 || b->data[0] != tag)
                return false;
        struct span rest = {b->data + 1, b->len - 1};
        int head = ber_length(rest, &len);
        if (head <= 0 || len > rest.len - (size_t)head)
                return false;
        *ret = (struct span){rest.data + head, len};
        *b = (struct span){ret->data + len, rest.len - (size_t)head - len};
        return true;
}

static bool
is_octet(struct span e, uint8_t value)
{
        return e.len == 1 && e.data[0] == value;
}

/* LDAPMessage { 1, ExtendedResponse { success, matchedDN, diagnosticMessage, [responseName] } } */
static void
ldap_message(struct pdane_starttls *s)
{
        struct span all = {s->line, s->n}, message, id, response, code, text, name;
        bool known = ber_take(&all, 0x30, &message) && all.len == 0 &&
                     ber_take(&message, 0x02, &id) && is_octet(id, 1) &&
                     ber_take(&message, 0x78, &response) && message.len == 0 &&
                     ber_take(&response, 0x0a, &code) && code.len == 1 &&
                     ber_take(&response, 0x04, &text) && ber_take(&response, 0x04, &text);
        if (!known) {
                pdane_starttls_fail(s, "unexpected reply");
                return;
        }
        if (!is_octet(code, 0)) {
                pdane_starttls_fail(s, "refused");
                return;
        }
        if (ber_take(&response, 0x8a, &name) &&
            (name.len != strlen(STARTTLS_OID) || memcmp(name.data, STARTTLS_OID, name.len) != 0))
                pdane_starttls_fail(s, "unexpected reply");
        else if (response.len != 0)
                pdane_starttls_fail(s, "unexpected reply");
        else
                pdane_starttls_stage_over(s);
}

void
pdane_starttls_ldap_byte(struct pdane_starttls *s, uint8_t c)
{
        size_t len = 0;
        if (!pdane_starttls_keep(s, c))
                return;
        struct span rest = {s->line + 1, s->n - 1};
        int head = ber_length(rest, &len);
        if (s->line[0] != 0x30 || head < 0)
                pdane_starttls_fail(s, "unexpected reply");
        else if (head > 0 && len > sizeof s->line - 1 - (size_t)head)
                pdane_starttls_fail(s, "line too long");
        else if (head > 0 && rest.len == (size_t)head + len)
                ldap_message(s);
}

/* Message 1, an ExtendedRequest with a requestName and no value (RFC 4511 section 4.14.1). */
void
pdane_starttls_ldap_begin(struct pdane_starttls *s, const char *host)
{
        static const char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" STARTTLS_OID;
        (void)host;
        pdane_starttls_say(s, request, sizeof request - 1);
}
