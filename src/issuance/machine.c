#include "issuance/machine.h"

#include <assert.h>

#include "base/builder.h"

/* One walker for four machines. The tables below are the whole knowledge about states: store,
 * pages, manual and tests ask them, and nobody writes a state that they did not give. */

/* Codes have gaps, so they are looked for. */
static const struct machine_name *name_of(
    const struct machine_name *names, size_t count, int code) {
    static const struct machine_name unknown = {-1, "未知", "unknown"};
    for (size_t i = 0; i < count; i++) {
        if (names[i].code == code) {
            return &names[i];
        }
    }
    return &unknown;
}

const char *machine_state_en(const struct machine *m, int state) {
    return name_of(m->states, m->state_count, state)->en;
}

const char *machine_state_zh(const struct machine *m, int state) {
    return name_of(m->states, m->state_count, state)->zh;
}

const char *machine_event_en(const struct machine *m, int event) {
    return name_of(m->events, m->event_count, event)->en;
}

/* Names every event that the state allows, for the end of a refusal. */
static void list_ways_on(const struct machine *m, int from, char *text, size_t room) {
    struct builder b = builder_in(text, room - 1);
    for (size_t i = 0; i < m->step_count; i++) {
        if (m->steps[i].from == from) {
            put_bytes(&b, bytes_text(b.len ? ", " : ""));
            put_bytes(&b, bytes_text(machine_event_en(m, m->steps[i].event)));
        }
    }
    if (b.len == 0) {
        put_bytes(&b, bytes_text("nothing, this is an end"));
    }
    assert(b.len < room);
    text[b.len] = '\0';
}

/* The refusal lists the ways on, so that nobody has to open the figure at the counter. */
enum err machine_next(const struct machine *m, int from, int event, int *to, struct why *why) {
    for (size_t i = 0; i < m->step_count; i++) {
        if (m->steps[i].from == from && m->steps[i].event == event) {
            *to = m->steps[i].to;
            return OK;
        }
    }
    char ways[160];
    list_ways_on(m, from, ways, sizeof ways);
    return why_say(why, ERR_CONFLICT, "cannot %s %s that is %s (%s); possible now: %s",
        machine_event_en(m, event), m->thing, machine_state_en(m, from), machine_state_zh(m, from),
        ways);
}

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define MACHINE(thing_words, states, events, steps)                                                \
    {                                                                                              \
        .thing = (thing_words), (states), (events), COUNT(states), COUNT(events), (steps),         \
        COUNT(steps)                                                                               \
    }

/* --- application -------------------------------------------------------------------------- */

/*     applied --batch--> in work --succeed--> succeeded
 *        |  <--withdraw--  |  \--trouble--> troubled --solve, give up--> solved, lost
 *     withdraw, fail      fail */
static const struct machine_name application_states[] = {
    {APPLICATION_APPLIED,        "申请",             "applied for"                    },
    {APPLICATION_WITHDRAWN,      "撤销",             "withdrawn"                      },
    {APPLICATION_SUCCEEDED,      "成功",             "finished with a card handed out"},
    {APPLICATION_FAILED,         "失败",             "finished without a card"        },
    {APPLICATION_TROUBLED,       "异常处理",       "waiting for a person to decide" },
    {APPLICATION_IN_WORK,        "申领中",          "in work"                        },
    {APPLICATION_TROUBLE_SOLVED, "异常处理成功", "finished after a person decided"},
    {APPLICATION_TROUBLE_LOST,   "异常处理失败", "given up after a person decided"},
};
static const struct machine_name application_events[] = {
    {APPLICATION_BATCH,    "入批",       "take into a batch"},
    {APPLICATION_WITHDRAW, "撤销",       "withdraw"         },
    {APPLICATION_SUCCEED,  "领卡",       "finish"           },
    {APPLICATION_FAIL,     "失败",       "fail"             },
    {APPLICATION_TROUBLE,  "转异常",    "put aside"        },
    {APPLICATION_SOLVE,    "异常解决", "solve"            },
    {APPLICATION_GIVE_UP,  "放弃",       "give up"          },
};
static const struct machine_step application_steps[] = {
    {APPLICATION_APPLIED,  APPLICATION_BATCH,    APPLICATION_IN_WORK       },
    {APPLICATION_APPLIED,  APPLICATION_WITHDRAW, APPLICATION_WITHDRAWN     },
    {APPLICATION_APPLIED,  APPLICATION_FAIL,     APPLICATION_FAILED        },
    {APPLICATION_IN_WORK,  APPLICATION_WITHDRAW, APPLICATION_APPLIED       }, /* batch cancelled */
    {APPLICATION_IN_WORK,  APPLICATION_SUCCEED,  APPLICATION_SUCCEEDED     },
    {APPLICATION_IN_WORK,  APPLICATION_FAIL,     APPLICATION_FAILED        },
    {APPLICATION_IN_WORK,  APPLICATION_TROUBLE,  APPLICATION_TROUBLED      },
    {APPLICATION_TROUBLED, APPLICATION_SOLVE,    APPLICATION_TROUBLE_SOLVED},
    {APPLICATION_TROUBLED, APPLICATION_GIVE_UP,  APPLICATION_TROUBLE_LOST  },
};
const struct machine application_machine = MACHINE(
    "an application", application_states, application_events, application_steps);

/* --- card number -------------------------------------------------------------------------- */

/*     free <--reserve, release--> reserved --use--> used
 *      ^ \--lock--> locked <--lock--/
 *      \--unlock---/
 *
 * There is no step out of used: a number is on one card for ever. */
static const struct machine_name number_states[] = {
    {NUMBER_FREE,     "初始",    "free"    },
    {NUMBER_RESERVED, "占用",    "reserved"},
    {NUMBER_USED,     "已使用", "used"    },
    {NUMBER_LOCKED,   "锁定",    "locked"  },
};
static const struct machine_name number_events[] = {
    {NUMBER_RESERVE, "占用", "reserve"},
    {NUMBER_RELEASE, "释放", "release"},
    {NUMBER_USE,     "使用", "use"    },
    {NUMBER_LOCK,    "锁定", "lock"   },
    {NUMBER_UNLOCK,  "解锁", "unlock" },
};
static const struct machine_step number_steps[] = {
    {NUMBER_FREE,     NUMBER_RESERVE, NUMBER_RESERVED},
    {NUMBER_FREE,     NUMBER_LOCK,    NUMBER_LOCKED  },
    {NUMBER_RESERVED, NUMBER_RELEASE, NUMBER_FREE    },
    {NUMBER_RESERVED, NUMBER_USE,     NUMBER_USED    },
    {NUMBER_RESERVED, NUMBER_LOCK,    NUMBER_LOCKED  },
    {NUMBER_LOCKED,   NUMBER_UNLOCK,  NUMBER_FREE    },
};
const struct machine number_machine = MACHINE(
    "a card number", number_states, number_events, number_steps);

/* --- batch -------------------------------------------------------------------------------- */

/*     made -> approved -> [bank out -> bank back ->] maker out -> maker back
 *       |     [-> keys out -> keys back] -> packed -> delivered -> stored -> closed
 *     cancelled
 *
 * In brackets: cards with a bank account, and cards whose keys are replaced in another place. */
static const struct machine_name batch_states[] = {
    {BATCH_MADE,       "生成批次",             "made"                             },
    {BATCH_APPROVED,   "已复核",                "approved"                         },
    {BATCH_BANK_OUT,   "银行已导出",          "with the bank"                    },
    {BATCH_BANK_BACK,  "银行已回盘",          "back from the bank"               },
    {BATCH_MAKER_OUT,  "工厂已导出",          "with the card maker"              },
    {BATCH_MAKER_BACK, "工厂已回盘",          "back from the card maker"         },
    {BATCH_KEYS_OUT,   "初始化中心已导出", "with the initialising centre"     },
    {BATCH_KEYS_BACK,  "初始化中心已回盘", "back from the initialising centre"},
    {BATCH_PACKED,     "已装箱",                "checked and packed"               },
    {BATCH_DELIVERED,  "已发放到网点",       "delivered to its point"           },
    {BATCH_STORED,     "网点已入库",          "stored at its point"              },
    {BATCH_CLOSED,     "已结束",                "closed"                           },
    {BATCH_CANCELLED,  "已撤销",                "cancelled"                        },
};
static const struct machine_name batch_events[] = {
    {BATCH_APPROVE,      "复核",          "approve"                               },
    {BATCH_CANCEL,       "撤销",          "cancel"                                },
    {BATCH_TO_BANK,      "银行导出",    "send to the bank"                      },
    {BATCH_FROM_BANK,    "银行回盘",    "take back from the bank"               },
    {BATCH_TO_MAKER,     "工厂导出",    "send to the card maker"                },
    {BATCH_FROM_MAKER,   "工厂回盘",    "take back from the card maker"         },
    {BATCH_TO_KEYS,      "初始化导出", "send to the initialising centre"       },
    {BATCH_FROM_KEYS,    "初始化回盘", "take back from the initialising centre"},
    {BATCH_PACK,         "装箱",          "pack"                                  },
    {BATCH_DELIVER,      "发放",          "deliver"                               },
    {BATCH_STORE,        "入库",          "store"                                 },
    {BATCH_CLOSE,        "结束",          "close"                                 },
    {BATCH_RESTORE,      "还原",          "restore"                               },
    {BATCH_RESTORE_KEYS, "还原",          "restore to its keys' return"           },
};
static const struct machine_step batch_steps[] = {
    {BATCH_MADE,       BATCH_APPROVE,      BATCH_APPROVED  },
    {BATCH_MADE,       BATCH_CANCEL,       BATCH_CANCELLED },
    {BATCH_APPROVED,   BATCH_TO_BANK,      BATCH_BANK_OUT  }, /* cards with a bank account */
    {BATCH_APPROVED,   BATCH_TO_MAKER,     BATCH_MAKER_OUT },
    {BATCH_BANK_OUT,   BATCH_FROM_BANK,    BATCH_BANK_BACK },
    {BATCH_BANK_BACK,  BATCH_TO_MAKER,     BATCH_MAKER_OUT },
    {BATCH_MAKER_OUT,  BATCH_FROM_MAKER,   BATCH_MAKER_BACK},
    {BATCH_MAKER_BACK, BATCH_TO_KEYS,      BATCH_KEYS_OUT  },
    {BATCH_MAKER_BACK, BATCH_PACK,         BATCH_PACKED    }, /* personalised on site */
    {BATCH_KEYS_OUT,   BATCH_FROM_KEYS,    BATCH_KEYS_BACK },
    {BATCH_KEYS_BACK,  BATCH_PACK,         BATCH_PACKED    },
    {BATCH_PACKED,     BATCH_DELIVER,      BATCH_DELIVERED },
    {BATCH_DELIVERED,  BATCH_STORE,        BATCH_STORED    },
    {BATCH_STORED,     BATCH_CLOSE,        BATCH_CLOSED    },
    {BATCH_APPROVED,   BATCH_RESTORE,      BATCH_MADE      }, /* nothing has left the centre yet */
    {BATCH_PACKED,     BATCH_RESTORE,      BATCH_MAKER_BACK},
    {BATCH_PACKED,     BATCH_RESTORE_KEYS, BATCH_KEYS_BACK },
};
const struct machine batch_machine = MACHINE("a batch", batch_states, batch_events, batch_steps);

/* --- line of a batch ---------------------------------------------------------------------- */

/*     in batch --make--> made --pass--> finished --hand out, back--> handed out
 *       ^  |               \--reject--> wrong  | \--recover--> recovered
 *       |  fail, doubt                    |    miss                |
 *       |                                 |     \--> missing       |
 *       \--remake-- failed, odd --destroy--> destroyed <-----------/
 *                           \--leave--> cancelled: a remake batch has it now */
static const struct machine_name line_states[] = {
    {LINE_IN_BATCH,         "入批",             "in the batch"            },
    {LINE_ACCOUNT,          "有银行账号",    "with a bank account"     },
    {LINE_NO_ACCOUNT,       "无账号",          "without a bank account"  },
    {LINE_ACCOUNT_MISMATCH, "账号匹配失败", "with another's account"  },
    {LINE_MADE,             "制卡成功",       "made"                    },
    {LINE_FAILED,           "制卡失败",       "failed in making"        },
    {LINE_ODD,              "制卡异常",       "in doubt after making"   },
    {LINE_FINISHED,         "成品",             "checked and good"        },
    {LINE_KEYS_WRONG,       "密钥错误",       "checked and wrong"       },
    {LINE_HANDED_OUT,       "网点已领",       "handed out"              },
    {LINE_RECOVERED,        "已回收",          "taken back"              },
    {LINE_DESTROYED,        "已销毁",          "destroyed"               },
    {LINE_MISSING,          "已丢失",          "missing"                 },
    {LINE_CANCELLED,        "已撤销",          "cancelled with its batch"},
};
static const struct machine_name line_events[] = {
    {LINE_MAKE,     "制卡",          "make"                      },
    {LINE_FAIL,     "制卡失败",    "fail"                      },
    {LINE_DOUBT,    "制卡异常",    "doubt"                     },
    {LINE_PASS,     "质检通过",    "pass"                      },
    {LINE_REJECT,   "质检不合格", "reject"                    },
    {LINE_HAND_OUT, "领卡",          "hand out"                  },
    {LINE_RECOVER,  "回收",          "take back"                 },
    {LINE_DESTROY,  "销毁",          "destroy"                   },
    {LINE_REMAKE,   "重制",          "make again"                },
    {LINE_CANCEL,   "撤销",          "cancel"                    },
    {LINE_OPENED,   "开户成功",    "open an account for"       },
    {LINE_UNOPENED, "开户失败",    "find no account for"       },
    {LINE_MISMATCH, "账号不符",    "find another's account for"},
    {LINE_MISS,     "丢失",          "write off"                 },
    {LINE_BACK,     "退回",          "bring back"                },
    {LINE_LEAVE,    "转重制批次", "leave for a remake batch"  },
};
static const struct machine_step line_steps[] = {
    {LINE_IN_BATCH,   LINE_MAKE,     LINE_MADE            },
    {LINE_IN_BATCH,   LINE_FAIL,     LINE_FAILED          },
    {LINE_IN_BATCH,   LINE_DOUBT,    LINE_ODD             },
    {LINE_IN_BATCH,   LINE_CANCEL,   LINE_CANCELLED       },
    {LINE_IN_BATCH,   LINE_OPENED,   LINE_ACCOUNT         },
    {LINE_IN_BATCH,   LINE_UNOPENED, LINE_NO_ACCOUNT      },
    {LINE_IN_BATCH,   LINE_MISMATCH, LINE_ACCOUNT_MISMATCH},
    {LINE_ACCOUNT,    LINE_MAKE,     LINE_MADE            },
    {LINE_ACCOUNT,    LINE_FAIL,     LINE_FAILED          },
    {LINE_ACCOUNT,    LINE_DOUBT,    LINE_ODD             },
    {LINE_MADE,       LINE_PASS,     LINE_FINISHED        },
    {LINE_MADE,       LINE_REJECT,   LINE_KEYS_WRONG      },
    {LINE_FAILED,     LINE_REMAKE,   LINE_IN_BATCH        },
    {LINE_FAILED,     LINE_DESTROY,  LINE_DESTROYED       },
    {LINE_ODD,        LINE_REMAKE,   LINE_IN_BATCH        },
    {LINE_ODD,        LINE_DESTROY,  LINE_DESTROYED       },
    {LINE_KEYS_WRONG, LINE_DESTROY,  LINE_DESTROYED       },
    {LINE_FINISHED,   LINE_HAND_OUT, LINE_HANDED_OUT      },
    {LINE_FINISHED,   LINE_RECOVER,  LINE_RECOVERED       },
    {LINE_FINISHED,   LINE_MISS,     LINE_MISSING         },
    {LINE_HANDED_OUT, LINE_BACK,     LINE_FINISHED        }, /* of a package, still sealed */
    {LINE_RECOVERED,  LINE_DESTROY,  LINE_DESTROYED       },
    {LINE_FAILED,     LINE_LEAVE,    LINE_CANCELLED       },
    {LINE_ODD,        LINE_LEAVE,    LINE_CANCELLED       },
};
const struct machine line_machine = MACHINE(
    "a line of a batch", line_states, line_events, line_steps);
