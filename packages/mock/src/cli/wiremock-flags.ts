import { type Finding, Problem } from "@dojang/model";
import type { Command } from "commander";

/** Flags of WireMock that mean nothing here: taken, so that a command line can stay as it is, and said to do nothing. */
const withoutEffect: Readonly<Record<string, string>> = {
  "--container-threads <number>": "there are no request threads here",
  "--async-response-enabled [true|false]": "every answer is asynchronous",
  "--async-response-threads <number>": "every answer is asynchronous",
  "--jetty-acceptor-threads <number>": "there are no acceptor threads here",
  "--jetty-accept-queue-size <number>": "the system's queue is used",
  "--jetty-header-response-size <bytes>": "headers of answers have no limit",
  "--jetty-stop-timeout <ms>": "it ends when the answers under way are sent",
  "--max-http-client-connections <number>": "connections to other systems are made as needed",
  "--timeout": "WireMock does nothing with it either",
  "--disable-banner": "there is no banner",
  "--disable-optimize-xml-factories-loading": "it is for Java's XML",
  "--disable-strict-http-headers": "headers are passed on as they came",
  "--disable-extensions-scanning": "there are no Java extensions here",
};

/** Flags of WireMock that ask for what cannot be done here, and what to write instead. */
const refused: Readonly<Record<string, string>> = {
  "--https-keystore <file>":
    "give PEM files: --https-key key.pem --https-cert cert.pem (keytool and openssl pkcs12 turn a keystore into them)",
  "--keystore-password <password>": "give PEM files without a password: --https-key key.pem --https-cert cert.pem",
  "--keystore-type <type>": "give PEM files: --https-key key.pem --https-cert cert.pem",
  "--key-manager-password <password>": "give PEM files without a password: --https-key key.pem --https-cert cert.pem",
  "--https-truststore <file>": "give a PEM file: --https-client-ca authorities.pem",
  "--truststore-password <password>": "give a PEM file: --https-client-ca authorities.pem",
  "--truststore-type <type>": "give a PEM file: --https-client-ca authorities.pem",
  "--ca-keystore <file>": "give PEM files: --ca-key key.pem --ca-cert cert.pem",
  "--ca-keystore-password <password>": "give PEM files: --ca-key key.pem --ca-cert cert.pem",
  "--ca-keystore-type <type>": "give PEM files: --ca-key key.pem --ca-cert cert.pem",
  "--extensions <classes>": "Java extensions cannot run here; leave it out",
  "--load-resources-from-classpath <path>": "there is no classpath here: unpack the files and give their folder with --dir",
};

export function addWireMockFlags(command: Command): Command {
  command.optionsGroup("Of WireMock, taken without effect:");
  for (const [flag, why] of Object.entries(withoutEffect)) command.option(flag, why);
  command.optionsGroup("Of WireMock, refused:");
  for (const [flag, instead] of Object.entries(refused)) command.option(flag, instead);
  return command;
}

/** Throws a Problem that names every refused flag; gives a line for each that does nothing. */
export function checkWireMockFlags(flags: object): readonly string[] {
  const given = new Set(Object.keys(flags));
  const findings: Finding[] = Object.entries(refused).flatMap(([flag, fix]) =>
    given.has(propertyOf(flag))
      ? [
          {
            severity: "error",
            code: "flag-refused",
            place: { file: "command line", path: nameOf(flag) },
            message: "cannot be done here",
            fix,
          },
        ]
      : [],
  );
  if (findings.length > 0) {
    throw new Problem({
      code: "flag-refused",
      message: `${findings.map(({ place }) => place.path).join(", ")}: WireMock's, and not possible here`,
      fix: findings.length === 1 ? (findings[0]?.fix ?? "leave it out") : "write what each line says instead",
      exit: "configuration",
      findings,
    });
  }
  return Object.entries(withoutEffect).flatMap(([flag, why]) =>
    given.has(propertyOf(flag)) ? [`${nameOf(flag)} has no effect: ${why}`] : [],
  );
}

function nameOf(flag: string): string {
  return flag.split(" ")[0] ?? flag;
}

/** As commander names a flag: `--https-keystore` is `httpsKeystore`. */
function propertyOf(flag: string): string {
  return nameOf(flag)
    .slice(2)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
