/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include "regex.h"

#include <ctype.h>
#include <string.h>

bool format_uuid(struct paku_text text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !isxdigit((unsigned char)text.data[i]))
            return false;
    }
    return true;
}

/* RFC 6901 */
bool format_json_pointer(struct paku_text text)
{
    if (text.size > 0 && text.data[0] != '/')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '~')
            continue;
        if (++i == text.size || (text.data[i] != '0' && text.data[i] != '1'))
            return false;
    }
    return true;
}

/* A count without leading zeros, then a pointer or '#'. */
bool format_relative_json_pointer(struct paku_text text)
{
    size_t digits = 0;
    while (digits < text.size && isdigit((unsigned char)text.data[digits]))
        digits++;
    if (digits == 0 || (digits > 1 && text.data[0] == '0'))
        return false;
    struct paku_text rest = {text.data + digits, text.size - digits};
    return (rest.size == 1 && rest.data[0] == '#') || format_json_pointer(rest);
}

bool format_regex(struct paku_text text)
{
    struct pool pool = {0};
    struct paku_text message;
    struct regex *regex = NULL;
    bool good = regex_create(text, &pool, &regex, &message) == 0;
    regex_destroy(regex);
    pool_finish(&pool);
    return good;
}

/* idn-hostname is an annotation only: its tables are those of Unicode. */
static const struct format formats[] = {
    {"date-time", "a date and time such as 2025-12-01T20:00:00Z", format_date_time},
    {"date", "a date such as 2025-12-01", format_date},
    {"time", "a time with its offset, such as 20:00:00Z", format_time},
    {"duration", "a duration such as P1DT12H", format_duration},
    {"ipv4", "an IPv4 address", format_ipv4},
    {"ipv6", "an IPv6 address", format_ipv6},
    {"hostname", "a host name", format_hostname},
    {"email", "an e-mail address", format_email},
    {"idn-email", "an e-mail address", format_idn_email},
    {"uuid", "a UUID", format_uuid},
    {"uri", "a URI with its scheme", format_uri},
    {"uri-reference", "a URI or a reference", format_uri_reference},
    {"iri", "an IRI with its scheme", format_iri},
    {"iri-reference", "an IRI or a reference", format_iri_reference},
    {"uri-template", "a URI template", format_uri_template},
    {"json-pointer", "a JSON pointer", format_json_pointer},
    {"relative-json-pointer", "a relative JSON pointer", format_relative_json_pointer},
    {"regex", "a regular expression of ECMA-262", format_regex},
};

const struct format *format_find(struct paku_text name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strlen(formats[i].name) == name.size &&
            memcmp(formats[i].name, name.data, name.size) == 0)
            return &formats[i];
    }
    return NULL;
}
