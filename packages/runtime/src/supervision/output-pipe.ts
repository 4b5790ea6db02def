import { execFile } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Real pipes for a child's output. Node gives children sockets, which cannot be opened by name: programs that log to
 * /dev/stdout (nginx as its image is configured, Apache, php-fpm) then fail with ENXIO.
 */
export interface OutputPipe {
  /** For `stdio` of spawn. */
  readonly writer: number;
  /** Ends when the last process that holds the writing end is gone. */
  readonly stream: Readable;
  /** To be called once the child has its copy; else the stream never ends. */
  closeWriter(): void;
}

/** The folder holds their names for a moment only. */
export async function openOutputPipes(folder: string): Promise<Readonly<Record<"stdout" | "stderr", OutputPipe>>> {
  const name = crypto.randomUUID();
  const paths = { stdout: join(folder, `${name}.out`), stderr: join(folder, `${name}.err`) };
  // Whoever runs the program may open its own output again, and it may be another user.
  await run("mkfifo", ["-m", "622", paths.stdout, paths.stderr]);
  return { stdout: openPipe(paths.stdout), stderr: openPipe(paths.stderr) };
}

function openPipe(path: string): OutputPipe {
  // The reading end first and without waiting: opening the writing end waits for a reader.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  rmSync(path);
  let open = true;
  const closeWriter = () => {
    if (open) closeSync(writer);
    open = false;
  };
  return { writer, stream: new Socket({ fd: reader, readable: true, writable: false }), closeWriter };
}
