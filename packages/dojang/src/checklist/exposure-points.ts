import type { ChecklistFinding, Looked } from "./checklist-point.ts";

const dayMs = 24 * 60 * 60_000;
const wantedHstsMs = 180 * dayMs;

/** What the outside meets: HTTPS, headers, limits. */
export function checkExposure(looked: Looked): readonly ChecklistFinding[] {
  const { definition, point } = looked;
  const { site } = definition;
  if (site === undefined) {
    return [
      point("site", "an environment without a site is reached by nobody", "%.site").fail(
        "no site is declared",
        "add site: { hosts, routes }",
      ),
    ];
  }
  return [checkHttps(looked, site), checkHsts(looked, site), ...checkCors(looked, site), checkRateLimit(looked, site)];
}

type Site = NonNullable<Looked["definition"]["site"]>;

function checkHttps({ point }: Looked, site: Site): ChecklistFinding {
  const here = point(
    "https",
    "without HTTPS passwords and sessions are read by everybody on the way; HTTP is redirected to it where there is a certificate",
    "%.site.tls",
  );
  const { tls } = site;
  switch (tls.kind) {
    case "none":
      return here.fail("tls is none: plain HTTP alone", "write tls: { acme: { email: you@example.com } }");
    case "self-signed":
      return here.warn(
        "self-signed: browsers warn of it, and people learn to pass over warnings",
        "write tls: { acme: { email: you@example.com } }",
      );
    case "acme":
      if (/staging/.test(tls.directory)) return here.warn("the certificate is of an authority for tests", "take `directory` out");
      return here.ok(`by ACME, renewed ${Math.round(tls.renewBeforeMs / dayMs)} days before its end; HTTP is redirected`);
    case "files":
      return here.ok("from files; HTTP is redirected");
  }
}

function checkHsts({ point }: Looked, site: Site): ChecklistFinding {
  const here = point(
    "hsts",
    "the first request of a browser that was not told goes over plain HTTP, and can be taken over there",
    "%.site.hsts",
  );
  if (site.hstsMs === undefined) return here.warn("browsers are promised nothing", "when HTTPS works for good: hsts: 180d");
  const days = `${Math.round(site.hstsMs / dayMs)} days`;
  return site.hstsMs < wantedHstsMs ? here.warn(days, "write hsts: 180d or more") : here.ok(days);
}

const corsWhy = "`*` lets scripts of any page ask in the name of its visitor";

function checkCors({ point, services, values }: Looked, site: Site): readonly ChecklistFinding[] {
  const variables = new Map<string, string>(Object.entries(values));
  for (const service of services)
    for (const [name, value] of Object.entries(service.environment)) variables.set(`${service.name}.${name}`, value);
  const origins = [...variables].filter(([name]) => /CORS|ALLOW(ED)?_?ORIGINS?|ACCESS_CONTROL_ALLOW/i.test(name));
  const header = Object.entries(site.headers).find(([name]) => name.toLowerCase() === "access-control-allow-origin");
  if (header !== undefined) origins.push([`header ${header[0]}`, String(header[1])]);
  const open = origins.filter(([, value]) => value.split(/[\s,]+/).some((origin) => origin === "*" || origin === "true"));
  const fix = "name the origins that may: https://todo.example.com";
  const findings = open.map(([name, value]) => point(`cors:${name}`, corsWhy, "%.values").fail(`${name} is ${JSON.stringify(value)}`, fix));
  const hosts = [...variables].filter(([name, value]) => /(^|\.)ALLOWED_HOSTS$/.test(name) && value.split(/[\s,]+/).includes("*"));
  for (const [name] of hosts) {
    const here = point(`allowed-hosts:${name}`, "a program that believes any Host header sends links of others in its mails", "%.values");
    findings.push(here.warn(`${name} is *`, `name the site's hosts: ${site.hosts.join(",")}`));
  }
  if (findings.length > 0) return findings;
  return [
    point("cors", corsWhy, "%.values").ok(
      origins.length === 0 ? "no variable or header speaks of origins" : origins.map(([name]) => name).join(", "),
    ),
  ];
}

function checkRateLimit({ point }: Looked, site: Site): ChecklistFinding {
  const here = point(
    "rate-limit",
    "without a limit one client can try a million passwords, or keep everybody else out",
    "%.site.rate-limit",
  );
  if (site.rateLimit === undefined) return here.warn("none", "write for example rate-limit: { rate: 50/s, burst: 100 }");
  return here.ok(`${site.rateLimit.rate} requests a second, ${site.rateLimit.burst} more at once`);
}
