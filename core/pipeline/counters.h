/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of all instances as text. What is counted is in metrics.h; this only shows it. */
#ifndef PIPELINE_COUNTERS_H
#define PIPELINE_COUNTERS_H

#include "base/buffer.h"
#include "pipeline/pipeline.h"

/* A table for people: the books of each pipeline, then a line for each instance. */
void counters_print(struct pipeline *const *pipelines, size_t count, struct buffer *buffer);
/* One JSON object, with its line break:
 * {"counters":[{"pipeline":...,"ledger":{...},"instances":[{"name":...,"in":...}]}]} */
void counters_print_json(struct pipeline *const *pipelines, size_t count, struct buffer *buffer);

#endif
