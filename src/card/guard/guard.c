#include "card/guard/guard.h"

#include "base/features.h"

/* Whether `upper` is `lower` or a directory above it. */
static bool lies_on_path(const struct dir *upper, const struct dir *lower) {
    return upper->depth > 0 && upper->depth <= lower->depth
           && upper->path[upper->depth - 1] == lower->path[upper->depth - 1];
}

/* The gravest block of a directory and all above it [chip 4]; info is that of the directory, and
 * used up: one is large enough for the stack. */
static uint8_t gravest_block(
    const struct chip *chip, const struct dir *dir, struct dir_info *info) {
    struct dir at = *dir;
    uint8_t gravest = info->blocked;
    while (dir_above(&at, &at)) {
        dir_read(&chip->store, &at, info);
        gravest = info->blocked > gravest ? info->blocked : gravest;
    }
    return gravest;
}

void guard_enter(struct chip *chip, const struct dir *to) {
    struct guard *g = &chip->guard;
    struct dir target = *to; /* `to` may be chip->dir itself */
    struct dir above;
    struct dir_info info;
    (void)chip_assert(chip, target.depth > 0 && target.depth <= TREE_LEVELS); /* [chip 1] */
    dir_read(&chip->store, &target, &info);
    bool downwards = dir_above(&target, &above) && dir_same(&above, &chip->dir);
    g->key_above = downwards ? g->key_here : NO_KEY;
    g->key_here = NO_KEY;
    g->df_state = target.depth == 1 ? g->mf_state : 0;
    g->open = !info.linked && !info.has_keys;
    if (!lies_on_path(&g->pin_home, &target)) {
        g->pin_home.depth = 0;
    }
    chip->dir = target;
    chip->family = info.family;
    chip->algorithm = info.algorithm;
    chip->blocked = gravest_block(chip, &target, &info);
    chip->ef = (struct ef){0};
    chip->record = 0;
    guard_reopen(chip);
}

void guard_reblock(struct chip *chip) {
    struct dir_info info;
    dir_read(&chip->store, &chip->dir, &info);
    chip->blocked = gravest_block(chip, &chip->dir, &info);
}

void guard_erased(struct chip *chip) {
    struct dir here = chip->dir;
    if (dir_same(&chip->guard.pin_home, &here)) {
        guard_drop_pin(chip); /* its PIN is gone */
    }
    guard_enter(chip, &here);
    chip->guard.open = true;
}

/* Whether one control of the social security dialect has been shown: by the key proven in its
 * directory, or by its PIN. */
static bool control_shown(
    const struct chip *chip, uint8_t control, uint16_t key, const struct dir *pin_directory) {
    bool by_pin = dir_same(&chip->guard.pin_home, pin_directory);
    switch (control) {
    case RIGHT_NEVER:
        return false;
    case CONTROL_PIN:
        return by_pin;
    case CONTROL_MAIN_KEY:
        return key == 0;
    default:
        return key == control || (CARD_DATANG && by_pin && control == chip->guard.pin_level);
    }
}

static bool controls_shown(const struct chip *chip, const struct right *right) {
    struct dir above = {.depth = 0};
    bool asks_above = right->above != CONTROL_FREE;
    bool asks_here = right->here != CONTROL_FREE;
    (void)dir_above(&chip->dir, &above); /* none above the master file: depth 0 is nobody's PIN */
    bool above_shown = control_shown(chip, right->above, chip->guard.key_above, &above);
    bool here_shown = control_shown(chip, right->here, chip->guard.key_here, &chip->dir);
    if (right->all) {
        return (!asks_above || above_shown) && (!asks_here || here_shown);
    }
    return (!asks_above && !asks_here) || (asks_above && above_shown) || (asks_here && here_shown);
}

/* The control of making counts until there is a main control key to ask for; before, the transport
 * code does. */
void guard_reopen(struct chip *chip) {
    struct dir_info info;
    if (!CARD_DATANG || chip->dialect != DIALECT_DATANG || chip->dir.depth == 0) {
        return;
    }
    dir_read(&chip->store, &chip->dir, &info);
    bool ruled = key_exists(&chip->store, &chip->dir, KEY_EXTERNAL, 0);
    chip->guard.open = !info.closed && (ruled ? controls_shown(chip, &info.create) : chip->opened);
}

bool guard_allows_interval(const struct chip *chip, uint8_t xy) {
    uint8_t most = xy >> 4;
    uint8_t least = xy & 0x0F;
    if (chip->guard.open) {
        return true;
    }
    if (most == 0) { /* 0Y asks the master file's state [purse.md C-05] */
        return chip->guard.mf_state >= least;
    }
    return least <= chip->guard.df_state && chip->guard.df_state <= most;
}

bool guard_allows(const struct chip *chip, const struct right *right) {
    if (right->form == RIGHT_INTERVAL) {
        return guard_allows_interval(chip, right->interval);
    }
    return chip->guard.open || controls_shown(chip, right);
}

static void load_state(struct chip *chip, const struct key_record *key) {
    chip->guard.df_state = key->version & 0x0F;
    if (chip->dir.depth == 1) {
        chip->guard.mf_state = chip->guard.df_state;
    }
}

void guard_prove_key(struct chip *chip, const struct key_record *key) {
    (void)chip_assert(chip, key->type == KEY_EXTERNAL);
    chip->guard.key_here = key->id;
    if (CARD_DATANG && chip->dialect == DIALECT_DATANG && key->id != 0) {
        chip->guard.key_here = key->version; /* its level */
    }
    load_state(chip, key);
    guard_reopen(chip);
}

void guard_prove_pin(struct chip *chip, const struct dir *home, const struct key_record *pin) {
    (void)chip_assert(chip, pin->type == KEY_PIN);
    (void)chip_assert(chip, lies_on_path(home, &chip->dir)); /* [chip 3] */
    chip->guard.pin_home = *home;
    if (CARD_DATANG && chip->dialect == DIALECT_DATANG) {
        chip->guard.pin_level = pin->version;
    }
    if (dir_same(home, &chip->dir)) {
        load_state(chip, pin);
    }
    guard_reopen(chip); /* a control of making may ask for the PIN */
}

void guard_drop_pin(struct chip *chip) {
    struct guard *g = &chip->guard;
    bool master = chip->dir.depth == 1 || g->pin_home.depth == 1;
    g->pin_home.depth = 0;
    g->df_state = 0;
    g->mf_state = master ? 0 : g->mf_state;
    guard_reopen(chip);
}

bool guard_pin_proven(const struct chip *chip) {
    const struct dir *home = &chip->guard.pin_home;
    if (chip->family == FAMILY_SOCIAL) {
        return lies_on_path(home, &chip->dir);
    }
    return dir_same(home, &chip->dir);
}
