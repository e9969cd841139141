/* SPDX-License-Identifier: Apache-2.0 */
/* What the time of a record is: where it is read, and what holds when it is missing or cannot be
 * right. See struct time_options. */
#ifndef PIPELINE_TIME_POLICY_H
#define PIPELINE_TIME_POLICY_H

#include "config/config.h"

#include <paku/plugin.h>

struct time_rule {
    const struct time_options *options;
    struct paku_selector *from; /* NULL: the record's time stays as the input set it */
    int64_t earliest_ns;
};

/* The options must outlive the policy. */
int time_policy_init(struct time_rule *policy, const struct time_options *options,
    struct place place, struct config_errors *errors);
void time_policy_finish(struct time_rule *policy);

/* Sets the record's time; when it cannot be used, leaves the time of receipt that the input has set
 * and tags the record so. Returns NULL, or the reason for which the record is rejected (the
 * caller's to free). */
char *time_policy_apply(const struct time_rule *policy, struct paku_record *record,
    int64_t now_ns);

#endif
