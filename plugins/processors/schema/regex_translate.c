/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECMA-262 and PCRE2 agree on most of what a pattern can say. Rewritten is where they differ: what
 * \s, \S and . stand for, \u, \x and \c, long names of properties, `[` inside of a class. Refused is what
 * only PCRE2 knows: \A, \Z, \a, (?i), (*VERB), possessive quantifiers and the like.
 */
#include "regex.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SPACE \
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}" \
    "\\x{3000}\\x{feff}"
#define NO_SPACE \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}" \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

/* No piece of a pattern grows by more than this for each of its bytes. */
#define GROWTH 128

struct translation {
    const char *begin, *at, *end;
    char *out;
    size_t size;
    bool in_class;
    const char *message;
};

/* The general categories by their long names. */
static const char *const categories[][2] = {
    {"Any", "Any"}, {"Cased_Letter", "L&"}, {"Close_Punctuation", "Pe"},
    {"Connector_Punctuation", "Pc"}, {"Control", "Cc"}, {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"}, {"Decimal_Number", "Nd"}, {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"}, {"Format", "Cf"}, {"Initial_Punctuation", "Pi"},
    {"Letter", "L"}, {"Letter_Number", "Nl"}, {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"}, {"Mark", "M"}, {"Math_Symbol", "Sm"}, {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"}, {"Nonspacing_Mark", "Mn"}, {"Number", "N"},
    {"Open_Punctuation", "Ps"}, {"Other", "C"}, {"Other_Letter", "Lo"}, {"Other_Number", "No"},
    {"Other_Punctuation", "Po"}, {"Other_Symbol", "So"}, {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"}, {"Punctuation", "P"}, {"Separator", "Z"}, {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"}, {"Surrogate", "Cs"}, {"Symbol", "S"}, {"Titlecase_Letter", "Lt"},
    {"Unassigned", "Cn"}, {"Uppercase_Letter", "Lu"}, {"digit", "Nd"}, {"punct", "P"},
};

static void push(struct translation *t, const char *text)
{
    size_t size = strlen(text);
    memcpy(t->out + t->size, text, size);
    t->size += size;
}

static void push_code_point(struct translation *t, uint32_t code_point)
{
    t->size += (size_t)sprintf(t->out + t->size, "\\x{%x}", code_point);
}

static int refuse(struct translation *t, const char *message)
{
    t->message = message;
    return -EINVAL;
}

static bool take_hex(struct translation *t, size_t digits, uint32_t *ret_value)
{
    uint32_t value = 0;
    if ((size_t)(t->end - t->at) < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int c = (unsigned char)t->at[i];
        if (!isxdigit(c))
            return false;
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    t->at += digits;
    *ret_value = value;
    return true;
}

static bool take_braced(struct translation *t, uint32_t *ret_value)
{
    uint32_t value = 0, digit;
    for (t->at++; take_hex(t, 1, &digit);) {
        value = value << 4 | digit;
        if (value > 0x10ffff)
            return false;
    }
    if (t->at == t->end || *t->at != '}')
        return false;
    t->at++;
    *ret_value = value;
    return true;
}

/* Behind "\u": four digits, a pair of surrogates, or {...}. */
static int translate_unicode(struct translation *t)
{
    uint32_t value, low;
    bool good = t->at < t->end && *t->at == '{' ? take_braced(t, &value) : take_hex(t, 4, &value);
    if (!good)
        return refuse(t, "expected \\uXXXX or \\u{...}");
    if (value >= 0xd800 && value < 0xdc00 && t->end - t->at >= 6 && t->at[0] == '\\' &&
        t->at[1] == 'u') {
        t->at += 2;
        if (!take_hex(t, 4, &low) || low < 0xdc00 || low > 0xdfff)
            return refuse(t, "a high surrogate without its low one");
        value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
    }
    if (value >= 0xd800 && value < 0xe000)
        return refuse(t, "a surrogate alone, which no text can hold");
    push_code_point(t, value);
    return 0;
}

static bool text_is(struct paku_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

/* Behind "\p" or "\P": {Name}, {gc=Name}, {sc=Name}, {scx=Name}. */
static int translate_property(struct translation *t, char letter)
{
    const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));
    if (t->at == t->end || *t->at != '{' || close == NULL || close - t->at > 64)
        return refuse(t, "expected {...} with the name of a Unicode property");
    struct paku_text name = {t->at + 1, (size_t)(close - t->at - 1)};
    const char *prefix = "";
    const char *equals = memchr(name.data, '=', name.size);
    if (equals != NULL) {
        struct paku_text key = {name.data, (size_t)(equals - name.data)};
        if (text_is(key, "Script") || text_is(key, "sc"))
            prefix = "sc:";
        else if (text_is(key, "Script_Extensions") || text_is(key, "scx"))
            prefix = "scx:";
        else if (!text_is(key, "General_Category") && !text_is(key, "gc"))
            return refuse(t, "an unknown kind of Unicode property");
        name = (struct paku_text){equals + 1, (size_t)(close - equals - 1)};
    }
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (text_is(name, categories[i][0]))
            name = (struct paku_text){categories[i][1], strlen(categories[i][1])};
    }
    t->size += (size_t)sprintf(t->out + t->size, "\\%c{%s%.*s}", letter, prefix, (int)name.size,
        name.data);
    t->at = close + 1;
    return 0;
}

static int translate_hex(struct translation *t)
{
    uint32_t value;
    if (!take_hex(t, 2, &value))
        return refuse(t, "expected \\xXX");
    push_code_point(t, value);
    return 0;
}

static int translate_control(struct translation *t)
{
    if (t->at == t->end || !isalpha((unsigned char)*t->at))
        return refuse(t, "expected a letter behind \\c");
    push_code_point(t, (uint32_t)(*t->at++ & 31));
    return 0;
}

/* \1 to \99 outside of a class: a back reference. */
static int translate_digit(struct translation *t, char c)
{
    if (c == '0') {
        if (t->at < t->end && isdigit((unsigned char)*t->at))
            return refuse(t, "an octal escape; write \\xXX");
        push_code_point(t, 0);
        return 0;
    }
    if (t->in_class)
        return refuse(t, "a back reference inside of a class");
    push(t, "\\g{");
    t->out[t->size++] = c;
    while (t->at < t->end && isdigit((unsigned char)*t->at))
        t->out[t->size++] = *t->at++;
    push(t, "}");
    return 0;
}

static int translate_space(struct translation *t, char c)
{
    if (!t->in_class)
        push(t, c == 's' ? "[" : "[^");
    push(t, c == 's' || !t->in_class ? SPACE : NO_SPACE);
    if (!t->in_class)
        push(t, "]");
    return 0;
}

/* Behind a backslash. */
static int translate_escape(struct translation *t)
{
    if (t->at == t->end)
        return refuse(t, "a backslash at the end");
    char c = *t->at++;
    if (isdigit((unsigned char)c))
        return translate_digit(t, c);
    switch (c) {
    case 's':
    case 'S':
        return translate_space(t, c);
    case 'u':
        return translate_unicode(t);
    case 'x':
        return translate_hex(t);
    case 'c':
        return translate_control(t);
    case 'p':
    case 'P':
        return translate_property(t, c);
    case 'v':
        push(t, "\\x{b}"); /* PCRE2 has all vertical space in mind */
        return 0;
    case 'k':
        if (t->in_class || t->at == t->end || *t->at != '<')
            return refuse(t, "expected \\k<name>");
        push(t, "\\k");
        return 0;
    case 'B':
        if (t->in_class)
            return refuse(t, "\\B inside of a class");
        break;
    default:
        if (isalpha((unsigned char)c) && strchr("bdDwWnrtf", c) == NULL)
            return refuse(t, "an escape that ECMA-262 does not know");
    }
    if ((unsigned char)c < 0x80) /* what is beyond ASCII needs no backslash */
        t->out[t->size++] = '\\';
    t->out[t->size++] = c;
    return 0;
}

static int translate_group(struct translation *t)
{
    push(t, "(");
    if (t->at < t->end && *t->at == '*')
        return refuse(t, "nothing to repeat");
    if (t->at == t->end || *t->at != '?')
        return 0;
    const char *kind = t->at + 1;
    char first = kind < t->end ? *kind : '\0';
    if (first == '\0' || strchr(":=!<", first) == NULL)
        return refuse(t, "a kind of group that ECMA-262 does not know");
    return 0;
}

/* How many bytes at `at` are a quantifier {n}, {n,} or {n,m}; 0: none. */
static size_t counted_quantifier(const struct translation *t)
{
    const char *at = t->at;
    size_t digits = 0, commas = 0;
    for (; at < t->end && (isdigit((unsigned char)*at) || *at == ','); at++) {
        if (*at == ',' && (digits == 0 || commas++ > 0))
            return 0;
        digits++;
    }
    return digits > 0 && at < t->end && *at == '}' ? (size_t)(at - t->at) + 1 : 0;
}

static int translate_quantifier(struct translation *t, char c)
{
    size_t size = c == '{' ? counted_quantifier(t) : 0;
    if (c == '{' && size == 0) {
        push(t, "\\{");
        return 0;
    }
    t->out[t->size++] = c;
    memcpy(t->out + t->size, t->at, size);
    t->size += size;
    t->at += size;
    if (t->at < t->end && *t->at == '+')
        return refuse(t, "a quantifier behind a quantifier");
    return 0;
}

static int translate_in_class(struct translation *t, char c)
{
    if (c == '[')
        t->out[t->size++] = '\\';
    else if (c == ']')
        t->in_class = false;
    t->out[t->size++] = c;
    return 0;
}

static int translate_one(struct translation *t)
{
    char c = *t->at++;
    if (c == '\\')
        return translate_escape(t);
    if (t->in_class)
        return translate_in_class(t, c);
    switch (c) {
    case '[':
        t->in_class = true;
        push(t, "[");
        if (t->at < t->end && *t->at == '^')
            t->out[t->size++] = *t->at++;
        return 0;
    case '.':
        push(t, "[^\\n\\r\\x{2028}\\x{2029}]");
        return 0;
    case '(':
        return translate_group(t);
    case '*':
    case '+':
    case '?':
    case '{':
        /* the '?' of "(?:" comes here too, and passes as it is */
        return translate_quantifier(t, c);
    default:
        t->out[t->size++] = c;
        return 0;
    }
}

int regex_translate(struct paku_text pattern, struct pool *pool, struct paku_text *ret_pattern,
    const char **ret_message, size_t *ret_offset)
{
    struct translation t = {
        .begin = pattern.data, .at = pattern.data, .end = pattern.data + pattern.size,
        .out = pool_take(pool, (pattern.size + 2) * GROWTH),
    };
    while (t.at < t.end) {
        const char *from = t.at;
        if (translate_one(&t) < 0) {
            *ret_message = t.message;
            *ret_offset = (size_t)(from - t.begin);
            return -EINVAL;
        }
    }
    if (t.in_class) {
        *ret_message = "a class that is not closed";
        *ret_offset = pattern.size;
        return -EINVAL;
    }
    *ret_pattern = (struct paku_text){t.out, t.size};
    return 0;
}
