/* What an order asks of the registry before it is kept: by day, by name, by who is there. */
#include "counter.h"
#include "issuance/order_rule.h"

enum { FIRST_DAY = 20031008 };

/* Person 1 under another name. */
static void rename_first(struct counter *c, const char *name) {
    char sql[400];
    (void)snprintf(sql, sizeof sql, "UPDATE person SET name = '%s' WHERE id = 1", name);
    counter_expect(c, db_run(&c->db, sql, &c->why));
}

static void a_name_is_judged_by_the_card_of_the_day(void **state) {
    static const struct {
        const char *name;
        uint32_t day;
        enum err err;
    } cases[] = {
        {"梁思",                                           FIRST_DAY, OK          },
        {"阿不都热合曼阿不都热依木买买提",    FIRST_DAY, OK          }, /* 30 bytes */
        {"阿不都热合曼阿不都热依木买买提江", FIRST_DAY, ERR_INVALID }, /* 32 */
        {"阿不都热合曼阿不都热依木买买提江", 20150430,  ERR_INVALID },
        {"阿不都热合曼阿不都热依木买买提江", 20150501,  OK          },
        {"阿不都热合曼阿不都热依木买买提江", 20180101,  OK          },
        {"𪝆𪝆𪝆𪝆𪝆𪝆𪝆𪝆",                 FIRST_DAY, ERR_INVALID }, /* 32 */
        {"𪝆𪝆𪝆𪝆𪝆𪝆𪝆𪝆",                 20160101,  OK          },
        {"梁思",                                           20030230,  ERR_CONFLICT},
        {"梁思",                                           19991231,  ERR_CONFLICT},
    };
    struct counter *c = counter_open(1);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rename_first(c, cases[i].name);
        enum err err = order_holder_fits(&c->registry, 1, cases[i].day, &c->why);
        if (err != cases[i].err) {
            fail_msg("%s on %u: %d", cases[i].name, (unsigned)cases[i].day, (int)err);
        }
    }
    counter_close(c);
}

static void who_is_not_there_is_not_found(void **state) {
    struct counter *c = counter_open(1);
    (void)state;
    assert_int_equal(order_holder_fits(&c->registry, 2, FIRST_DAY, &c->why), ERR_NOT_FOUND);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_judged_by_the_card_of_the_day),
        cmocka_unit_test(who_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
