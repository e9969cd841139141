/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the daemon: what the YAML says, checked as far as it can be without plugins. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/log.h"
#include "config/options.h"

/* What every instance may say of itself beside its plugin's own options. */
struct common_options {
    const char *name;  /* default: the plugin's name; with several of one plugin "mqtt-2" ... */
    int log_level;     /* index into LOG_LEVELS; the last one means "as the daemon" */
};

/* Every input: what the time of a record is. */
struct time_options {
    const char *from;     /* selector; default ".timestamp" */
    int missing;          /* TIME_NOW or TIME_REJECT: no such value, or no time */
    int implausible;      /* the same for before `earliest` or beyond `max_future` */
    const char *earliest; /* default "2020-01-01T00:00:00Z" */
    int64_t max_future_ms; /* default 1h */
    const char *tag;      /* set to "received" when the receive time was taken instead; "" for none */
};
enum time_policy { TIME_NOW, TIME_REJECT };

struct input_options {
    struct common_options common;
    struct time_options time;
};

struct processor_options {
    struct common_options common;
    struct paku_map match; /* tags to globs: only records that match are processed */
};

struct output_options {
    struct common_options common;
    struct paku_map match; /* only records that match are routed here */
    int64_t batch_records; /* default 5000 */
    int64_t batch_bytes;   /* default 4MiB */
    int64_t linger_ms;     /* default 0 */
    int64_t retry_initial_ms; /* default 500ms */
    int64_t retry_max_ms;     /* default 30s */
};

extern const struct paku_option input_option_rows[];
extern const struct paku_option processor_option_rows[];
extern const struct paku_option output_option_rows[];
/* The one of the three for that kind. */
const struct paku_option *instance_option_rows(enum paku_kind kind);
/* Of the daemon (struct config), and of a pipeline (struct pipeline_config). */
extern const struct paku_option config_option_rows[];
extern const struct paku_option pipeline_option_rows[];

/* One entry of inputs, processors or outputs: `- mqtt: { ... }`. */
struct instance_config {
    enum paku_kind kind;
    const char *plugin;
    struct place place; /* of the plugin's name */
    const char *name;   /* unique within the pipeline */
    const struct node *options; /* its map, common and own options mixed; may be NODE_NULL */
    union {
        struct common_options common; /* the first member of each of the three */
        struct input_options input;
        struct processor_options processor;
        struct output_options output;
    };
};

struct journal_config {
    int durability; /* enum durability */
    int64_t max_bytes;     /* default 1GiB */
    int64_t segment_bytes; /* default 16MiB */
    int64_t retain_ms;     /* default 36h */
    int64_t memory_bytes;  /* the window; default 4MiB */
    int when_full;         /* WHEN_FULL_PAUSE or WHEN_FULL_DROP_OLDEST */
};
enum when_full { WHEN_FULL_PAUSE, WHEN_FULL_DROP_OLDEST };

struct pipeline_config {
    const char *name;
    struct place place;
    struct journal_config journal;
    size_t count; /* instances in the order inputs, processors, outputs; each in that of the file */
    struct instance_config *instances;
};

struct config {
    const char *data_directory; /* journals in <it>/journal/<pipeline>, letters in <it>/dead-letters */
    struct {
        int level;  /* enum paku_level */
        int format; /* enum log_format */
    } log;
    struct paku_strings plugin_directories;
    int64_t shutdown_grace_ms; /* default 10s */
    struct {
        int64_t max_bytes;  /* default 256MiB */
        int64_t file_bytes; /* default 8MiB */
    } dead_letters;
    size_t pipeline_count;
    struct pipeline_config *pipelines;
};

/* Loads a file, or a folder of *.yaml files (in the order of their names; they add pipelines and may
 * not repeat a name or a setting). A file may also say `include: [folder or file, ...]`. All errors
 * of all files are added to `errors`; *ret_config is set even then, when there is enough of it to go
 * on checking with plugins. */
int config_load(const char *path, struct config_errors *errors, struct config **ret_config);
int config_load_text(const char *text, struct config_errors *errors, struct config **ret_config);
void config_destroy(struct config *config);

/* The own options of a plugin, or NULL when it is not known. */
typedef const struct paku_option *option_rows_cb(void *data, enum paku_kind kind,
    const char *plugin);

/* The whole configuration as YAML that means the same: defaults filled in, secrets as "(secret)", own
 * options of instances as they were given. `find_rows` tells which of those are secret; for plugins
 * that it does not know, what sounds secret is. */
void config_print(const struct config *config, option_rows_cb *find_rows, void *data,
    struct buffer *buffer);

#endif
