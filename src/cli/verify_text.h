/* SPDX-License-Identifier: BSD-3-Clause */
/* Between verify.c and verify_text.c only: a judgement as text for people and as JSON. */
#ifndef PDANE_CLI_VERIFY_TEXT_H
#define PDANE_CLI_VERIFY_TEXT_H

#include "trust/judge.h"

void pdane_cli_verify_text(const struct pdane_judge_question *q, const struct pdane_judgement *j);
void pdane_cli_verify_json(const struct pdane_judgement *j);

#endif
