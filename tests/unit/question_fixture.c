/* SPDX-License-Identifier: BSD-3-Clause */
#include "question_fixture.h"

struct pdane_question_env env;
uint8_t reply[PDANE_WIRE_MAX_REPLY];
size_t reply_len;
struct pdane_waiting *waiting;
uint32_t wait_ms;
unsigned done_count;
struct pdane_answer late;

void
on_done(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        done_count++;
        assert_true(len <= sizeof reply);
        memcpy(reply, data, len);
        assert_int_equal(pdane_answer_decode(reply, len, &late), 0);
        waiting = NULL;
}

int
question_setup(void **state)
{
        int r = core_setup(state);
        env = core_questions();
        done_count = 0;
        waiting = NULL;
        memset(&late, 0, sizeof late);
        return r;
}

struct pdane_question
question(void)
{
        return (struct pdane_question){.client = PDANE_CLIENT_NSS,
                                       .issuer = pdane_cert_issuer(core.leaf),
                                       .serial = pdane_cert_serial(core.leaf)};
}

/* Asks; an answer that came at once is in *ret. True when it did. */
bool
ask(struct pdane_question q, struct pdane_answer *ret)
{
        assert_int_equal(pdane_question_ask(&env, ME, &q, reply, sizeof reply, &reply_len, &waiting,
                                            &wait_ms, on_done, NULL),
                         0);
        assert_int_equal(done_count, 0);
        if (waiting)
                return false;
        assert_int_equal(pdane_answer_decode(reply, reply_len, ret), 0);
        return true;
}

/* Runs until the waiting question is answered; its own timers are real, so they are kept short. */
void
run_until_done(void)
{
        for (int i = 0; i < 1000 && done_count == 0; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(done_count, 1);
}

static void
on_hint_done(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        assert_int_equal(len, 0);
        done_count++;
        waiting = NULL;
}

void
hint(uid_t uid, const char *host, bool wait)
{
        struct pdane_name name;
        assert_int_equal(pdane_host_parse(host, strlen(host), &name), 0);
        assert_int_equal(pdane_question_hint(&env, uid, &name, &waiting, &wait_ms,
                                             wait ? on_hint_done : NULL, NULL),
                         0);
}
