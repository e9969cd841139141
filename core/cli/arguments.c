/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arguments.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GLOBAL(member) offsetof(struct global_options, member)

static const char *const formats[] = {"auto", "text", "logfmt", "json", "configured", NULL};
static const char *const levels[] = {"error", "warning", "info", "debug", "configured", NULL};

const struct paku_option global_option_rows[] = {
    {"config", PAKU_OPTION_PATH, 0, GLOBAL(config), "/etc/paku/paku.yaml",
        "The configuration: a YAML file, or a folder of them (also -c).", NULL, NULL, 0, 0, 0},
    {"plugin-dir", PAKU_OPTION_PATH, 0, GLOBAL(plugin_dir), NULL,
        "A folder that is searched for plugins before all others.", NULL, NULL, 0, 0, 0},
    {"log-format", PAKU_OPTION_ENUM, 0, GLOBAL(log_format), "configured",
        "Form of log lines: auto, text, logfmt or json.", formats, NULL, 0, 0, 0},
    {"log-level", PAKU_OPTION_ENUM, 0, GLOBAL(log_level), "configured",
        "Least serious level that is logged: error, warning, info or debug.", levels, NULL, 0, 0,
        0},
    {"help", PAKU_OPTION_BOOL, 0, GLOBAL(help), NULL, "What a verb does and takes (also -h).",
        NULL, NULL, 0, 0, 0},
    {"version", PAKU_OPTION_BOOL, 0, GLOBAL(version), NULL, "The version of paku (also -V).", NULL,
        NULL, 0, 0, 0},
    {.type = PAKU_OPTION_END},
};

static const struct {
    const char *letter;
    const char *option;
} letters[] = {{"-c", "--config"}, {"-h", "--help"}, {"-V", "--version"}};

/* -- Reading -- */

/* One argument, taken apart. */
struct flag {
    char *key;         /* without dashes; from malloc */
    const char *value; /* behind '='; NULL: none */
};

/* The members of a map as it would stand in YAML. */
struct given {
    struct node map;
    size_t capacity;
};

static bool is_flag(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

static struct flag flag_split(const char *argument)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (strcmp(argument, letters[i].letter) == 0)
            argument = letters[i].option;
    }
    argument += argument[1] == '-' ? 2 : 1;
    const char *equals = strchr(argument, '=');
    size_t length = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    return (struct flag){xstrndup(argument, length), equals != NULL ? equals + 1 : NULL};
}

static const struct paku_option *row_find(const struct paku_option *rows, const char *key)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        if (strcmp(rows->key, key) == 0)
            return rows;
    }
    return NULL;
}

int arguments_find_verb(int argc, char **argv)
{
    int at = 0;
    while (at < argc && is_flag(argv[at])) {
        struct flag flag = flag_split(argv[at]);
        const struct paku_option *row = row_find(global_option_rows, flag.key);
        bool takes_next = row != NULL && row->type != PAKU_OPTION_BOOL && flag.value == NULL;
        free(flag.key);
        at += takes_next ? 2 : 1;
    }
    return at < argc ? at : argc;
}

static struct node *scalar_create(const char *text, struct option_memory *memory)
{
    struct node *node = option_memory_keep(memory, xcalloc(1, sizeof(*node)));
    node->kind = NODE_SCALAR;
    node->quoted = true;
    node->text = text;
    return node;
}

/* False for a second value of an option that takes one. */
static bool given_add(struct given *given, const struct paku_option *row, const char *text,
    struct option_memory *memory)
{
    struct node *value = scalar_create(text, memory);
    struct node *there = node_member(&given->map, row->key);
    if (row->type == PAKU_OPTION_STRINGS && there != NULL) {
        struct node **items = option_memory_keep(memory,
            xcalloc(there->count + 1, sizeof(struct node *)));
        memcpy(items, there->items, there->count * sizeof(struct node *));
        items[there->count++] = value;
        there->items = items;
        return true;
    }
    if (there != NULL)
        return row->type == PAKU_OPTION_BOOL;
    if (row->type == PAKU_OPTION_STRINGS) {
        struct node *list = scalar_create(NULL, memory);
        list->kind = NODE_LIST;
        list->items = option_memory_keep(memory, xcalloc(1, sizeof(struct node *)));
        list->items[list->count++] = value;
        value = list;
    }
    given->map.members = xgrow(given->map.members, &given->capacity, given->map.count + 1,
        sizeof(*given->map.members));
    given->map.members[given->map.count++] = (struct node_member){.key = row->key, .value = value};
    return true;
}

static struct result refuse_unknown(const struct paku_option *own, const char *key)
{
    const char *keys[64];
    size_t count = 0;
    for (; own != NULL && own->type != PAKU_OPTION_END && count < 48; own++)
        keys[count++] = own->key;
    for (const struct paku_option *row = global_option_rows; row->type != PAKU_OPTION_END; row++)
        keys[count++] = row->key;
    const char *meant = nearest_name(key, keys, count);
    if (meant != NULL)
        return result_usage("unknown option '--%s', did you mean '--%s'?", key, meant);
    return result_usage("unknown option '--%s'", key);
}

struct sorting {
    const struct paku_option *own;
    struct given own_given;
    struct given global_given;
    struct option_memory *memory;
};

/* Takes the option at argv[*at], with its value, and moves *at behind it. */
static struct result take_flag(struct sorting *sorting, int argc, char **argv, int *at)
{
    struct flag flag = flag_split(argv[(*at)++]);
    const struct paku_option *row = row_find(sorting->own, flag.key);
    struct given *given = row != NULL ? &sorting->own_given : &sorting->global_given;
    struct result result = result_ok();
    if (row == NULL)
        row = row_find(global_option_rows, flag.key);
    if (row == NULL)
        result = refuse_unknown(sorting->own, flag.key);
    else if (flag.value == NULL && row->type != PAKU_OPTION_BOOL && *at == argc)
        result = result_usage("option '--%s' needs a value", flag.key);
    if (row != NULL && result.status == 0) {
        const char *value = flag.value;
        if (value == NULL)
            value = row->type == PAKU_OPTION_BOOL ? "true" : argv[(*at)++];
        if (!given_add(given, row, value, sorting->memory))
            result = result_usage("option '--%s' is given twice", flag.key);
    }
    free(flag.key);
    return result;
}

static struct result sort_arguments(struct sorting *sorting, int *argc, char **argv)
{
    int count = 0, at = 0;
    bool open = true; /* until "--" */
    while (at < *argc) {
        if (open && strcmp(argv[at], "--") == 0) {
            open = false;
            at++;
        } else if (open && is_flag(argv[at])) {
            struct result result = take_flag(sorting, *argc, argv, &at);
            if (result.status != 0)
                return result;
        } else {
            argv[count++] = argv[at++];
        }
    }
    *argc = count;
    return result_ok();
}

static struct result load_rows(const struct paku_option *rows, const struct given *given,
    void *target, struct option_memory *memory)
{
    struct config_errors errors = {0};
    struct result result = result_ok();
    struct place nowhere = {0};
    if (options_load(rows, NULL, &given->map, nowhere, target, memory, &errors) < 0)
        result = result_usage("%s", errors.items[0].message);
    config_errors_finish(&errors);
    return result;
}

struct result arguments_load(const struct command *command, struct global_options *global,
    void *options, int *argc, char **argv, struct option_memory *memory)
{
    struct sorting sorting = {
        .own = command != NULL ? command->options : NULL,
        .own_given.map.kind = NODE_MAP,
        .global_given.map.kind = NODE_MAP,
        .memory = memory,
    };
    struct result result = sort_arguments(&sorting, argc, argv);
    if (result.status == 0)
        result = load_rows(global_option_rows, &sorting.global_given, global, memory);
    /* Whoever asks for help need not give what is required. */
    if (result.status == 0 && sorting.own != NULL && !global->help)
        result = load_rows(sorting.own, &sorting.own_given, options, memory);
    free(sorting.own_given.map.members);
    free(sorting.global_given.map.members);
    return result;
}

/* -- Describing -- */

static const char *value_name(const struct paku_option *row)
{
    switch (row->type) {
    case PAKU_OPTION_BOOL:
        return "";
    case PAKU_OPTION_PATH:
        return " PATH";
    case PAKU_OPTION_INT:
    case PAKU_OPTION_NUMBER:
        return " NUMBER";
    case PAKU_OPTION_DURATION:
        return " DURATION";
    case PAKU_OPTION_SIZE:
        return " SIZE";
    case PAKU_OPTION_ENUM:
        return " CHOICE";
    case PAKU_OPTION_STRINGS:
        return " TEXT...";
    default:
        return " TEXT";
    }
}

void arguments_describe(const struct paku_option *rows, FILE *stream)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        int length = (int)(strlen(rows->key) + strlen(value_name(rows)));
        fprintf(stream, "  --%s%s%*s %s", rows->key, value_name(rows),
            length < 24 ? 24 - length : 0, "", rows->help);
        bool told = rows->fallback != NULL && strcmp(rows->fallback, "configured") != 0;
        if (told)
            fprintf(stream, " Default: %s.", rows->fallback);
        fputc('\n', stream);
    }
}
