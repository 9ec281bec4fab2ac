/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages between the modules and the daemon: bytes to structs and back, nothing else.
 * docs/protocol.md is the specification. Links libc only; no allocation, no I/O, no globals:
 * every function here may be called from any thread.
 */
#ifndef PDANE_WIRE_H
#define PDANE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"

#define PDANE_WIRE_VERSION 1
#define PDANE_WIRE_HEADER 8u
#define PDANE_SOCKET_DEFAULT "/run/p11-dane/socket"

enum pdane_message {
        PDANE_MESSAGE_QUESTION = 1, /* module -> daemon */
        PDANE_MESSAGE_PENDING = 2,  /* daemon -> module: an answer may take that long */
        PDANE_MESSAGE_ANSWER = 3,   /* daemon -> module: final */
        PDANE_MESSAGE_ERROR = 4,    /* daemon -> module: the request was not understood; final */
        PDANE_MESSAGE_HINT = 5,     /* plugin -> daemon: this program looks up this host name */
        PDANE_MESSAGE_DONE =
                6, /* daemon -> plugin: the lookup that the hint waited for has ended; final */
};
#define PDANE_MESSAGE_LAST PDANE_MESSAGE_DONE

/* Which verifier asks (design section 2). The numbers are on the wire. */
enum pdane_client {
        PDANE_CLIENT_MOZPKIX = 1,  /* Firefox, Thunderbird: libxul is mapped */
        PDANE_CLIENT_NSS = 2,      /* NSS's own verifiers: libssl3 is mapped */
        PDANE_CLIENT_CHROMIUM = 3, /* libnss3 without libssl3 */
        PDANE_CLIENT_GNUTLS = 4,   /* CKA_TRUSTED in the template, no CKA_TOKEN */
};
#define PDANE_CLIENT_LAST PDANE_CLIENT_GNUTLS

/* What a trust object says of TLS server authentication. The numbers are on the wire. */
enum pdane_trust {
        PDANE_TRUST_NONE = 0,   /* no trust object */
        PDANE_TRUST_PEER = 1,   /* CKT_NSS_TRUSTED / CKT_TRUSTED */
        PDANE_TRUST_ANCHOR = 2, /* CKT_NSS_TRUSTED_DELEGATOR / CKT_TRUST_ANCHOR */
};

/* Flags of an item. */
#define PDANE_ITEM_CERTIFICATE 0x1u /* present it as a CKO_CERTIFICATE */
#define PDANE_ITEM_TRUSTED 0x2u     /* with CKA_TRUSTED true */
#define PDANE_ITEM_AUTHORITY 0x4u   /* a CA certificate: CKA_CERTIFICATE_CATEGORY authority */
#define PDANE_ITEM_EXACT 0x8u /* found only by SERIAL and ISSUER and CERTIFICATE_TYPE together */
#define PDANE_ITEM_LEGACY_SHA1                                                                     \
        0x10u /* may also be presented as CKO_NSS_TRUST, which carries a SHA-1 */
#define PDANE_ITEM_FLAGS 0x1fu

/* A question: what the template held. Absent fields have data NULL. */
struct pdane_question {
        enum pdane_client client;
        struct pdane_bytes issuer;  /* DER Name */
        struct pdane_bytes serial;  /* as the client gave it: DER INTEGER or its content octets */
        struct pdane_bytes subject; /* DER Name */
        struct pdane_bytes value;   /* DER certificate */
        bool wants_table;           /* the table (common/table.h) may come with the answer */
};

/* A host name that a program is about to connect to. */
struct pdane_hint {
        struct pdane_bytes name; /* as the program wrote it: 1..PDANE_HINT_NAME_MAX bytes, no NUL */
        bool wait;               /* send PENDING and DONE; otherwise nothing is sent back */
};

/* One certificate that the client may be told about, with all that its objects' attributes need. */
struct pdane_item {
        uint32_t flags;           /* PDANE_ITEM_* */
        enum pdane_trust trust;   /* server authentication; everything else is unknown */
        uint32_t expires_s;       /* seconds from now until it must no longer be offered, >= 1 */
        struct pdane_bytes value; /* DER certificate */
        struct pdane_bytes subject;
        struct pdane_bytes issuer;
        struct pdane_bytes serial; /* DER INTEGER, tag and length included */
        struct pdane_bytes spki;   /* DER SubjectPublicKeyInfo */
        struct pdane_bytes id;     /* 1..PDANE_ID_MAX bytes, not all zero */
        struct pdane_bytes label;  /* UTF-8, no NUL */
        struct pdane_bytes sha1;   /* 20 bytes, of value */
        struct pdane_bytes sha256; /* 32 bytes, of value */
};

struct pdane_answer {
        uint32_t remember_s; /* how long this answer may be repeated without asking again; 0: not at
                                all */
        size_t n_items;
        struct pdane_item items[PDANE_ANSWER_MAX_ITEMS];
};

/*
 * Encoders write one whole message into buf (cap bytes) and its length into *ret_len.
 * 0, or -EMSGSIZE when it does not fit or a field is past its limit, or -EINVAL when a
 * required field is absent or an enum is out of range. *ret_len is untouched on failure.
 */
int pdane_question_encode(const struct pdane_question *q, uint8_t *buf, size_t cap,
                          size_t *ret_len);
int pdane_answer_encode(const struct pdane_answer *a, uint8_t *buf, size_t cap, size_t *ret_len);
int pdane_pending_encode(uint32_t wait_ms, uint8_t *buf, size_t cap, size_t *ret_len);
int pdane_hint_encode(const struct pdane_hint *h, uint8_t *buf, size_t cap, size_t *ret_len);
int pdane_done_encode(uint8_t *buf, size_t cap, size_t *ret_len);
int pdane_error_encode(const char *text, uint8_t *buf, size_t cap, size_t *ret_len);

/*
 * What kind of message this is. 0; -EPROTONOSUPPORT for another version; -EBADMSG for anything
 * that is not one whole message (magic, length field, type).
 */
int pdane_message_type(const uint8_t *buf, size_t len, enum pdane_message *ret_type);

/*
 * Decoders take exactly one message. Results point into buf and live as long as it does.
 * 0; -EPROTONOSUPPORT; -EBADMSG for any other defect: truncated, trailing bytes, a field twice,
 * an unknown field, a length past its limit, a missing field. *ret is untouched on failure.
 */
int pdane_question_decode(const uint8_t *buf, size_t len, struct pdane_question *ret);
int pdane_answer_decode(const uint8_t *buf, size_t len, struct pdane_answer *ret);
int pdane_hint_decode(const uint8_t *buf, size_t len, struct pdane_hint *ret);
int pdane_pending_decode(const uint8_t *buf, size_t len, uint32_t *ret_wait_ms);

/*
 * True when two serial numbers are the same number, each as DER INTEGER or as raw content octets
 * (NSS sends both forms). Byte comparison of the contents; no normalisation of leading zeros.
 */
bool pdane_serial_equal(struct pdane_bytes der, struct pdane_bytes either);

#endif
