/* SPDX-License-Identifier: Apache-2.0 */
/* Topic filters (MQTT 5, section 4.7) and the template that turns a topic's levels into tags. */
#ifndef MQTT_TOPIC_H
#define MQTT_TOPIC_H

#include <paku/plugin.h>

#include <stdbool.h>

/* NULL when `filter` may be subscribed to; otherwise static text that says what is wrong with it.
 * `$share/group/filter` is accepted (section 4.8.2). */
const char *topic_filter_fault(const char *filter);

/* The filter behind `$share/group/`, or the filter itself. */
const char *topic_filter_unshared(const char *filter);

bool topic_matches(const char *filter, const char *topic);

/* Whether some topic matches both: a broker then delivers its messages twice. */
bool topic_filters_overlap(const char *left, const char *right);

/* "{site}/{system}/{device}/{kind}": a level in braces names a tag, `+` is any level, `#` (last) the
 * rest, a level in braces with `#` before the name ("{#rest}", last) names a tag for the rest, and
 * any other level stands for itself. */
struct topic_template;

/* -EINVAL with *ret_fault: static text. The caller owns the template. */
int topic_template_create(const char *text, struct topic_template **ret_template,
    const char **ret_fault);
void topic_template_destroy(struct topic_template *template); /* NULL is allowed */

/* Sets the tags on `record`. -ENOENT when the topic does not fit the template: no tag is set. Errors
 * of paku_record_set_tag otherwise. */
int topic_template_apply(const struct topic_template *template, const char *topic,
    struct paku_record *record);

#endif
