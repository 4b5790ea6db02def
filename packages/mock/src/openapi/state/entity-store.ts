/** What one entity is kept as: JSON values, never changed in place. */
export type Entity = Readonly<Record<string, unknown>>;

const mostEntities = 10_000;
const mostBytes = 16 * 1024 * 1024;

/** Thrown when another entity would go beyond the bounds. */
export class StateFull extends Error {
  override readonly name = "StateFull";
}

interface Kept {
  readonly entity: Entity;
  readonly bytes: number;
}

/**
 * The entities of one collection: of `/users/{id}/todos`, those of one user. In the order they were created. It counts against the
 * bounds of a mock once it is attached to them: one that was only looked at costs nothing.
 */
export class EntityStore {
  readonly #entities = new Map<string, Kept>();
  #limits: Limits | undefined;
  #bytes = 0;
  #created = 0;
  #largest = 0;

  attach(limits: Limits): void {
    if (this.#limits !== undefined) return;
    // Itself counts as one: an empty store remembers which ids it gave.
    limits.take(this.#entities.size + 1, this.#bytes);
    this.#limits = limits;
  }

  /** Grows with every creation, and is never given back: two entities never had one number. */
  nextNumber(): number {
    return ++this.#created;
  }

  /** The largest id that was a whole number so far; 0 when none was. */
  get largestNumber(): number {
    return this.#largest;
  }

  get(id: string): Entity | undefined {
    return this.#entities.get(id)?.entity;
  }

  /** Adds, or replaces the one of that id in its place. */
  set(id: string, entity: Entity): void {
    const bytes = JSON.stringify(entity).length * 2;
    const known = this.#entities.get(id);
    this.#take(known === undefined ? 1 : 0, bytes - (known?.bytes ?? 0));
    this.#entities.set(id, { entity, bytes });
    if (/^\d{1,15}$/.test(id)) this.#largest = Math.max(this.#largest, Number(id));
  }

  delete(id: string): void {
    const known = this.#entities.get(id);
    if (known === undefined) return;
    this.#take(-1, -known.bytes);
    this.#entities.delete(id);
  }

  all(): readonly Entity[] {
    return [...this.#entities.values()].map(({ entity }) => entity);
  }

  #take(entities: number, bytes: number): void {
    this.#limits?.take(entities, bytes);
    this.#bytes += bytes;
  }
}

/** Of all collections of a mock together. */
export class Limits {
  #entities = 0;
  #bytes = 0;

  take(entities: number, bytes: number): void {
    if (entities > 0 && this.#entities + entities > mostEntities) throw new StateFull(`more than ${mostEntities} entities`);
    if (bytes > 0 && this.#bytes + bytes > mostBytes) throw new StateFull(`more than ${mostBytes} bytes`);
    this.#entities += entities;
    this.#bytes += bytes;
  }
}
