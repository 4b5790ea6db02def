import type { Generated } from "kysely";

export interface ProbeResultTable {
  site: string;
  probe: string;
  at: number;
  ok: boolean;
  status: number | null;
  duration_ms: number;
  error: string | null;
}

export interface AlertTable {
  id: string;
  site: string;
  kind: string;
  subject: string;
  message: string;
  raised_at: number;
  seen_at: number;
  resolved_at: number | null;
}

export interface AlertNoticeTable {
  alert: string;
  event: "raised" | "resolved";
  target: string;
  state: Generated<"pending" | "sent" | "failed">;
  attempts: Generated<number>;
  next_at: number;
  error: string | null;
  sent_at: number | null;
}
