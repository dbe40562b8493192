/* Alerts, decisions and notices for tests: filled like real ones, no two of
 * different @n alike. */
#ifndef TESTS_HELPERS_SAMPLE_H
#define TESTS_HELPERS_SAMPLE_H

#include "core/alert.h"
#include "core/decision.h"
#include "core/notice.h"

/* 2026-03-02T09:00:00Z, a Monday. */
#define SAMPLE_NOW_MS INT64_C(1772442000000)
#define SAMPLE_TENANT "11111111-2222-3333-4444-555555555555"
#define SAMPLE_SUBSCRIPTION "20ff7fc3-e762-44dd-bd96-b71116dcdc23"

/*
 * A Defender for Cloud alert number @n of source "azure", severity High,
 * active, with three entities, raw bytes and their hash. The caller releases
 * it.
 */
void sample_arm(struct alert *a, int n);
/* The same alert as the Graph API shows it: own id "dc...", linked to the ARM
 * one; source "graph". */
void sample_graph(struct alert *a, int n);
/* New raw bytes (and hash) that say @what, and @title when not NULL. */
void sample_change(struct alert *a, const char *title, const char *what);

/* First sight of @a: opened, its base severity, policy "00000000feedbeef". */
struct decision sample_decision(const struct alert *a);

/* An owed notice about @alert_id to @target; the key is made of all of it and
 * @n. Strings owned: notice_release(). */
struct notice sample_notice(int64_t alert_id, const char *target, int n);

#endif
