/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * STARTTLS dialogues (starttls*.c). First byte: protocol; second: size of the pieces; third: length
 * of the host's name, which follows; then what the server says, 0xff ending each of its turns.
 */
#include "fuzz.h"

#include "daemon/starttls.h"

#define SAID_MAX 4096u

struct talk {
        struct pdane_starttls s;
        char said[SAID_MAX]; /* by the client, turn after turn */
        size_t n_said;
};

static void
check_sane(const struct pdane_starttls *s)
{
        FUZZ_CHECK(s->why && s->out_len <= PDANE_STARTTLS_OUT_MAX);
        FUZZ_CHECK((s->state == PDANE_STARTTLS_SEND) == (s->out_len > 0) ||
                   s->state == PDANE_STARTTLS_FAILED);
        FUZZ_CHECK((s->state == PDANE_STARTTLS_FAILED) == (s->why[0] != '\0'));
}

/* What there is to say is said, a few bytes at a time. */
static void
speak(struct talk *t, size_t piece)
{
        while (t->s.state == PDANE_STARTTLS_SEND) {
                size_t n = piece < t->s.out_len ? piece : t->s.out_len;

                FUZZ_CHECK(t->n_said + n <= SAID_MAX);
                memcpy(t->said + t->n_said, t->s.out, n);
                t->n_said += n;
                pdane_starttls_sent(&t->s, piece);
                check_sane(&t->s);
        }
}

static void
listen_to(struct talk *t, struct fuzz_input turn, size_t piece)
{
        while (turn.len > 0) {
                struct fuzz_input part = fuzz_take(&turn, piece);

                FUZZ_CHECK(pdane_starttls_feed(&t->s, part.data, part.len) == t->s.state);
                check_sane(&t->s);
        }
}

static struct fuzz_input
take_turn(struct fuzz_input *in)
{
        const uint8_t *end = in->len > 0 ? memchr(in->data, 0xff, in->len) : NULL;
        struct fuzz_input turn = fuzz_take(in, end ? (size_t)(end - in->data) : in->len);

        (void)fuzz_u8(in);
        return turn;
}

static void
play(struct talk *t, enum pdane_starttls_protocol protocol, const char *host, size_t piece,
     struct fuzz_input in)
{
        memset(&t->s, 0xa5, sizeof t->s);
        t->n_said = 0;
        pdane_starttls_init(&t->s, protocol, host);
        check_sane(&t->s);
        speak(t, piece);
        while (in.len > 0) {
                listen_to(t, take_turn(&in), piece);
                speak(t, piece);
        }
}

/* What a server that is ready says, as its RFC has it, must be somewhere in what it said. */
static void
check_go_ahead(enum pdane_starttls_protocol protocol, struct fuzz_input in)
{
        static const char *const words[PDANE_STARTTLS_PROTOCOLS] = {
                [PDANE_STARTTLS_SMTP] = "220",          [PDANE_STARTTLS_IMAP] = "b ok",
                [PDANE_STARTTLS_POP3] = "+ok",          [PDANE_STARTTLS_XMPP] = "<proceed",
                [PDANE_STARTTLS_LDAP] = "\x0a\x01\x00", /* resultCode success */
        };
        size_t n = 0, len = protocol == PDANE_STARTTLS_LDAP ? 3 : strlen(words[protocol]);
        char *said = malloc(in.len + 1);

        FUZZ_CHECK(said);
        while (in.len > 0) {
                uint8_t c = fuzz_u8(&in);

                if (c != 0xff)
                        said[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        }
        FUZZ_CHECK(memmem(said, n, words[protocol], len));
        free(said);
}

/* One byte more, and it is over: nothing that was sent in clear may be taken for what came in TLS.
 */
static void
check_end(struct talk *t, enum pdane_starttls_protocol protocol, struct fuzz_input in)
{
        static const char *const wish[PDANE_STARTTLS_PROTOCOLS] = {
                [PDANE_STARTTLS_SMTP] = "STARTTLS\r\n",
                [PDANE_STARTTLS_IMAP] = "b STARTTLS\r\n",
                [PDANE_STARTTLS_POP3] = "STLS\r\n",
                [PDANE_STARTTLS_XMPP] = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                [PDANE_STARTTLS_LDAP] = "1.3.6.1.4.1.1466.20037",
        };
        size_t len = strlen(wish[protocol]);

        FUZZ_CHECK(t->n_said >= len && memcmp(t->said + t->n_said - len, wish[protocol], len) == 0);
        check_go_ahead(protocol, in);
        FUZZ_CHECK(t->s.bytes <= PDANE_STARTTLS_BYTES_MAX &&
                   t->s.lines <= PDANE_STARTTLS_LINES_MAX);
        FUZZ_CHECK(pdane_starttls_feed(&t->s, (const uint8_t *)" ", 1) == PDANE_STARTTLS_FAILED);
        FUZZ_CHECK(pdane_starttls_feed(&t->s, NULL, 0) == PDANE_STARTTLS_FAILED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        static struct talk whole, pieces;
        struct fuzz_input in = {data, len};
        uint8_t first = fuzz_u8(&in);
        enum pdane_starttls_protocol protocol =
                first < 0xf0 ? PDANE_STARTTLS_NONE + first % 7u : (unsigned)first;
        size_t piece = 1u + fuzz_u8(&in);
        char *host = fuzz_string(fuzz_take(&in, fuzz_u8(&in)));
        unsigned ports[] = {25, 110, 143, 389, 443, 587, 5222};

        for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
                FUZZ_CHECK((pdane_starttls_for_port((uint16_t)ports[i]) == PDANE_STARTTLS_NONE) ==
                           (ports[i] == 443));
        play(&whole, protocol, host, SAID_MAX, in);
        play(&pieces, protocol, host, piece, in);
        FUZZ_CHECK(whole.s.state == pieces.s.state && strcmp(whole.s.why, pieces.s.why) == 0);
        FUZZ_CHECK(whole.n_said == pieces.n_said &&
                   memcmp(whole.said, pieces.said, whole.n_said) == 0);
        if (whole.s.state == PDANE_STARTTLS_TLS)
                check_end(&whole, protocol, in);
        free(host);
        return 0;
}
