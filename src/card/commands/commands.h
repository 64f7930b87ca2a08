/* The commands of the card, each one function: decode, check, do.
 *
 * A command starts from what the loop's table has already made sure of: class, instruction, shape
 * and life stage. It reads the command, decides (and changes nothing while it decides), and then
 * changes what it changes in one commit of the store, so that a cut leaves all of it or nothing.
 * What it has to say it puts into out; the loop cares for 61xx, 6Cxx and GET RESPONSE.
 *
 * A command that answers nothing may use the room of out for what it deciphers: 256 bytes that
 * nobody sees, for nothing was put there.
 *
 * A function here returns the status word the terminal will see. When it is neither 9000 nor a
 * warning (62xx) the loop drops what was put into out. */
#pragma once

#include "card/commands/cos.h"
#include "wire/apdu.h"

/* Every command has this form. */
typedef enum sw command_run(struct cos *cos, const struct apdu *cmd, struct builder *out);

/* Finding one's way [purse.md 4.1; card.md 2.2] */
command_run select_file;
/* Files [purse.md 4.1; card.md 2.3, 6] */
command_run read_binary, update_binary;
command_run read_record, update_record, append_record;
/* Proofs [purse.md 4.1, 4.2; card.md 6] */
command_run get_challenge, internal_authenticate, external_authenticate;
command_run verify_pin, change_or_reload_pin, unblock_pin;
/* Locks [purse.md 4.2] */
command_run block_application, unblock_application, block_card;
/* Personalisation [purse.md 2.2 to 2.4] */
command_run create_file, erase_directory, write_key, write_key_secured;
/* The same on a chip of the second dialect [card.md 2.8, 5.4; decision 0024] */
command_run datang_make, datang_atr_head, datang_delete, datang_write_record, datang_write_key;
/* The wallet and the medical account [purse.md 4.4 to 4.13; card.md 6, 6.4] */
command_run initialize_transaction, complete_transaction;
command_run update_capp_cache;
command_run get_balance, get_transaction_prove;
/* The purchase module [purse.md 6; card.md 7] */
command_run sam_init_purchase, sam_credit_purchase;
command_run sam_init_session, sam_init_key, sam_calculate;
