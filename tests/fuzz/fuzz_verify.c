/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-dane verify, command line and all (verify.c, verify_text.c, judge.c, judge_client.c): a scene
 * (scene.h) as files and options, and its verdict against scene_oracle.c. First byte: bit 0 JSON,
 * bit 1 options from the input instead; second: how many hosts, which follow; then the scene.
 */
#include "fuzz.h"

#include <getopt.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "cli/cli.h"
#include "scene.h"

#define ARGUMENTS_MAX 40u

struct command {
        int argc;
        char *argv[ARGUMENTS_MAX + 1]; /* owned */
};

static void
add(struct command *c, const char *text)
{
        FUZZ_CHECK((unsigned)c->argc < ARGUMENTS_MAX);
        c->argv[c->argc] = strdup(text);
        FUZZ_CHECK(c->argv[c->argc++]);
        c->argv[c->argc] = NULL;
}

static void
add_record(struct command *c, const struct scene_record *r)
{
        char *text = malloc(16 + 2 * r->len);
        size_t at;

        FUZZ_CHECK(text);
        at = (size_t)sprintf(text, "%u %u %u ", r->usage, r->selector, r->matching);
        for (size_t i = 3; i < r->len; i++)
                at += (size_t)sprintf(text + at, "%02x", r->rdata[i]);
        add(c, "--tlsa");
        add(c, text);
        free(text);
}

/* The certificates in PEM, as the server would send them. */
static int
chain_file(const struct scene *s, char path[static 32])
{
        BIO *bio = BIO_new(BIO_s_mem());
        char *text;
        long n;
        int fd;

        FUZZ_CHECK(bio);
        for (size_t i = 0; i < s->n_sent; i++)
                FUZZ_CHECK(PEM_write_bio_X509(bio, s->certs[i].x));
        n = BIO_get_mem_data(bio, &text);
        fd = fuzz_file((struct fuzz_input){(const uint8_t *)text, (size_t)n}, path);
        BIO_free(bio);
        return fd;
}

/* Of what the command was told: secure records, all the same, at every host once. */
static void
set_proofs(struct scene *s, const unsigned *hosts, size_t n_hosts)
{
        s->n_proofs = 0;
        for (size_t i = 0; i < n_hosts; i++) {
                const struct scene_name *n = &scene_names[hosts[i]];
                struct pdane_proof p = {.name.wildcard = n->wildcard,
                                        .tlsa_verdict = PDANE_DNS_SECURE,
                                        .tlsa = s->sets[0].tlsa,
                                        .synthesised = n->wildcard,
                                        .not_after = SCENE_NOW + 3600};
                size_t k;

                snprintf(p.name.text, sizeof p.name.text, "%s", n->normal);
                snprintf(p.asked, sizeof p.asked, "%s%s", n->wildcard ? "x." : "", n->normal);
                for (k = 0; k < s->n_proofs; k++)
                        if (pdane_name_equal(&s->proofs[k].name, &p.name))
                                break;
                if (k < s->n_proofs)
                        continue;
                s->proof_names[s->n_proofs] = hosts[i];
                s->proof_sets[s->n_proofs] = 0;
                s->proofs[s->n_proofs++] = p;
        }
        s->host = scene_names[hosts[0]].normal;
}

static int
run(struct command *c, char **ret_out)
{
        FILE *out = stdout, *err = stderr;
        size_t n_out, n_err;
        char *said;
        int status;

        *ret_out = NULL;
        stdout = open_memstream(ret_out, &n_out);
        stderr = open_memstream(&said, &n_err);
        FUZZ_CHECK(stdout && stderr);
        optind = 0;
        status = pdane_cli_verify.run(&pdane_cli_verify, c->argc, c->argv);
        fclose(stdout);
        fclose(stderr);
        stdout = out;
        stderr = err;
        for (size_t i = 0; i < n_err; i++)
                FUZZ_CHECK(said[i] == '\n' || (said[i] >= 0x20 && said[i] < 0x7f));
        for (size_t i = 0; i < n_out; i++)
                FUZZ_CHECK((*ret_out)[i] == '\n' ||
                           ((*ret_out)[i] >= 0x20 && (*ret_out)[i] < 0x7f));
        FUZZ_CHECK((n_err > 0) == (status == PDANE_CLI_USAGE || status == PDANE_CLI_SOFTWARE));
        free(said);
        return status;
}

static void
finish(struct command *c)
{
        for (int i = 0; i < c->argc; i++)
                free(c->argv[i]);
}

/* Braces and brackets, outside of strings, in pairs. */
static void
check_json(const char *text)
{
        int depth = 0;
        bool quoted = false;

        for (const char *p = text; *p; p++) {
                if (quoted && *p == '\\')
                        p++;
                else if (*p == '"')
                        quoted = !quoted;
                else if (!quoted)
                        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
                FUZZ_CHECK(depth >= 0 && *p);
        }
        FUZZ_CHECK(depth == 0 && !quoted && text[0] == '{');
}

static void
verify_scene(bool json, struct fuzz_input in)
{
        struct command c = {0};
        unsigned hosts[SCENE_PROOFS_MAX];
        size_t n_hosts = 1u + fuzz_pick(&in, SCENE_PROOFS_MAX);
        char path[32], *out;
        struct scene *s;
        int fd, status;

        for (size_t i = 0; i < n_hosts; i++) {
                hosts[i] = fuzz_pick(&in, (unsigned)scene_n_names);
                if (!scene_names[hosts[i]].normal || (i == 0 && scene_names[hosts[0]].wildcard))
                        hosts[i] = 0;
        }
        s = scene_new(&in);
        set_proofs(s, hosts, n_hosts);
        s->reserved_dn = SCENE_KEYS; /* offline there is no store */
        add(&c, "verify");
        for (size_t i = 0; i < n_hosts; i++) {
                add(&c, "--host");
                add(&c, scene_names[hosts[i]].text);
        }
        for (size_t i = 0; i < s->sets[0].n; i++)
                add_record(&c, &s->sets[0].records[i]);
        add(&c, "--time");
        add(&c, "1800000000");
        if (json)
                add(&c, "--json");
        fd = chain_file(s, path);
        add(&c, path);
        status = run(&c, &out);
        close(fd);
        if (s->sets[0].n == 0 || s->n_sent == 0)
                FUZZ_CHECK(status == PDANE_CLI_USAGE);
        else
                FUZZ_CHECK(status == PDANE_CLI_OK || status == PDANE_CLI_SOME_REFUSE ||
                           status == PDANE_CLI_NO_MATCH);
        if (status == PDANE_CLI_OK && s->policy.dn_reserved)
                FUZZ_CHECK(scene_may_accept(s));
        if (json && status <= PDANE_CLI_NO_MATCH)
                check_json(out);
        free(out);
        finish(&c);
        scene_free(s);
}

static void
verify_words(struct fuzz_input in)
{
        static const char *const words[] = {
                "--host",       "--tlsa", "--time", "--json", "--help",       "--h", "--",
                "host.example", "-",      "-x",     "3 1 1",  "/nonexistent", "",    "--json=x"};
        struct command c = {0};
        unsigned n = fuzz_pick(&in, ARGUMENTS_MAX);
        char *out;
        int status;

        add(&c, "verify");
        for (unsigned i = 1; i < n; i++) {
                uint8_t kind = fuzz_u8(&in);
                char *own;

                if (kind & 0x80) {
                        own = fuzz_string(fuzz_blob(&in));
                        add(&c, own);
                        free(own);
                } else {
                        add(&c, words[kind % (sizeof words / sizeof *words)]);
                }
        }
        status = run(&c, &out);
        FUZZ_CHECK(status == PDANE_CLI_OK || status == PDANE_CLI_USAGE);
        FUZZ_CHECK(status != PDANE_CLI_OK || strstr(out, "usage:"));
        free(out);
        finish(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        uint8_t how = fuzz_u8(&in);

        if (how & 2)
                verify_words(in);
        else
                verify_scene(how & 1, in);
        FUZZ_CHECK(ERR_peek_error() == 0);
        ERR_clear_error();
        return 0;
}
