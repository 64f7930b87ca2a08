#include "wire/purse_message.h"

/* 8000 stands where a purchase has the terminal's sequence: no session of one is ever one of the
 * other. [purse.md 5.3] */
void load_session_input(const uint8_t random[RANDOM_LEN], uint16_t number, uint8_t input[8]) {
    struct builder b = builder_in(input, 8);
    put_bytes(&b, bytes_of(random, RANDOM_LEN));
    put_u16(&b, number);
    put_u16(&b, 0x8000);
}

/* Only the low half of the sequence fits; the card's own number keeps sessions apart. */
void purchase_session_input(
    const uint8_t random[RANDOM_LEN], uint16_t number, uint32_t terminal_seq, uint8_t input[8]) {
    struct builder b = builder_in(input, 8);
    put_bytes(&b, bytes_of(random, RANDOM_LEN));
    put_u16(&b, number);
    put_u16(&b, (uint16_t)terminal_seq);
}

/* What every message of a load but MAC1 ends with; MAC1 has no moment. */
static void put_load_core(struct builder *b, const struct load_facts *f) {
    if (f->trade == TRADE_OVERDRAFT) {
        put_u24(b, f->amount); /* a limit */
    } else {
        put_u32(b, f->amount);
    }
    put_u8(b, (uint8_t)f->trade);
    put_bytes(b, bytes_of(f->terminal, TERMINAL_LEN));
}

void put_load_mac1(struct builder *b, const struct load_facts *f) {
    put_u32(b, f->balance);
    put_load_core(b, f);
}

void put_load_mac2(struct builder *b, const struct load_facts *f) {
    put_load_core(b, f);
    put_bytes(b, bytes_of(f->moment, MOMENT_LEN));
}

void put_load_tac(struct builder *b, const struct load_facts *f) {
    put_u32(b, f->balance);
    put_u16(b, f->number);
    put_load_mac2(b, f);
}

void put_purchase_mac1(struct builder *b, const struct purchase_facts *f) {
    put_u32(b, f->amount);
    put_u8(b, (uint8_t)f->trade);
    put_bytes(b, bytes_of(f->terminal, TERMINAL_LEN));
    put_bytes(b, bytes_of(f->moment, MOMENT_LEN));
}

/* The amount alone: everything else the PSAM has just said itself. */
void put_purchase_mac2(struct builder *b, const struct purchase_facts *f) {
    put_u32(b, f->amount);
}

void put_purchase_tac(struct builder *b, const struct purchase_facts *f) {
    put_u32(b, f->amount);
    put_u8(b, (uint8_t)f->trade);
    put_bytes(b, bytes_of(f->terminal, TERMINAL_LEN));
    put_u32(b, f->terminal_seq);
    put_bytes(b, bytes_of(f->moment, MOMENT_LEN));
}
