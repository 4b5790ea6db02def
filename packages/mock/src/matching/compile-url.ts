import type { UrlPattern } from "../mapping/stub-mapping.ts";
import { compileRegex } from "../regex/safe-regex.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { lazy } from "./lazy.ts";
import { compilePathTemplate, type PathTemplate } from "./path-template.ts";
import { textDistance } from "./values/text-distance.ts";

export interface UrlMatcher {
  readonly template: PathTemplate | undefined;
  matches(request: MockRequest): boolean;
  distance(request: MockRequest): number;
}

export function compileUrl(pattern: UrlPattern): UrlMatcher {
  switch (pattern.kind) {
    case "any":
      return { template: undefined, matches: () => true, distance: () => 0 };
    case "url":
      return exactUrl(pattern.value, (request) => request.url);
    case "urlPath":
      return exactUrl(pattern.value, (request) => request.path);
    case "urlPattern":
      return regexUrl(pattern.value, (request) => request.url);
    case "urlPathPattern":
      return regexUrl(pattern.value, (request) => request.path);
    case "urlPathTemplate": {
      const template = compilePathTemplate(pattern.value);
      return {
        template,
        matches: (request) => template.matches(request.path),
        distance: (request) => (template.matches(request.path) ? 0 : textDistance(template.withoutVariables, request.path)),
      };
    }
  }
}

function exactUrl(value: string, read: (request: MockRequest) => string): UrlMatcher {
  return {
    template: undefined,
    matches: (request) => read(request) === value,
    distance: (request) => textDistance(value, read(request)),
  };
}

function regexUrl(source: string, read: (request: MockRequest) => string): UrlMatcher {
  const regex = lazy(() => compileRegex(source, { dotAll: true }));
  return {
    template: undefined,
    matches: (request) => regex().matches(read(request)),
    distance: (request) => (regex().matches(read(request)) ? 0 : 1),
  };
}
