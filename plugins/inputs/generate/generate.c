/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up telemetry at a set rate: for trials and benchmarks. The same seed makes the same payloads. */
#include <paku/plugin.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define TICK_MS 10
#define BURST_MAX 1000    /* records made in one turn of the loop */
#define UNSETTLED_MAX 20000 /* made, but not yet in the journal */

struct generate {
    struct paku_instance *host;
    struct {
        int64_t devices;
        double rate;
        int64_t count;
        int64_t seed;
        const char *site;
        double malformed;
    } options;
    uint64_t random;
    uint64_t made;
    uint64_t submitted;
    uint64_t settled;
    uint64_t started_ms;
    bool paused;
    uv_timer_t timer;
};

#define AT(member) offsetof(struct generate, options.member)

static const struct paku_option options[] = {
    {"devices", PAKU_OPTION_INT, 0, AT(devices), "8", "How many devices speak in turn.", NULL,
        NULL, 0, 1, 1000000},
    {"rate", PAKU_OPTION_NUMBER, 0, AT(rate), "100",
        "Records a second, all devices together; 0: as fast as they are taken.", NULL, NULL, 0, 0,
        10000000},
    {"count", PAKU_OPTION_INT, 0, AT(count), "0", "End after so many records; 0: never.", NULL,
        NULL, 0, 0, INT64_MAX},
    {"seed", PAKU_OPTION_INT, 0, AT(seed), "1", "The same seed makes the same payloads.", NULL,
        NULL, 0, 0, INT64_MAX},
    {"site", PAKU_OPTION_STRING, 0, AT(site), "paku", "The tag site.", NULL, NULL, 0, 0, 0},
    {"malformed", PAKU_OPTION_NUMBER, 0, AT(malformed), "0",
        "Share of payloads that are no JSON, from 0 to 1.", NULL, NULL, 0, 0, 1},
    {.type = PAKU_OPTION_END},
};

static int init(void *self, struct paku_instance *host)
{
    struct generate *generate = self;
    generate->host = host;
    generate->random = (uint64_t)generate->options.seed;
    return 0;
}

/* SplitMix64: small, and the same on every machine. */
static uint64_t next_random(struct generate *generate)
{
    uint64_t mixed = generate->random += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

static double between(struct generate *generate, double least, double most)
{
    return least + (most - least) * (double)(next_random(generate) >> 11) / 9007199254740992.0;
}

static int print_payload(struct generate *generate, int64_t device, char *text, size_t size)
{
    struct timespec now;
    struct tm date;
    char stamp[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    strftime(stamp, sizeof(stamp), "%FT%T", &date);
    double temperature = between(generate, -20, 35), humidity = between(generate, 20, 95);
    double pressure = between(generate, 960, 1050);
    int battery = (int)between(generate, 2300, 3050);
    return snprintf(text, size,
        "{\"timestamp\":\"%s.%03ldZ\",\"device_id\":\"ruuvi_%lld\",\"location\":\"cabin\","
        "\"metrics\":{\"temperature_c\":%.2f,\"humidity_percent\":%.2f,\"pressure_hpa\":%.2f,"
        "\"battery_mv\":%d,\"sequence\":%llu}}",
        stamp, now.tv_nsec / 1000000, (long long)device, temperature, humidity, pressure, battery,
        (unsigned long long)generate->made);
}

static void set_tag(struct paku_record *record, const char *name, const char *text)
{
    paku_record_set_tag(record, name, (struct paku_text){text, strlen(text)});
}

static void make_record(struct generate *generate)
{
    char text[512], device[32], topic[300];
    int64_t number = (int64_t)(generate->made % (uint64_t)generate->options.devices);
    generate->made++;
    int size = print_payload(generate, number, text, sizeof(text));
    bool malformed = between(generate, 0, 1) < generate->options.malformed;
    snprintf(device, sizeof(device), "ruuvi_%lld", (long long)number);
    snprintf(topic, sizeof(topic), "%.200s/sensors/%s/data", generate->options.site, device);
    struct paku_record *record = paku_record_create((size_t)size + 160);
    set_tag(record, "topic", topic);
    set_tag(record, "site", generate->options.site);
    set_tag(record, "system", "sensors");
    set_tag(record, "device", device);
    set_tag(record, "kind", "data");
    if (malformed)
        size -= 2; /* without its closing braces */
    struct paku_json_error fault;
    if (paku_record_set_payload(record, PAKU_PAYLOAD_JSON, text, (size_t)size, &fault) < 0)
        generate->submitted = paku_submit_rejected(generate->host, record, NULL,
            "not JSON at byte %zu: %s", fault.offset, fault.message);
    else
        generate->submitted = paku_submit(generate->host, record, NULL);
}

static bool is_done(const struct generate *generate)
{
    return generate->options.count > 0 && generate->made >= (uint64_t)generate->options.count;
}

static uint64_t due(const struct generate *generate)
{
    uint64_t elapsed = uv_now(paku_loop(generate->host)) - generate->started_ms;
    if (generate->options.rate <= 0)
        return UINT64_MAX;
    return 1 + (uint64_t)((double)elapsed * generate->options.rate / 1000);
}

static void make_records(struct generate *generate)
{
    uint64_t target = due(generate);
    for (int i = 0; i < BURST_MAX && !is_done(generate) && generate->made < target; i++)
        make_record(generate);
}

static void handle_timer(uv_timer_t *timer)
{
    struct generate *generate = timer->data;
    if (!generate->paused && generate->submitted - generate->settled < UNSETTLED_MAX)
        make_records(generate);
    if (is_done(generate)) {
        uv_timer_stop(timer);
        paku_input_ended(generate->host);
    }
}

static int start(void *self)
{
    struct generate *generate = self;
    uv_timer_init(paku_loop(generate->host), &generate->timer);
    generate->timer.data = generate;
    generate->started_ms = uv_now(paku_loop(generate->host));
    uint64_t tick = generate->options.rate <= 0 ? 1 : TICK_MS;
    return uv_timer_start(&generate->timer, handle_timer, 0, tick);
}

static void handle_closed(uv_handle_t *handle)
{
    paku_stopped(((struct generate *)handle->data)->host);
}

static void stop(void *self)
{
    struct generate *generate = self;
    uv_close((uv_handle_t *)&generate->timer, handle_closed);
}

static void settled(void *self, uint64_t through)
{
    ((struct generate *)self)->settled = through;
}

static void pause_input(void *self)
{
    ((struct generate *)self)->paused = true;
}

static void resume_input(void *self)
{
    ((struct generate *)self)->paused = false;
}

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_INPUT,
    .name = "generate",
    .version = PAKU_VERSION,
    .summary = "Makes up telemetry at a set rate.",
    .options = options,
    .instance_size = sizeof(struct generate),
    .init = init,
    .start = start,
    .stop = stop,
    .input = {.settled = settled, .pause = pause_input, .resume = resume_input},
};
