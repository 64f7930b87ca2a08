/* The stages of a chip's life and of the application that is current. Each is a bit, so that the
 * table of commands can say in which of them a command exists.
 *
 *            CREATE MF             APPLICATION BLOCK P2=0       CARD BLOCK
 *   BLANK ------------> WORKING <---------------------> APP_BLOCKED   (any) ----> CARD_BLOCKED
 *                          |      APPLICATION UNBLOCK       |
 *                          |                                |
 *                          +--- APPLICATION BLOCK P2=1, ----+---> APP_DEAD
 *                               or a maintenance key used up
 *
 * APP_BLOCKED and APP_DEAD belong to one directory: selecting another one leads out of them.
 * CARD_BLOCKED is for ever. [purse.md 4.2] */
#pragma once

enum life {
    LIFE_BLANK = 1,
    LIFE_WORKING = 2,
    LIFE_APP_BLOCKED = 4,
    LIFE_APP_DEAD = 8,
    LIFE_CARD_BLOCKED = 16,
};
