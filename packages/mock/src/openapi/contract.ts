import type { Finding } from "@dojang/model";
import type { Violation } from "../journal/serve-event.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";

/**
 * An OpenAPI 3.0 or 3.1 document as the second specification of a mock. Explicit stubs win; what no stub matches is answered
 * from examples, else from a sample of the schema that depends on the seed alone. Validation never throws.
 */
export interface Contract {
  /** What is odd in the documents, though they can be used: each says how it is read. */
  readonly warnings: readonly Finding[];
  /** Absolute paths of the documents and of every file that their references reach. */
  readonly files: readonly string[];
  /** Examples of the documents that their own schemas refuse. Takes longer than a start should: for those who ask what is wrong. */
  checkExamples(): readonly Finding[];
  /** Whether the document declares an operation for this method and path. */
  declares(request: MockRequest): boolean;
  /** Everything in which the request disagrees with its operation; empty for an undeclared one. */
  validateRequest(request: MockRequest): readonly Violation[];
  validateResponse(
    request: MockRequest,
    response: { status: number; headers: ReadonlyMap<string, string>; body: Buffer },
  ): readonly Violation[];
  /** The contract's own answer: undefined when undeclared. In strict mode a violation becomes the answer (400, 401, 406, 415) that names it. */
  respond(request: MockRequest): Promise<ResponseDefinition | undefined>;
  /** What a stub promises that the contract does not allow: refused at injection, naming both places. */
  checkStub(stub: StubMapping): readonly Finding[];
  /** Forgets what was created: state of the document's `x-dojang-state`. */
  reset(): void;
}
