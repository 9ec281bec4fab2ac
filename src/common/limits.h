/* SPDX-License-Identifier: BSD-3-Clause */
/* Every bound on what comes from outside, by name. Each has a test at the limit and one past it. */
#ifndef PDANE_LIMITS_H
#define PDANE_LIMITS_H

/* Wire (docs/protocol.md). */
#define PDANE_WIRE_MAX_REQUEST 32768u  /* bytes of one message to the daemon */
#define PDANE_WIRE_MAX_REPLY 131072u   /* bytes of one message from the daemon */
#define PDANE_ANSWER_MAX_ITEMS 8u      /* objects in one answer */
#define PDANE_DN_MAX 4096u             /* bytes of a DER Name (issuer, subject) */
#define PDANE_SERIAL_MAX 64u           /* bytes of a serial number, either form */
#define PDANE_SPKI_MAX 4096u           /* bytes of a DER SubjectPublicKeyInfo */
#define PDANE_CERT_MAX 16384u          /* bytes of a DER certificate that is kept or asked for */
#define PDANE_LABEL_MAX 64u            /* bytes of an object's label (without NUL) */
#define PDANE_ID_MAX 64u               /* bytes of CKA_ID */

#define PDANE_HINT_NAME_MAX 1020u      /* bytes of a host name in a hint: 255 characters of UTF-8 */

/* Names. */
#define PDANE_NAME_MAX 253u            /* characters of a domain name without trailing dot, RFC 1035 */
#define PDANE_LABEL_DNS_MAX 63u        /* characters of one label, RFC 1035 */
#define PDANE_CERT_NAMES_MAX 100u      /* names in one certificate that are looked up */
#define PDANE_DN_HOSTS_MAX 8u          /* candidate hosts taken from the names in one question */

/* Chains and TLSA. */
#define PDANE_CHAIN_MAX 10u            /* certificates of a server's chain that are looked at */
#define PDANE_TLSA_MAX 128u            /* records of one RRset that are looked at */
#define PDANE_TLSA_DATA_MAX 16384u     /* bytes of certificate association data */
#define PDANE_ADDRESSES_MAX 8u         /* addresses of one host that are probed */

/* The daemon's work. */
#define PDANE_HOSTS_MAX 131072u        /* hosts (name and port) that are remembered */
#define PDANE_RUNS_MAX 256u            /* lookups under way at once */
#define PDANE_RUNS_PER_UID_MAX 192u    /* of those, begun by one user's questions and hints */
#define PDANE_RUNS_BY_HINT_MAX 128u    /* with that many no hint of that user's begins another */
#define PDANE_RUN_SLOW_MS 1500u        /* then, without TLSA records, nobody waits for it any more: it ends when there is no room */
#define PDANE_RUN_SLOW_TLSA_MS 4000u   /* and with them */
#define PDANE_HINTS_BURST 500u         /* hints of one user that are taken at once */
#define PDANE_HINTS_PER_S 125u         /* and each second after that */
#define PDANE_RATION_USERS_MAX 64u     /* users whose hints are counted at once */
#define PDANE_PROOFS_AT_ONCE 8u        /* names of one certificate looked up side by side */
#define PDANE_RUN_MS 8000u             /* one lookup, from the first DNS question to the decision */
#define PDANE_DNS_QUESTION_MS 5000u    /* one DNS question */
#define PDANE_PROBE_MS 4000u           /* one probe, all addresses together */
#define PDANE_PROBE_OTHERS_MS 250u     /* what is left of it for the other addresses once one has shown its certificate */
#define PDANE_SECOND_PROBE_MS 1500u    /* the probe for the certificate of the other key family */
#define PDANE_HOST_EVIDENCE_MAX 4u     /* certificates of one host that are vouched for at once */
#define PDANE_EVIDENCE_FLOOR_S 10      /* evidence with a shorter TTL lives this long, never past a signature's end; [policy] min-ttl= may say longer */
#define PDANE_EVIDENCE_FLOOR_MAX_S 3600 /* the most that it may say */
#define PDANE_RENEW_S 3                /* evidence in use is renewed when no more than this is left of it */
#define PDANE_EVIDENCE_CAP_S 86400     /* and none lives longer than this, unless [policy] max-ttl= says otherwise */
#define PDANE_EVIDENCE_CAP_MIN_S 60    /* the least that it may say */
#define PDANE_EVIDENCE_CAP_MAX_S 604800 /* and the most */
#define PDANE_DESCRIPTORS 4096u        /* that are wanted: clients, probes and DNS at their limits */
#define PDANE_PEERS_MAX 1024u          /* clients connected at once */
#define PDANE_PEERS_PER_UID_MAX 512u   /* of one user */
#define PDANE_CONTROLS_PER_UID_MAX 8u  /* of these, requests of the command line */
#define PDANE_PEER_IDLE_MS 2000u       /* until a connected client has asked */

/* Configuration. */
#define PDANE_PORTS_MAX 8u             /* ports in [lookup] ports= */
#define PDANE_WATCH_MAX 1024u          /* names in [lookup] watch= */
#define PDANE_POLICY_MAX 256u          /* items in each list of [policy] */

#endif
