import packageFile from "../package.json" with { type: "json" };

export const mockVersion: string = packageFile.version;

/** The release whose stub format and admin API this speaks. Clients read it. */
export const wireMockVersion = "3.13.2";
