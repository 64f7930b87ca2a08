#include "reader/pcsc_trouble.h"

#include <assert.h>
#include <stddef.h>

#include <winscard.h>

static const struct trouble {
    LONG code;
    enum pcsc_cause cause;
    const char *detail;
} troubles[] = {
    {SCARD_S_SUCCESS,              PCSC_FINE,        ""                                      },
 /* The five faces of a card that was pulled. */
    {SCARD_E_NOT_TRANSACTED,       PCSC_CARD_GONE,   "the exchange was cut off"              },
    {SCARD_E_NO_SMARTCARD,         PCSC_CARD_GONE,   "the reader is empty"                   },
    {SCARD_W_RESET_CARD,           PCSC_CARD_GONE,   "it was reset"                          },
    {SCARD_W_REMOVED_CARD,         PCSC_CARD_GONE,   "it was taken out"                      },
    {SCARD_E_PROTO_MISMATCH,       PCSC_CARD_GONE,   "the reader has not settled yet"        },

    {SCARD_W_UNRESPONSIVE_CARD,    PCSC_CARD_SILENT, "no answer to reset"                    },
    {SCARD_W_UNPOWERED_CARD,       PCSC_CARD_SILENT, "no power"                              },
    {SCARD_W_UNSUPPORTED_CARD,     PCSC_CARD_SILENT, "its answer to reset contradicts itself"},
    {SCARD_E_SHARING_VIOLATION,    PCSC_IN_USE,      "it holds the card"                     },
    {SCARD_E_NO_READERS_AVAILABLE, PCSC_NO_READER,   "pcscd knows of none"                   },
    {SCARD_E_UNKNOWN_READER,       PCSC_NO_READER,   "unplugged"                             },
    {SCARD_E_READER_UNAVAILABLE,   PCSC_NO_READER,   "unplugged"                             },
    {SCARD_E_NO_SERVICE,           PCSC_NO_DAEMON,   "it is not running"                     },
    {SCARD_E_SERVICE_STOPPED,      PCSC_NO_DAEMON,   "it has ended"                          },
    {SCARD_E_INVALID_HANDLE,       PCSC_NO_DAEMON,   "it was started anew"                   },
    {SCARD_F_COMM_ERROR,           PCSC_NO_DAEMON,   "the line to it broke"                  },
    {SCARD_W_SECURITY_VIOLATION,   PCSC_NOT_ALLOWED, "a polkit rule may be missing"          },
    {SCARD_E_NO_ACCESS,            PCSC_NOT_ALLOWED, "a polkit rule may be missing"          },
};
enum { TROUBLE_COUNT = sizeof troubles / sizeof troubles[0] };

/* What is the matter, and what to do about it; in the order of the causes. */
static const struct cause_text {
    enum pcsc_cause cause;
    const char *says, *next;
} causes[] = {
    {PCSC_FINE,        "",                                         ""                                    },
    {PCSC_CARD_GONE,   "the card has gone",                        "put it in and repeat"                },
    {PCSC_CARD_SILENT, "the card does not answer",                 "see that it lies the right way round"},
    {PCSC_IN_USE,      "another program uses the reader",          "end it and repeat"                   },
    {PCSC_NO_READER,   "there is no reader",                       "plug one in and repeat"              },
    {PCSC_NO_DAEMON,   "pcscd, which reaches readers, is missing",
     "start it (systemctl start pcscd) and repeat"                                                       },
    {PCSC_NOT_ALLOWED, "pcscd lets this user reach no reader",     "ask whoever runs the machine"        },
    {PCSC_OTHER,       "PC/SC let us down",                        "repeat; the log of pcscd tells more" },
};
_Static_assert(sizeof causes / sizeof causes[0] == PCSC_OTHER + 1, "every cause has its sentence");

static const struct trouble *trouble_of(long code) {
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        if (troubles[i].code == code) {
            return &troubles[i];
        }
    }
    return NULL;
}

enum pcsc_cause pcsc_cause_of(long code) {
    const struct trouble *trouble = trouble_of(code);
    return trouble ? trouble->cause : PCSC_OTHER;
}

enum err pcsc_trouble_say(struct why *why, long code, const char *reader) {
    const struct cause_text *text = &causes[pcsc_cause_of(code)];
    const struct trouble *trouble = trouble_of(code);
    assert(text->cause == pcsc_cause_of(code));
    assert(text->cause != PCSC_FINE);
    if (trouble) {
        (void)why_say(why, ERR_OUTSIDE, "%s (%s); %s", text->says, trouble->detail, text->next);
    } else {
        (void)why_say(why, ERR_OUTSIDE, "%s (code %08lX); %s", text->says,
            (unsigned long)code & 0xFFFFFFFFUL, text->next);
    }
    return reader ? why_add(why, ERR_OUTSIDE, "%s", reader) : ERR_OUTSIDE;
}
