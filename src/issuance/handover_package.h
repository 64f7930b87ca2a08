/* Packages: many cards that leave a point together, for a unit 单位, a community 社区, or by post 邮寄.
 * [system.md 4.3]
 *
 * A unit sends two handlers with a letter; they count the cards, sign, and within five working days
 * bring the list back that the staff signed. Cards of a package are out of the point's hands (its line
 * is handed out, its box closed up) but sealed: each is enabled, and its PIN changed, when its holder
 * comes with it (hand_over()), online or at any point. What finds no holder comes back to the point,
 * lies in a box again, and is no longer handed out.
 *
 * Each function is one transaction with its row of the audit chain. A card that was collected already
 * is counted and left alone; so a package may be filled again after a kill. */
#pragma once

#include "issuance/window.h"

/* What filling came to: "n cards handed out; m already collected". */
struct package_result {
    int64_t handed, before;
};

/* Opens a package: kind, point, unit, letter, first and second are the caller's, the rest is filled
 * in. ERR_INVALID: a unit or community needs a letter and two different handlers, named whole; a parcel
 * a receiver with an address and the number of its form. */
enum err package_open(const struct window_desk *desk, struct package *package, struct why *why);

/* Puts one card into it. ERR_CONFLICT: the card is not there to be handed out (not finished, in a box
 * that is not stored, on the list of wrong cards), or its sign-list is back. */
enum err package_take(const struct window_desk *desk, int64_t package, const char *card_number,
    struct package_result *result, struct why *why);

/* The same for all cards of the package's unit that lie at its point, all or none. */
enum err package_take_unit(const struct window_desk *desk, int64_t package,
    struct package_result *result, struct why *why);

/* A card of a package came back: it lies in a box again. box_cards is the size of a box. ERR_CONFLICT
 * when it is enabled, or left in no package. */
enum err package_card_back(
    const struct window_desk *desk, const char *card_number, int32_t box_cards, struct why *why);

/* The sign-list is back: what was not brought back is with its holder. *open says how many of those are
 * not enabled yet. Once for a package. */
enum err package_list_back(
    const struct window_desk *desk, int64_t package, int64_t *open, struct why *why);
