/* What the people of a rehearsal do with their cards on the day: drawn from the seed, whole, before
 * anything happens.
 *
 * The plan is a pure function of the seed and of who has a card. So a rehearsal that was cut short
 * makes the same plan again and goes on where its journals end; and the same seed gives the same
 * figures. Each deed carries a ticket of its own, under which terminal and centre know it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"
#include "wire/upload.h" /* TICKET_LEN, MOMENT_LEN */

enum deed_kind {
    DEED_COLLECT,   /* take the card from the service point and change the PIN */
    DEED_LOAD,      /* put money on it, online */
    DEED_BUY,       /* at a pharmacy or hospital */
    DEED_LOSE,      /* report it lost */
    DEED_BUY_FOUND, /* somebody else tries it after the lists have gone round */
};

/* What goes wrong with the card in the middle of a purchase. */
enum mishap {
    MISHAP_NONE,
    MISHAP_PULLED_EARLY, /* before the debit reached the chip: nothing was paid */
    MISHAP_PULLED_LATE,  /* after the chip debited, before anybody heard it */
};

/* As long as a terminal's ticket. */
/* One thing that one person does on the day. */
struct deed {
    uint64_t person;   /* whose card: the person's number in the registry */
    uint32_t amount;   /* fen; 0 where no money moves */
    uint32_t second;   /* of the business day */
    uint16_t till;     /* index of the terminal */
    uint16_t ordinal;  /* of the person's deeds, from 0 */
    uint8_t kind;      /* enum deed_kind */
    uint8_t mishap;    /* enum mishap */
    bool pin_mistyped; /* the first PIN that is keyed in is wrong */
};

/* Who has a card. The day is drawn for the key, the deeds speak of the id: a registry may give the
 * same people other ids when their file came in pieces, and the city shall do the same all the same. */
struct plan_person {
    uint64_t id;  /* in the registry */
    uint64_t key; /* of the person: the citizen number's seventeen digits */
};

/* The whole day; the deeds are the plan's own. */
struct plan {
    struct deed *deeds; /* in the order in which they happen */
    size_t count;
};

/* Draws the day for those persons, sorted by their keys; till_count terminals stand in the city, not 0.
 * At least one purchase, of those that can be paid, is pulled early and one late, when any is
 * planned. ERR_OUTSIDE when memory is short. plan_free() in the end. */
enum err plan_draw(uint64_t seed, const struct plan_person *persons, size_t person_count,
    uint16_t till_count, struct plan *out, struct why *why);

/* Gives the deeds back; a plan that was never drawn, or freed before, is left alone. */
void plan_free(struct plan *plan);

/* The ticket of a deed: "P", the person in eight digits, "-", the ordinal in six. No two deeds of a
 * plan have the same. */
void plan_ticket(const struct deed *deed, uint8_t ticket[TICKET_LEN]);

/* The time HHMMSS of a second of the day, 0 to 86399. */
uint32_t plan_time(uint32_t second);

/* The moment of a deed on the business day YYYYMMDD: BCD YYYYMMDDHHMMSS. second is below 86,400. */
void plan_moment(uint32_t day, uint32_t second, uint8_t moment[MOMENT_LEN]);

/* The PIN that a holder chooses: six digits, no simple row, from the seed and the person's id. pin
 * gets an end. */
void plan_pin(uint64_t seed, uint64_t person, char pin[7]);
