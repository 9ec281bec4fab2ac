/* SPDX-License-Identifier: BSD-3-Clause */
/* dot reads the text from a pipe and writes into our file; what it complains about comes back by
 * another pipe, whose end is its own. No shell, and an environment that is ours. */
#include "cli/graph_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/text.h"

#define WAIT_STEP_MS 20

struct work {
        const char *form, *programs;
        const char *text; /* what is left to be told */
        size_t len;
        int64_t deadline;
        int out;        /* the file */
        int to, from;   /* our ends of the pipes; -1 closed */
        pid_t pid;      /* 0: none */
        char said[160]; /* how dot complained, its beginning */
        size_t n_said;
        char *error;
};

static int __attribute__((format(printf, 3, 4)))
fail(const struct work *w, int r, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(w->error, PDANE_GRAPH_ERROR_MAX, format, ap);
        va_end(ap);
        return r;
}

static void
close_end(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

const char *
pdane_graph_form(const char *path)
{
        static const char *const forms[] = {"dot", "svg", "png"};
        const char *base = strrchr(path, '/');
        const char *end = strrchr(path, '.');

        base = base ? base + 1 : path;
        for (size_t i = 0; end && end > base && i < sizeof(forms) / sizeof(*forms); i++)
                if (strcmp(end + 1, forms[i]) == 0)
                        return forms[i];
        return NULL;
}

/* ---- the child ---- */

static int
find_program(const struct work *w, char *ret, size_t cap)
{
        for (const char *p = w->programs; *p;) {
                size_t n = strcspn(p, ":");

                snprintf(ret, cap, "%.*s/dot", (int)n, p);
                if (access(ret, X_OK) == 0)
                        return 0;
                p += n + (p[n] == ':');
        }
        return fail(w, -ENOENT,
                    "there is no program dot: install the package graphviz, or name a file that "
                    "ends in .dot");
}

static int
start(struct work *w, const char *program, int in, int complaints)
{
        char kind[8], home[256], *env[] = {(char[]){"LC_ALL=C"}, home, NULL};
        char *argv[] = {(char[]){"dot"}, kind, NULL};
        const char *user_home = getenv("HOME");
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attr;
        sigset_t defaults;
        int r;

        snprintf(kind, sizeof(kind), "-T%s", w->form);
        /* For the caches of fonts. */
        snprintf(home, sizeof(home), "HOME=%s", user_home ? user_home : "/");
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        if (posix_spawn_file_actions_init(&files) != 0)
                return -ENOMEM;
        if (posix_spawnattr_init(&attr) != 0) {
                posix_spawn_file_actions_destroy(&files);
                return -ENOMEM;
        }
        r = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&files, w->out, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&files, complaints, STDERR_FILENO);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(&attr, &defaults);
        if (r == 0)
                r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
        if (r == 0)
                r = posix_spawn(&w->pid, program, &files, &attr, argv, env);
        if (r != 0)
                w->pid = 0;
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attr);
        return -r;
}

/* Descriptors 0 to 2 are open, or a pipe's end could be one of those that dup2 makes. */
static int
start_with_pipes(struct work *w, const char *program)
{
        int in[2] = {-1, -1}, complaints[2] = {-1, -1};
        int r = pipe2(in, O_CLOEXEC) < 0 || pipe2(complaints, O_CLOEXEC) < 0 ? -errno : 0;

        if (r == 0)
                r = start(w, program, in[0], complaints[1]);
        close_end(&in[0]);
        close_end(&complaints[1]);
        w->to = in[1];
        w->from = complaints[0];
        if (r == 0 && fcntl(w->to, F_SETFL, O_NONBLOCK) < 0)
                r = -errno;
        return r < 0 ? fail(w, r, "%s: %s", program, strerror(-r)) : 0;
}

static void
tell(struct work *w)
{
        ssize_t n = write(w->to, w->text, w->len);

        if (n > 0) {
                w->text += n;
                w->len -= (size_t)n;
        }
        if (w->len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                close_end(&w->to); /* a dot that ends early says why by its status */
}

static void
listen_to(struct work *w)
{
        char buf[512];
        ssize_t n = read(w->from, buf, sizeof(buf));
        size_t room = sizeof(w->said) - 1 - w->n_said;

        if (n == 0 || (n < 0 && errno != EINTR)) {
                close_end(&w->from);
                return;
        }
        if (n > 0) {
                size_t keep = (size_t)n < room ? (size_t)n : room;

                memcpy(w->said + w->n_said, buf, keep);
                w->n_said += keep;
        }
}

static void
talk(struct work *w)
{
        while (w->from >= 0) {
                struct pollfd fds[2] = {{.fd = w->from, .events = POLLIN},
                                        {.fd = w->to, .events = POLLOUT}};
                int64_t left = w->deadline - pdane_cli_now_ms();

                if (left <= 0)
                        return;
                if (poll(fds, 2, (int)left) <= 0)
                        continue;
                if (fds[1].revents)
                        tell(w);
                if (fds[0].revents)
                        listen_to(w);
        }
}

/* Its wait status, by the deadline; -ETIMEDOUT: it had to be ended. */
static int
reap(struct work *w)
{
        const struct timespec step = {0, WAIT_STEP_MS * 1000000L};
        int status = 0;
        pid_t r;

        while ((r = waitpid(w->pid, &status, WNOHANG)) == 0 && pdane_cli_now_ms() < w->deadline)
                nanosleep(&step, NULL);
        if (r == w->pid)
                return status;
        kill(w->pid, SIGKILL);
        waitpid(w->pid, &status, 0);
        return -ETIMEDOUT;
}

static int
draw(struct work *w)
{
        char program[512], shown[PDANE_CLI_SHOWN_MAX];
        struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
        int r = find_program(w, program, sizeof(program));
        int status;

        if (r < 0)
                return r;
        sigaction(SIGPIPE, &ignore, &before);
        r = start_with_pipes(w, program);
        if (r == 0)
                talk(w);
        close_end(&w->to);
        close_end(&w->from);
        status = w->pid ? reap(w) : 0;
        sigaction(SIGPIPE, &before, NULL);
        if (r < 0)
                return r;
        if (status == -ETIMEDOUT)
                return fail(w, status, "%s takes too long", program);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return fail(w, -EIO, "%s failed: %s", program,
                            *w->said ? pdane_cli_show(w->said, shown, sizeof(shown))
                                     : "it does not say why");
        return 0;
}

/* ---- the file ---- */

static int
write_all(const struct work *w)
{
        const char *at = w->text;

        for (size_t left = w->len; left > 0;) {
                ssize_t n = write(w->out, at, left);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                at += n;
                left -= (size_t)n;
        }
        return 0;
}

static int
fill(struct work *w, const char *temporary, const char *path)
{
        const mode_t mask = umask(0);
        int r;

        umask(mask);
        if (fchmod(w->out, 0666 & ~mask) < 0)
                return fail(w, -errno, "%s: %s", temporary, strerror(errno));
        r = strcmp(w->form, "dot") == 0 ? write_all(w) : draw(w);
        if (r < 0 && !*w->error)
                return fail(w, r, "%s: %s", temporary, strerror(-r));
        if (r == 0 && rename(temporary, path) < 0)
                r = fail(w, -errno, "%s", strerror(errno));
        return r;
}

int
pdane_graph_write(const char *path, const char *text, size_t len, const char *programs,
                  int timeout_ms, char error[PDANE_GRAPH_ERROR_MAX])
{
        struct work w = {.form = pdane_graph_form(path),
                         .programs = programs,
                         .text = text,
                         .len = len,
                         .deadline = pdane_cli_now_ms() + timeout_ms,
                         .to = -1,
                         .from = -1,
                         .error = error};
        char *temporary = NULL;
        int r;

        error[0] = '\0';
        if (!w.form)
                return fail(&w, -EINVAL, "neither .dot nor .svg nor .png");
        if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
                return fail(&w, -ENOMEM, "%s", strerror(ENOMEM));
        w.out = mkostemp(temporary, O_CLOEXEC);
        if (w.out < 0) {
                r = fail(&w, -errno, "%s", strerror(errno));
                free(temporary);
                return r;
        }
        r = fill(&w, temporary, path);
        close(w.out);
        if (r < 0)
                unlink(temporary);
        free(temporary);
        return r;
}
