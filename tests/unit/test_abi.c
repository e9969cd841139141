/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of everything in plugin.h, on 64-bit machines. When this fails, plugins that were built
 * before no longer fit: raise PAKU_ABI (and soversion in core/meson.build), then change the numbers. */
#include <check.h>
#include <paku/plugin.h>

#define ABI 1

struct number {
    const char *name;
    size_t actual;
    size_t expected;
};

#define SIZE(type, bytes) {"size of " #type, sizeof(type), bytes}
#define OFFSET(type, member, bytes) {"offset of " #member " in " #type, offsetof(type, member), bytes}

static const struct number layout[] = {
    SIZE(struct paku_text, 16),
    OFFSET(struct paku_text, data, 0),
    OFFSET(struct paku_text, size, 8),

    SIZE(struct paku_value, 16),
    OFFSET(struct paku_value, json, 0),
    OFFSET(struct paku_value, node, 8),

    SIZE(struct paku_json_error, 16),
    OFFSET(struct paku_json_error, message, 0),
    OFFSET(struct paku_json_error, offset, 8),

    SIZE(struct paku_bytes, 24),
    OFFSET(struct paku_bytes, data, 0),
    OFFSET(struct paku_bytes, size, 8),
    OFFSET(struct paku_bytes, capacity, 16),

    SIZE(struct paku_field, 48),
    OFFSET(struct paku_field, type, 0),
    OFFSET(struct paku_field, time_ns, 8),
    OFFSET(struct paku_field, text, 16),
    OFFSET(struct paku_field, value, 32),

    SIZE(struct paku_strings, 16),
    OFFSET(struct paku_strings, count, 0),
    OFFSET(struct paku_strings, items, 8),

    SIZE(struct paku_map, 24),
    OFFSET(struct paku_map, count, 0),
    OFFSET(struct paku_map, names, 8),
    OFFSET(struct paku_map, texts, 16),

    SIZE(struct paku_items, 16),
    OFFSET(struct paku_items, count, 0),
    OFFSET(struct paku_items, items, 8),

    SIZE(struct paku_option, 80),
    OFFSET(struct paku_option, key, 0),
    OFFSET(struct paku_option, type, 8),
    OFFSET(struct paku_option, flags, 12),
    OFFSET(struct paku_option, offset, 16),
    OFFSET(struct paku_option, fallback, 24),
    OFFSET(struct paku_option, help, 32),
    OFFSET(struct paku_option, choices, 40),
    OFFSET(struct paku_option, options, 48),
    OFFSET(struct paku_option, item_size, 56),
    OFFSET(struct paku_option, min, 64),
    OFFSET(struct paku_option, max, 72),

    SIZE(struct paku_receipt, 16),
    OFFSET(struct paku_receipt, id, 0),
    OFFSET(struct paku_receipt, hash, 8),

    SIZE(struct paku_input_ops, 32),
    OFFSET(struct paku_input_ops, settled, 0),
    OFFSET(struct paku_input_ops, pause, 8),
    OFFSET(struct paku_input_ops, resume, 16),

    SIZE(struct paku_processor_ops, 8),
    OFFSET(struct paku_processor_ops, process, 0),

    SIZE(struct paku_position, 32),
    OFFSET(struct paku_position, journal, 0),
    OFFSET(struct paku_position, epoch, 16),
    OFFSET(struct paku_position, sequence, 24),

    SIZE(struct paku_batch, 112),
    OFFSET(struct paku_batch, lane, 0),
    OFFSET(struct paku_batch, count, 8),
    OFFSET(struct paku_batch, records, 16),
    OFFSET(struct paku_batch, sequences, 24),
    OFFSET(struct paku_batch, from, 32),
    OFFSET(struct paku_batch, to, 64),
    OFFSET(struct paku_batch, dead, 96),
    OFFSET(struct paku_batch, bytes, 104),

    SIZE(struct paku_output_ops, 16),
    OFFSET(struct paku_output_ops, write, 0),
    OFFSET(struct paku_output_ops, flags, 8),

    SIZE(struct paku_plugin, 152),
    OFFSET(struct paku_plugin, abi, 0),
    OFFSET(struct paku_plugin, size, 4),
    OFFSET(struct paku_plugin, kind, 8),
    OFFSET(struct paku_plugin, name, 16),
    OFFSET(struct paku_plugin, version, 24),
    OFFSET(struct paku_plugin, summary, 32),
    OFFSET(struct paku_plugin, options, 40),
    OFFSET(struct paku_plugin, instance_size, 48),
    OFFSET(struct paku_plugin, init, 56),
    OFFSET(struct paku_plugin, start, 64),
    OFFSET(struct paku_plugin, stop, 72),
    OFFSET(struct paku_plugin, destroy, 80),
    OFFSET(struct paku_plugin, probe, 88),
    OFFSET(struct paku_plugin, input, 96),
    OFFSET(struct paku_plugin, processor, 128),
    OFFSET(struct paku_plugin, output, 136),
};

static const struct number values[] = {
    {"PAKU_JSON_NONE", PAKU_JSON_NONE, 0},
    {"PAKU_JSON_NULL", PAKU_JSON_NULL, 1},
    {"PAKU_JSON_BOOL", PAKU_JSON_BOOL, 2},
    {"PAKU_JSON_NUMBER", PAKU_JSON_NUMBER, 3},
    {"PAKU_JSON_STRING", PAKU_JSON_STRING, 4},
    {"PAKU_JSON_ARRAY", PAKU_JSON_ARRAY, 5},
    {"PAKU_JSON_OBJECT", PAKU_JSON_OBJECT, 6},
    {"PAKU_PAYLOAD_JSON", PAKU_PAYLOAD_JSON, 0},
    {"PAKU_PAYLOAD_TEXT", PAKU_PAYLOAD_TEXT, 1},
    {"PAKU_PAYLOAD_RAW", PAKU_PAYLOAD_RAW, 2},
    {"PAKU_FIELD_MISSING", PAKU_FIELD_MISSING, 0},
    {"PAKU_FIELD_TIME", PAKU_FIELD_TIME, 1},
    {"PAKU_FIELD_TEXT", PAKU_FIELD_TEXT, 2},
    {"PAKU_FIELD_BYTES", PAKU_FIELD_BYTES, 3},
    {"PAKU_FIELD_JSON", PAKU_FIELD_JSON, 4},
    {"PAKU_OPTION_END", PAKU_OPTION_END, 0},
    {"PAKU_OPTION_STRING", PAKU_OPTION_STRING, 1},
    {"PAKU_OPTION_SECRET", PAKU_OPTION_SECRET, 2},
    {"PAKU_OPTION_PATH", PAKU_OPTION_PATH, 3},
    {"PAKU_OPTION_BOOL", PAKU_OPTION_BOOL, 4},
    {"PAKU_OPTION_INT", PAKU_OPTION_INT, 5},
    {"PAKU_OPTION_NUMBER", PAKU_OPTION_NUMBER, 6},
    {"PAKU_OPTION_DURATION", PAKU_OPTION_DURATION, 7},
    {"PAKU_OPTION_SIZE", PAKU_OPTION_SIZE, 8},
    {"PAKU_OPTION_ENUM", PAKU_OPTION_ENUM, 9},
    {"PAKU_OPTION_STRINGS", PAKU_OPTION_STRINGS, 10},
    {"PAKU_OPTION_MAP", PAKU_OPTION_MAP, 11},
    {"PAKU_OPTION_GROUP", PAKU_OPTION_GROUP, 12},
    {"PAKU_OPTION_LIST", PAKU_OPTION_LIST, 13},
    {"PAKU_OPTION_TABLE", PAKU_OPTION_TABLE, 14},
    {"PAKU_OPTION_REQUIRED", PAKU_OPTION_REQUIRED, 1},
    {"PAKU_OPTION_SHORT", PAKU_OPTION_SHORT, 2},
    {"PAKU_ERROR", PAKU_ERROR, 0},
    {"PAKU_WARNING", PAKU_WARNING, 1},
    {"PAKU_INFO", PAKU_INFO, 2},
    {"PAKU_DEBUG", PAKU_DEBUG, 3},
    {"PAKU_PASS", PAKU_PASS, 0},
    {"PAKU_FILTER", PAKU_FILTER, 1},
    {"PAKU_ABSORB", PAKU_ABSORB, 2},
    {"PAKU_REJECT", PAKU_REJECT, 3},
    {"PAKU_DELIVERED", PAKU_DELIVERED, 0},
    {"PAKU_RETRY", PAKU_RETRY, 1},
    {"PAKU_REJECTED", PAKU_REJECTED, 2},
    {"PAKU_OUTPUT_OWN_CURSOR", PAKU_OUTPUT_OWN_CURSOR, 1},
    {"PAKU_INPUT", PAKU_INPUT, 1},
    {"PAKU_PROCESSOR", PAKU_PROCESSOR, 2},
    {"PAKU_OUTPUT", PAKU_OUTPUT, 3},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void compare(const struct number *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(numbers[i].actual == numbers[i].expected,
            "%s is %zu, ABI %d has %zu: raise PAKU_ABI", numbers[i].name, numbers[i].actual, ABI,
            numbers[i].expected);
}

START_TEST(the_number_belongs_to_the_layout_below)
{
    ck_assert_int_eq(PAKU_ABI, ABI);
}
END_TEST

START_TEST(structures_lie_in_memory_as_they_did)
{
    if (sizeof(void *) == 8)
        compare(layout, COUNT(layout));
}
END_TEST

START_TEST(enumerators_have_the_values_they_had)
{
    compare(values, COUNT(values));
}
END_TEST

START_TEST(abi_and_size_come_first_for_all_time)
{
    ck_assert_uint_eq(offsetof(struct paku_plugin, abi), 0);
    ck_assert_uint_eq(offsetof(struct paku_plugin, size), 4);
    ck_assert_str_eq(PAKU_PLUGIN_SYMBOL, "paku_plugin");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("abi");
    TCase *cases = tcase_create("abi");
    tcase_add_test(cases, the_number_belongs_to_the_layout_below);
    tcase_add_test(cases, structures_lie_in_memory_as_they_did);
    tcase_add_test(cases, enumerators_have_the_values_they_had);
    tcase_add_test(cases, abi_and_size_come_first_for_all_time);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
