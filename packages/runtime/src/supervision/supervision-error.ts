/**
 * What a supervisor says when an environment cannot start. These modules run beside a guest too, where @dojang/model is
 * not installed, so this is plain data; the runtime that hears it throws it on as a Problem.
 */
export interface SupervisionFault {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly exit: "configuration" | "infrastructure";
}

export class SupervisionError extends Error {
  readonly fault: SupervisionFault;

  constructor(fault: SupervisionFault) {
    super(fault.message);
    this.name = "SupervisionError";
    this.fault = fault;
  }
}
