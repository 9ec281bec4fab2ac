/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs one target over files: those named, all in the directories named, or standard input when
 * nothing is. Stands in for libFuzzer where there is none, and is what AFL wants (afl-fuzz ... --
 * fuzz_NAME @@). No input at all is a failure.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 22)

#pragma weak LLVMFuzzerInitialize

static size_t inputs;

/* In memory of exactly its size, so that a sanitizer sees the first byte too many. */
static void
run(FILE *f, const char *name)
{
        uint8_t *room = malloc(INPUT_MAX), *exact;
        size_t len;

        FUZZ_CHECK(room);
        len = fread(room, 1, INPUT_MAX, f);
        if (ferror(f)) {
                fprintf(stderr, "%s: %s\n", name, strerror(errno));
                exit(2);
        }
        exact = malloc(len > 0 ? len : 1);
        FUZZ_CHECK(exact);
        memcpy(exact, room, len);
        free(room);
        if (getenv("FUZZ_VERBOSE"))
                fprintf(stderr, "%s\n", name);
        (void)LLVMFuzzerTestOneInput(exact, len);
        free(exact);
        inputs++;
}

static void
run_file(const char *path)
{
        FILE *f = fopen(path, "re");

        if (!f) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                exit(2);
        }
        run(f, path);
        fclose(f);
}

static void
run_directory(const char *path)
{
        struct dirent **entries;
        int n = scandir(path, &entries, NULL, alphasort);

        FUZZ_CHECK(n >= 0);
        for (int i = 0; i < n; i++) {
                char *name;

                if (entries[i]->d_name[0] != '.') {
                        FUZZ_CHECK(asprintf(&name, "%s/%s", path, entries[i]->d_name) > 0);
                        run_file(name);
                        free(name);
                }
                free(entries[i]);
        }
        free(entries);
}

static void
run_path(const char *path)
{
        struct stat st;

        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
                run_directory(path);
        else
                run_file(path);
}

int
main(int argc, char **argv)
{
        if (LLVMFuzzerInitialize)
                (void)LLVMFuzzerInitialize(&argc, &argv);
        if (argc < 2)
                run(stdin, "standard input");
        for (int i = 1; i < argc; i++)
                run_path(argv[i]);
        printf("%zu inputs\n", inputs);
        return inputs > 0 ? 0 : 1;
}
