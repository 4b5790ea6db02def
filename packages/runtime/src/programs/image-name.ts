export interface ImageName {
  /** The last part of the name: `postgres` of `docker.io/library/postgres:16-alpine`. */
  readonly program: string;
  /** Whether it is an official image or a well-known packaging of the same program. */
  readonly known: boolean;
  readonly tag: string;
  /** First number of the tag: 16 of `16-alpine`, undefined of `latest`. */
  readonly major?: number;
}

/** Takes an image's name apart as Docker does: registry/owner/program:tag@digest. */
export function parseImageName(image: string): ImageName {
  const [withoutDigest = ""] = image.split("@");
  const slash = withoutDigest.lastIndexOf("/");
  const last = withoutDigest.slice(slash + 1);
  const [program = "", tag = "latest"] = last.split(":");
  const owner = withoutDigest
    .slice(0, Math.max(slash, 0))
    .replace(/^(index\.)?docker\.io\/?/, "")
    .replace(/^public\.ecr\.aws\/docker\//, "");
  const major = /^v?(\d+)/.exec(tag)?.[1];
  return { program, known: owner === "" || owner === "library", tag, major: major === undefined ? undefined : Number(major) };
}
