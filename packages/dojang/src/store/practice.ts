import { sql } from "kysely";
import { newId } from "./id.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { storableJson } from "./storable.ts";
import type { Store } from "./store.ts";

export interface PracticeAttempt {
  readonly person: string;
  readonly exercise: string;
  readonly verdict: string;
  /** From 0 to 1. */
  readonly score: number;
  /** Ids of the variants it caught; none where the verdict counts for nothing. */
  readonly killed: readonly string[];
  readonly tests: number;
}

/** What a person did with one exercise so far. */
export interface PracticeProgress {
  readonly attempts: number;
  readonly bestScore: number;
  readonly accepted: boolean;
  /** Caught by any attempt, sorted. */
  readonly caught: readonly string[];
}

export async function addAttempt(store: Store, attempt: PracticeAttempt): Promise<void> {
  const row = { ...attempt, id: newId(), killed: storableJson(attempt.killed) };
  // Its own id makes a second try after a lost connection harmless.
  await retryWhenLost(() =>
    store.db
      .insertInto("practice_attempt")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

/** By exercise; what was never handed in is not there. */
export async function readProgress(store: Store, person: string): Promise<ReadonlyMap<string, PracticeProgress>> {
  const { rows } = await sql<PracticeProgress & { exercise: string }>`
    select exercise, count(*)::integer as attempts, max(score) as "bestScore", bool_or(verdict = 'accepted') as accepted,
      coalesce((
        select jsonb_agg(distinct variant order by variant)
        from practice_attempt other, jsonb_array_elements_text(other.killed) variant
        where other.person = practice_attempt.person and other.exercise = practice_attempt.exercise
      ), '[]') as caught
    from practice_attempt where person = ${person} group by person, exercise`.execute(store.db);
  return new Map(rows.map(({ exercise, ...progress }) => [exercise, progress]));
}
