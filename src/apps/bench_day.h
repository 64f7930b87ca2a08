/* The invented day of `bench clear`: cards, terminals, institutions and upload files, from a seed.
 *
 * Each card buys as often as the others, at terminals all over the land; a record in a thousand is
 * spoilt in one of a dozen ways, some cards are listed from noon and some have no money in the books.
 * One file a terminal, a thousand purchases each. */
#pragma once

#include "clearing/partition_register.h"
#include "keys/vault.h"

enum { BENCH_DAY = 20031008, BENCH_FILE_RECORDS = 1000 };

struct bench_day {
    uint64_t purchases, cards, seed;
    size_t file_count; /* as many terminals */
    struct day_register city;
    struct register_institution *institutions; /* the register borrows these two */
    struct register_terminal *terminals;
    char folder[256]; /* of the files: N.upload */
    char (*paths)[288];
    const char **files; /* in the order of uploading, which is none of the terminals' */
};

/* Draws the city and writes the files into folder, with as many threads as vaults. */
enum err bench_day_make(
    struct bench_day *day, const struct vault *vaults, size_t vault_count, struct why *why);

/* Removes the files and frees everything. */
void bench_day_free(struct bench_day *day);
