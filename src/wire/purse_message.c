#include "wire/purse_message.h"

/* ---- the table ---- */

/* The facts of the sheet, each by the name it has there. */
enum fact {
    NO_FACT, /* ends a message */
#define FACT(name, member, from, length) name,
#include "wire/purse_message.def"
};

enum { MESSAGE_FACTS_MAX = 6 };

/* Where a fact lies in struct trade_facts, and how long it is. */
struct place {
    uint8_t at, len;
};

static const struct place places[] = {
    [NO_FACT] = {0},
#define FACT(name, member, from, length)                                                           \
    [name] = {(uint8_t)(offsetof(struct trade_facts, member) + (from)), (length)},
#include "wire/purse_message.def"
};

static const uint8_t messages[MESSAGE_COUNT][MESSAGE_FACTS_MAX] = {
#define MESSAGE(name, ...) [MESSAGE_##name] = {__VA_ARGS__},
#include "wire/purse_message.def"
};

/* The index-th fact of a message; a length of 0 behind the last. */
static struct place place_of(enum message name, size_t index) {
    static const struct place none = {0, 0};
    return index < MESSAGE_FACTS_MAX ? places[messages[name][index]] : none;
}

void put_message(struct builder *b, enum message name, const struct trade_facts *facts) {
    struct place p = place_of(name, 0);
    for (size_t i = 1; p.len > 0; i++) {
        put_bytes(b, bytes_of((const uint8_t *)facts + p.at, p.len));
        p = place_of(name, i);
    }
}

void take_message(struct cursor *c, enum message name, struct trade_facts *facts) {
    struct place p = place_of(name, 0);
    for (size_t i = 1; p.len > 0; i++) {
        cursor_copy(c, (uint8_t *)facts + p.at, p.len);
        p = place_of(name, i);
    }
}

uint32_t fact_number(const uint8_t *fact, size_t len) {
    uint32_t number = 0;
    for (size_t i = 0; i < len; i++) {
        number = number << 8 | fact[i];
    }
    return number;
}

void fact_set(uint8_t *fact, size_t len, uint32_t number) {
    for (size_t i = len; i > 0; i--) {
        fact[i - 1] = (uint8_t)number;
        number >>= 8;
    }
}

/* ---- the host's side ---- */

/* 8000 stands where a purchase has the terminal's sequence: no session of one is ever one of the
 * other. [purse.md 5.3] */
void load_session_input(const uint8_t random[RANDOM_LEN], uint16_t number, uint8_t input[8]) {
    purchase_session_input(random, number, 0x8000, input);
}

/* Only the low half of the sequence fits; the card's own number keeps sessions apart. */
void purchase_session_input(
    const uint8_t random[RANDOM_LEN], uint16_t number, uint32_t terminal_seq, uint8_t input[8]) {
    struct trade_facts f = {0};
    struct builder b = builder_in(input, 8);
    (void)memcpy(f.random, random, sizeof f.random);
    fact_set(f.number, sizeof f.number, number);
    fact_set(f.sequence, sizeof f.sequence, terminal_seq);
    put_message(&b, MESSAGE_SESSION, &f);
}

/* The last of the amounts, which every kind of trade has. */
static void set_amount(struct trade_facts *f, size_t index, uint32_t amount) {
    fact_set(f->amounts + index * AMOUNT_LEN, AMOUNT_LEN, amount);
}

/* A limit is three bytes, and the old one for MAC1 or the new one: both places get it. */
static void put_load(struct builder *b, enum message name, const struct load_facts *from) {
    struct trade_facts f = {.trade = (uint8_t)from->trade};
    set_amount(&f, AMOUNTS_MAX - 1, from->amount);
    fact_set(f.limit, sizeof f.limit, from->amount);
    fact_set(f.fresh, sizeof f.fresh, from->amount);
    fact_set(f.balance, sizeof f.balance, from->balance);
    fact_set(f.number, sizeof f.number, from->number);
    (void)memcpy(f.terminal, from->terminal, sizeof f.terminal);
    (void)memcpy(f.moment, from->moment, sizeof f.moment);
    put_message(b, name, &f);
}

/* A new limit and a new starting day have messages of their own. */
static bool is_limit(const struct load_facts *f) {
    return f->trade == TRADE_OVERDRAFT || f->trade == TRADE_MEDICAL_DAY;
}

void put_load_mac1(struct builder *b, const struct load_facts *f) {
    put_load(b, is_limit(f) ? MESSAGE_OPENING_LIMIT : MESSAGE_OPENING, f);
}

void put_load_mac2(struct builder *b, const struct load_facts *f) {
    put_load(b, is_limit(f) ? MESSAGE_CONSENT_LIMIT : MESSAGE_CONSENT, f);
}

void put_load_tac(struct builder *b, const struct load_facts *f) {
    put_load(b, is_limit(f) ? MESSAGE_PROOF_LIMIT : MESSAGE_PROOF, f);
}

/* The message of a purchase, or that of a medical one. */
static void put_purchase(
    struct builder *b, enum message name, enum message medical, const struct purchase_facts *from) {
    struct trade_facts f = {.trade = (uint8_t)from->trade};
    set_amount(&f, 0, from->medical[0]);
    set_amount(&f, 1, from->medical[1]);
    set_amount(&f, AMOUNTS_MAX - 1, from->amount);
    fact_set(f.sequence, sizeof f.sequence, from->terminal_seq);
    (void)memcpy(f.terminal, from->terminal, sizeof f.terminal);
    (void)memcpy(f.moment, from->moment, sizeof f.moment);
    put_message(b, from->trade == TRADE_MEDICAL_PURCHASE ? medical : name, &f);
}

void put_purchase_mac1(struct builder *b, const struct purchase_facts *f) {
    put_purchase(b, MESSAGE_CONSENT, MESSAGE_CONSENT_MEDICAL, f);
}

/* The amounts alone: everything else the PSAM has just said itself. */
void put_purchase_mac2(struct builder *b, const struct purchase_facts *f) {
    put_purchase(b, MESSAGE_RECEIPT, MESSAGE_RECEIPT_MEDICAL, f);
}

void put_purchase_tac(struct builder *b, const struct purchase_facts *f) {
    put_purchase(b, MESSAGE_PROOF_PURCHASE, MESSAGE_PROOF_MEDICAL, f);
}
