/* SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct lookup {
    pthread_mutex_t mutex;
    int owners; /* the loop and the thread; the last one frees. Under the mutex, as these: */
    bool ended;
    bool answered;

    uv_async_t async;
    char *host;
    struct addrinfo *found;
    int error;
    bool done; /* the loop knows of the answer */
    void (*handle_done)(void *data);
    void *data;
    void (*handle_closed)(void *data);
    void *closed_data;
};

static void release(struct lookup *lookup)
{
    bool last;

    pthread_mutex_lock(&lookup->mutex);
    last = --lookup->owners == 0;
    pthread_mutex_unlock(&lookup->mutex);
    if (!last)
        return;
    if (lookup->found != NULL)
        freeaddrinfo(lookup->found);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup->host);
    free(lookup);
}

static void *run(void *data)
{
    struct lookup *lookup = data;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(lookup->host, NULL, &hints, &found);

    pthread_mutex_lock(&lookup->mutex);
    lookup->found = error == 0 ? found : NULL;
    lookup->error = error;
    lookup->answered = true;
    if (!lookup->ended)
        uv_async_send(&lookup->async);
    pthread_mutex_unlock(&lookup->mutex);
    release(lookup);
    return NULL;
}

static void handle_async(uv_async_t *async)
{
    struct lookup *lookup = async->data;

    if (lookup->done)
        return;
    pthread_mutex_lock(&lookup->mutex);
    lookup->done = lookup->answered;
    pthread_mutex_unlock(&lookup->mutex);
    if (lookup->done)
        lookup->handle_done(lookup->data);
}

/* Signals are the main thread's. */
static int start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

static void handle_closed(uv_handle_t *handle)
{
    struct lookup *lookup = handle->data;

    if (lookup->handle_closed != NULL)
        lookup->handle_closed(lookup->closed_data);
    release(lookup);
}

struct lookup *lookup_begin(uv_loop_t *loop, const char *host, void (*done)(void *data), void *data)
{
    struct lookup *lookup = memory_get(sizeof(*lookup));

    if (uv_async_init(loop, &lookup->async, handle_async) < 0) {
        free(lookup);
        return NULL;
    }
    pthread_mutex_init(&lookup->mutex, NULL);
    lookup->owners = 2;
    lookup->async.data = lookup;
    lookup->host = memory_text(host);
    lookup->handle_done = done;
    lookup->data = data;
    if (start_thread(lookup) < 0) {
        lookup->owners = 1;
        lookup_end(lookup, NULL, NULL);
        return NULL;
    }
    return lookup;
}

bool lookup_is_done(const struct lookup *lookup)
{
    return lookup->done;
}

bool lookup_address(const struct lookup *lookup, size_t index, char ret_address[64])
{
    const struct addrinfo *found = lookup->found;

    while (found != NULL && index-- > 0)
        found = found->ai_next;
    return found != NULL &&
        getnameinfo(found->ai_addr, found->ai_addrlen, ret_address, 64, NULL, 0, NI_NUMERICHOST) ==
        0;
}

const char *lookup_error(const struct lookup *lookup)
{
    return lookup->error == 0 ? NULL : gai_strerror(lookup->error);
}

void lookup_end(struct lookup *lookup, void (*closed)(void *data), void *data)
{
    pthread_mutex_lock(&lookup->mutex);
    lookup->ended = true;
    pthread_mutex_unlock(&lookup->mutex);
    lookup->handle_closed = closed;
    lookup->closed_data = data;
    uv_close((uv_handle_t *)&lookup->async, handle_closed);
}
