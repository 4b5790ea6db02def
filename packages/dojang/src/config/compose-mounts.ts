import { resolve } from "node:path";
import { type ComposeMount, type ComposeService, type MountSpec, nameAdvice } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import type { KeyPath } from "./key-path.ts";

/** Host files that only carry the time zone; an environment has its own. */
const timeFiles = new Set(["/etc/localtime", "/etc/timezone"]);

export function serviceMounts(name: string, service: ComposeService, context: ComposeContext): readonly MountSpec[] {
  let unnamed = 0;
  const anonymous = () => `${name}${unnamedMark}${++unnamed}`;
  const mounts: MountSpec[] = [];
  for (const [index, mount] of (service.volumes ?? []).entries()) {
    const path = ["services", name, "volumes", index];
    const spec =
      mount.kind === "tmpfs"
        ? tmpfsSpec(mount)
        : mount.kind === "bind"
          ? bindSpec(mount, { path, context, anonymous })
          : volumeSpec(mount, { path, context, anonymous });
    if (spec !== undefined) mounts.push(spec);
  }
  for (const mount of service.tmpfs ?? []) if (mount.kind === "tmpfs") mounts.push(tmpfsSpec(mount));
  mounts.push(...attachedFiles(name, service, context));
  reportTargetsTwice(name, mounts, context);
  return mounts;
}

const unnamedMark = "-unnamed-";

/** Whether a volume got its name here, because the file gives it none. */
export function isUnnamed(volume: string): boolean {
  return volume.includes(unnamedMark);
}

interface MountOptions {
  readonly path: KeyPath;
  readonly context: ComposeContext;
  readonly anonymous: () => string;
}

function tmpfsSpec(mount: Extract<ComposeMount, { kind: "tmpfs" }>): MountSpec {
  return { kind: "tmpfs", target: mount.target, ...(mount.sizeBytes !== undefined && { sizeBytes: mount.sizeBytes }) };
}

function volumeSpec(mount: Extract<ComposeMount, { kind: "volume" }>, { path, context, anonymous }: MountOptions): MountSpec | undefined {
  const declared = Object.keys(context.file.volumes ?? {});
  if (mount.source !== undefined && !declared.includes(mount.source)) {
    const message = `the volume "${mount.source}" is not declared`;
    const near = declared.length > 0 ? `${nameAdvice(mount.source, declared, "volumes")}; ` : "";
    context.report({
      code: "unknown-volume",
      path,
      message,
      fix: `${near}declare it under the top-level \`volumes:\`, or write ./${mount.source} for a folder`,
    });
    return undefined;
  }
  return { kind: "volume", volume: mount.source ?? anonymous(), target: mount.target, readOnly: mount.readOnly };
}

function bindSpec(mount: Extract<ComposeMount, { kind: "bind" }>, { path, context, anonymous }: MountOptions): MountSpec | undefined {
  const { files, report } = context;
  if (/(^|\/)(docker|podman|containerd)\.sock$/.test(mount.source)) {
    report({
      code: "compose-refused",
      path,
      message: "refused: the engine's socket gives the whole machine away",
      fix: `instead: leave the service out, with \`${path[1]}: { omit: true }\` under \`services:\` of dojang.yml`,
    });
    return undefined;
  }
  if (timeFiles.has(mount.source)) {
    report({
      severity: "note",
      code: "no-effect",
      path,
      message: `${mount.source} is left out: an environment has its own time zone`,
      fix: "set the variable TZ if one is needed",
    });
    return undefined;
  }
  const source = resolve(context.base, mount.source);
  if (mount.source.startsWith("~") || !files.contains(source)) {
    report({
      code: "path-outside-project",
      path,
      message: `refused: "${mount.source}" is outside the project, and an environment sees nothing else of the machine`,
      fix: "instead: keep the files inside the project, or use a named volume",
    });
    return undefined;
  }
  if (files.kind(source) === undefined) {
    report({
      severity: "note",
      code: "empty-folder",
      path,
      message: `"${mount.source}" does not exist; the service gets an empty volume there`,
      fix: "create it if it should have content",
    });
    return { kind: "volume", volume: anonymous(), target: mount.target, readOnly: mount.readOnly };
  }
  return { kind: "bind", source, target: mount.target, readOnly: mount.readOnly };
}

const readableByAll = 0o444;

/** Secrets and configs become files with the content they have now. */
function attachedFiles(name: string, service: ComposeService, context: ComposeContext): MountSpec[] {
  return (["secrets", "configs"] as const).flatMap((kind) =>
    (service[kind] ?? []).flatMap((attachment, index): MountSpec[] => {
      const content = attachmentContent({ kind, source: attachment.source, path: ["services", name, kind, index], context });
      if (content === undefined) return [];
      const folder = kind === "secrets" ? "/run/secrets/" : "/";
      const target = attachment.target?.startsWith("/") ? attachment.target : folder + (attachment.target ?? attachment.source);
      return [{ kind: "file", target, content, mode: attachment.mode ?? readableByAll }];
    }),
  );
}

interface AttachmentOptions {
  readonly kind: "secrets" | "configs";
  readonly source: string;
  readonly path: KeyPath;
  readonly context: ComposeContext;
}

function attachmentContent({ kind, source, path, context }: AttachmentOptions): string | undefined {
  const declared = context.file[kind] ?? {};
  const found = Object.hasOwn(declared, source) ? declared[source] : undefined;
  const what = kind.slice(0, -1);
  if (found === undefined) {
    context.report({
      code: `unknown-${what}`,
      path,
      message: `the ${what} "${source}" is not declared`,
      fix: `${nameAdvice(source, Object.keys(declared), kind)}; declare it under the top-level \`${kind}:\``,
    });
    return undefined;
  }
  if (found.content !== undefined) return found.content;
  if (found.environment !== undefined) {
    const value = context.lookup(found.environment);
    if (value === undefined)
      context.report({
        code: "variable-missing",
        path: [kind, source, "environment"],
        message: `the variable ${found.environment} has no value`,
        fix: `set ${found.environment} in the environment or in .env`,
      });
    return value;
  }
  const absolute = resolve(context.base, found.file ?? "");
  const text = context.files.read(absolute);
  if (text === undefined) {
    const outside = !context.files.contains(absolute);
    context.report({
      code: outside ? "path-outside-project" : "file-missing",
      path: [kind, source, "file"],
      message: `"${found.file}" ${outside ? "is outside the project" : "does not exist"}`,
      fix: outside ? "keep the file inside the project" : "create it, or give the content with `environment:`",
    });
  }
  return text;
}

function reportTargetsTwice(name: string, mounts: readonly MountSpec[], context: ComposeContext): void {
  const seen = new Set<string>();
  for (const { target } of mounts) {
    const folder = target.replace(/\/+$/, "") || "/";
    if (seen.has(folder))
      context.report({
        code: "mount-twice",
        path: ["services", name, "volumes"],
        message: `two mounts have the target ${folder}`,
        fix: "remove one of them",
      });
    seen.add(folder);
  }
}
