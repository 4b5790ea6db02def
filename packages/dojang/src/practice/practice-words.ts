import type { Exercise, RunEnd, spokenLanguages, Verdict } from "@dojang/judge";
import { type DatabaseStep, databaseSteps } from "../store/embedded-postgres.ts";

export type SpokenLanguage = (typeof spokenLanguages)[number];

/** Everything that a learner reads in the terminal. */
export interface PracticeWords {
  readonly levels: Readonly<Record<Exercise["level"], string>>;
  readonly verdicts: Readonly<Record<Verdict, string>>;
  readonly ends: Readonly<Record<RunEnd, string>>;
  readonly database: Readonly<Record<DatabaseStep, string>>;
  untouched(): string;
  progress(caught: number, all: number, attempts: number): string;
  solved(attempts: number): string;
  started(folder: string, files: readonly string[]): string;
  next(folder: string): string;
  noTests(): string;
  unreadable(message: string, line: number | undefined): string;
  allPass(tests: number, folder: string): string;
  somePass(failed: number, tests: number): string;
  skipped(): string;
  caughtBy(names: string): string;
  caughtEarlier(): string;
  hidden(count: number): string;
  idle(names: string): string;
  score(percent: number, caught: number, all: number): string;
  failOnCorrect(): string;
  failOnAnother(): string;
  begin(id: string): string;
  allSolved(): string;
}

/** What was asked for, else what LC_ALL or LANG says, else English. */
export function spokenLanguage(
  asked: SpokenLanguage | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): SpokenLanguage {
  return asked ?? (/^ko(_|\.|-|$)/i.test(environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || "") ? "ko" : "en");
}

/** What is told while one waits for the store; as it is where there are no words for it. */
export function waitingText(text: string, lang: SpokenLanguage): string {
  const known: Readonly<Record<string, string>> = practiceWords[lang].database;
  return known[text] ?? text;
}

/** As it was given, so that the next command can be copied. */
const argument = (folder: string) => (folder === "." ? "" : ` ${folder}`);

export const practiceWords: Readonly<Record<SpokenLanguage, PracticeWords>> = {
  en: {
    levels: { easy: "easy", medium: "medium", hard: "hard" },
    verdicts: {
      accepted: "Accepted: your tests catch every bug, and what is right passes.",
      survivors: "Not yet: some programs with a bug pass all your tests.",
      false_alarm: "False alarm: your tests fail on a correct program.",
      no_tests: "No test was run.",
      compile_error: "The tests cannot be loaded.",
      time: "The tests took too much time on a correct program.",
      memory: "The tests took too much memory on a correct program.",
      output: "The tests wrote too much on a correct program.",
      processes: "The tests started too many processes on a correct program.",
      flaky: "On one and the same program the tests did not always say the same.",
      internal: "The judge failed. This does not count; try again.",
    },
    ends: {
      finished: "finished",
      unloadable: "cannot be loaded",
      crashed: "the process ended",
      time: "too much time",
      memory: "too much memory",
      output: "too much output",
      processes: "too many processes",
    },
    database: { [databaseSteps.make]: databaseSteps.make, [databaseSteps.start]: databaseSteps.start },
    untouched: () => "-",
    progress: (caught, all, attempts) => `${caught} of ${all} caught, ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}`,
    solved: (attempts) => `solved, ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}`,
    started: (folder, files) => `${folder} is ready: ${files.join(", ")}`,
    next: (folder) =>
      `Read the statement, write tests, then:\n  dojang practice test ${folder}      do they pass on the correct program?\n  dojang practice submit ${folder}    which bugs do they catch?`,
    noTests: () => "No test was run.",
    unreadable: (message, line) => `The tests cannot be read${line === undefined ? "" : `, line ${line}`}: ${message}`,
    allPass: (tests, folder) =>
      `${tests === 1 ? "1 test passes" : `${tests} tests pass`} on the correct program. What they catch: dojang practice submit${argument(folder)}`,
    somePass: (failed, tests) => `${failed} of ${tests} tests fail on the correct program: they ask for something else than the statement.`,
    skipped: () => "skipped",
    caughtBy: (names) => `caught by ${names}`,
    caughtEarlier: () => "caught by an earlier attempt, not by this one",
    hidden: (count) =>
      count === 1
        ? "1 bug is not caught yet. Which one it is stays hidden."
        : `${count} bugs are not caught yet. Which ones they are stays hidden.`,
    idle: (names) => `Tests that catch nothing: ${names}`,
    score: (percent, caught, all) => `Score ${percent} %, ${caught} of ${all} bugs caught.`,
    failOnCorrect: () => "These fail on the correct program. Read the statement again: what does it say about this?",
    failOnAnother: () =>
      "All pass on one correct program and not on another, which is written differently. A test may ask for nothing but what the statement says:",
    begin: (id) => `Next: dojang practice start ${id}`,
    allSolved: () => "All of them are solved.",
  },
  ko: {
    levels: { easy: "쉬움", medium: "보통", hard: "어려움" },
    verdicts: {
      accepted: "통과: 모든 버그를 잡았고, 올바른 프로그램은 모두 통과합니다.",
      survivors: "아직입니다: 버그가 있는데도 테스트를 모두 통과하는 프로그램이 있습니다.",
      false_alarm: "잘못된 경보: 올바른 프로그램에서 테스트가 실패합니다.",
      no_tests: "실행된 테스트가 없습니다.",
      compile_error: "테스트를 불러올 수 없습니다.",
      time: "올바른 프로그램에서 테스트가 시간을 너무 많이 썼습니다.",
      memory: "올바른 프로그램에서 테스트가 메모리를 너무 많이 썼습니다.",
      output: "올바른 프로그램에서 테스트가 출력을 너무 많이 했습니다.",
      processes: "올바른 프로그램에서 테스트가 프로세스를 너무 많이 만들었습니다.",
      flaky: "같은 프로그램인데 테스트 결과가 때에 따라 다릅니다.",
      internal: "채점기가 실패했습니다. 기록에 남지 않으니 다시 시도해 주세요.",
    },
    ends: {
      finished: "끝까지 실행됨",
      unloadable: "불러올 수 없음",
      crashed: "프로세스가 도중에 끝남",
      time: "시간 초과",
      memory: "메모리 초과",
      output: "출력 초과",
      processes: "프로세스 수 초과",
    },
    database: {
      [databaseSteps.make]: "데이터베이스를 만드는 중입니다(처음 한 번만)",
      [databaseSteps.start]: "데이터베이스를 시작하는 중입니다",
    },
    untouched: () => "-",
    progress: (caught, all, attempts) => `${all}개 중 ${caught}개 잡음, ${attempts}번 제출`,
    solved: (attempts) => `해결, ${attempts}번 제출`,
    started: (folder, files) => `준비되었습니다. ${folder}: ${files.join(", ")}`,
    next: (folder) =>
      `문제를 읽고 테스트를 쓴 다음 실행하세요.\n  dojang practice test ${folder}      올바른 프로그램에서 통과하는지 봅니다\n  dojang practice submit ${folder}    어떤 버그를 잡는지 봅니다`,
    noTests: () => "실행된 테스트가 없습니다.",
    unreadable: (message, line) => `테스트를 읽을 수 없습니다${line === undefined ? "" : ` (${line}행)`}: ${message}`,
    allPass: (tests, folder) =>
      `올바른 프로그램에서 테스트 ${tests}개가 통과합니다. 어떤 버그를 잡는지 보려면: dojang practice submit${argument(folder)}`,
    somePass: (failed, tests) => `올바른 프로그램에서 테스트 ${tests}개 중 ${failed}개가 실패합니다. 문제에 없는 것을 요구하고 있습니다.`,
    skipped: () => "건너뜀",
    caughtBy: (names) => `잡은 테스트: ${names}`,
    caughtEarlier: () => "이번이 아니라 이전 제출에서 잡았습니다",
    hidden: (count) => `아직 잡지 못한 버그가 ${count}개 있습니다. 어떤 버그인지는 잡기 전까지 보여 주지 않습니다.`,
    idle: (names) => `아무 버그도 잡지 못하는 테스트: ${names}`,
    score: (percent, caught, all) => `점수 ${percent}%, 버그 ${all}개 중 ${caught}개를 잡았습니다.`,
    failOnCorrect: () => "올바른 프로그램에서 실패한 테스트입니다. 문제에 무엇이라고 적혀 있는지 다시 읽어 보세요.",
    failOnAnother: () =>
      "올바른 프로그램 하나에서는 통과하지만, 다르게 쓴 올바른 프로그램에서는 실패합니다. 테스트는 문제에 적힌 것만 요구해야 합니다.",
    begin: (id) => `다음 문제: dojang practice start ${id}`,
    allSolved: () => "모두 풀었습니다.",
  },
};
