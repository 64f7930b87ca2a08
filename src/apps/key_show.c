#include "apps/key_show.h"

#include <stdio.h>

#include "keys/permit.h"

/* One version of one line: printed when the vault has it. */
static bool show_key(const struct vault *vault, const struct key_ref *ref, json_t *list) {
    uint8_t value[3];
    char text[8];
    struct why why;
    if (vault->check_value(vault->self, ref, value, &why) != OK) {
        return false;
    }
    const char *cipher = ref->algorithm == KEY_SM4 ? "SM4" : "3DES";
    (void)snprintf(text, sizeof text, "%02X%02X%02X", value[0], value[1], value[2]);
    if (list) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:s}", "key", key_kind(ref->name)->name, "cipher",
                      cipher, "version", (int)ref->version, "check", text));
    } else {
        (void)printf("%-10s %-4s version %-2u check value %s\n", key_kind(ref->name)->name, cipher,
            (unsigned)ref->version, text);
    }
    return true;
}

size_t key_show_all(const struct vault *vault, json_t *list) {
    size_t count = 0;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned i = 0; n != KEY_TRANSPORT && i < 2 * (KEY_VERSION_MAX + 1); i++) {
            const struct key_ref ref = {.name = (enum key_name)n,
                .algorithm = (enum key_algorithm)(i / (KEY_VERSION_MAX + 1)),
                .version = (uint8_t)(i % (KEY_VERSION_MAX + 1))};
            count += show_key(vault, &ref, list);
        }
    }
    return count;
}
