import type { ChecklistFinding, Looked } from "./checklist-point.ts";
import { secretStrength } from "./secret-strength.ts";

const strengthWhy = "a secret that can be guessed lets anybody in; programs try known words and short texts within minutes";
const sameWhy = "who reads staging's secret, and more people do, holds production's";
const fallbackWhy = "a fallback in the Compose file is in the repository: whoever can read it knows the secret";

/** Of each secret: strong, its own, and not the Compose file's. */
export function checkSecrets(looked: Looked): readonly ChecklistFinding[] {
  const names = looked.definition.secrets.filter(isSecretProper);
  return [
    ...names.map((name) => checkStrength(looked, name)),
    ...names.filter((name) => looked.values[name] !== undefined).map((name) => checkOwn(looked, name)),
    ...checkFallbacks(looked),
  ];
}

/** Part of a pair whose other half is the secret: a user's name, a key's id. */
function isSecretProper(name: string): boolean {
  return !/(USER|USERNAME|EMAIL|HOST|PORT|REGION|BUCKET|KEY_ID|ACCESS_KEY|CLIENT_ID)$/.test(name);
}

function checkStrength({ point, values, environment }: Looked, name: string): ChecklistFinding {
  const here = point(`secret-weak:${name}`, strengthWhy, "%.secrets");
  const value = values[name];
  if (value === undefined) return here.fail(`${name} has no value`, `dojang secrets set ${environment} ${name}`);
  const secret = secretPart(value);
  if (secret === undefined) return here.ok(`${name} is an address without a password in it`);
  const { bits, weakness, doubt } = secretStrength(secret);
  const fix = `make a random one, such as by \`openssl rand -base64 32\`, and dojang secrets set ${environment} ${name}`;
  if (weakness !== undefined) return here.fail(`${name}: ${weakness}`, fix);
  return doubt === undefined ? here.ok(`${name}: about ${bits} bits`) : here.warn(`${name}: ${doubt}`, fix);
}

/** Of an address the password; undefined when it has none. Its path may be the secret (webhooks): that is somebody else's making. */
function secretPart(value: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return value;
  try {
    const { password } = new URL(value);
    return password === "" ? undefined : decodeURIComponent(password);
  } catch {
    return value;
  }
}

function checkOwn({ point, values, facts, environment }: Looked, name: string): ChecklistFinding {
  const here = point(`secret-shared:${name}`, sameWhy, "%.secrets");
  const value = values[name];
  const same = Object.entries(facts.others ?? {}).filter(
    ([other, theirs]) => other !== environment && value !== undefined && theirs[name] === value,
  );
  if (facts.others === undefined) return here.unknown("values of other environments are not known here", "check on the server");
  if (same.length === 0) return here.ok(`${name} is of this environment alone`);
  return here.fail(
    `${name} is the same in ${same.map(([other]) => other).join(", ")}`,
    `make another one for each, and dojang secrets set ${environment} ${name}`,
  );
}

const looksSecret = /PASS(WORD|WD)?|SECRET|TOKEN|PRIVATE|API_?KEY|SALT|CREDENTIAL/i;

/** `${X:-fallback}` of the Compose file: is the fallback in use, or the same as what is? */
function checkFallbacks({ point, facts, definition, values, environment }: Looked): readonly ChecklistFinding[] {
  const overall = point("secret-fallback", fallbackWhy, "%.secrets");
  if (facts.composeText === undefined) return [overall.unknown("the Compose file was not looked at", "check where the project lies")];
  const fallbacks = [...facts.composeText.matchAll(/\$\{(\w+):?-([^{}]*)\}/g)].map(([, name = "", fallback = ""]) => ({ name, fallback }));
  const secret = fallbacks.filter(({ name, fallback }) => fallback !== "" && (looksSecret.test(name) || definition.secrets.includes(name)));
  const listed = new Set([...definition.secrets, ...definition.variables]);
  const findings = new Map<string, ChecklistFinding>();
  for (const { name, fallback } of secret) {
    const here = point(`secret-fallback:${name}`, fallbackWhy, "%.secrets");
    if (!listed.has(name)) {
      const fix = `add ${name} under secrets of ${environment}, and dojang secrets set ${environment} ${name}`;
      findings.set(name, here.fail(`${name} is not listed for ${environment}, so the Compose file's fallback is what runs`, fix));
    } else if (values[name] === fallback) {
      findings.set(
        name,
        here.fail(`${name} has the very value of the Compose file's fallback`, `dojang secrets set ${environment} ${name}`),
      );
    }
  }
  return findings.size > 0 ? [...findings.values()] : [overall.ok(`none of ${secret.length} fallbacks for secrets is in use`)];
}
