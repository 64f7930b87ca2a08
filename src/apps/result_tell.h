/* What a command says when it is done and has no page of its own: a sentence for people or, with --json,
 * one object that holds the same. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/* Prints result as one line of JSON, or the sentence and a line's end, on standard output. result is let
 * go in both cases; one that could not be made (no memory, text that is no UTF-8) is printed as null. */
void result_tell(bool json, json_t *result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
