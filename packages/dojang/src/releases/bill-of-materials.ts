import { createHash } from "node:crypto";
import { Enums, Models, Serialize, SPDX, Spec } from "@cyclonedx/cyclonedx-library";
import type { InstalledPackage } from "./installed-packages.ts";

export interface BillRequest {
  readonly project: string;
  readonly version: string;
  /** Packages of each built service. */
  readonly services: Readonly<Record<string, readonly InstalledPackage[]>>;
  /** Published images, by service. */
  readonly images: Readonly<Record<string, string>>;
  readonly digest: string;
}

export interface Bill {
  /** CycloneDX 1.6 as JSON. The same request gives the same text: it has no time in it. */
  readonly text: string;
  readonly components: number;
}

/** What a release is made of, as https://cyclonedx.org/docs/1.6/json/ has it: the application, its packages, the images beside it. */
export function billOfMaterials(request: BillRequest): Bill {
  const root = new Models.Component(Enums.ComponentType.Application, request.project, {
    version: request.version,
    bomRef: `${request.project}@${request.version}`,
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: root }), serialNumber: serialNumber(request.digest) });
  const components = new Map<string, Models.Component>();
  const users = new Map<string, Set<string>>();
  const packages = Object.entries(request.services).flatMap(([service, list]) => list.map((one) => ({ service, one })));
  for (const { service, one } of packages) {
    const ref = packageUrl(one);
    if (!components.has(ref)) components.set(ref, componentOf(one, ref));
    users.set(ref, (users.get(ref) ?? new Set()).add(service));
  }
  for (const [ref, services] of users) {
    for (const service of [...services].sort()) components.get(ref)?.properties.add(new Models.Property("dojang:service", service));
  }
  for (const { one } of packages) {
    const from = components.get(packageUrl(one));
    for (const wanted of one.dependencies) {
      const at = wanted.lastIndexOf("@");
      const to = components.get(packageUrl({ ...one, name: wanted.slice(0, at), version: wanted.slice(at + 1) }));
      if (to !== undefined) from?.dependencies.add(to.bomRef);
    }
  }
  for (const [service, image] of Object.entries(request.images)) components.set(`image:${service}`, imageComponent(service, image));
  for (const component of components.values()) {
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return { text: `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`, components: components.size };
}

function componentOf(one: InstalledPackage, ref: string): Models.Component {
  const [group, name] = one.name.startsWith("@") ? one.name.split("/") : [undefined, one.name];
  const component = new Models.Component(Enums.ComponentType.Library, name ?? one.name, {
    group,
    version: one.version,
    purl: ref,
    bomRef: ref,
    scope: one.development === true ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
  });
  if (one.sha512 !== undefined) component.hashes.set(Enums.HashAlgorithm["SHA-512"], one.sha512);
  if (one.license !== undefined && one.license !== "") component.licenses.add(licenseOf(one.license));
  return component;
}

/** An identifier of SPDX's list where it is one, else an expression or a name. */
function licenseOf(text: string): Models.License {
  const isExpression = / (AND|OR|WITH) /.test(text);
  if (isExpression && /^[\w.+() -]+$/.test(text)) return new Models.LicenseExpression(text);
  // Of the type of a predicate, what is no identifier would be no text either.
  const isListed: boolean = SPDX.isSupportedSpdxId(text);
  return isListed ? new Models.SpdxLicense(text) : new Models.NamedLicense(text.slice(0, 200));
}

function imageComponent(service: string, image: string): Models.Component {
  const [name = image, version] = image.split(/[@:](?=[^/]*$)/);
  const component = new Models.Component(Enums.ComponentType.Container, name, { version, bomRef: `image:${service}` });
  component.properties.add(new Models.Property("dojang:service", service));
  return component;
}

/** https://github.com/package-url/purl-spec */
function packageUrl({ ecosystem, name, version }: Pick<InstalledPackage, "ecosystem" | "name" | "version">): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `pkg:${ecosystem}/${path}@${encodeURIComponent(version)}`;
}

/** A UUID that the same content always has (RFC 9562, version 8). */
function serialNumber(digest: string): string {
  const hex = createHash("sha256").update(`dojang sbom ${digest}`).digest("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
