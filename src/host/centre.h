/* A centre's directory: what lies where, and the card that says whose centre it is.
 *
 * Everything a centre owns lies in one directory, named by --data. centre.json names the centre,
 * its region, whether its keys are test keys made from a seed, and its business date. It is written
 * once, by `shebao init` or the pilot, and read strictly: an unknown or repeated key, a wrong type
 * or another format is refused, for a directory that is almost a centre is no centre. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/files.h"
#include "host/lockfile.h"
#include "host/why.h"

/* Where a centre's keys are. What a centre does not say is what it always was: a rehearsal's come from
 * its seed, all others' are in a file of two custodians. */
enum centre_keys { KEYS_USUAL, KEYS_IN_SEED, KEYS_IN_FILE, KEYS_IN_MODULE, KEYS_PLACES };

/* "seed", "file", "module": as centre.json and the command line say it; "usual" is never written. */
const char *centre_keys_word(enum centre_keys keys);

/* What centre.json says. */
enum { CENTRE_ADDRESS_MAX = 255 };
struct centre_file {
    char name[128];        /* of the centre, UTF-8 */
    char region[7];        /* six digits: 440100 */
    bool rehearsal;        /* invented people and officers; every page and every report says so */
    enum centre_keys keys; /* never KEYS_USUAL after centre_read() */
    uint64_t seed;         /* what is drawn by chance, and test keys, come from it */
    uint32_t date;         /* the business date, YYYYMMDD */
    /* Which of its two ciphers the centre chose for wallets and for the modules that take their money:
     * false the first (3DES), true the second (SM4). For good. [decision 0053] */
    bool sm4_wallets;
    /* Of the server that holds its database (postgresql://...); "": it is city.db. No password. */
    char database[CENTRE_ADDRESS_MAX + 1];
};

/* What lies in the directory. */
enum centre_part {
    CENTRE_CARD,      /* centre.json */
    CENTRE_DATABASE,  /* city.db */
    CENTRE_LOCK,      /* lock */
    CENTRE_LINES,     /* lock.online */
    CENTRE_VAULT,     /* vault/ */
    CENTRE_CHIPS,     /* chips/: CARDNUMBER.chip */
    CENTRE_PSAMS,     /* psams/: TERMINAL.chip */
    CENTRE_TERMINALS, /* terminals/: TERMINAL.journal */
    CENTRE_UPLOADS,   /* uploads/ */
    CENTRE_BANK,      /* bank/ */
    CENTRE_FIGURES,   /* pilot.json: the figures of the pilot that ended */
    CENTRE_PROGRESS,  /* pilot.state.json: its figures after each step */
    CENTRE_LOG,       /* shebao.log */
    CENTRE_PARTS
};

/* The name of that part of the centre in dir, in path. Returns path; asserts that it fits, which
 * centre_read() and centre_make() have checked for dir. */
const char *centre_path(char path[PATH_ROOM], const char *dir, enum centre_part part);

/* Makes a new centre in dir: the directory with its folders and, last of all and whole,
 * centre.json. ERR_CONFLICT when dir is a centre already, is one that has lost its centre.json, or
 * holds anything else; an interrupted attempt can be repeated. ERR_INVALID when *file does not make
 * sense. */
enum err centre_make(const char *dir, const struct centre_file *file, struct why *why);

/* Reads centre.json of dir. ERR_NOT_FOUND with the way to make one when dir is no centre. */
enum err centre_read(const char *dir, struct centre_file *file, struct why *why);

/* The name of something in dir that only work with cards or books leaves there, or NULL. */
const char *centre_trace(const char *dir);

/* Where the centre's database is: its server's address, or the path of city.db, written to path. */
const char *centre_database(char path[PATH_ROOM], const char *dir, const struct centre_file *file);

/* What a process is at work on in a centre. Of each kind there is one at a time, and the two go side by
 * side: whoever reports a loss need not wait until the terminals' day is over. [decision 0065] */
enum centre_use {
    USE_DESK,  /* a command at a desk */
    USE_LINES, /* the server that answers terminals */
    USE_ALONE, /* what leaves nothing as it was for either: keys, a rehearsal */
};

/* A centre in use by this process. */
struct centre {
    char dir[PATH_ROOM];
    struct centre_file file;
    struct lockfile lock;  /* of the desk */
    struct lockfile lines; /* of the lines */
};

/* Reads the card of the centre and takes the locks of that use; ERR_OUTSIDE when another process
 * holds one, ERR_CONFLICT when cards or books are there but not the file of the database that they
 * belong to. */
enum err centre_open(struct centre *centre, const char *dir, enum centre_use use, struct why *why);
void centre_close(struct centre *centre);
#define CENTRE_SCOPE(name) __attribute__((cleanup(centre_close))) struct centre name = {.lock = {0}}
