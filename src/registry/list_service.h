/* The blacklist in the forms in which terminals take it. [system.md 6.3.5; wire/blacklist_forms.h]
 *
 * registry_blacklist() in registry.h writes the full list of a moment. Here are the increment since a
 * list that a terminal has, and the bitmap over all card numbers in use. All three tell of the same
 * moment in the same way: an increment applied to the older list is the younger list, byte for byte,
 * and a number is set in the bitmap exactly when its card stands in the list. Nothing is changed in
 * the registry. One thread at a time. */
#pragma once

#include "registry/registry.h"
#include "wire/blacklist_forms.h"

/* The most bytes that any of the forms takes at that moment: the caller's builder wants so many. */
enum err list_room(
    const struct registry_store *store, uint32_t day, uint32_t time, size_t *room, struct why *why);

/* The increment from the list `from` (its version and moment count) to that of a moment, sealed, in
 * an empty builder. ERR_CONFLICT: `from` is younger than the moment. ERR_INVALID: the builder is too
 * small. */
enum err list_change(const struct registry_store *store, const struct blacklist *from, uint32_t day,
    uint32_t time, struct builder *b, struct why *why);

/* The bitmap of a moment, sealed, in an empty builder. ERR_CONFLICT: a listed card has a number that
 * was never given out, or no number was; ERR_INVALID: the builder is too small. */
enum err list_bitmap(const struct registry_store *store, uint32_t day, uint32_t time,
    struct builder *b, struct why *why);
