#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/city.h"
#include "apps/command.h"
#include "apps/key_show.h"
#include "apps/module_place.h"
#include "host/ending.h"
#include "host/options.h"
#include "stores/sql/audit.h"

struct module_options {
    const char *library, *token, *pin, *addresses, *region, *data;
    bool use, json;
};

/* clang-format off */
static const struct option options[] = {
    {"--library", OPTION_PATH, offsetof(struct module_options, library), "FILE", NULL,
        "the module's library of PKCS#11; without, the module of the centre in --data", true},
    {"--token", OPTION_TEXT, offsetof(struct module_options, token), "LABEL", NULL,
        "the token in it", true},
    {"--pin", OPTION_PATH, offsetof(struct module_options, pin), "FILE", NULL,
        "the PIN of its user is the first line; without, the terminal asks", true},
    {"--addresses", OPTION_TEXT, offsetof(struct module_options, addresses), "PATTERN",
        "shebao.{name}.{version}", "how the root keys are labelled in it", false},
    {"--region", OPTION_TEXT, offsetof(struct module_options, region), "CODE", "440100",
        "the city, six digits (GB/T 2260)", false},
    {"--use", OPTION_FLAG, offsetof(struct module_options, use), NULL, NULL,
        "the keys of the centre in --data are in this module from now on", false},
    OPTION_DATA(struct module_options, data),
    OPTION_JSON(struct module_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key module",
    .help =
        "Opens a security module in a caged process, and shows by check values which root keys\n"
        "it has. Nothing in it is changed. With --use it becomes the vault of a centre that was\n"
        "made with shebao init --keys module, and stands in vault/module.json there.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* The module that the command line names, or the centre's. */
static enum err place_of(
    const struct module_options *given, struct module_place *place, struct why *why) {
    *place = (struct module_place){.alias_count = 0};
    if (!given->library && !given->token && !given->use) {
        return module_place_read(given->data, place, why);
    }
    if (!given->library || !given->token) {
        return why_say(why, ERR_CONFLICT, "name the module's --library and its --token both");
    }
    if (strlen(given->library) >= sizeof place->library
        || strlen(given->token) >= sizeof place->token
        || strlen(given->addresses) >= sizeof place->pattern) {
        return why_say(why, ERR_CONFLICT,
            "--library, --token (%d bytes) or --addresses (%d bytes) is too long",
            (int)MODULE_TOKEN_MAX, (int)MODULE_ADDRESS_MAX - 1);
    }
    (void)memcpy(place->library, given->library, strlen(given->library));
    (void)memcpy(place->token, given->token, strlen(given->token));
    (void)memcpy(place->pattern, given->addresses, strlen(given->addresses));
    return OK;
}

static size_t show(const struct vault *vault, bool as_json) {
    json_t *list = as_json ? json_array() : NULL;
    size_t count = key_show_all(vault, list);
    if (as_json) {
        json_t *all = json_pack("{s:I, s:o}", "count", (json_int_t)count, "keys", list);
        (void)json_dumpf(all, stdout, 0);
        (void)printf("\n");
        json_decref(all);
    } else {
        (void)printf("%zu keys\n", count);
    }
    return count;
}

/* The keys that cards have are never exchanged for others. */
static enum err check_free(const struct city *city, struct why *why) {
    const char *dir = city->centre.dir;
    if (city->centre.file.keys != KEYS_IN_MODULE) {
        return why_say(why, ERR_CONFLICT,
            "the keys of %s are in its %s; make a centre with shebao init --keys module", dir,
            centre_keys_word(city->centre.file.keys));
    }
    return module_place_exists(dir) ? why_say(why, ERR_CONFLICT,
               "%s has a module already, whose keys are in cards; when the same keys moved, edit "
               "vault/module.json",
               dir)
                                    : OK;
}

/* The audit row comes first: a centre never uses a module that its chain does not name. */
static enum err use(struct city *city, const struct module_place *place, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "token %s", place->token);
    enum err err = db_audit(&city->db, "vault", "module-used", subject, why);
    return err ? err : module_place_write(city->centre.dir, place, why);
}

/* Opens it, shows it, and takes it into use when that was asked and it has keys. */
static enum err look(const struct module_options *given, struct city *city,
    const struct module_place *place, struct why *why) {
    struct vault line = {0};
    uint32_t region = (uint32_t)strtoul(
        given->use ? city->centre.file.region : given->region, NULL, 10);
    const struct lines_wanted one = {NULL, &line, 1};
    enum err err = module_place_start(place, region, given->pin, &one, why);
    if (err) {
        return err;
    }
    size_t count = show(&line, given->json);
    line.close(line.self);
    if (!given->use) {
        return OK;
    }
    return count > 0 ? use(city, place, why)
                     : why_say(why, ERR_CONFLICT,
                         "the token has no key under these addresses, so it is not taken into "
                         "use; name others with --addresses");
}

int key_module_command(int argc, char **argv) {
    struct module_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    struct module_place *place = calloc(1, sizeof *place);
    CITY_SCOPE(city);
    city.use = USE_ALONE;
    enum err err = place ? place_of(&given, place, &why)
                         : why_say(&why, ERR_OUTSIDE, "no memory; end other programs");
    if (!err && given.use) {
        err = city_open(&city, given.data, &why);
        err = err ? err : check_free(&city, &why);
    }
    err = err ? err : look(&given, &city, place, &why);
    free(place);
    /* What the options said may be wrong: wrong use, no bad file. */
    return (int)ending_tell_words(err, &why);
}
