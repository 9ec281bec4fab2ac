/* SPDX-License-Identifier: BSD-3-Clause */
/* Mappings with walls around them, and forged tables. */
#include "table_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#if defined(__has_include)
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define PAGE 4096u
#define WALL ((size_t)4 << 20) /* more than the largest table */
#define MAPPINGS 8u

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __real_fstat(int fd, struct stat *ret);
int __real_memfd_create(const char *name, unsigned flags);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_fstat(int fd, struct stat *ret);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_memfd_create(const char *name, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t n, unsigned flags);

static struct {
        char *at; /* NULL: free */
        size_t size;
} mappings[MAPPINGS];
static bool on;
static size_t calls;
static uint64_t random_state;

size_t
table_memory_calls(void)
{
        return calls;
}

void
table_memory_begin(void)
{
        random_state = 0;
        on = true;
}

void
table_memory_end(void)
{
        on = false;
        for (unsigned i = 0; i < MAPPINGS; i++)
                FUZZ_CHECK(!mappings[i].at);
}

static size_t
whole_pages(size_t size)
{
        return (size + PAGE - 1) / PAGE * PAGE;
}

static int
fail(int error)
{
        errno = error;
        return -1;
}

/* A page before and a wall behind are nobody's; nor is what the last page has too much. */
void *
__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
        size_t whole = whole_pages(size);
        unsigned i = 0;
        char *room;

        if (!on)
                return __real_mmap(at, size, protection, flags, fd, offset);
        FUZZ_CHECK(!at && flags == MAP_SHARED && fd >= 0 && offset == 0 && size > 0);
        calls++;
        while (mappings[i].at)
                FUZZ_CHECK(++i < MAPPINGS);
        if (fuzz_fault()) {
                errno = ENOMEM;
                return MAP_FAILED;
        }
        room = __real_mmap(NULL, PAGE + whole + WALL, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        FUZZ_CHECK(room != MAP_FAILED && __real_mmap(room + PAGE, size, protection,
                                                     flags | MAP_FIXED, fd, 0) == room + PAGE);
        ASAN_POISON_MEMORY_REGION(room + PAGE + size, whole - size);
        mappings[i].at = room + PAGE;
        mappings[i].size = size;
        return room + PAGE;
}

int
__wrap_munmap(void *at, size_t size)
{
        size_t whole = whole_pages(size);
        unsigned i = 0;

        if (!on)
                return __real_munmap(at, size);
        calls++;
        while (mappings[i].at != at)
                FUZZ_CHECK(++i < MAPPINGS);
        FUZZ_CHECK(mappings[i].size == size);
        mappings[i].at = NULL;
        ASAN_UNPOISON_MEMORY_REGION((char *)at + size, whole - size);
        return __real_munmap((char *)at - PAGE, PAGE + whole + WALL);
}

/* One that fails may have written, too. */
int
__wrap_fstat(int fd, struct stat *ret)
{
        int r = __real_fstat(fd, ret);

        calls++;
        return fuzz_fault() ? fail(EIO) : r;
}

int
__wrap_fcntl(int fd, int command, ...)
{
        va_list arguments;
        void *argument;

        va_start(arguments, command);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        if (!on)
                return __real_fcntl(fd, command, argument);
        calls++;
        FUZZ_CHECK(command == F_ADD_SEALS || command == F_GET_SEALS);
        return fuzz_fault() ? fail(EINVAL) : __real_fcntl(fd, command, argument);
}

int
__wrap_memfd_create(const char *name, unsigned flags)
{
        return fuzz_fault() ? fail(EMFILE) : __real_memfd_create(name, flags);
}

/* The same ones for the same input, no two alike. */
ssize_t
__wrap_getrandom(void *to, size_t n, unsigned flags)
{
        uint8_t *at = to;

        FUZZ_CHECK(flags == 0);
        if (fuzz_fault())
                return fail(ENOSYS);
        for (size_t i = 0; i < n; i++) {
                random_state = random_state * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(random_state >> 56);
        }
        return (ssize_t)n;
}

uint64_t
table_memory_id(int fd)
{
        struct stat st;

        FUZZ_CHECK(__real_fstat(fd, &st) == 0);
        return st.st_ino;
}

/* ---- forged tables ---- */

/* How large: as its head says, some bytes more or less, or anything at all. */
static size_t
read_size(struct fuzz_input *in, uint64_t bits)
{
        size_t as_said = sizeof(struct pdane_table) +
                         (size_t)(bits <= 2u * PDANE_TABLE_BITS_MAX ? bits / 8 : 0);

        switch (fuzz_u8(in)) {
        case 1:
                return as_said + (fuzz_u8(in) & 0x7f);
        case 2:
                return as_said - (fuzz_u8(in) & 0x3f);
        case 3:
                return fuzz_u32(in) % (5u << 20);
        case 4:
                return 0;
        default:
                return as_said;
        }
}

static const int all_seals[] = {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_FUTURE_WRITE};

static void
seal(struct table_forged *f, uint8_t missing)
{
        int seals = 0;

        for (unsigned i = 0; i < 4; i++)
                seals |= missing & 1u << i ? 0 : all_seals[i];
        f->sealed = (missing & 7) == 0;
        FUZZ_CHECK(seals == 0 || __real_fcntl(f->fd, F_ADD_SEALS, seals) == 0);
}

void
table_forge(struct fuzz_input *in, uint64_t now_ms, struct table_forged *ret)
{
        struct pdane_table head = {.magic = PDANE_TABLE_MAGIC, .bits = PDANE_TABLE_BITS_MIN};
        uint8_t kind = fuzz_u8(in), missing;
        struct fuzz_input own;

        *ret = (struct table_forged){.fd = -1};
        if (kind == 0xff) {
                ret->fd = open(fuzz_u8(in) & 1 ? "/dev/null" : "/proc/self/maps",
                               O_RDONLY | O_CLOEXEC);
                return;
        }
        missing = fuzz_u8(in);
        head.epoch = 1;
        head.no_until_ms = now_ms + 500;
        own = fuzz_take(in, fuzz_u8(in));
        if (own.len > 0)
                memcpy(&head, own.data, own.len < sizeof head ? own.len : sizeof head);
        ret->size = read_size(in, head.bits);
        ret->fd = __real_memfd_create("table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        FUZZ_CHECK(ret->fd >= 0 && ftruncate(ret->fd, (off_t)ret->size) == 0);
        if (ret->size > 0) {
                ret->table = __real_mmap(NULL, ret->size, PROT_READ | PROT_WRITE, MAP_SHARED,
                                         ret->fd, 0);
                FUZZ_CHECK(ret->table != MAP_FAILED);
                memcpy(ret->table, &head, ret->size < sizeof head ? ret->size : sizeof head);
        }
        if (kind & 1 && ret->size > sizeof head)
                memset(ret->table->filter, 0xff, ret->size - sizeof head);
        seal(ret, missing);
}

bool
table_forged_good(const struct table_forged *f)
{
        uint64_t bits = 65536;

        if (!f->sealed || f->size < 64 || f->table->magic != PDANE_TABLE_MAGIC)
                return false;
        while (bits < 16777216 && bits != f->table->bits)
                bits *= 2;
        return bits == f->table->bits && f->size == 64 + bits / 8;
}

/* A word of the head, or any other. */
void
table_forged_scribble(struct table_forged *f, struct fuzz_input *in)
{
        size_t words = f->size / 8, at = fuzz_u8(in);
        uint64_t value = fuzz_u32(in);

        at = at < 0x80 ? at % 8 : fuzz_u16(in);
        if (f->table && at < words)
                atomic_store((_Atomic uint64_t *)f->table + at, value << 32 | value);
}

void
table_forged_free(struct table_forged *f)
{
        if (f->table)
                __real_munmap(f->table, f->size);
        if (f->fd >= 0)
                close(f->fd);
        *f = (struct table_forged){.fd = -1};
}
