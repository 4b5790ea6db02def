/** Where the services of one environment really are, by every name they have. */
export interface ServiceAddress {
  readonly names: readonly string[];
  readonly host: string;
  /** Real port by the port that Compose speaks of. Ports that are not listed are the same. */
  readonly ports: Readonly<Record<number, number>>;
}

export type AddressBook = readonly ServiceAddress[];

export function lookUp(book: AddressBook, name: string): ServiceAddress | undefined {
  return book.find((address) => address.names.includes(name));
}

export function realPort(address: ServiceAddress, port: number): number {
  return address.ports[port] ?? port;
}

const schemePorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  rediss: 6379,
  valkey: 6379,
  mysql: 3306,
  mariadb: 3306,
  amqp: 5672,
  mongodb: 27017,
  memcached: 11211,
  smtp: 25,
};

/**
 * Rewrites the variables of a service so that they lead to the real addresses: names in URLs (`postgres://u:p@db/todo`,
 * `http://api:8000`), bare `name:port`, `host=name` of connection strings, and variables that hold a name alone, with the
 * port variable of the same prefix. Other words are left alone, also when they are the name of a service.
 */
export function rewriteVariables(book: AddressBook, variables: Readonly<Record<string, string>>): Record<string, string> {
  const rewritten: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const alone = holdsHost(name) ? lookUp(book, value) : undefined;
    rewritten[name] = alone === undefined ? rewriteText(book, value) : alone.host;
  }
  for (const [name, value] of Object.entries(variables)) {
    const address = portOwner(book, variables, name);
    if (address !== undefined && /^\d+$/.test(value)) rewritten[name] = String(realPort(address, Number(value)));
  }
  return rewritten;
}

function holdsHost(variable: string): boolean {
  return /(^|_)(HOST|HOSTNAME|SERVER|ADDR|ADDRESS|ENDPOINT)$/i.test(variable) || /^PGHOST$/i.test(variable);
}

/** DB_PORT belongs to what DB_HOST names; PGPORT to PGHOST. */
function portOwner(book: AddressBook, variables: Readonly<Record<string, string>>, variable: string): ServiceAddress | undefined {
  const prefix = /^(.*?)_?PORT$/i.exec(variable)?.[1];
  if (prefix === undefined || prefix === "") return undefined;
  for (const suffix of ["_HOST", "HOST", "_HOSTNAME", "_SERVER", "_ADDR", "_ADDRESS"]) {
    const host = variables[`${prefix}${suffix}`];
    const address = host === undefined ? undefined : lookUp(book, host);
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Names with ports, in URLs and in connection strings, within any text: a value, a command, a line of nginx's configuration. */
export function rewriteText(book: AddressBook, text: string): string {
  const names = book.flatMap((address) => address.names).sort((a, b) => b.length - a.length);
  if (names.length === 0) return text;
  const anyName = names.map(escaped).join("|");
  const inUrl = new RegExp(`\\b([a-z][a-z0-9+.-]*)://((?:[^\\s/@"']*@)?)(${anyName})(?::(\\d+))?(?=[/?#,;\\s"')\\]]|$)`, "gi");
  const bare = new RegExp(`(^|[\\s=,;@"'(\\[])(${anyName}):(\\d+)(?!\\d|[.\\w-])`, "g");
  const keyed = new RegExp(`\\b(host|server|hostname|data source)(\\s*=\\s*)(${anyName})(?=[\\s;,"']|$)`, "gi");
  return rewriteKeyedPort(book, keyed, text)
    .replace(inUrl, (whole, scheme: string, user: string, name: string, port: string | undefined) => {
      const address = lookUp(book, name);
      if (address === undefined) return whole;
      const asked = port === undefined ? schemePorts[scheme.split("+")[0]?.toLowerCase() ?? ""] : Number(port);
      const real = asked === undefined ? undefined : realPort(address, asked);
      const written = real === undefined || (port === undefined && real === asked) ? "" : `:${real}`;
      return `${scheme}://${user}${address.host}${written}`;
    })
    .replace(bare, (whole, before: string, name: string, port: string) => {
      const address = lookUp(book, name);
      return address === undefined ? whole : `${before}${address.host}:${realPort(address, Number(port))}`;
    });
}

/** `host=db port=5432`: the port belongs to the one host of the text. */
function rewriteKeyedPort(book: AddressBook, keyed: RegExp, text: string): string {
  const found = keyed.exec(text)?.[3];
  keyed.lastIndex = 0;
  const address = found === undefined ? undefined : lookUp(book, found);
  if (address === undefined) return text;
  return text
    .replace(keyed, (_whole, key: string, sign: string) => `${key}${sign}${address.host}`)
    .replace(
      /\b(port)(\s*=\s*)(\d+)/gi,
      (_whole, key: string, sign: string, port: string) => `${key}${sign}${realPort(address, Number(port))}`,
    );
}

function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** In a service's own health check "localhost" is itself. */
export function rewriteLocalhost(address: ServiceAddress, text: string): string {
  const ports = Object.keys(address.ports).map(Number);
  const host = "(?:localhost|127\\.0\\.0\\.1|0\\.0\\.0\\.0|\\[::1\\])";
  const withPort = new RegExp(`(^|[^\\w.])${host}:(\\d+)`, "g");
  const urlWithout = new RegExp(`\\b(https?)://${host}(?=[/?#\\s"']|$)`, "g");
  const flag = /(^|\s)(-h|--host|-H)(\s+|=)(?:localhost|127\.0\.0\.1)(?=\s|$)/g;
  return text
    .replace(withPort, (whole, before: string, port: string) =>
      ports.includes(Number(port)) ? `${before}${address.host}:${realPort(address, Number(port))}` : whole,
    )
    .replace(urlWithout, (whole, scheme: string) => {
      const asked = schemePorts[scheme] ?? 80;
      return ports.includes(asked) ? `${scheme}://${address.host}:${realPort(address, asked)}` : whole;
    })
    .replace(flag, (_whole, before: string, name: string, gap: string) => `${before}${name}${gap}${address.host}`);
}
