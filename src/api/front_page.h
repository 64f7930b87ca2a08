/* The first page: what the pilot did, step by step and figure by figure, in Chinese with the
 * English beside it. One HTML document that loads nothing else and runs nothing. */
#pragma once

#include <stdio.h>

/* Writes the page of the centre in dir to the stream. A missing or broken file of figures makes a
 * page that says so: there is always a page. */
void front_page_write(FILE *to, const char *dir);
