/* A chip that is being made: its memory lies in RAM until the chip is finished, and then becomes an
 * image in one piece.
 *
 * A machine that makes thousands of chips has no use for a chip that is half made: one that loses
 * its power, or its program, is spoiled [issuance/cell.h], so nothing of it needs to reach the
 * system before the end. The chip in it is the same chip, byte for byte; only the port below it is
 * another one. It has a mirror [card/store/nvm.h], and random numbers of the system, some at a
 * time.
 *
 * The file that workpiece_keep() writes is that of ports/sim/image.h. One that a kill or a power
 * failure has torn is too short, and image_open() says so; one that was there before is replaced
 * whole or not. One thread for one workpiece. What it holds is wiped when it is blanked again or
 * closed. */
#pragma once

#include "card/store/nvm.h"
#include "host/why.h"

struct workpiece;

/* A memory of size bytes (whole pages; limits of image.h), all FF. ERR_OUTSIDE: no memory is left.
 */
enum err workpiece_open(uint32_t size, struct workpiece **out, struct why *why);

/* The memory of a new chip: all FF again. */
void workpiece_blank(struct workpiece *piece);

/* The port, borrowed; it may be copied and lives as long as the workpiece. */
const struct nvm *workpiece_nvm(const struct workpiece *piece);

/* Writes the memory as the image `path`, in place of one that is there. It is handed to the system,
 * not yet to the disk; whoever writes many syncs once. ERR_OUTSIDE: the system refuses, and says
 * why. */
enum err workpiece_keep(const struct workpiece *piece, const char *path, struct why *why);

/* Wipes and frees; NULL is left alone. */
void workpiece_close(struct workpiece *piece);
