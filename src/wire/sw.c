#include "wire/sw.h"

#include <stddef.h>

static const struct {
    enum sw sw;
    const char *text;
} texts[] = {
    {SW_OK,               "done"                                                               },
    {SW_DATA_DOUBTFUL,    "the data may be damaged or were never written"                      },
    {SW_FILE_INVALIDATED, "the application is blocked for a time"                              },
    {SW_UNCHANGED,        "nothing was changed"                                                },
    {SW_MEMORY,           "the memory of the card refused a write"                             },
    {SW_WRONG_LENGTH,     "wrong length"                                                       },
    {SW_SM_UNSUPPORTED,   "secure messaging is not supported here"                             },
    {SW_LINE_PROTECTION,  "the class of the command does not fit the protection of file or key"},
    {SW_WRONG_STATE,      "the command does not belong here in a transaction"                  },
    {SW_WRONG_FILE_TYPE,  "the file or key is of another type"                                 },
    {SW_SECURITY,         "PIN or key was not proven"                                          },
    {SW_BLOCKED,          "the PIN or key is locked"                                           },
    {SW_NO_CHALLENGE,     "no live random number"                                              },
    {SW_CONDITIONS,       "the conditions of use are not met"                                  },
    {SW_NO_CURRENT_FILE,  "no file is selected"                                                },
    {SW_SM_MISSING,       "the MAC of secure messaging is missing"                             },
    {SW_SM_WRONG,         "the MAC of secure messaging is wrong"                               },
    {SW_WRONG_DATA,       "wrong data field"                                                   },
    {SW_UNSUPPORTED,      "not supported, or card or application blocked"                      },
    {SW_FILE_NOT_FOUND,   "no such file"                                                       },
    {SW_RECORD_NOT_FOUND, "no such record"                                                     },
    {SW_NO_SPACE,         "no space left"                                                      },
    {SW_WRONG_P1P2,       "wrong parameters P1 P2, or the file exists already"                 },
    {SW_KEY_NOT_FOUND,    "no such key"                                                        },
    {SW_WRONG_OFFSET,     "the position lies behind the end of the file"                       },
    {SW_INS_UNKNOWN,      "unknown command"                                                    },
    {SW_CLA_UNKNOWN,      "unknown class"                                                      },
    {SW_OUR_MISTAKE,      "the card found a mistake in itself and is mute until reset"         },
    {SW_MAC_WRONG,        "wrong MAC"                                                          },
    {SW_LOCKED_FOR_EVER,  "the application is locked for ever"                                 },
    {SW_FUNDS,            "the amount is above the balance"                                    },
    {SW_COUNTER_FULL,     "the transaction counter is full"                                    },
    {SW_KEY_INDEX,        "no key of this index"                                               },
    {SW_NO_PROOF,         "the MAC or TAC asked for is not there"                              },
    {SW_GREY,             "the wallet is grey-locked"                                          },
};

/* Words whose low bits carry a number: mask says which bits must match. */
static const struct {
    enum sw sw;
    uint16_t mask;
    const char *text;
} families[] = {
    {SW_MORE_DATA,  0xFF00, "more data wait for GET RESPONSE"                   },
    {SW_TRIES_LEFT, 0xFFF0, "wrong; the last digit says how many tries are left"},
    {SW_WRONG_LE,   0xFF00, "wrong Le; the low byte says the right one"         },
};

/* A word that is listed whole means that and nothing else; then the families are tried. */
const char *sw_text(uint16_t sw) {
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].sw == (enum sw)sw) {
            return texts[i].text;
        }
    }
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (families[i].sw == (enum sw)(sw & families[i].mask)) {
            return families[i].text;
        }
    }
    return "a status word that no specification of this card lists";
}
