/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network that is far away, inside a network namespace whose kernel has no netem: packets that
 * are routed to a TUN device come back from it later, with other addresses, so that the kernel
 * takes them for somebody else's. All of a connection is late, TCP's handshake too.
 *
 * usage: bench_cold_wire DEVICE MILLISECONDS   (the device exists; MILLISECONDS: there and back)
 *
 * Second octet of the addresses 10.x.y.z: 64 and 53 are this machine's, the client's and the
 * server's; 74 and 63 are what the other side knows them by. 64 + 63 = 74 + 53, so that no checksum
 * changes. Prints "ready"; ends when its standard input does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define QUEUE 8192u
#define PACKET_MAX 2048u
#define IP4_HEADER 20u
#define SOURCE 13 /* the second octet of the source address */
#define TARGET 17

static struct late {
        double due;
        size_t len;
        uint8_t bytes[PACKET_MAX];
} queue[QUEUE];
static size_t first, count;

static int
open_tun(const char *device)
{
        struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
        int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

        snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
        if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
                bench_fail("/dev/net/tun");
        return fd;
}

static uint8_t
other_side(uint8_t octet)
{
        switch (octet) {
        case 64:
                return 74;
        case 63:
                return 53;
        case 53:
                return 63;
        case 74:
                return 64;
        default:
                return 0;
        }
}

/* False for a packet that is none of these. */
static bool
carry_over(uint8_t *packet, size_t len)
{
        if (len < IP4_HEADER || packet[0] >> 4 != 4)
                return false;
        packet[SOURCE] = other_side(packet[SOURCE]);
        packet[TARGET] = other_side(packet[TARGET]);
        return packet[SOURCE] && packet[TARGET];
}

static void
take_packets(int fd, double delay_us)
{
        while (count < QUEUE) {
                struct late *l = &queue[(first + count) % QUEUE];
                ssize_t n = read(fd, l->bytes, sizeof(l->bytes));

                if (n < 0 && errno == EAGAIN)
                        return;
                if (n < 0)
                        bench_fail("read");
                l->due = bench_now_us() + delay_us;
                l->len = (size_t)n;
                if (carry_over(l->bytes, l->len))
                        count++;
        }
}

static void
deliver(int fd)
{
        double now = bench_now_us();

        for (; count > 0 && queue[first].due <= now; count--) {
                if (write(fd, queue[first].bytes, queue[first].len) < 0 && errno != EAGAIN &&
                    errno != EINVAL)
                        bench_fail("write");
                first = (first + 1) % QUEUE;
        }
}

static void
wait_for(struct pollfd *fds)
{
        double left = count ? queue[first].due - bench_now_us() : 1e6;
        struct timespec t = {0};

        if (left > 0) {
                t.tv_sec = (time_t)(left / 1e6);
                t.tv_nsec = (long)((left - (double)t.tv_sec * 1e6) * 1e3);
        }
        if (ppoll(fds, 2, &t, NULL) < 0 && errno != EINTR)
                bench_fail("poll");
}

int
main(int argc, char **argv)
{
        double delay_us;

        if (argc != 3) {
                fprintf(stderr, "usage: bench_cold_wire DEVICE MILLISECONDS\n");
                return 64;
        }
        delay_us = strtod(argv[2], NULL) * 1e3 / 2;
        struct pollfd fds[2] = {{.fd = open_tun(argv[1]), .events = POLLIN},
                                {.fd = STDIN_FILENO, .events = POLLIN}};
        puts("ready");
        fflush(stdout);
        while (!fds[1].revents) {
                wait_for(fds);
                take_packets(fds[0].fd, delay_us);
                deliver(fds[0].fd);
        }
        return 0;
}
