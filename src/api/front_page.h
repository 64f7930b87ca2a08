/* The first page: what the pilot did, step by step and figure by figure, in Chinese with the
 * English beside it. One HTML document that loads nothing else and runs nothing. */
#pragma once

#include <stdio.h>

#include "api/routes.h"

/* Writes the page of api's centre to the stream, with a line about its vault where there is one. A missing or broken file of figures makes a
 * page that says so: there is always a page. */
void front_page_write(FILE *to, const struct api *api);
