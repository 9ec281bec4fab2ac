/* SPDX-License-Identifier: BSD-3-Clause */
/* One question, one answer. A reply too long for UDP is cut to its header with TC set. */
#include "dns_server.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UDP_MAX 1232
#define MUST(ok)                                                                                   \
        do {                                                                                       \
                if (!(ok)) {                                                                       \
                        fprintf(stderr, "dns_server.c:%d: %s\n", __LINE__, #ok);                   \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

struct dns_server {
        struct event_base *base;
        dns_server_cb cb;
        void *arg;
        int udp, tcp;
        struct event *udp_event, *tcp_event;
        uint16_t port;
        unsigned tcp_queries;
        struct packet reply;
};

/* The reply to a message, in s->reply. */
static bool
answer(struct dns_server *s, const uint8_t *in, size_t len)
{
        ns_msg m;
        ns_rr q;
        char name[NS_MAXDNAME];
        if (ns_initparse(in, (int)len, &m) < 0 || ns_msg_count(m, ns_s_qd) != 1 ||
            ns_parserr(&m, ns_s_qd, 0, &q) < 0)
                return false;
        snprintf(name, sizeof name, "%s", strcmp(ns_rr_name(q), ".") == 0 ? "" : ns_rr_name(q));
        for (char *c = name; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        if (!s->cb(s->arg, name, (uint16_t)ns_rr_type(q), &s->reply))
                return false;
        memcpy(s->reply.data, in, 2);
        return true;
}

static void
on_udp(evutil_socket_t fd, short what, void *arg)
{
        struct dns_server *s = arg;
        uint8_t in[4096];
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        (void)what;
        ssize_t n = recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&from, &from_len);
        if (n <= 0 || !answer(s, in, (size_t)n))
                return;
        size_t len = s->reply.len;
        if (len > UDP_MAX) {
                s->reply.data[2] |= 2; /* TC */
                memset(s->reply.data + 4, 0, 8);
                len = 12;
        }
        (void)sendto(fd, s->reply.data, len, 0, (struct sockaddr *)&from, from_len);
}

/* Blocking, for a client in the same process that has sent its question with the connection. */
static void
serve_tcp(struct dns_server *s, int fd)
{
        uint8_t in[4096], head[2];
        struct timeval tv = {2, 0};
        MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
        ssize_t n = recv(fd, in, sizeof in, 0);
        if (n == 2) /* the length came alone */
                n += recv(fd, in + 2, sizeof in - 2, 0);
        if (n <= 2 || !answer(s, in + 2, (size_t)n - 2))
                return;
        s->tcp_queries++;
        head[0] = (uint8_t)(s->reply.len >> 8);
        head[1] = (uint8_t)s->reply.len;
        (void)send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE);
        (void)send(fd, s->reply.data, s->reply.len, MSG_NOSIGNAL);
}

struct stream {
        struct dns_server *s;
        struct event *event;
};

static void
on_stream(evutil_socket_t fd, short what, void *arg)
{
        struct stream *st = arg;
        (void)what;
        serve_tcp(st->s, fd);
        event_free(st->event);
        close(fd);
        free(st);
}

static void
on_tcp(evutil_socket_t fd, short what, void *arg)
{
        struct dns_server *s = arg;
        (void)what;
        int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn < 0)
                return;
        struct timeval tv = {5, 0};
        struct stream *st = calloc(1, sizeof *st);
        MUST(st);
        st->s = s;
        st->event = event_new(s->base, conn, EV_READ | EV_TIMEOUT, on_stream, st);
        MUST(st->event && event_add(st->event, &tv) == 0);
}

static bool
bind_both(struct dns_server *s)
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof a;
        s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        MUST(s->udp >= 0 && s->tcp >= 0);
        MUST(bind(s->udp, (struct sockaddr *)&a, len) == 0);
        MUST(getsockname(s->udp, (struct sockaddr *)&a, &len) == 0);
        s->port = ntohs(a.sin_port);
        if (bind(s->tcp, (struct sockaddr *)&a, len) == 0 && listen(s->tcp, 16) == 0)
                return true;
        close(s->udp);
        close(s->tcp);
        return false;
}

struct dns_server *
dns_server_new(struct event_base *base, dns_server_cb cb, void *arg)
{
        struct dns_server *s = calloc(1, sizeof *s);
        MUST(s);
        s->base = base;
        s->cb = cb;
        s->arg = arg;
        unsigned tries = 0;
        while (!bind_both(s))
                MUST(++tries < 100);
        s->udp_event = event_new(base, s->udp, EV_READ | EV_PERSIST, on_udp, s);
        s->tcp_event = event_new(base, s->tcp, EV_READ | EV_PERSIST, on_tcp, s);
        MUST(s->udp_event && s->tcp_event);
        MUST(event_add(s->udp_event, NULL) == 0 && event_add(s->tcp_event, NULL) == 0);
        return s;
}

void
dns_server_free(struct dns_server *s)
{
        if (!s)
                return;
        event_free(s->udp_event);
        event_free(s->tcp_event);
        close(s->udp);
        close(s->tcp);
        free(s);
}

uint16_t
dns_server_port(const struct dns_server *s)
{
        return s->port;
}

unsigned
dns_server_tcp_queries(const struct dns_server *s)
{
        return s->tcp_queries;
}
