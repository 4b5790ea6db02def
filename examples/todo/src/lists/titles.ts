import { z } from "zod";

export const listTitle = z.string().trim().min(1, "cannot be empty").max(100, "has at most 100 characters");
export const itemTitle = z.string().trim().min(1, "cannot be empty").max(200, "has at most 200 characters");
