import type { InstalledProgram } from "./machine-facts.ts";
import type { ProgramPlan, ProgramRequest } from "./program-plan.ts";
import { baseEnvironment, sharedPaths } from "./service-environment.ts";
import type { MailDialect } from "./stand-ins/mail-inbox.ts";

interface MailImage {
  readonly dialect: MailDialect;
  readonly title: string;
  readonly httpPort: number;
}

const images: Readonly<Record<string, MailImage>> = {
  "mailhog/mailhog": { dialect: "mailhog", title: "MailHog", httpPort: 8025 },
  "axllent/mailpit": { dialect: "mailpit", title: "Mailpit", httpPort: 8025 },
  "maildev/maildev": { dialect: "maildev", title: "MailDev", httpPort: 1080 },
  "djfarrelly/maildev": { dialect: "maildev", title: "MailDev", httpPort: 1080 },
};

const smtpPort = 1025;

/** The mail catcher that an image is, by its name without registry, tag and digest. */
export function mailImage(image: string): MailImage | undefined {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return images[name.split("/").slice(-2).join("/").toLowerCase()];
}

/** Mail catchers need no program of the machine: Dojang's own takes mail on the same ports and tells it in the same words. */
export function mailPlan(
  request: ProgramRequest,
  asked: string,
  { image, node }: { image: MailImage; node: InstalledProgram },
): ProgramPlan {
  const { host, port } = request.listen;
  const http = port ?? image.httpPort;
  const script = `${request.machine.standIns}/mail-catcher.ts`;
  return {
    describe: `mail catcher with the API of ${image.title} (dojang)`,
    asked,
    argv: [node.binaries.node ?? "node", script, image.dialect, host, String(smtpPort), String(http)],
    environment: { ...baseEnvironment(request, [`${request.machine.standIns}/node-bin`]), ...request.service.environment },
    workingDirectory: request.runDirectory,
    readOnlyPaths: sharedPaths(request),
    writableDirectories: [request.runDirectory],
    files: [],
    defaultPort: http,
    health: { probe: { kind: "tcp", port: http }, intervalMs: 500, timeoutMs: 3_000, retries: 30, startPeriodMs: 0 },
    stopSignal: "SIGTERM",
  };
}
