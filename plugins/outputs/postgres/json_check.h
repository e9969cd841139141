/* SPDX-License-Identifier: Apache-2.0 */
/* What is valid JSON and yet nothing that PostgreSQL takes into a json or jsonb. */
#ifndef POSTGRES_JSON_CHECK_H
#define POSTGRES_JSON_CHECK_H

#include <paku/plugin.h>

/* NULL when PostgreSQL will take it, else what it would stumble over: static text, such as "a text
 * with \u0000". `json` is valid JSON (whatever paku_value_raw answers). For `json` columns only the
 * depth counts, since they keep the text. */
const char *json_check(struct paku_text json, bool binary);

#endif
