import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { ProgramPlan, TemplatePlan } from "../programs/program-plan.ts";
import type { HostView } from "./host-view.ts";
import { kindOf } from "./host-view.ts";
import { withJobPod } from "./job-pod.ts";
import { withOwnerLock } from "./owner-lock.ts";
import { isInside } from "./path-inside.ts";
import type { Toolbox } from "./toolbox.ts";

export interface TemplateContext {
  readonly home: string;
  readonly toolbox: Toolbox;
  readonly host: HostView;
}

/** Data directories as a first start leaves them, made once by a guest and copied for each environment: `<home>/templates/<key>`. */
export async function prepareTemplates(
  programs: ReadonlyMap<string, ProgramPlan>,
  context: TemplateContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const made = await Promise.all(
    [...programs.values()].map(async (program) => {
      if (program.template === undefined || program.data === undefined) return undefined;
      return [program.template.key, await prepareTemplate(program, program.template, context, signal)] as const;
    }),
  );
  return new Map(made.filter((one) => one !== undefined));
}

const stepLimitMs = 120_000;
const outputLimitBytes = 1024 * 1024;

async function prepareTemplate(
  program: ProgramPlan,
  template: TemplatePlan,
  context: TemplateContext,
  signal: AbortSignal,
): Promise<string> {
  const folder = join(context.home, "templates");
  const target = join(folder, template.key);
  if (await exists(target)) return target;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return withOwnerLock(`${target}.lock`, signal, async () => {
    if (!(await exists(target))) await make(program, template, { ...context, target, signal });
    return target;
  });
}

async function make(
  program: ProgramPlan,
  template: TemplatePlan,
  { home, toolbox, host, target, signal }: TemplateContext & { target: string; signal: AbortSignal },
): Promise<void> {
  const directory = program.data?.directory ?? "/data";
  const outermost = program.readOnlyPaths.filter((path) => !program.readOnlyPaths.some((other) => other !== path && isInside(path, other)));
  const readOnly = await Promise.all([...new Set(outermost)].map(async (path) => ({ path, kind: await kindOf(path) })));
  await withJobPod(
    {
      home,
      purpose: "template",
      project: "dojang",
      toolbox,
      host,
      limits: {},
      folders: { data: directory },
      caches: [],
      readOnly,
      environment: program.environment,
      directory: "/tmp",
      signal,
    },
    async () => {},
    async (pod) => {
      for (const step of template.steps) {
        let said = "";
        const onOutput = ({ data }: { data: Uint8Array }) => {
          said = (said + Buffer.from(data).toString()).slice(-4_000);
        };
        const stdin = step.stdin === undefined ? undefined : Buffer.from(step.stdin);
        const result = await pod.exec({
          command: step.argv,
          environment: step.environment,
          timeoutMs: stepLimitMs,
          outputLimitBytes,
          stdin,
          onOutput,
        });
        if (result.exitCode !== 0) throw firstStartFailed(program, step.argv, result.exitCode, said);
      }
      await rename(join(pod.paths.guest, "disk", "data"), target);
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function firstStartFailed(program: ProgramPlan, argv: readonly string[], exitCode: number, said: string): Problem {
  return new Problem({
    code: "first-start-failed",
    exit: "infrastructure",
    message: `${program.describe}: ${argv[0]} ended with ${exitCode} while its data directory was made: ${said.trim()}`,
    fix: "check the service's variables; dojang doctor tells whether the program itself is sound",
  });
}
