#!/usr/bin/env node
import { launchCommand } from "../../../scripts/launch-command.mjs";

await launchCommand({ bin: import.meta.url, name: "dojang-judge" });
