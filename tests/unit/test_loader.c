/* SPDX-License-Identifier: Apache-2.0 */
/* PAKU_TEST_FIXTURES names the build folder of tests/support/fixtures. */
#include "base/memory.h"
#include "plugin/loader.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct loader *loader;
static char folder[64];

static void setup(void)
{
    loader = loader_create();
    strcpy(folder, "/tmp/paku-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static void teardown(void)
{
    loader_destroy(loader);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char *fixture_directory(void)
{
    const char *directory = getenv("PAKU_TEST_FIXTURES");
    ck_assert_msg(directory != NULL, "PAKU_TEST_FIXTURES is not set; run through meson test");
    return xstrdup(directory);
}

static void add_fixtures(const char *name)
{
    char *fixtures = fixture_directory();
    char *path = xasprintf("%s/%s", fixtures, name);
    ck_assert_int_eq(loader_add_directory(loader, path), 0);
    free(path);
    free(fixtures);
}

/* Copies a good plugin into the scratch folder. */
static char *copy_plugin(const char *name)
{
    char *fixtures = fixture_directory();
    char *command = xasprintf("cp '%s/good/outputs/sink.so' '%s/%s'", fixtures, folder, name);
    ck_assert_int_eq(system(command), 0);
    char *path = xasprintf("%s/%s", folder, name);
    free(command);
    free(fixtures);
    return path;
}

static void assert_refused(const char *file, const char *part)
{
    for (size_t i = 0; i < loader_refused_count(loader); i++) {
        const struct refused_plugin *refused = loader_refused_at(loader, i);
        const char *slash = strrchr(refused->file, '/');
        if (strcmp(slash + 1, file) != 0)
            continue;
        ck_assert_msg(strstr(refused->reason, part) != NULL, "%s: %s", file, refused->reason);
        return;
    }
    ck_abort_msg("%s was not refused", file);
}

START_TEST(plugins_are_found_in_the_folders_of_their_kinds)
{
    const char *file;
    add_fixtures("good");
    ck_assert_uint_eq(loader_count(loader), 3);
    ck_assert_uint_eq(loader_refused_count(loader), 0);
    ck_assert_int_eq(loader_at(loader, 0, &file)->kind, PAKU_INPUT);
    ck_assert_ptr_nonnull(strstr(file, "/good/inputs/sample.so"));
    ck_assert_int_eq(loader_at(loader, 1, NULL)->kind, PAKU_PROCESSOR);
    ck_assert_str_eq(loader_at(loader, 2, NULL)->name, "sink");
    ck_assert_ptr_eq(loader_find(loader, PAKU_PROCESSOR, "sample"), loader_at(loader, 1, NULL));
    ck_assert_ptr_null(loader_find(loader, PAKU_OUTPUT, "sample"));
}
END_TEST

START_TEST(a_folder_searched_twice_changes_nothing)
{
    add_fixtures("good");
    add_fixtures("good/../good");
    add_fixtures("strangers");
    size_t refused = loader_refused_count(loader);
    add_fixtures("strangers");
    ck_assert_uint_eq(loader_count(loader), 4);
    ck_assert_uint_eq(loader_refused_count(loader), refused);
}
END_TEST

START_TEST(strangers_are_refused_by_name_and_the_rest_goes_on)
{
    static const struct {
        const char *file;
        const char *part;
    } strangers[] = {
        {"abi.so", "ABI 99, this paku has ABI 1"},
        {"b_twin.so", "was loaded already from"},
        {"function.so", "undefined symbol: paku_no_such_function"},
        {"kind.so", "kind 7"},
        {"name.so", "lower-case word"},
        {"size.so", "8 bytes, expected"},
        {"symbol.so", "no symbol 'paku_plugin'"},
        {"write.so", "lacks 'output.write'"},
    };
    add_fixtures("strangers");
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        assert_refused(strangers[i].file, strangers[i].part);
    ck_assert_uint_eq(loader_refused_count(loader), 8);
    ck_assert_uint_eq(loader_count(loader), 1);
    ck_assert_str_eq(loader_at(loader, 0, NULL)->name, "stranger");
}
END_TEST

START_TEST(what_is_no_shared_object_is_refused_in_the_words_of_dlopen)
{
    char *path = xasprintf("%s/text.so", folder);
    FILE *file = fopen(path, "w");
    fputs("not an object\n", file);
    fclose(file);
    ck_assert_int_eq(loader_add_directory(loader, folder), 0);
    assert_refused("text.so", "text.so");
    free(path);
}
END_TEST

START_TEST(a_file_that_everybody_may_write_is_refused)
{
    char *path = copy_plugin("sink.so");
    ck_assert_int_eq(chmod(path, 0646), 0);
    ck_assert_int_eq(loader_add_directory(loader, folder), 0);
    assert_refused("sink.so", "chmod o-w");
    free(path);
}
END_TEST

START_TEST(a_file_in_a_folder_that_everybody_may_write_is_refused)
{
    char *path = copy_plugin("sink.so");
    ck_assert_int_eq(chmod(folder, 0777), 0);
    ck_assert_int_eq(loader_add_directory(loader, folder), 0);
    assert_refused("sink.so", "its folder");
    free(path);
}
END_TEST

START_TEST(a_strangers_file_is_refused)
{
    char *path = copy_plugin("sink.so");
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        ck_assert_int_eq(loader_add_directory(loader, folder), 0);
        assert_refused("sink.so", "belongs to user 12345");
    } else {
        ck_assert_int_eq(chmod(path, 0), 0);
        ck_assert_int_eq(loader_add_directory(loader, folder), 0);
        assert_refused("sink.so", "cannot be read");
    }
    free(path);
}
END_TEST

START_TEST(a_dangling_link_is_refused)
{
    char *path = xasprintf("%s/gone.so", folder);
    ck_assert_int_eq(symlink("/nowhere/at/all.so", path), 0);
    ck_assert_int_eq(loader_add_directory(loader, folder), 0);
    assert_refused("gone.so", "cannot be read");
    free(path);
}
END_TEST

START_TEST(a_drop_in_directly_in_the_folder_is_loaded)
{
    char *path = copy_plugin("anything.so");
    add_fixtures("good/inputs"); /* brings libpaku, which the copy does not find from where it lies */
    ck_assert_int_eq(loader_add_directory(loader, folder), 0);
    ck_assert_uint_eq(loader_count(loader), 2);
    ck_assert_ptr_nonnull(loader_find(loader, PAKU_OUTPUT, "sink"));
    free(path);
}
END_TEST

START_TEST(a_missing_folder_is_an_error)
{
    ck_assert_int_eq(loader_add_directory(loader, "/nowhere/at/all"), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *cases = tcase_create("loader");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, plugins_are_found_in_the_folders_of_their_kinds);
    tcase_add_test(cases, a_folder_searched_twice_changes_nothing);
    tcase_add_test(cases, strangers_are_refused_by_name_and_the_rest_goes_on);
    tcase_add_test(cases, what_is_no_shared_object_is_refused_in_the_words_of_dlopen);
    tcase_add_test(cases, a_file_that_everybody_may_write_is_refused);
    tcase_add_test(cases, a_file_in_a_folder_that_everybody_may_write_is_refused);
    tcase_add_test(cases, a_strangers_file_is_refused);
    tcase_add_test(cases, a_dangling_link_is_refused);
    tcase_add_test(cases, a_drop_in_directly_in_the_folder_is_loaded);
    tcase_add_test(cases, a_missing_folder_is_an_error);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
