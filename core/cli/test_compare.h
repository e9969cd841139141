/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TEST_COMPARE_H
#define CLI_TEST_COMPARE_H

#include "base/buffer.h"
#include "cli/test_file.h"

#include <paku/plugin.h>

/* Same JSON: numbers by value, members in any order. With `subset` objects may have more members
 * than the expected ones, at any depth. */
bool json_fits(struct paku_value actual, struct paku_value expected, bool subset);

/* Adds a line to `report` for each difference; true when there is none. `outputs`: the names of those
 * that take the record, each in brackets, as "[postgres][file]". */
bool record_fits(const struct paku_record *record, const char *outputs,
    const struct test_expected *expected, struct buffer *report);

#endif
