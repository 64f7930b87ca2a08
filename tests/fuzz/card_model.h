/* What a stranger has shown to the known card, and what he may therefore read and change.
 *
 * The model listens to a talk, command after answer, and knows nothing of the card's code: where
 * one stands, which keys and which PIN were proven there, what was begun. Where a talk changes the
 * card so that the model would have to guess (keys replaced, a directory erased, places that
 * strangers made) it stops judging and says so. [purse.md 2.5, 5.3, 5.4; card.md 2.8, 4, 5.3] */
#pragma once

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"
#include "fuzz/known_card.h"
#include "wire/purse_message.h"

enum { NO_PROOF = 0x100 };

struct model {
    uint64_t seed;
    enum place place;     /* NOWHERE: one that the model does not know */
    uint16_t here, above; /* key numbers proven here, and above on the way down */
    enum place pin_home;  /* whose PIN was verified; NOWHERE: none */
    uint8_t state;        /* of the purse dialect, in this place */
    bool lost;            /* the model judges no more: files were erased */
    bool rekeyed[PLACES]; /* keys were replaced: proofs there cannot be recomputed */
    bool pin_changed[PLACES];
    uint8_t challenge[8];
    bool challenged;
    struct apdu pending; /* the command whose answer waits for GET RESPONSE */
    uint8_t pending_data[APDU_DATA_MAX];
    uint8_t begun_line[5 + 11]; /* P1, P2, key, amount 4, terminal 6 of the last INITIALIZE */
    bool begun;
    uint32_t balance_then, limit_then;
    uint16_t number;
    uint8_t random[RANDOM_LEN];
    uint8_t sam_kind; /* what the key is for that the module was last told to take */
};

static inline void model_power(struct model *m) {
    m->place = AT_MF;
    m->here = m->above = NO_PROOF;
    m->pin_home = NOWHERE;
    m->state = 0;
    m->begun = m->challenged = false;
    m->pending = (struct apdu){0};
}

/* ---- where one stands ---- */

static inline bool model_lies_on_way(enum place upper, enum place lower) {
    while (lower != NOWHERE && lower != upper) {
        lower = known_dirs[lower].parent;
    }
    return lower == upper;
}

static inline void model_enter(struct model *m, enum place to) {
    bool down = to != NOWHERE && m->place != NOWHERE && known_dirs[to].parent == m->place;
    m->above = down ? m->here : NO_PROOF;
    m->here = NO_PROOF;
    m->state = 0;
    if (to == NOWHERE || m->pin_home == NOWHERE || !model_lies_on_way(m->pin_home, to)) {
        m->pin_home = NOWHERE;
    }
    m->place = to;
}

static inline enum place model_named(struct bytes name) {
    for (enum place p = AT_MF; p < PLACES; p++) {
        uint8_t room[16];
        struct builder b = builder_in(room, sizeof room);
        put_hex(&b, known_dirs[p].name);
        if (bytes_equal(builder_bytes(&b), name)) {
            return p;
        }
    }
    return NOWHERE;
}

static inline bool model_has_file(enum place place, uint16_t fid) {
    for (size_t i = 0; i < KNOWN_FILES; i++) {
        if (known_files[i].place == place && known_files[i].fid == fid) {
            return true;
        }
    }
    return fid == 0; /* the keys */
}

/* A SELECT that was answered well. */
static inline void model_selected(struct model *m, const struct apdu *cmd, bool says) {
    if (cmd->p1 == 0x04) {
        model_enter(m, model_named(cmd->data));
        return;
    }
    uint16_t fid = cmd->data.len == 2 ? (uint16_t)(cmd->data.at[0] << 8 | cmd->data.at[1]) : 0x3F00;
    if (cmd->p1 != 0x01 && fid != 0x3F00 && m->place != NOWHERE && model_has_file(m->place, fid)) {
        return;
    }
    for (enum place p = AT_MF; p < PLACES && cmd->p1 != 0x02; p++) {
        if (known_dirs[p].fid == fid && (p == AT_MF || known_dirs[p].parent == m->place)) {
            model_enter(m, p);
            return;
        }
    }
    if (says || cmd->p2 == 0x0C) { /* a place that was made meanwhile, or a file: who knows */
        m->lost = m->lost || !says;
        model_enter(m, NOWHERE);
    }
}

/* ---- proofs ---- */

static inline struct key128 model_key(const struct model *m, size_t key) {
    struct key128 out = {{0}};
    known_secret(m->seed, key, out.bytes);
    if (known_keys[key].len == 8) {
        (void)memcpy(out.bytes + 8, out.bytes, 8);
    }
    return out;
}

/* What an external authentication has to bring, for the key and the challenge that was given. Under
 * SM4: SK = SM4(K, challenge || ~challenge), and the proof as proof_sm4() says. */
static inline void model_proof(
    const struct model *m, size_t key, const uint8_t original[8], uint8_t proof[8]) {
    struct key128 k = model_key(m, key);
    uint8_t session[8];
    struct tdes_key ready;
    if (m->place == AT_SM4) {
        derive_sm4(&k, m->challenge, &k);
        proof_sm4(&k, original, proof);
        return;
    }
    derive_session(&k, m->challenge, session);
    if (!known_social(m->place)) {
        (void)memcpy(proof, session, 8);
        return;
    }
    tdes_prepare_single(&ready, session);
    tdes_encrypt(&ready, original, proof);
}

/* An EXTERNAL AUTHENTICATE that the card believed: was it right? */
static inline void model_proven(struct model *m, const struct apdu *cmd) {
    uint8_t proof[8];
    if (m->place == NOWHERE) {
        return;
    }
    size_t key = known_key_find(m->place, TYPE_EXTERNAL, cmd->p2);
    bool judged = !m->lost && !m->rekeyed[m->place];
    if (judged) {
        assert(key < KNOWN_KEYS);
        assert(m->challenged);
        model_proof(m, key, cmd->data.at + 8, proof);
        assert(memcmp(proof, cmd->data.at, 8) == 0); /* the card believed a wrong proof */
    }
    m->here = cmd->p2;
    m->state = key < KNOWN_KEYS ? known_keys[key].version & 0x0F : 0;
}

/* Whose PIN rules here; NOWHERE for none. */
static inline enum place model_pin_home(const struct model *m) {
    enum place p = m->place;
    if (p != NOWHERE && known_key_find(p, TYPE_PIN, 0) == KNOWN_KEYS) {
        p = known_dirs[p].parent;
    }
    return p != NOWHERE && known_key_find(p, TYPE_PIN, 0) < KNOWN_KEYS ? p : NOWHERE;
}

static inline void model_verified(struct model *m, const struct apdu *cmd) {
    enum place home = model_pin_home(m);
    uint8_t pin[16] = {0};
    if (home == NOWHERE) {
        return;
    }
    if (!m->lost && !m->rekeyed[home] && !m->pin_changed[home]) {
        known_secret(m->seed, known_key_find(home, TYPE_PIN, 0), pin);
        assert(cmd->data.len >= PIN_DIGITS); /* the card believed a wrong PIN */
        assert(memcmp(pin, cmd->data.at, PIN_DIGITS) == 0);
    }
    m->pin_home = home;
    m->state = home == m->place ? STATE_PIN : m->state;
}

/* ---- what may be read ---- */

static inline bool model_control(const struct model *m, uint8_t control, bool above) {
    enum place at = above ? known_dirs[m->place].parent : m->place;
    uint16_t key = above ? m->above : m->here;
    switch (control) {
    case 0xEF:
        return false;
    case 0x01:
        return m->pin_home != NOWHERE && m->pin_home == at;
    case 0xFF:
        return key == 0;
    default:
        return key == control;
    }
}

/* Whether the content of a file may stand in an answer now. */
static inline bool model_may_read(const struct model *m, const struct known_file *f) {
    if (m->lost || (m->place != NOWHERE && m->rekeyed[m->place])) {
        return true;
    }
    if (f->place != m->place) {
        return false;
    }
    if (!known_social(f->place)) {
        uint8_t most = f->interval >> 4, least = f->interval & 0x0F;
        return least <= m->state && m->state <= most;
    }
    bool asks_above = f->read_above != 0, asks_here = f->read_here != 0;
    bool above = asks_above && model_control(m, f->read_above, true);
    bool here = asks_here && model_control(m, f->read_here, false);
    if (f->both) {
        return (!asks_above || above) && (!asks_here || here);
    }
    return (!asks_above && !asks_here) || above || here;
}

/* ---- money ---- */

static inline void model_begun(struct model *m, const struct apdu *cmd, struct bytes answer) {
    struct cursor c = cursor_over(answer);
    struct builder b = builder_in(m->begun_line, sizeof m->begun_line);
    put_u8(&b, cmd->p1);
    put_u8(&b, cmd->p2);
    put_bytes(&b, bytes_of(cmd->data.at, 1));
    put_u32(&b, 0);
    if (cmd->data.len == 11) {
        (void)memcpy(m->begun_line + 3, cmd->data.at + 1, 4);
    }
    put_bytes(&b, bytes_of(cmd->data.at + cmd->data.len - TERMINAL_LEN, TERMINAL_LEN));
    m->balance_then = cursor_u32(&c);
    m->number = cursor_u16(&c);
    bool online = cmd->p1 == 0x00 || cmd->p1 == 0x05;
    m->limit_then = online ? 0 : cursor_u24(&c);
    (void)cursor_take(&c, 2);
    cursor_copy(&c, m->random, sizeof m->random);
    m->begun = !c.overran;
}

static inline enum trade model_trade(const struct model *m) {
    static const uint8_t by_p1[6][2] = {
        {TRADE_ED_LOAD,     TRADE_EP_LOAD    },
        {TRADE_ED_PURCHASE, TRADE_EP_PURCHASE},
        {TRADE_CASH,        0                },
        {0,                 TRADE_COMPOUND   },
        {TRADE_OVERDRAFT,   0                },
        {TRADE_UNLOAD,      0                }
    };
    bool known = m->begun_line[0] < 6 && m->begun_line[1] >= 1 && m->begun_line[1] <= 2;
    return (enum trade)(known ? by_p1[m->begun_line[0]][m->begun_line[1] - 1] : 0);
}

static inline uint32_t model_amount(const struct model *m) {
    struct cursor c = cursor_over(bytes_of(m->begun_line + 3, 4));
    return cursor_u32(&c);
}

/* The data of the command that completes what was begun, MAC and all, and the balance that follows.
 * `first` is what such a command begins with: the terminal's sequence, or a new limit. */
static inline void model_completion(const struct model *m, uint32_t first,
    const uint8_t moment[MOMENT_LEN], struct builder *data, int64_t *after) {
    uint8_t types[6] = {0x3F, 0x3E, 0x3E, 0x3E, 0x3C, 0x3D};
    uint8_t p1 = m->begun_line[0], room[PURSE_MESSAGE_MAX], session[8], input[8], mac[8];
    bool debits = p1 >= 1 && p1 <= 3;
    struct builder message = builder_in(room, sizeof room);
    struct load_facts load = {.amount = p1 == 4 ? first : model_amount(m), .trade = model_trade(m)};
    struct purchase_facts buy = {
        .amount = model_amount(m), .trade = model_trade(m), .terminal_seq = first};
    size_t key = known_key_find(AT_WALLET, types[p1 % 6], m->begun_line[2]);
    struct key128 k = model_key(m, key < KNOWN_KEYS ? key : 0);
    (void)memcpy(load.terminal, m->begun_line + 7, TERMINAL_LEN);
    (void)memcpy(buy.terminal, m->begun_line + 7, TERMINAL_LEN);
    (void)memcpy(load.moment, moment, MOMENT_LEN);
    (void)memcpy(buy.moment, moment, MOMENT_LEN);
    if (debits) {
        purchase_session_input(m->random, m->number, first, input);
        put_purchase_mac1(&message, &buy);
        put_u32(data, first);
    } else {
        load_session_input(m->random, m->number, input);
        put_load_mac2(&message, &load);
    }
    if (p1 == 4) {
        put_u24(data, first);
    }
    derive_session(&k, input, session);
    mac_single(session, NULL, builder_bytes(&message), mac);
    put_bytes(data, bytes_of(moment, MOMENT_LEN));
    put_bytes(data, bytes_of(mac, MAC_LEN));
    int64_t move = debits || p1 == 5 ? -(int64_t)model_amount(m)
                   : p1 == 4         ? (int64_t)first - m->limit_then
                                     : (int64_t)model_amount(m);
    *after = (int64_t)m->balance_then + move;
}

/* A balance moved during this command: only by what was begun, with the right MAC, by its
 * amount. */
static inline void model_paid(const struct model *m, const struct apdu *cmd, uint32_t now) {
    uint8_t room[32];
    struct builder data = builder_in(room, sizeof room);
    int64_t after = 0;
    bool limits = cmd->ins == 0x58;
    bool debits = cmd->ins == 0x54 && cmd->p1 == 0x01;
    size_t head = debits ? 4 : limits ? 3 : 0;
    if (m->lost || m->rekeyed[AT_WALLET]) {
        return;
    }
    assert(m->begun); /* money moved although nothing was begun */
    assert(cmd->cla == 0x80);
    assert(cmd->ins == 0x52 || cmd->ins == 0x54 || limits);
    assert(cmd->data.len == head + MOMENT_LEN + MAC_LEN);
    struct cursor c = cursor_over(cmd->data);
    uint32_t first = debits ? cursor_u32(&c) : limits ? cursor_u24(&c) : 0;
    model_completion(m, first, cmd->data.at + head, &data, &after);
    assert(data.len == cmd->data.len);
    assert(after == now);                              /* not the amount that was begun */
    assert(memcmp(cmd->data.at, room, data.len) == 0); /* a wrong MAC moved money */
}

/* ---- the purchase module ---- */

/* 80FA did what it was asked for: did the key that it has allow it? A purchase key, a main key and
 * any key of another kind compute nothing that a terminal chooses. [purse.md 6.3; card.md 7] */
static inline void model_computed(const struct model *m, const struct apdu *cmd) {
    static const bool encrypts[32] = {[1] = true, [3] = true, [5] = true, [7] = true, [8] = true};
    static const bool macs[32] = {
        [1] = true, [3] = true, [4] = true, [5] = true, [6] = true, [8] = true};
    bool mac = (cmd->p1 & 1) != 0;
    assert(mac ? macs[m->sam_kind] : encrypts[m->sam_kind]);
}

/* ---- listening ---- */

/* What a command means once it is known to have been done. */
static inline void model_done(struct model *m, const struct apdu *cmd, struct bytes answer) {
    bool changes_keys = (cmd->ins == 0xD4);
    if (cmd->ins == 0x84 && cmd->cla == 0 && answer.len >= 4) {
        (void)memset(m->challenge, 0, sizeof m->challenge);
        (void)memcpy(m->challenge, answer.at, answer.len < 8 ? answer.len : 8);
        m->challenged = true;
    } else if (cmd->ins == 0x82 && cmd->cla == 0) {
        model_proven(m, cmd);
    } else if (cmd->ins == 0x20 && cmd->cla == 0) {
        model_verified(m, cmd);
    } else if (cmd->ins == 0x50 && cmd->cla == 0x80) {
        model_begun(m, cmd, answer);
    } else if (cmd->ins == 0x1A || cmd->ins == 0xDE) {
        m->sam_kind = cmd->p1 & 0x1F;
    } else if (cmd->ins == 0xFA) {
        model_computed(m, cmd);
    } else if (cmd->ins == 0x0E) {
        m->lost = true;
    } else if (cmd->ins == 0x5E || cmd->ins == 0x24) {
        enum place home = model_pin_home(m);
        m->pin_changed[home == NOWHERE ? AT_MF : home] = true;
        m->lost = m->lost || home == NOWHERE;
    } else if (changes_keys && m->place != NOWHERE) {
        m->rekeyed[m->place] = true;
    }
}

/* Hears one command and its answer. Call model_paid() before it. */
static inline void model_hear(
    struct model *m, const struct apdu *cmd, unsigned sw, struct bytes answer) {
    bool fetches = cmd->cla == 0 && cmd->ins == 0xC0;
    bool waits = sw >> 8 == 0x61 && !fetches;
    bool good = sw == 0x9000 || sw >> 8 == 0x62;
    if (fetches) {
        if (good && m->pending.ins != 0) {
            model_done(m, &m->pending, answer);
        }
        m->pending.ins = 0;
        return;
    }
    m->pending.ins = 0;
    if (cmd->ins == 0xA4 && cmd->cla == 0 && (good || waits)) {
        model_selected(m, cmd, waits || answer.len > 0);
    } else if (waits) {
        m->begun = m->begun && cmd->ins != 0x50;
        (void)memcpy(m->pending_data, cmd->data.at, cmd->data.len);
        m->pending = *cmd;
        m->pending.data.at = m->pending_data;
    } else if (good) {
        model_done(m, cmd, answer);
    } else if ((cmd->ins == 0x20 || cmd->ins == 0x5E) && (sw >> 4 == 0x63C || sw == 0x6983)) {
        m->pin_home = NOWHERE;
        m->state = 0;
    }
}
