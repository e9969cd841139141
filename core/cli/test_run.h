/* SPDX-License-Identifier: Apache-2.0 */
/* One case of `paku test`: messages through the inputs' eyes and the processors, without a server. */
#ifndef CLI_TEST_RUN_H
#define CLI_TEST_RUN_H

#include "base/buffer.h"
#include "cli/test_file.h"
#include "config/config.h"
#include "plugin/loader.h"

/* Makes inputs and processors of the pipeline anew, so that no test sees the state of another. Errors
 * of their options are added. True when everything came out as expected; otherwise `report` says in
 * lines what was expected and what came. */
bool test_run(const struct test_case *test, const struct pipeline_config *pipeline,
    const struct loader *loader, struct logger *logger, struct config_errors *errors,
    struct buffer *report);

#endif
