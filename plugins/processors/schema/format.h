/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of the specification (Validation, section 7.3), as assertions. */
#ifndef SCHEMA_FORMAT_H
#define SCHEMA_FORMAT_H

#include "pool.h"

struct format {
    const char *name;
    const char *expected; /* "a date and time such as 2025-12-01T20:00:00Z" */
    bool (*matches)(struct paku_text text);
};

/* NULL: none that is known. */
const struct format *format_find(struct paku_text name);

bool format_date_time(struct paku_text text);
bool format_date(struct paku_text text);
bool format_time(struct paku_text text);
bool format_duration(struct paku_text text);
bool format_ipv4(struct paku_text text);
bool format_ipv6(struct paku_text text);
bool format_hostname(struct paku_text text);
bool format_email(struct paku_text text);
bool format_idn_email(struct paku_text text);
bool format_uuid(struct paku_text text);
bool format_uri(struct paku_text text);
bool format_uri_reference(struct paku_text text);
bool format_iri(struct paku_text text);
bool format_iri_reference(struct paku_text text);
bool format_uri_template(struct paku_text text);
bool format_json_pointer(struct paku_text text);
bool format_relative_json_pointer(struct paku_text text);
bool format_regex(struct paku_text text);

#endif
