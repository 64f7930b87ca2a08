/* Where lines begin: sockets of this machine. For line_server.c; line_server.h has what others
 * use. */
#pragma once

#include <stdbool.h>

#include "api/line_server.h"

/* A socket that listens and does not block; *place says the port in the end. Errors as
 * line_server_open(). */
enum err line_place_listen(struct line_place *place, int *fd, struct why *why);

/* Has small messages sent at once; a socket of the file system does so anyway. */
void line_place_hurry(int fd, bool port);
