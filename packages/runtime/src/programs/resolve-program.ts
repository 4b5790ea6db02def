import { Problem } from "@dojang/model";
import { closestProgram } from "./closest-program.ts";
import { type ImageName, parseImageName } from "./image-name.ts";
import { languageImagePlan, recipePlan } from "./language-program.ts";
import type { InstalledProgram, ProgramFamily } from "./machine-facts.ts";
import { mailImage, mailPlan } from "./mail-program.ts";
import { mysqlLayout, mysqlPlan } from "./mysql-program.ts";
import { nginxLayout, nginxPlan } from "./nginx-program.ts";
import { postgresLayout, postgresPlan } from "./postgres-program.ts";
import type { ImageLayout, ProgramPlan, ProgramRequest } from "./program-plan.ts";
import { redisLayout, redisPlan } from "./redis-program.ts";

interface ImageKind {
  /** In order of preference. */
  readonly families: readonly ProgramFamily[];
  readonly layout?: ImageLayout;
  readonly plan: (request: ProgramRequest, program: InstalledProgram, asked: string) => ProgramPlan;
  /** Of Debian, said when none is found. */
  readonly package: string;
}

const language = (request: ProgramRequest, program: InstalledProgram, asked: string) => languageImagePlan(request, { asked, program });

const imageKinds: Readonly<Record<string, ImageKind>> = {
  postgres: { families: ["postgres"], layout: postgresLayout, plan: postgresPlan, package: "postgresql" },
  redis: { families: ["redis", "valkey"], layout: redisLayout, plan: redisPlan, package: "redis-server" },
  valkey: { families: ["valkey", "redis"], layout: redisLayout, plan: redisPlan, package: "redis-server" },
  mysql: { families: ["mysql", "mariadb"], layout: mysqlLayout, plan: mysqlPlan, package: "mariadb-server" },
  mariadb: { families: ["mariadb", "mysql"], layout: mysqlLayout, plan: mysqlPlan, package: "mariadb-server" },
  nginx: { families: ["nginx"], plan: nginxPlan, package: "nginx" },
  node: { families: ["node"], plan: language, package: "nodejs" },
  python: { families: ["python"], plan: language, package: "python3" },
};

/** Images that are only a system: their commands are this machine's. */
const bareSystems = new Set(["alpine", "busybox", "debian", "ubuntu"]);

/** Where an image keeps its data and which port it has, so that a runtime can lay out mounts before it plans. */
export function imageLayout(image: string): ImageLayout | undefined {
  const name = parseImageName(image);
  return kindOf(name)?.layout ?? (name.program === "nginx" ? nginxLayout : undefined);
}

/**
 * Pure: the same request gives the same plan. Throws Problem `image-unavailable` when nothing here can play the image,
 * `image-misconfigured` when the image itself would refuse its variables.
 */
export function resolveProgram(request: ProgramRequest): ProgramPlan {
  const { program } = request.service;
  if (program.kind === "build") return recipePlan(request, program.recipe);
  const name = parseImageName(program.image);
  if (name.known && bareSystems.has(name.program)) return languageImagePlan(request, { asked: program.image, program: undefined });
  const mail = mailImage(program.image);
  const node = request.machine.programs.find(({ family, origin }) => family === "node" && origin === "dojang");
  if (mail !== undefined && node !== undefined) return mailPlan(request, program.image, { image: mail, node });
  const kind = kindOf(name);
  if (kind === undefined) throw unavailable(request, program.image, undefined);
  const closest = closestProgram(request.machine, kind.families, name.major);
  if (closest === undefined) throw unavailable(request, program.image, kind);
  return kind.plan(request, closest, program.image);
}

/** Valkey's image has an owner of its name. Another owner's image of the same name may hold anything. */
function kindOf(name: ImageName): ImageKind | undefined {
  const ownName = name.program === "valkey" || name.program === "mysql-server";
  return name.known || ownName ? imageKinds[name.program === "mysql-server" ? "mysql" : name.program] : undefined;
}

function unavailable(request: ProgramRequest, image: string, kind: ImageKind | undefined): Problem {
  const { name } = request.service;
  const supported = [...Object.keys(imageKinds), "mailhog", "mailpit", "maildev"].join(", ");
  const recipe = `describe the service under services: ${name}: of dojang.yml (build, command, port), leave it out there (omit: true), or use --runtime docker`;
  return new Problem({
    code: "image-unavailable",
    exit: "configuration",
    message:
      kind === undefined
        ? `service ${name}: nothing on this machine plays the image ${image}; supported are ${supported}`
        : `service ${name}: no program for the image ${image} is installed on this machine`,
    fix: kind === undefined ? recipe : `install it (apt-get install ${kind.package}), or ${recipe}`,
  });
}
