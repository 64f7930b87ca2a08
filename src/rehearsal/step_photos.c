/* The step in which some people are photographed: the pictures are drawn, the painter's process looks at them, the
 * rule judges, and what it does not know a person decides. [system.md 4.1.3] */
#include <assert.h>
#include <stdio.h>

#include "capture/photo_case.h"
#include "host/rng.h"
#include "registry/registry.h"
#include "rehearsal/pilot_steps.h"
#include "rehearsal/portrait.h"

enum {
    ONE_IN = 60, /* of the people are photographed */
    TURN = 10,   /* of so many pictures one is dark, one doubtful */
    DARK_TURN = 3,
    DOUBTFUL_TURN = 6,
    PHOTO_TIME = 90000,
};

/* Who takes photos, and who decides about them. */
static struct capture_desk capture_desk_of(
    const struct pilot *p, const struct person_desk *persons, const char *officer) {
    return (struct capture_desk){.persons = persons,
        .store = p->parts->captures,
        .officer = officer,
        .point = PILOT_SERVICE_POINT,
        .day = p->order->date,
        .time = PHOTO_TIME};
}

/* One picture before the camera: drawn, looked at, kept in the state that it deserves. */
static enum err photograph(struct pilot *p, const struct capture_desk *desk,
    const struct person *person, enum portrait_kind kind, struct photo *photo, struct why *why) {
    static uint8_t room[PORTRAIT_FILE_MAX];
    struct builder file = builder_in(room, sizeof room);
    struct photo_seen seen;
    const struct pilot_studio *studio = &p->parts->studio;
    uint64_t key = (uint64_t)number17_of(bytes_text(person->number));
    enum err err = portrait_draw(p->order->seed, key, kind, &file, why);
    err = err ? err : studio->look(studio->self, builder_bytes(&file), &seen, why);
    const struct photo_offer offer = {
        .person = person->id, .file = builder_bytes(&file), .seen = &seen, .taken = p->order->date};
    return err ? err : photo_take(desk, &offer, photo, why);
}

/* A photo that fails is taken again while the person stands there; one that waits is decided by somebody else.
 * Taken again after a kill, the same picture is the same photo. */
static enum err capture_one(
    struct pilot *p, const struct person *person, unsigned turn, struct why *why) {
    const struct person_desk persons = {p->parts->registry, p->parts->persons};
    const struct capture_desk desk = capture_desk_of(p, &persons, PILOT_POINT);
    const struct capture_desk decider = capture_desk_of(p, &persons, PILOT_APPROVER);
    enum portrait_kind kind = turn == DARK_TURN       ? PORTRAIT_DARK
                              : turn == DOUBTFUL_TURN ? PORTRAIT_DOUBTFUL
                                                      : PORTRAIT_GOOD;
    struct photo photo;
    enum err err = photograph(p, &desk, person, kind, &photo, why);
    if (!err && photo.state == PHOTO_REJECTED) {
        err = photograph(p, &desk, person, PORTRAIT_GOOD, &photo, why);
    }
    if (!err && photo.state == PHOTO_MANUAL) {
        err = photo_decide(
            &decider, photo.id, true, "seen: dark, and every feature is clear", &photo, why);
    }
    return err ? why_add(why, err, "photo of person %lld", (long long)person->id) : OK;
}

/* Who is photographed follows from the seed and the number, whatever id the registry gave. */
static bool is_chosen(const struct pilot *p, const struct person *person) {
    uint64_t key = (uint64_t)number17_of(bytes_text(person->number));
    struct rng rng = rng_stream(p->order->seed, "photographed", key);
    return rng_below(&rng, ONE_IN) == 0;
}

/* The photos of a state; by_person: those that an officer decided about. */
static enum err count_state(const struct pilot *p, enum photo_state state, uint64_t *count,
    uint64_t *by_person, struct why *why) {
    const struct capture_store *store = p->parts->captures;
    struct photo photo = {.id = 0};
    enum err err = OK;
    *count = *by_person = 0;
    while (!err) {
        err = store->photo_after(store->self, state, UINT32_MAX, photo.id, &photo, why);
        *count += err ? 0 : 1;
        *by_person += err || !photo.second[0] ? 0 : 1;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err count_photos(struct pilot *p, struct why *why) {
    uint64_t *issued = p->figures->issued;
    uint64_t ignored = 0;
    enum err err = count_state(
        p, PHOTO_USABLE, &issued[ISSUED_PHOTOS_USABLE], &issued[ISSUED_PHOTOS_BY_PERSON], why);
    err = err ? err
              : count_state(p, PHOTO_REJECTED, &issued[ISSUED_PHOTOS_REJECTED], &ignored, why);
    issued[ISSUED_PHOTOS_TAKEN] = issued[ISSUED_PHOTOS_USABLE] + issued[ISSUED_PHOTOS_REJECTED];
    return err;
}

/* Nobody has a card yet: all are asked. */
enum err step_photos(struct pilot *p, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct progress progress = progress_begin(
        "photograph", "people", p->figures->people.accepted, p->order->quiet);
    struct person person = {.id = 0};
    unsigned taken = 0;
    enum err err = OK;
    assert(p->parts->studio.look);
    while (!err) {
        err = registry->person_without_card(registry->self, person.id, &person, why);
        if (!err && is_chosen(p, &person)) {
            err = capture_one(p, &person, taken++ % TURN, why);
            err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* no end of the list */
        }
        progress_at(&progress, progress.done + 1);
    }
    if (err != ERR_NOT_FOUND) {
        progress_abandon(&progress);
        return err;
    }
    progress_at(&progress, p->figures->people.accepted);
    (void)progress_end(&progress);
    return count_photos(p, why);
}
