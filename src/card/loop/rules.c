#include "card/loop/rules.h"

#include "base/features.h"
#include "card/guard/life.h"

enum {
    /* Shapes. On this line a fifth byte 00 and no fifth byte are the same [purse.md 1.1]. */
    SAYS = APDU_BARE,
    ASKS = APDU_WANTS_ANSWER | APDU_BARE,
    BRINGS = APDU_BRINGS_DATA,
    BOTH = APDU_BRINGS_DATA | APDU_BOTH_WAYS,
    EITHER = APDU_BARE | APDU_BRINGS_DATA,
    /* Lives. */
    BLANK = LIFE_BLANK,
    WORK = LIFE_WORKING,
    LOCKED = LIFE_APP_BLOCKED,
    DEAD = LIFE_APP_DEAD,
    /* Dialects. */
    FMCOS = RULE_FMCOS_ONLY,
    DATANG = RULE_DATANG_ONLY,
};

static const struct rule rules[] = {
  /* finding one's way */
    {0x00, 0xA4, ASKS | BOTH, WORK | LOCKED | DEAD,         select_file           },
 /* files */
    {0x00, 0xB0, ASKS,        WORK,                         read_binary           },
    {0x04, 0xB0, BOTH,        WORK,                         read_binary           },
    {0x00, 0xD6, BRINGS,      WORK,                         update_binary         },
    {0x00, 0xD0, BRINGS,      WORK,                         update_binary         },
    {0x04, 0xD6, BRINGS,      WORK,                         update_binary         },
    {0x04, 0xD0, BRINGS,      WORK,                         update_binary         },
    {0x00, 0xB2, ASKS,        WORK,                         read_record           },
    {0x04, 0xB2, BOTH,        WORK,                         read_record           },
    {0x00, 0xDC, BRINGS,      WORK,                         update_record         },
    {0x00, 0xD2, BRINGS,      WORK | FMCOS,                 update_record         },
    {0x04, 0xDC, BRINGS,      WORK,                         update_record         },
    {0x04, 0xD2, BRINGS,      WORK,                         update_record         },
    {0x00, 0xE2, BRINGS,      WORK,                         append_record         },
    {0x04, 0xE2, BRINGS,      WORK,                         append_record         },
 /* proofs */
    {0x00, 0x84, ASKS,        BLANK | WORK | LOCKED | DEAD, get_challenge         },
    {0x00, 0x88, BOTH,        WORK,                         internal_authenticate },
    {0x00, 0x82, BRINGS,      WORK | LOCKED,                external_authenticate },
    {0x00, 0x20, BRINGS,      WORK,                         verify_pin            },
    {0x80, 0x5E, BRINGS,      WORK,                         change_or_reload_pin  },
    {0x84, 0x24, BRINGS,      WORK,                         unblock_pin           },
 /* locks */
    {0x84, 0x1E, BRINGS,      WORK | LOCKED,                block_application     },
    {0x84, 0x18, BRINGS,      WORK | LOCKED,                unblock_application   },
    {0x84, 0x16, BRINGS,      WORK,                         block_card            },
 /* personalisation */
    {0x80, 0xE0, BRINGS,      BLANK | WORK | FMCOS,         create_file           },
    {0x80, 0x0E, SAYS,        WORK | FMCOS,                 erase_directory       },
    {0x80, 0xD4, BRINGS,      WORK | FMCOS,                 write_key             },
    {0x84, 0xD4, BRINGS,      WORK | FMCOS,                 write_key_secured     },
#if CARD_DATANG
    {0x80, 0xE0, EITHER,      BLANK | WORK | DATANG,        datang_make           },
    {0x00, 0x14, BRINGS,      BLANK | WORK | DATANG,        datang_atr_head       },
    {0x80, 0xE1, BRINGS,      WORK | DATANG,                datang_delete         },
    {0x00, 0xD2, BRINGS,      WORK | DATANG,                datang_write_record   },
    {0x00, 0xD4, BRINGS,      WORK | DATANG,                datang_write_key      },
    {0x04, 0xD4, BRINGS,      WORK | DATANG,                datang_write_key      },
    {0x80, 0xD4, BRINGS,      WORK | DATANG,                datang_write_key      },
    {0x84, 0xD4, BRINGS,      WORK | DATANG,                datang_write_key      },
#endif
  /* the wallet */
    {0x80, 0x50, BOTH,        WORK,                         initialize_transaction},
    {0x80, 0x52, BOTH,        WORK,                         complete_transaction  },
    {0x80, 0x54, BOTH,        WORK,                         complete_transaction  },
    {0x80, 0x58, BOTH,        WORK,                         complete_transaction  },
#if CARD_COMPOUND
    {0x80, 0xDC, BRINGS,      WORK,                         update_capp_cache     },
    {0x84, 0xDC, BRINGS,      WORK,                         update_capp_cache     },
#endif
    {0x80, 0x5C, ASKS,        WORK,                         get_balance           },
    {0x80, 0x5A, BOTH,        WORK,                         get_transaction_prove },
 /* the medical account [card.md 6; decision 0022] */
    {0xB0, 0x28, BOTH,        WORK,                         initialize_transaction},
    {0xB0, 0x2C, BOTH,        WORK,                         complete_transaction  },
    {0xB0, 0x2E, BOTH,        WORK,                         complete_transaction  },
    {0xB0, 0x5C, ASKS,        WORK,                         get_balance           },
    {0xB0, 0x5A, BOTH,        WORK,                         get_transaction_prove },
#if CARD_SAM
  /* the purchase module */
    {0x80, 0x70, BOTH,        WORK,                         sam_init_purchase     },
    {0x80, 0x72, BRINGS,      WORK,                         sam_credit_purchase   },
    {0xBF, 0xDE, BRINGS,      WORK,                         sam_init_session      },
    {0x80, 0x1A, EITHER,      WORK,                         sam_init_key          },
    {0x80, 0xFA, BOTH,        WORK,                         sam_calculate         },
#endif
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

/* Whether a chip of this dialect has the command at all. */
static bool speaks(const struct rule *rule, enum dialect dialect) {
    unsigned other = dialect == DIALECT_DATANG ? RULE_FMCOS_ONLY : RULE_DATANG_ONLY;
    return (rule->lives & other) == 0;
}

const struct rule *rule_find(enum dialect dialect, uint8_t cla, uint8_t ins, enum sw *refusal) {
    bool ins_known = false;
    bool cla_known = false;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (CARD_DATANG && !speaks(&rules[i], dialect)) {
            continue;
        }
        if (rules[i].cla == cla && rules[i].ins == ins) {
            return &rules[i];
        }
        ins_known = ins_known || rules[i].ins == ins;
        cla_known = cla_known || rules[i].cla == cla;
    }
    *refusal = cla_known && !ins_known ? SW_INS_UNKNOWN : SW_CLA_UNKNOWN;
    return NULL;
}

const struct rule *rule_at(size_t index) {
    return index < RULE_COUNT ? &rules[index] : NULL;
}
