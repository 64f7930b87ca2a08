/* A centre opened for work on its persons: the city, and the rows of persons over its database. */
#pragma once

#include "apps/city.h"
#include "registry/person_store.h"
#include "stores/sql/registry_person.h"

struct person_city {
    struct city city;
    struct person_rows *rows;
    struct person_store store;
    struct person_desk desk; /* borrows both stores */
};

/* Opens everything of the centre in dir. Errors as city_open(). */
enum err person_city_open(struct person_city *people, const char *dir, struct why *why);
void person_city_close(struct person_city *people);
#define PERSON_CITY_SCOPE(name)                                                                    \
    __attribute__((cleanup(person_city_close))) struct person_city name = {.city.use = USE_DESK}

/* Brings the index of names up to date, with a line of progress unless quiet. */
enum err person_city_index(struct person_city *people, bool quiet, struct why *why);

/* The business moment of the centre: its day, and the time of the clock on the wall, HHMMSS, in *when. */
void person_city_now(const struct person_city *people, uint32_t *day, uint32_t *when);

/* Leaves the last four characters of a telephone number. */
void person_mask_tail(char *text);

/* What is wrong about a request is wrong use, not a bad file. */
int person_ending(enum err err, const struct why *why);
