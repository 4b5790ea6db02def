import type { ChecklistFinding, Looked } from "./checklist-point.ts";

const trackers = /SENTRY_DSN|BUGSNAG|ROLLBAR|HONEYBADGER|AIRBRAKE|APPSIGNAL|NEW_RELIC_LICENSE|DD_API_KEY|OTEL_EXPORTER|GLITCHTIP/i;

/** Whether anybody learns when something breaks. */
export function checkWatching({ definition, services, values, point }: Looked): readonly ChecklistFinding[] {
  const { watch } = definition;
  const probes = point("monitoring", "otherwise its users are the first to know that it is down", "%.watch.probes");
  const alerts = point("alerts", "a finding nobody is sent is a finding nobody reads", "%.watch.alerts");
  const errors = point("error-tracking", "most errors are met by one person who does not write", "%.secrets");
  const names = [
    ...Object.keys(values),
    ...services.flatMap(({ environment }) => Object.keys(environment).filter((name) => environment[name] !== "")),
  ];
  const tracker = names.find((name) => trackers.test(name));
  const hasAlerts = (watch?.alerts.length ?? 0) > 0;
  return [
    watch === undefined
      ? probes.fail("nothing is looked at", "write watch: { probes: [{ http: GET /health }], alerts: [...] }")
      : watch.probes.length === 0
        ? probes.ok("what site.health says is asked")
        : probes.ok(`${watch.probes.length} ${watch.probes.length === 1 ? "probe" : "probes"}`),
    hasAlerts
      ? alerts.ok(`${watch?.alerts.map(({ kind }) => kind).join(", ")}`)
      : alerts.fail("nobody is told", "write alerts: [{ slack: ALERT_URL }], and give ALERT_URL as a secret"),
    tracker !== undefined
      ? errors.ok(tracker)
      : hasAlerts
        ? errors.ok("no tracker of errors; the share of failed requests is watched and told")
        : errors.warn("neither a tracker of errors nor alerts", "declare alerts, or give services a tracker such as SENTRY_DSN"),
  ];
}
