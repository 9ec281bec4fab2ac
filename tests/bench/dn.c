/* SPDX-License-Identifier: BSD-3-Clause */
#include "dn.h"

#include <string.h>

size_t
bench_dn(uint8_t to[BENCH_DN_MAX], const char *cn)
{
        size_t n = strlen(cn);
        const uint8_t head[] = {0x30,      (uint8_t)(n + 11),
                                0x31,      (uint8_t)(n + 9),
                                0x30,      (uint8_t)(n + 7),
                                0x06,      3,
                                0x55,      4,
                                3,         0x0c,
                                (uint8_t)n};

        if (n > 100)
                return 0;
        memcpy(to, head, sizeof(head));
        memcpy(to + sizeof(head), cn, n);
        return sizeof(head) + n;
}

size_t
bench_serial(uint8_t to[BENCH_SERIAL_MAX], uint32_t value)
{
        size_t n = 0;

        for (int shift = 24; shift >= 0; shift -= 8) {
                uint8_t octet = (uint8_t)(value >> shift);

                if (n == 0 && octet == 0 && shift > 0)
                        continue;
                if (n == 0 && octet >= 0x80)
                        to[2 + n++] = 0;
                to[2 + n++] = octet;
        }
        to[0] = 0x02;
        to[1] = (uint8_t)n;
        return n + 2;
}
