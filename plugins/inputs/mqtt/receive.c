/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on their way to the pipeline, and those that come a second time.
 *
 * After a reconnection the broker sends again what was not acknowledged: a run of messages in their
 * old order with their old packet ids, from some message that we know to the newest that we know. The
 * first message of QoS 1 after CONNACK that is found among the receipts, by packet id and a hash of
 * topic and payload, begins the run; it ends with the first that does not fit the next receipt. */
#include "mqtt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void receive_begin_session(struct mqtt *mqtt, bool session_present)
{
    struct paku_receipt receipt;
    bool known = paku_receipt_at(mqtt->host, 0, &receipt);
    if (!session_present && known) {
        if (mqtt->options.persistent)
            paku_log(mqtt->host, PAKU_WARNING, "the broker has no session '%s' any more: what it "
                "held for paku is gone; going on with a new one", mqtt->options.client_id);
        paku_count(mqtt->host, "sessions_lost", 1);
        paku_forget_receipts(mqtt->host);
    }
    mqtt->matching = session_present && known;
    mqtt->match_found = false;
    mqtt->match_next = 0;
    mqtt->take_retained = mqtt->options.retained == RETAINED_KEEP ||
        (mqtt->options.retained == RETAINED_FIRST && !session_present);
}

static bool receipts_equal(const struct paku_receipt *left, const struct paku_receipt *right)
{
    return left->id == right->id && left->hash == right->hash;
}

/* The newest receipt like this one; packet ids come round only after 65535 messages. */
static bool find_receipt(struct mqtt *mqtt, const struct paku_receipt *wanted)
{
    struct paku_receipt receipt;
    bool found = false;
    for (size_t i = 0; paku_receipt_at(mqtt->host, i, &receipt); i++) {
        if (receipts_equal(&receipt, wanted)) {
            mqtt->match_next = i;
            found = true;
        }
    }
    return found;
}

static bool is_known(struct mqtt *mqtt, const struct paku_receipt *receipt)
{
    struct paku_receipt expected;
    if (!mqtt->matching)
        return false;
    if (!mqtt->match_found)
        mqtt->match_found = mqtt->matching = find_receipt(mqtt, receipt);
    mqtt->matching = mqtt->match_found &&
        paku_receipt_at(mqtt->host, mqtt->match_next, &expected) &&
        receipts_equal(&expected, receipt);
    mqtt->match_next++;
    return mqtt->matching;
}

static struct paku_receipt receipt_of(const struct mosquitto_message *message)
{
    uint64_t topic = XXH3_64bits(message->topic, strlen(message->topic));
    return (struct paku_receipt){
        .id = (uint64_t)message->mid,
        .hash = XXH3_64bits_withSeed(message->payload, (size_t)message->payloadlen, topic),
    };
}

static const enum paku_payload payload_types[] = {
    [FORMAT_JSON] = PAKU_PAYLOAD_JSON,
    [FORMAT_TEXT] = PAKU_PAYLOAD_TEXT,
    [FORMAT_RAW] = PAKU_PAYLOAD_RAW,
};

static int apply_template(struct mqtt *mqtt, struct paku_record *record, const char *topic,
    char *reason, size_t size)
{
    int error = paku_record_set_tag(record, "topic", (struct paku_text){topic, strlen(topic)});
    if (error == 0 && mqtt->template != NULL)
        error = topic_template_apply(mqtt->template, topic, record);
    if (error == -ENOENT)
        snprintf(reason, size, "the topic does not fit topic_tags '%s'",
            mqtt->options.topic_tags);
    else if (error < 0)
        snprintf(reason, size, "the topic makes no valid tags: %s", strerror(-error));
    return error;
}

/* Gives a record its tags and its payload; -EINVAL with the reason when it is to be rejected. */
static int fill_record(struct mqtt *mqtt, struct paku_record *record, const char *topic,
    struct paku_text payload, char *reason, size_t size)
{
    struct paku_json_error fault;
    if (payload.size > (size_t)mqtt->options.max_payload) {
        snprintf(reason, size, "%zu bytes, more than max_payload allows (%lld); what is kept is cut",
            payload.size, (long long)mqtt->options.max_payload);
        paku_record_set_payload(record, PAKU_PAYLOAD_RAW, payload.data,
            (size_t)mqtt->options.max_payload, NULL);
        apply_template(mqtt, record, topic, reason, 0);
        return -EINVAL;
    }
    enum paku_payload type = payload_types[mqtt->options.format];
    int error = paku_record_set_payload(record, type, payload.data, payload.size, &fault);
    if (error < 0)
        snprintf(reason, size, "not %s at byte %zu: %s",
            type == PAKU_PAYLOAD_JSON ? "JSON" : "text", fault.offset, fault.message);
    int tags = apply_template(mqtt, record, topic, reason, error < 0 ? 0 : size);
    return error < 0 || tags < 0 ? -EINVAL : 0;
}

int receive_make(void *self, struct paku_record *record, char *reason, size_t reason_size)
{
    struct paku_text topic = {"", 0};
    struct paku_text payload = paku_record_payload(record);
    paku_record_tag(record, "topic", &topic);
    char *copy = strndup(topic.data, topic.size);
    int error = fill_record(self, record, copy, payload, reason, reason_size);
    free(copy);
    return error;
}

static void submit(struct mqtt *mqtt, const struct mosquitto_message *message,
    const struct paku_receipt *receipt)
{
    char reason[256] = "";
    struct paku_text payload = {
        message->payloadlen > 0 ? message->payload : "", (size_t)message->payloadlen};
    struct paku_record *record = paku_record_create(payload.size + 2 * strlen(message->topic) + 64);
    int error = fill_record(mqtt, record, message->topic, payload, reason, sizeof(reason));
    if (message->retain)
        paku_record_set_tag(record, "retained", (struct paku_text){"true", 4});
    if (error < 0)
        mqtt->submitted = paku_submit_rejected(mqtt->host, record, receipt, "%s", reason);
    else
        mqtt->submitted = paku_submit(mqtt->host, record, receipt);
}

void handle_message(struct mosquitto *mosquitto, void *self,
    const struct mosquitto_message *message)
{
    struct mqtt *mqtt = self;
    struct paku_receipt receipt, *kept = NULL;
    (void)mosquitto;
    if (message->qos > 0) {
        receipt = receipt_of(message);
        kept = &receipt;
        mqtt->burst++;
    }
    if (kept != NULL && is_known(mqtt, kept)) {
        mqtt->submitted = paku_submit_recognised(mqtt->host);
        paku_count(mqtt->host, "recognised", 1);
    } else if (message->retain && !mqtt->take_retained) {
        mqtt->submitted = paku_submit_filtered(mqtt->host, kept);
    } else {
        submit(mqtt, message, kept);
    }
}
