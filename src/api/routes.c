#include "api/routes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "api/front_page.h"
#include "api/pilot_file.h"
#include "host/why.h"

/* One request on its way: what it may use, what goes out, and why it failed. */
struct call {
    const struct api *api;
    FILE *out;
    struct why why;
};

/* The page finds its own words for what is missing: it never fails. */
static enum err first_page(struct call *call) {
    front_page_write(call->out, call->api);
    return OK;
}

/* The file as it is: programs get what the pilot wrote, byte for byte; a torn one they would take
 * for an answer that broke off on the way, so it is an error of ours. */
static enum err pilot_figures(struct call *call) {
    FILE_CONTENT_SCOPE(content);
    bool running = false;
    enum err err = pilot_file_read(call->api->dir, &content, &running, &call->why);
    if (err) {
        return err;
    }
    json_error_t trouble;
    json_t *figures = json_loadb(
        (const char *)content.at, content.len, JSON_REJECT_DUPLICATES, &trouble);
    if (!json_is_object(figures)) {
        json_decref(figures);
        return why_say(&call->why, ERR_INVALID, "the file of figures is torn");
    }
    json_decref(figures);
    (void)fwrite(content.at, 1, content.len, call->out);
    return OK;
}

/* Says that threads answer; it looks at nothing else. */
static enum err health(struct call *call) {
    (void)fputs("{\"ok\": true, \"version\": \"" SHEBAO_VERSION "\"}\n", call->out);
    return OK;
}

static const char html[] = "text/html; charset=utf-8";
static const char json[] = "application/json; charset=utf-8";

/* Everything there is to ask for. */
static const struct route {
    enum method method;
    const char *path;
    size_t body_max;
    const char *kind;
    enum err (*run)(struct call *call);
} routes[] = {
    {METHOD_GET, "/",           0, html, first_page   },
    {METHOD_GET, "/pilot.json", 0, json, pilot_figures},
    {METHOD_GET, "/healthz",    0, json, health       },
};
static const char allowed[] = "GET, HEAD";

/* The one place where our errors become HTTP's. */
static const unsigned status_of[] = {
    [OK] = 200,
    [ERR_INVALID] = 500, /* of a file of ours: the client sends nothing that could be wrong */
    [ERR_NOT_FOUND] = 404,
    [ERR_CONFLICT] = 409,
    [ERR_DENIED] = 403,
    [ERR_OUTSIDE] = 503,
};

/* What a refusal says, in both languages. */
static const struct refusal {
    unsigned status;
    const char *code, *zh, *en;
} refusals[] = {
#define REFUSE(status, code, zh, en) {status, code, zh, en},
#include "api/http_refusal.def"
};

/* Every status that this file can give has a line in the table above: what is missing is our
 * mistake. */
void api_refuse(unsigned status, struct reply *reply) {
    assert(status >= 400);
    const struct refusal *refusal = NULL;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        refusal = refusals[i].status == status ? &refusals[i] : refusal;
    }
    assert(refusal);
    reply_free(reply);
    reply->status = status;
    reply->kind = json;
    reply->allow = status == 405 ? allowed : NULL;
    reply->route = "";
    int len = asprintf(&reply->body, "{\"error\": \"%s\", \"zh\": \"%s\", \"en\": \"%s\"}\n",
        refusal->code, refusal->zh, refusal->en);
    assert(len > 0);
    reply->body_len = (size_t)len;
}

/* Paths are compared whole: nothing below a route, and no dots, can mean a file. */
static const struct route *route_of(const char *path) {
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

/* 0 when the route takes the request, else the status that refuses it. */
static unsigned check(const struct route *route, const struct request *request) {
    if (!route) {
        return 404;
    }
    if (route->method != request->method) {
        return 405;
    }
    return request->body_len > route->body_max ? 413 : 0;
}

/* A page that failed half way is thrown away and a refusal sent in its place: nobody gets half a
 * page. */
void api_answer(const struct api *api, const struct request *request, struct reply *reply) {
    assert(request->path);
    *reply = (struct reply){.route = ""};
    const struct route *route = route_of(request->path);
    unsigned refused = check(route, request);
    if (refused) {
        api_refuse(refused, reply);
        return;
    }
    struct call call = {.api = api, .out = open_memstream(&reply->body, &reply->body_len)};
    assert(call.out);
    enum err err = route->run(&call);
    bool written = fclose(call.out) == 0;
    assert(written);
    if (err || !written) {
        api_refuse(err ? status_of[err] : 503, reply);
    } else {
        reply->status = status_of[OK];
        reply->kind = route->kind;
    }
    reply->route = route->path;
}

void reply_free(struct reply *reply) {
    free(reply->body);
    reply->body = NULL;
    reply->body_len = 0;
}
