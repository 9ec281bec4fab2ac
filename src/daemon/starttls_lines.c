/* SPDX-License-Identifier: BSD-3-Clause */
/* The replies of SMTP, IMAP and POP3: lines of printable ASCII that end in CR LF. */
#include "daemon/starttls_impl.h"

#include <string.h>
#include <strings.h>

enum line_verdict {
        LINE_GARBAGE = 0,
        LINE_NO,   /* the server refuses */
        LINE_MORE, /* the reply goes on */
        LINE_LAST, /* the reply is whole, and positive */
};

/* The word that starts at from, up to a space or the line's end. */
static bool
word_is(const struct pdane_starttls *s, size_t from, const char *word)
{
        size_t len = strlen(word);
        return s->n >= from && s->n - from >= len &&
               strncasecmp((const char *)s->line + from, word, len) == 0 &&
               (s->n == from + len || s->line[from + len] == ' ');
}

static bool
has_word(const struct pdane_starttls *s, const char *word)
{
        for (size_t i = 1; i < s->n; i++)
                if (s->line[i - 1] == ' ' && word_is(s, i, word))
                        return true;
        return false;
}

/* RFC 5321 section 4.2: a code, then "-" when more follows. A keyword per line after the first. */
static enum line_verdict
smtp_line(struct pdane_starttls *s)
{
        static const char *const codes[] = {"220", "250", "220"};
        if (s->n < 3 || (s->n > 3 && s->line[3] != ' ' && s->line[3] != '-'))
                return LINE_GARBAGE;
        if (memcmp(s->line, codes[s->stage], 3) != 0)
                return s->line[0] == '4' || s->line[0] == '5' ? LINE_NO : LINE_GARBAGE;
        if (s->stage == PDANE_STAGE_OFFER && s->reply_lines > 0 && word_is(s, 4, "STARTTLS"))
                s->offered = true;
        return s->n > 3 && s->line[3] == '-' ? LINE_MORE : LINE_LAST;
}

/* RFC 3501 section 7. A greeting of PREAUTH leaves no way to TLS (section 6.2.1). */
static enum line_verdict
imap_line(struct pdane_starttls *s)
{
        static const char *const tags[] = {"*", "a", "b"};
        if (word_is(s, 0, tags[s->stage])) {
                if (word_is(s, 2, "OK"))
                        return LINE_LAST;
                if (s->stage == PDANE_STAGE_GREETING)
                        return word_is(s, 2, "BYE") || word_is(s, 2, "PREAUTH") ? LINE_NO
                                                                                : LINE_GARBAGE;
                return word_is(s, 2, "NO") || word_is(s, 2, "BAD") ? LINE_NO : LINE_GARBAGE;
        }
        if (s->n < 3 || !word_is(s, 0, "*"))
                return LINE_GARBAGE;
        if (word_is(s, 2, "BYE"))
                return LINE_NO;
        if (word_is(s, 2, "CAPABILITY") && has_word(s, "STARTTLS"))
                s->offered = true;
        return LINE_MORE;
}

/* RFC 1939 section 3; the list of CAPA ends with a dot (RFC 2449). */
static enum line_verdict
pop3_line(struct pdane_starttls *s)
{
        if (s->stage == PDANE_STAGE_OFFER && s->reply_lines > 0) {
                if (word_is(s, 0, "STLS"))
                        s->offered = true;
                return s->n == 1 && s->line[0] == '.' ? LINE_LAST : LINE_MORE;
        }
        if (word_is(s, 0, "+OK"))
                return s->stage == PDANE_STAGE_OFFER ? LINE_MORE : LINE_LAST;
        return word_is(s, 0, "-ERR") ? LINE_NO : LINE_GARBAGE;
}

static void
line_whole(struct pdane_starttls *s, enum line_verdict verdict)
{
        s->reply_lines++;
        s->n = 0;
        s->cr = false;
        if (!pdane_starttls_count_line(s))
                return;
        switch (verdict) {
        case LINE_MORE:
                break;
        case LINE_LAST:
                pdane_starttls_stage_over(s);
                break;
        case LINE_NO:
                pdane_starttls_fail(s, "refused");
                break;
        case LINE_GARBAGE:
        default:
                pdane_starttls_fail(s, "unexpected reply");
                break;
        }
}

static void
take_byte(struct pdane_starttls *s, uint8_t c, enum line_verdict (*judge)(struct pdane_starttls *))
{
        if (s->cr && c == '\n')
                line_whole(s, judge(s));
        else if (s->cr || (c != '\t' && c != '\r' && (c < 0x20 || c > 0x7e)))
                pdane_starttls_fail(s, "not text");
        else if (c == '\r')
                s->cr = true;
        else
                (void)pdane_starttls_keep(s, c);
}

void
pdane_starttls_smtp_byte(struct pdane_starttls *s, uint8_t c)
{
        take_byte(s, c, smtp_line);
}

void
pdane_starttls_imap_byte(struct pdane_starttls *s, uint8_t c)
{
        take_byte(s, c, imap_line);
}

void
pdane_starttls_pop3_byte(struct pdane_starttls *s, uint8_t c)
{
        take_byte(s, c, pop3_line);
}
